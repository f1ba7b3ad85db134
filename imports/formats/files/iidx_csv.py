"""The CSV of e-amusement for beatmania IIDX, and PLI's CSV, which has the same columns (spec: import-types §3).

A line is a song, with seven columns per difficulty; each played difficulty becomes a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from msgspec import Struct

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import kept_rows
from imports.formats.base import (
    Catalogue,
    ChartReference,
    Context,
    Draft,
    Format,
    FormField,
    Key,
    Parsed,
    ParseOptions,
    Sample,
)
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import naive_csv
from imports.formats.parsing.dates import parse_date
from imports.formats.parsing.naive_csv import BadLine
from imports.formats.parsing.numbers import JS_SPACE, NotWholeError, number_of, whole_number
from imports.formats.skipped import refuse_too_many
from imports.formats.text import cut, decode_japanese
from imports.formats.titles import chart_of, one_song_titled, problem, title_key
from imports.games.spec import Chart, Play

EAMUSEMENT, PLI = "file/eamusement-iidx-csv", "file/pli-iidx-csv"
PLAYTYPES = ("SP", "DP")
LEGGENDARIA = "LEGGENDARIA"
DIFFICULTIES = {
    27: ("NORMAL", "HYPER", "ANOTHER"),  # until HEROIC VERSE, where LEGGENDARIA was a separate song
    41: ("BEGINNER", "NORMAL", "HYPER", "ANOTHER", LEGGENDARIA),
}
"""Number of columns -> difficulties, in their order."""

FIRST, STEP = 5, 7
"""The index of the first difficulty's first column, and the number of columns per difficulty."""

VERSIONS = {
    "1st&substream": 1,
    **{f"{number}{ending} style": number for number, ending in enumerate(("nd", "rd", *["th"] * 7), 2)},
    "IIDX RED": 11,
    "HAPPY SKY": 12,
    "DistorteD": 13,
    "GOLD": 14,
    "DJ TROOPERS": 15,
    "EMPRESS": 16,
    "SIRIUS": 17,
    "Resort Anthem": 18,
    "Lincle": 19,
    "tricoro": 20,
    "SPADA": 21,
    "PENDUAL": 22,
    "copula": 23,
    "SINOBUZ": 24,
    "CANNON BALLERS": 25,
    "Rootage": 26,
    "HEROIC VERSE": 27,
    "BISTROVER": 28,
    "CastHour": 29,
    "RESIDENT": 30,
    "EPOLIS": 31,
    "Pinky Crush": 32,
    "Sparkle Shower": 33,
}
LAMPS = {
    **{
        lamp: lamp
        for lamp in ("NO PLAY", "FAILED", "ASSIST CLEAR", "EASY CLEAR", "CLEAR", "HARD CLEAR", "EX HARD CLEAR")
    },
    "FULLCOMBO CLEAR": "FULL COMBO",
}
JAPAN = 9 * 3_600_000  # offset of Japan's time zone from UTC, in ms
_OLD_LEGGENDARIA = re.compile("†(?:LEGGENDARIA)?$")


class Row(Struct, gc=False, rename="camel"):
    """The cells of one difficulty of a line. `column`: the difficulty in the header, another for old LEGGENDARIA."""

    title: str
    difficulty: str
    column: str
    level: str
    score: str
    pgreat: str
    great: str
    miss_count: str
    lamp: str
    timestamp: str


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions, *, import_type: str, service: str) -> Parsed:
    """Reads a file. Raises ImportFailed, status 400, in the order of the specification."""
    check_meta(data, options)
    playtype = _playtype(options)
    table = naive_csv.read_table(decode_japanese(data), skip_invalid=options.skip_invalid)
    difficulties = DIFFICULTIES.get(table.columns)
    if difficulties is None:
        raise ImportFailed("Invalid CSV provided. CSV does not have the correct amount of headers.")
    newest, bad = 0, 0
    rows: list[Row | RowProblem] = []
    for line in table.lines:
        if isinstance(line, BadLine):
            rows.append(_bad_line(len(rows), line.message, line.text))
            continue
        version = VERSIONS.get(line.cells[0])
        if version is None:
            message = cut(f"Invalid/Unsupported Eamusement Version Name {line.cells[0]}.")
            if not options.skip_invalid:
                raise ImportFailed(message)
            bad += 1
            refuse_too_many(bad)
            rows.append(_bad_line(len(rows), message, line.text))
            continue
        newest = max(newest, version)
        rows += _rows(line.cells, difficulties)
    game = options.game("iidx")
    if str(newest) not in game.by_name[playtype].versions:
        raise ImportFailed(f"Unsupported version '{newest}'. Is your CSV properly filled out?")
    context = Context(
        game=game,
        playtype=game.by_name[playtype],
        import_type=import_type,
        service=service,
        version=str(newest),
        facts={"columns": table.columns},
    )
    return Parsed(context=context, rows=rows, received=options.now)


def check_meta(data: bytes, options: ParseOptions) -> None:
    """Raises the ImportFailed of `parse` if it is about the playtype, the file's name or its header line."""
    options.game("iidx")
    _playtype(options)
    naive_csv.read_header(decode_japanese(data.partition(b"\n")[0]))


def _playtype(options: ParseOptions) -> str:
    """Returns the playtype in the form. Raises ImportFailed if it is invalid or the file's name contradicts it."""
    playtype = options.fields.get("playtype", "undefined")
    if playtype not in PLAYTYPES:
        raise ImportFailed(cut(f"Invalid playtype of {playtype} given."))
    other = "DP" if playtype == "SP" else "SP"
    if "assertPlaytypeCorrect" not in options.fields and other in named_playtypes(options.file_name):
        raise ImportFailed(
            f"Safety Triggered: Filename contained '{other}', but was marked as a {playtype} import. "
            "Are you *absolutely* sure this is right?"
        )
    return playtype


def named_playtypes(file_name: str) -> set[str]:
    """Returns the playtypes that a file's name has as separate words: SP for `1_sp_score.csv`, none for `displayed`."""
    words = "".join(letter.upper() if letter.isalpha() else " " for letter in file_name).split()
    return set(PLAYTYPES).intersection(words)


def named_playtype(file_name: str) -> str:
    """Returns the playtype that a file's name contains, "" if it contains none or both."""
    named = named_playtypes(file_name)
    return named.pop() if len(named) == 1 else ""


def _bad_line(index: int, message: str, line: str) -> RowProblem:
    return problem(index, ProblemType.INVALID, message, {"line": line})


def _rows(cells: Sequence[str], difficulties: Sequence[str]) -> Iterator[Row]:
    """Yields the played difficulties of a line. A score of 00 counts as played; a score of 0 or no level does not."""
    title, timestamp = cells[1].strip(JS_SPACE), cells[-1].strip(JS_SPACE)
    old = _OLD_LEGGENDARIA.search(title) if LEGGENDARIA not in difficulties else None
    if old:
        title = title[: old.start()].rstrip(JS_SPACE)
    for at, column in zip(range(FIRST, len(cells), STEP), difficulties, strict=False):
        level, score, pgreat, great, miss_count, lamp, _grade = cells[at : at + STEP]
        if score != "0" and level not in ("", "0"):
            difficulty = LEGGENDARIA if old else column
            yield Row(title, difficulty, column, level, score, pgreat, great, miss_count, lamp, timestamp)


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """Returns the key of the song to load for a row."""
    return title_key(row.title, context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem:
    """Returns the chart of the song with exactly this title in the newest version of the file, or a problem."""
    song = one_song_titled(row.title, row, index, context, catalogue)
    if isinstance(song, RowProblem):
        return song
    playtype, version = context.playtype.name, context.version
    chart = chart_of(song, catalogue, playtype=playtype, difficulty=row.difficulty, version=version)
    if chart is not None:
        return chart
    message = f"Could not find chart for {song.title} ({playtype} {row.column} [v{version}])"
    # Tachi stores such a row of PLI as one of e-amusement.
    return problem(index, ProblemType.NOT_FOUND, message, as_sent(row), kept_as=EAMUSEMENT)


class _WrongCell(Exception):
    pass


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft | RowProblem:
    """Returns the score of a row on a chart."""
    try:
        return _draft(row, index, chart, f"{chart.song.title} ({chart.playtype} {row.column} [v{context.version}])")
    except _WrongCell as wrong:
        return problem(index, ProblemType.INVALID, str(wrong), as_sent(row))


def _draft(row: Row, index: int, chart: Chart, name: str) -> Draft:
    """Checks the cells in Tachi's order and returns the draft. Raises _WrongCell."""
    score = _whole_number(row.score, f"{name} - Invalid EX score of {row.score}")
    most = 2 * chart.data["notecount"]
    if score > most:
        message = f"{name} - Invalid EX Score of {row.score} (Was greater than max chart ex of {most})."
        raise _WrongCell(message)
    pgreat = _whole_number(row.pgreat, f"{name} - Invalid PGreats of {row.pgreat}")
    great = _whole_number(row.great, f"{name} - Invalid Greats of {row.pgreat}")  # PGreats, as in Tachi's message
    if 2 * pgreat + great != score:
        raise _WrongCell(f"{name} - PGreats * 2 + Greats did not equal EXScore ({pgreat} * 2 + {great} != {score}).")
    lamp = LAMPS.get(row.lamp)
    if lamp is None:
        raise _WrongCell(f"{name} - Invalid Lamp of {row.lamp}.")
    time = parse_date(row.timestamp) if row.timestamp else None
    if row.timestamp and time is None:
        raise _WrongCell(f"Invalid/Unparsable score timestamp of {row.timestamp}.")
    bp = number_of(row.miss_count)
    if not (math.isnan(bp) or (0 <= bp <= 9_999 and bp.is_integer())):
        raise _WrongCell(f"{name} - Invalid BP of {row.miss_count}.")
    optional = {} if math.isnan(bp) else {"bp": int(bp)}
    play = Play({"score": score, "lamp": lamp}, {"pgreat": pgreat, "great": great}, optional)
    # The game's times are in Japan's time zone, even if the text names another.
    return Draft(index, chart, play, {}, None, None if time is None else time - JAPAN)


def _whole_number(text: str, message: str) -> int:
    try:
        return whole_number(text)
    except NotWholeError as error:
        raise _WrongCell(f"{message} ({error})") from None


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:
    """Returns how a row identifies its chart."""
    if "title" not in row:
        return None
    return ChartReference(
        match_type="songTitle",
        identifier=row["title"],
        difficulty=row["difficulty"],
        playtype=context.get("playtype"),
        version=context.get("version"),
    )


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """Returns a CSV with a line for each of these rows; its other difficulties are unplayed."""
    columns = context["columns"]
    version = next(name for name, number in VERSIONS.items() if str(number) == context["version"])
    heads = ("難易度", "スコア", "PGreat", "Great", "ミスカウント", "クリアタイプ", "DJ LEVEL")
    header = ["バージョン", "タイトル", "ジャンル", "アーティスト", "プレー回数"]
    header += [f"{difficulty} {head}" for difficulty in DIFFICULTIES[columns] for head in heads]
    lines = [",".join([*header, "最終プレー日時"])]
    names = ("level", "score", "pgreat", "great", "missCount", "lamp")
    not_played = ["0", "0", "0", "0", "---", "NO PLAY", "---"]
    for row in rows:
        if "line" in row:
            lines.append(row["line"])
            continue
        title = row["title"] if row["difficulty"] == row["column"] else f"{row['title']}†"
        played = [*(row[name] for name in names), "---"]
        cells = chain.from_iterable(played if name == row["column"] else not_played for name in DIFFICULTIES[columns])
        lines.append(",".join(map(naive_csv.wrapped, [version, title, "", "", "1", *cells, row["timestamp"]])))
    return ("\n".join(lines) + "\n").encode()


def recognizes(data: bytes) -> bool:
    """Returns whether the first line has the right number of columns and the second begins with a version."""
    header, _, rest = data[:65_536].partition(b"\n")
    if header.count(b",") + 1 not in DIFFICULTIES:
        return False
    first = rest.partition(b",")[0].strip(b'"').decode(errors="replace")
    return not rest.strip() or first in VERSIONS


SAMPLE = Sample(
    file_name="1234567890_sp_score.csv",
    content=document(
        {"columns": 41, "version": "31"},
        [
            {
                "title": "Servo Ballet",
                "difficulty": "ANOTHER",
                "column": "ANOTHER",
                "level": "12",
                "score": "1000",
                "pgreat": "400",
                "great": "200",
                "missCount": "12",
                "lamp": "HARD CLEAR",
                "timestamp": "2024-11-23 20:15",
            }
        ],
    ),
    fields={"playtype": "SP"},
)


def _format(import_type: str, *, name: str, service: str, is_recognized: bool) -> Format:
    return Format(
        import_type=import_type,
        name=name,
        parse=partial(parse, import_type=import_type, service=service),
        check_meta=check_meta,
        key=key,
        find=find,
        draft=draft,
        as_sent=as_sent,
        restore=kept_rows.restorer(Row, import_type=import_type),
        document=document,
        chart_reference=chart_reference,
        asks_by_title={},
        identifier="title",
        games=("iidx",),
        service=service,
        extensions=(".csv",),
        content_type="text/csv; charset=utf-8",
        fields=(FormField(name="playtype", values=PLAYTYPES, guess=named_playtype),),
        recognizes=recognizes if is_recognized else lambda _data: False,
        sample=SAMPLE,
    )


FILE = _format(EAMUSEMENT, name="e-amusement CSV (beatmania IIDX)", service="e-amusement", is_recognized=True)
PLI_FILE = _format(PLI, name="PLI CSV (beatmania IIDX)", service="PLI", is_recognized=False)
"""PLI's file looks exactly like e-amusement's, so that its content does not distinguish it."""
