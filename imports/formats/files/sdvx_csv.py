"""The CSV of e-amusement for SOUND VOLTEX (spec: import-types §4). Its scores have no times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import kept_rows
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions, Sample
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import naive_csv
from imports.formats.parsing.naive_csv import BadLine
from imports.formats.parsing.numbers import NotWholeError, whole_number
from imports.formats.text import decode_japanese
from imports.formats.titles import one_song_titled, primary_chart_at, problem, title_key
from imports.games.spec import Chart, Play

IMPORT_TYPE = "file/eamusement-sdvx-csv"
SERVICE = "e-amusement"
HEADERS = (
    "楽曲名", "難易度", "楽曲レベル", "クリアランク", "スコアグレード", "ハイスコア", "EXスコア", "プレー回数",
    "クリア回数", "ULTIMATE CHAIN", "PERFECT",
)  # fmt: skip
DIFFICULTIES = {
    "NOVICE": "NOV",
    "ADVANCED": "ADV",
    "EXHAUST": "EXH",
    "MAXIMUM": "MXM",
    "INFINITE": "INF",
    "GRAVITY": "GRV",
    "HEAVENLY": "HVN",
    "VIVID": "VVD",
    "EXCEED": "XCD",
}
LAMPS = {
    "PLAYED": "FAILED",
    "COMPLETE": "CLEAR",
    "EXCESSIVE COMPLETE": "EXCESSIVE CLEAR",
    "MAXXIVE COMPLETE": "MAXXIVE CLEAR",
    "ULTIMATE CHAIN": "ULTIMATE CHAIN",
    "PERFECT": "PERFECT ULTIMATE CHAIN",
}
PERFECT_SCORE = 10_000_000


class Row(Struct, gc=False, rename="camel"):
    """The cells of a line that are used."""

    title: str
    difficulty: str
    level: str
    lamp: str
    score: str
    ex_score: str


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a file. Raises ImportFailed, status 400, for the first line with another number of cells."""
    check_meta(data, options)
    game = options.game("sdvx")
    table = naive_csv.read_table(decode_japanese(data), skip_invalid=options.skip_invalid)
    if table.columns != len(HEADERS):
        raise ImportFailed("Invalid CSV provided. CSV does not have the correct number of headers.")
    rows: list[Row | RowProblem] = []
    for line in table.lines:
        if isinstance(line, BadLine):
            rows.append(problem(len(rows), ProblemType.INVALID, line.message, {"line": line.text}))
        else:
            title, difficulty, level, lamp, _grade, score, ex_score, *_counts = line.cells
            rows.append(Row(title, difficulty, level, lamp, score, ex_score))
    context = Context(game=game, playtype=game.playtypes[0], import_type=IMPORT_TYPE, service=SERVICE)
    return Parsed(context=context, rows=rows, received=options.now)


def check_meta(data: bytes, options: ParseOptions) -> None:
    """Raises the ImportFailed of `parse` if it is about the header line, except for a wrong number of columns."""
    options.game("sdvx")
    naive_csv.read_header(decode_japanese(data.partition(b"\n")[0]))


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """Returns the key of the song to load for a row."""
    return title_key(row.title, context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the primary chart of the song with exactly this title and the row's level, or a problem."""
    song = one_song_titled(row.title, row, index, context, catalogue)
    if isinstance(song, RowProblem):
        return song
    difficulty = DIFFICULTIES.get(row.difficulty)
    if difficulty is None:
        message = f"{row.title} - Invalid difficulty of {row.difficulty}."
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    return primary_chart_at(song, row, index, context, catalogue, difficulty=difficulty, level=row.level)


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft | RowProblem:  # noqa: ARG001 - as all formats
    """Returns the score of a row on a chart."""
    name = f"{chart.song.title} [{chart.difficulty}]"
    try:
        score = whole_number(row.score)
    except NotWholeError as error:
        message = f"{name} - Invalid score of {row.score}. ({error})"
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    if score > PERFECT_SCORE:
        message = f"{name} - Invalid score of {row.score} (was greater than 10,000,000)."
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    try:
        ex_score = whole_number(row.ex_score)
    except NotWholeError as error:
        message = f"{name} - Invalid EX score of {row.score}. ({error})"  # Tachi's message quotes the score, too
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    lamp = LAMPS.get(row.lamp)
    if lamp is None:
        return problem(index, ProblemType.INVALID, f"{name} - Invalid lamp of {row.lamp}.", as_sent(row))
    # An EX score of 0 means that none was counted. It is part of a score's identity, and so becomes null.
    return Draft(index, chart, Play({"score": score, "lamp": lamp}, {}, {"exScore": ex_score or None}), {}, None, None)


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    if "title" not in row:
        return None
    return ChartReference(
        match_type="songTitle",
        identifier=row["title"],
        difficulty=DIFFICULTIES.get(row["difficulty"]),
        playtype=context.get("playtype", "Single"),
    )


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:  # noqa: ARG001 - as all formats
    """Returns a CSV of these rows."""
    names = ("title", "difficulty", "level", "lamp", "grade", "score", "exScore")
    lines = [",".join(HEADERS)]
    for row in rows:
        cells = [*(row.get(name, "") for name in names), "1", "0", "0", "0"]  # plays, clears, chains, perfects
        lines.append(row["line"] if "line" in row else ",".join(map(naive_csv.wrapped, cells)))
    return ("\n".join(lines) + "\n").encode()


def recognizes(data: bytes) -> bool:
    """Returns whether the first line has the right number of columns and the second has a known difficulty."""
    header, _, rest = data[:65_536].partition(b"\n")
    if header.count(b",") + 1 != len(HEADERS):
        return False
    cells = rest.partition(b"\n")[0].decode(errors="replace").split(",")
    return len(cells) == 1 or cells[1].strip('"') in DIFFICULTIES


FILE = Format(
    import_type=IMPORT_TYPE,
    name="e-amusement CSV (SOUND VOLTEX)",
    parse=parse,
    check_meta=check_meta,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=IMPORT_TYPE),
    document=document,
    chart_reference=chart_reference,
    asks_by_title={},
    identifier="title",
    games=("sdvx",),
    service=SERVICE,
    extensions=(".csv",),
    content_type="text/csv; charset=utf-8",
    recognizes=recognizes,
    sample=Sample(
        file_name="sdvx-scores.csv",
        content=document(
            {},
            [
                {
                    "title": "Sunset Overclock",
                    "difficulty": "EXHAUST",
                    "level": "17",
                    "lamp": "COMPLETE",
                    "score": "9750000",
                    "exScore": "0",
                }
            ],
        ),
    ),
)
