"""A player's scores as BATCH-MANUAL files, which any instance with the same songs and charts imports.

A file names the service of all its scores, so each service has files of its own; a file that grew larger than an
instance takes would be of no use, so a long one is split.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from imports.formats import schema
from imports.formats.batch_manual_rows import Reader, needs_full_check, reader_of
from imports.formats.lookup import CHART_ID
from imports.formats.schema import Violation
from imports.games.judging import as_of_today
from imports.games.spec import Playtype
from imports.models import GameStats, Score, User
from imports.takeout.documents import number

MAX_FILE_BYTES = 8 << 20  # bytes; half of what an instance takes by default
CHUNK_ROWS = 250  # scores that are in memory at once
SUFFIXES = (" (BATCH-MANUAL)", " (DIRECT-MANUAL)")
"""What an import adds to the name of a service."""

COLUMNS = ("service", "chart__chart_id", "time_achieved", "comment", "score_data", "score_meta")
Row = dict[str, Any]


def files(user: User, stats: GameStats, playtype: Playtype) -> Iterator[Iterator[tuple[bytes, int]]]:
    """The files of a player's scores on a playtype, each as pieces of JSON with the number of scores in them.

    The first one has the classes. A file has to be read to its end before the next one.
    """
    mine = Score.objects.filter(user=user, game=stats.game, playtype=stats.playtype)
    found = mine.order_by("service", "pk").values_list(*COLUMNS).iterator(chunk_size=CHUNK_ROWS)
    classes = {name: value for name, value in stats.classes.items() if playtype.classes[name].is_provided}
    meta = {"game": stats.game, "playtype": stats.playtype}
    is_first = True
    for service, rows in groupby(found, key=lambda row: service_of(row[0])):
        written = _rows(rows, playtype)
        for first in written:  # the file before took as many as fit
            yield _file({**meta, "service": service}, classes if is_first else {}, first, written)
            is_first = False
    if is_first and classes:
        yield iter([(_head({**meta, "service": "Tachi Imports"}, classes) + b"]}", 0)])


def service_of(service: str) -> str:
    """What a file has to say for its scores to have this service again, but for the word that they came in a file."""
    name = service
    while name.endswith(SUFFIXES):
        name = name[: name.rindex(" (")]
    while schema.utf16_length(name) > 60:
        name = name[:-1]
    return name if schema.utf16_length(name) >= 3 else "Tachi Imports"


def _file(meta: Row, classes: Row, first: bytes, rows: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    head = _head(meta, classes) + first
    yield head, 1
    size = len(head)
    while size < MAX_FILE_BYTES and (row := next(rows, None)) is not None:
        yield b",\n" + row, 1
        size += len(row)
    yield b"\n]}\n", 0


def _head(meta: Row, classes: Row) -> bytes:
    parts = {"meta": meta, **({"classes": classes} if classes else {})}
    return msgspec.json.encode(parts)[:-1] + b',"scores":[\n'


def _rows(found: Iterator[tuple[Any, ...]], playtype: Playtype) -> Iterator[bytes]:
    reader = reader_of(playtype)
    for _, chart_id, time_achieved, comment, data, score_meta in found:
        today = as_of_today(data, playtype)
        row = {name: today[name] for name in playtype.provided} | {"matchType": CHART_ID, "identifier": chart_id}
        more = {
            "timeAchieved": number(time_achieved),
            "comment": comment,
            "judgements": data["judgements"],
            "optional": data["optional"],
            "scoreMeta": score_meta,
        }
        row |= {name: value for name, value in more.items() if value}
        if made := _fitting(row, reader):
            yield msgspec.json.encode(made)


def _fitting(row: Row, reader: Reader) -> Row | None:
    """The row without those members that no BATCH-MANUAL file may have (a long comment, say); None if none is left.

    Formats of other programs bring some, and one such member would have the whole file refused.
    """
    while True:
        try:
            if not needs_full_check(msgspec.convert(row, reader.row)):
                return row
        except msgspec.ValidationError:
            pass
        try:
            reader.check(row)
        except Violation as violation:
            member = violation.path.removeprefix(".").split(".", 1)[0].split("[", 1)[0]
            if member not in ("comment", "timeAchieved", "judgements", "optional", "scoreMeta") or member not in row:
                return None
            row = {name: value for name, value in row.items() if name != member}
        else:
            return row
