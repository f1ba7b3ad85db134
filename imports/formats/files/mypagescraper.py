"""The CSV files of mypage-scraper, which saved WACCA's records before its service ended (spec: import-types §6).

One has a record per song, with lists of levels, scores and lamps; the other has the player's stage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import kept_rows
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions, Sample
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import records
from imports.formats.parsing.numbers import number_of
from imports.formats.parsing.records import CSVError, Records
from imports.formats.text import decode_japanese
from imports.formats.titles import one_song_titled, primary_chart_at, problem, title_key
from imports.games import javascript
from imports.games.spec import Chart, Play

RECORDS, PLAYER = "file/mypagescraper-records-csv", "file/mypagescraper-player-csv"
SERVICE = "mypage-scraper"
COLUMNS = ("music_id", "music_title", "music_levels", "music_scores", "music_achieves")
DIFFICULTIES = ("NORMAL", "HARD", "EXPERT", "INFERNO")
LAMPS = {0: "FAILED", 1: "CLEAR", 2: "MISSLESS", 3: "FULL COMBO", 4: "ALL MARVELOUS"}
PERFECT_SCORE = 1_000_000
STAGE_UP = "stageUp"
MAX_CELL = 10_000
"""Characters of a cell in which a list is searched; no real cell is a hundredth as long."""

_STAGE_START = re.compile(r"\[([0-9]+),")
_STAGE_END = re.compile(r",[0-9]+\]")
_LINE_END = re.compile("[\n\r\u2028\u2029]")


class Row(Struct, gc=False):
    """One difficulty of a record, with the elements of its lists. None where a list is too short or is not a list."""

    title: str
    difficulty: str
    level: str
    score: str | None
    achieve: str | None


# --- reading --------------------------------------------------------------------------------------------


def parse_records(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a file of records, which may be empty. Raises ImportFailed, status 400."""
    context = _context(options, RECORDS)
    found = _read(data, skip_invalid=options.skip_invalid)
    missing = next((column for column in COLUMNS if column not in found.columns), None)
    if missing is not None and found.lines:
        raise ImportFailed(f"Malformed CSV, invalid column(s) ({missing}: undefined): Expected string.")
    rows: list[Row | RowProblem] = []
    places = [found.columns.get(name, 0) for name in COLUMNS[1:]]
    for line in found.lines:
        if isinstance(line[1], tuple):
            rows.append(problem(len(rows), ProblemType.INVALID, line[0], {"cells": list(line[1])}))
        else:
            title, *lists = (line[place] for place in places)
            levels, scores, achieves = map(list_in, lists)
            # Only difficulties that the song has (level is not 0) and that were played (score is not 0).
            for index, level in enumerate(levels):
                score, achieve = (each[index] if index < len(each) else None for each in (scores, achieves))
                if level != "0" and (score is None or number_of(score) != 0):
                    rows.append(Row(title, DIFFICULTIES[index], level, score, achieve))
    return Parsed(context=context, rows=rows, received=options.now)


def parse_player(data: bytes, options: ParseOptions) -> Parsed:
    """Reads the player's stage. Raises ImportFailed, status 400."""
    context = _context(options, PLAYER)
    found = _read(data)
    if len(found.lines) != 1:
        raise ImportFailed(f"Found {len(found.lines)} records instead of exactly 1 in the player CSV.")
    if "player_stage" not in found.columns:
        raise ImportFailed("Malformed CSV: no player_stage column.")
    number = stage_in(str(found.lines[0][found.columns["player_stage"]]))
    if number is None:
        raise ImportFailed("Malformed player_stage entry.")
    stages = context.playtype.classes[STAGE_UP].ids
    if not 1 <= number <= len(stages):
        raise ImportFailed(f"Unknown stage up id {javascript.number(number)}.")
    classes = {context.playtype.name: {STAGE_UP: stages[int(number) - 1]}}
    return Parsed(context=context, rows=[], classes=classes, received=options.now)


def stage_in(cell: str) -> float | None:
    """Returns the number in the first `[number,name,number]` on one line of a cell, or None. Takes linear time."""
    for line in _LINE_END.split(cell) if len(cell) <= MAX_CELL else ():
        start = _STAGE_START.search(line)
        ends = [found.start() for found in _STAGE_END.finditer(line)]
        if start is not None and ends and start.end() < ends[-1]:
            return number_of(start[1])
    return None


def _context(options: ParseOptions, import_type: str) -> Context:
    game = options.game("wacca")
    return Context(game=game, playtype=game.playtypes[0], import_type=import_type, service=SERVICE)


def _read(data: bytes, *, skip_invalid: bool = False) -> Records:
    """Returns the records. A byte order mark stays and becomes part of the first column's name, as in Tachi."""
    try:
        return records.read_records(decode_japanese(data, keep_mark=True), skip_invalid=skip_invalid)
    except CSVError as error:
        raise ImportFailed(f"Failed to parse CSV: {error}") from None


def list_in(cell: str) -> list[str]:
    """Returns the elements of the first `[a,b,c]` or `[a,b,c,d]` on one line of a cell; [] if there is no such list.

    Each has at least one character, and everything after the third comma is one element. Takes linear time: a later
    bracket on the same line could only match what the first one matches.
    """
    for line in _LINE_END.split(cell) if len(cell) <= MAX_CELL else ():
        start = line.find("[")
        first = line.find(",", start + 2)
        second = line.find(",", first + 2)
        end = line.find("]", second + 2)
        if min(start, first, second, end) < 0:
            continue
        third, last = line.find(",", second + 2, end), -1
        if third >= 0:
            last = line.find("]", third + 2)
        if last >= 0:
            return [line[start + 1 : first], line[first + 1 : second], line[second + 1 : third], line[third + 1 : last]]
        return [line[start + 1 : first], line[first + 1 : second], line[second + 1 : end]]
    return []


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """Returns the key of the song to load for a row."""
    return title_key(row.title, context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the primary chart of the song with exactly this title and the row's level, or a problem."""
    song = one_song_titled(row.title, row, index, context, catalogue)
    if isinstance(song, RowProblem):
        return song
    return primary_chart_at(song, row, index, context, catalogue, difficulty=row.difficulty, level=row.level)


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft | RowProblem:  # noqa: ARG001 - as all formats
    """Returns the score of a row on a chart, or a problem. Tachi crashes on a score that is too large or no number."""
    name = f"{chart.song.title} [{chart.difficulty}]"
    score = math.nan if row.score is None else number_of(row.score)
    achieve = math.nan if row.achieve is None else number_of(row.achieve)
    lamp = LAMPS.get(int(achieve)) if 0 <= achieve <= max(LAMPS) and achieve.is_integer() else None
    if lamp is None:
        message = f"{name} - Invalid lamp of {javascript.number(achieve)}."
    elif not 0 <= score <= PERFECT_SCORE:
        message = f"{name} - Invalid score of {'nothing' if row.score is None else row.score}."
    else:
        number = int(score) if score.is_integer() else score
        return Draft(index, chart, Play({"score": number, "lamp": lamp}, {}, {}), {}, None, None)
    return problem(index, ProblemType.INVALID, message, as_sent(row))


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    if "title" not in row:
        return None
    return ChartReference(
        match_type="songTitle",
        identifier=row["title"],
        difficulty=row["difficulty"],
        playtype=context.get("playtype", "Single"),
    )


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:  # noqa: ARG001 - as all formats
    """Returns a CSV with a record for each of these rows, without its other difficulties."""
    written = []
    for row in rows:
        if "cells" in row:
            written.append(row["cells"])
            continue
        record = ["0", row["title"]]
        for value in (row["level"], row["score"], row["achieve"]):
            cells = [value if name == row["difficulty"] else "0" for name in DIFFICULTIES]
            record.append("" if value is None else f"[{','.join(map(str, cells))}]")
        written.append(record)
    return records.written(list(COLUMNS), written)


def _header_has(*columns: str, data: bytes) -> bool:
    header = re.split(rb"[\r\n]", data[:65_536], maxsplit=1)[0].decode(errors="replace")
    return set(columns) <= {cell.strip('"\ufeff') for cell in header.split(",")}


RECORDS_FILE = Format(
    import_type=RECORDS,
    name="mypage-scraper records (WACCA)",
    parse=parse_records,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=RECORDS),
    document=document,
    chart_reference=chart_reference,
    asks_by_title={},
    identifier="title",
    games=("wacca",),
    service=SERVICE,
    extensions=(".csv",),
    content_type="text/csv; charset=utf-8",
    recognizes=lambda data: _header_has("music_levels", "music_scores", data=data),
    sample=Sample(
        file_name="records.csv",
        content=records.written(
            list(COLUMNS),
            [["730002", "Halo Mechanics", "[6,10,13,13+]", "[990000,967000,0,0]", "[3,1,0,0]"]],
        ),
    ),
)
PLAYER_FILE = Format(
    import_type=PLAYER,
    name="mypage-scraper player (WACCA)",
    parse=parse_player,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=PLAYER),
    document=lambda _context, rows: records.written(["player_stage"], rows and []),
    chart_reference=lambda _row, _context: None,
    games=("wacca",),
    extensions=(".csv",),
    content_type="text/csv; charset=utf-8",
    recognizes=lambda data: _header_has("player_stage", data=data),
    sample=Sample(
        file_name="player.csv",
        content=records.written(
            ["player_name", "player_level", "player_stage"],
            [["Example", "50", "[5,ステージⅤ,2]"]],
        ),
    ),
)
"""It has no rows, and so none can be skipped."""
