"""A player's scores as BATCH-MANUAL files, which any instance with the same songs and charts can import.

A file names the service of all its scores, so each service has separate files. Long files are split, as an instance
would refuse one above its size limit.
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
from imports.integers import json_number
from imports.models import GameStats, Score, User
from imports.takeout import documents

MAX_FILE_BYTES = 8 << 20  # half of an instance's default limit
CHUNK_ROWS = 250  # scores in memory at once
SUFFIXES = (" (BATCH-MANUAL)", " (DIRECT-MANUAL)")
"""The suffixes that imports add to the name of a service."""

COLUMNS = ("service", "chart__chart_id", "time_achieved", "comment", "score_data_text", "score_meta_text")
Row = dict[str, Any]


def files(user: User, stats: GameStats, playtype: Playtype) -> Iterator[Iterator[tuple[bytes, int]]]:
    """Yields the files of a player's scores on a playtype, each an iterator of (piece of JSON, number of its scores).

    The first file has the classes. A file must be consumed before the next one.
    """
    mine = Score.objects.filter(user=user, game=stats.game, playtype=stats.playtype)
    texts = documents.texts("score_data", "score_meta")
    found = mine.annotate(**texts).order_by("service", "pk").values_list(*COLUMNS).iterator(chunk_size=CHUNK_ROWS)
    classes = {name: value for name, value in stats.classes.items() if playtype.classes[name].is_provided}
    meta = {"game": stats.game, "playtype": stats.playtype}
    is_first = True
    for service, rows in groupby(found, key=lambda row: service_of(row[0])):
        written = _rows(rows, playtype)
        for first in written:  # the previous file has taken as many as fit
            yield _file({**meta, "service": service}, classes if is_first else {}, first, written)
            is_first = False
    if is_first and classes:
        yield iter([(_head({**meta, "service": "Tachi Imports"}, classes) + b"]}", 0)])


def service_of(service: str) -> str:
    """Returns the service that a file must name for its scores to have this service again, apart from the suffix."""
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
    for _, chart_id, time_achieved, comment, data_text, meta_text in found:
        data = msgspec.json.decode(data_text)
        today = as_of_today(data, playtype)
        row = {name: today[name] for name in playtype.provided} | {"matchType": CHART_ID, "identifier": chart_id}
        more = {
            "timeAchieved": json_number(time_achieved),
            "comment": comment,
            "judgements": data["judgements"],
            "optional": data["optional"],
            "scoreMeta": msgspec.json.decode(meta_text),
        }
        row |= {name: value for name, value in more.items() if value}
        if made := _fitting(row, reader):
            yield msgspec.json.encode(made)


def _fitting(row: Row, reader: Reader) -> Row | None:
    """Returns the row without members that BATCH-MANUAL refuses (e.g. a long comment); None if it cannot be made valid.

    Other formats allow such members, and a single one would make an import refuse the whole file.
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
