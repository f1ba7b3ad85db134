"""The XML export of Solid State Squad, a score tracker for beatmania IIDX on consoles (spec: import-types §5).

Each song names its difficulty, playtype and version. Tachi converts texts that look like numbers to numbers before it
checks the schema, and so do we; titles and comments stay texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import kept_rows, schema
from imports.formats.base import Catalogue, ChartReference, Context, Draft, Format, Key, Parsed, ParseOptions, Sample
from imports.formats.kept_rows import as_sent
from imports.formats.parsing import xml
from imports.formats.parsing.dates import parse_date
from imports.formats.parsing.numbers import is_exact_number, number_of
from imports.formats.schema import ABSENT, Check, Violation
from imports.formats.skipped import cut_off_row, refuse_too_many
from imports.formats.text import cut, without_cut_character
from imports.formats.titles import chart_of, one_song_titled, problem, title_key
from imports.games.javascript import is_safe_integer
from imports.games.spec import Chart, Play

IMPORT_TYPE = "file/solid-state-squad"
SERVICE = "Solid State Squad"
SONG_END = b"</song>"
NO_SONGS = "Invalid S3 XML, no s3data -> scoredata -> song?"
NO_STYLES = "Song has invalid style -- Score has no styles?"
ANY_OTHER = "The input was invalid, but no error message is available."
BEGINNER = "5"  # no console version has such charts

CHARTS = {
    "L7": ("SP", "NORMAL"),
    "7": ("SP", "HYPER"),
    "A": ("SP", "ANOTHER"),
    "B": ("SP", "LEGGENDARIA"),
    BEGINNER: ("SP", None),
    "L14": ("DP", "NORMAL"),
    "14": ("DP", "HYPER"),
    "A14": ("DP", "ANOTHER"),
    "B14": ("DP", "LEGGENDARIA"),
}
"""The `diff` of a song -> playtype and difficulty."""

STYLES = {
    **{f"{number}{'rd' if number == 3 else 'th'}": f"{number}-cs" for number in range(3, 11)},
    "red": "11-cs",
    "hs": "12-cs",
    "dd": "13-cs",
    "gold": "14-cs",
    "djt": "15-cs",
    "emp": "16-cs",
    "pb": "16-cs",
    "us": "bmus",
}
CLEARS = {"E": "EASY CLEAR", "H": "HARD CLEAR", None: "CLEAR"}
JUDGEMENTS = {"justgreats": "pgreat", "greats": "great", "good": "good", "bad": "bad", "poor": "poor"}


class Row(Struct, gc=False, omit_defaults=True):
    """The elements of a song that are used, under their names."""

    songname: str
    diff: str
    styles: str
    exscore: int
    cleartype: str
    date: str
    mods: dict[str, str] = {}
    scorebreakdown: dict[str, int] | UnsetType = UNSET
    comment: str | UnsetType = UNSET


# --- schema ---------------------------------------------------------------------------------------------


def _typed(value: Any) -> Any:
    """Returns an element's value as Tachi reads it: a number if a double holds it exactly, a boolean, or text."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    if not is_exact_number(value):
        return value
    number = number_of(value)
    return int(number) if is_safe_integer(number) else number


def element(check: Check) -> Check:
    """Returns the check of an element that is not a title or comment."""
    return lambda value: check(_typed(value))


def whole_number(value: Any) -> int:
    if is_safe_integer(value) and value >= 0:
        return int(value)
    raise Violation("Expected a positive integer.", value)


def any_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Violation("Expected string.", value)


def title_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Violation(ANY_OTHER, value)


def comment_text(value: Any) -> Any:
    """Returns a text of any length, ABSENT for anything else."""
    return value if isinstance(value, str) else ABSENT


def difficulty_text(value: Any) -> str:
    text = schema.written(value)
    if text in CHARTS and not isinstance(value, dict | list):
        return text
    raise Violation(f"Expected any of {', '.join(CHARTS)}.", value)


def members(checks: Mapping[str, Check]) -> Callable[[Any], dict[str, Any]]:
    """Returns a check that keeps the named members of an object, in order; it may have others."""

    def check(value: Any) -> dict[str, Any]:
        given = schema.entries(_typed(value))
        kept = {}
        for name, member in checks.items():
            try:
                found = member(given.get(name, ABSENT))
            except Violation as violation:
                raise violation.under(f".{name}") from None
            if found is not ABSENT:
                kept[name] = found
        return kept

    return check


def optional(check: Check) -> Check:
    return lambda value: value if value is ABSENT else check(value)


_USER = members({"id": element(whole_number), "login": element(any_text), "djname": element(any_text)})
_SONG = members(
    {
        "id": element(whole_number),
        "diff": element(difficulty_text),
        "songname": title_text,
        "styles": element(any_text),
        "exscore": element(whole_number),
        "scorebreakdown": optional(members({name: element(whole_number) for name in JUDGEMENTS})),
        "mods": members({"hardeasy": optional(element(schema.one_of(("H", "E"))))}),
        "cleartype": element(schema.one_of(("played", "cleared", "combo", "comboed", "perfect", "perfected"))),
        "date": element(any_text),
        "comment": comment_text,
    }
)


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a file. Raises ImportFailed, status 400."""
    game = options.game("iidx")
    is_cut_off = False
    try:
        document = xml.read(data)
    except xml.XMLError:
        whole = xml.read_cut_off(data, rows=("s3data", "scoredata")) if options.skip_invalid else None
        is_cut_off = whole is not None and SONG_END in data
        if whole is None or not is_cut_off:
            raise ImportFailed("Could not parse XML.") from None
        document = whole
    root = document.get("s3data")
    scores = root.get("scoredata") if isinstance(root, dict) else None
    if not isinstance(root, dict) or not isinstance(scores, dict) or "song" not in scores:
        raise ImportFailed(NO_SONGS)
    # XML has no lists: a single song is read as one element.
    songs = scores["song"] if isinstance(scores["song"], list) else [scores["song"]]
    try:
        _checked(_USER, root.get("userdata", ABSENT), "s3data.userdata")
        rows = list(_rows(songs, skip_invalid=options.skip_invalid))
    except Violation as violation:
        raise ImportFailed(_sentence(violation)) from None
    if is_cut_off:
        rest = without_cut_character(data.rpartition(SONG_END)[2]).decode(errors="replace").strip()
        rows.append(cut_off_row(len(rows), rest, is_row=rest.startswith("<song")))
    context = Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        is_mixed=True,
    )
    return Parsed(context=context, rows=rows, received=options.now)


def _checked(check: Check, value: Any, path: str) -> Any:
    try:
        return check(value)
    except Violation as violation:
        raise violation.under(f".{path}") from None


def _rows(songs: Sequence[Any], *, skip_invalid: bool) -> Iterator[Row | RowProblem]:
    """Yields the rows. Raises Violation for a song that violates the schema, unless those are skipped."""
    bad = 0
    for index, song in enumerate(songs):
        try:
            kept = _checked(_SONG, song, f"s3data.scoredata.song[{index}]")
        except Violation as violation:
            if not skip_invalid:
                raise
            bad += 1
            refuse_too_many(bad)
            yield problem(index, ProblemType.INVALID, _sentence(violation), song)
            continue
        del kept["id"]  # the tracker's own ID, which no other catalogue uses
        yield Row(**kept)


def _sentence(violation: Violation) -> str:
    return cut(f"Invalid S3 XML.: {violation}")


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """Returns the key of the song to load for a row."""
    return title_key(row.songname, context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem | None:
    """Returns the chart of the song with this title, ignoring case, in the last version of its styles.

    Or a problem if there is none, or None for a BEGINNER chart.
    """
    title = row.songname
    song = one_song_titled(title, row, index, context, catalogue, ignore_case=True)
    if isinstance(song, RowProblem):
        return song
    playtype, difficulty = CHARTS[row.diff]
    if difficulty is None:
        return None
    style = _style(row.styles)
    version = STYLES.get(style)
    if version is None:
        message = f"Song has invalid style {style}." if style else NO_STYLES
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    chart = chart_of(song, catalogue, playtype=playtype, difficulty=difficulty, version=version)
    if chart is not None:
        return chart
    message = f"Could not find chart {title} ({playtype} {difficulty} version ({version}))"
    return problem(index, ProblemType.NOT_FOUND, message, as_sent(row))


def _style(styles: str) -> str:
    return styles.rpartition(",")[2]


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft | RowProblem:  # noqa: ARG001 - as all formats
    """Returns the score of a row on a chart."""
    time = parse_date(row.date)
    if row.date and time is None:
        message = f"Invalid/Unparsable score timestamp of {row.date}."
        return problem(index, ProblemType.INVALID, message, as_sent(row))
    lamp = {"played": "FAILED", "cleared": CLEARS[row.mods.get("hardeasy")]}.get(row.cleartype, "FULL COMBO")
    counts = {} if row.scorebreakdown is UNSET else row.scorebreakdown
    judgements = {judgement: counts[name] for name, judgement in JUDGEMENTS.items() if name in counts}
    comment = None if row.comment is UNSET else row.comment
    return Draft(index, chart, Play({"score": row.exscore, "lamp": lamp}, judgements, {}), {}, comment, time)


# --- properties of the format -----------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:  # noqa: ARG001 - as all formats
    """Returns how a row identifies its chart."""
    if not isinstance(row.get("songname"), str) or row.get("diff") not in CHARTS:
        return None
    playtype, difficulty = CHARTS[row["diff"]]
    return ChartReference(
        match_type="songTitle",
        identifier=row["songname"],
        difficulty=difficulty,
        playtype=playtype,
        version=STYLES.get(_style(str(row.get("styles", "")))),
    )


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:  # noqa: ARG001 - as all formats
    """Returns an XML document of these rows. Skipped ones may be any JSON data."""
    songs = [{"id": 0, "mods": {"highspeed": "0"}, **row} if isinstance(row, dict) else row for row in rows]
    user = {"id": 0, "login": "left out", "djname": "left out"}
    pieces = xml.written("s3data", {"userdata": user, "scoredata": {"song": songs}})
    return f'<?xml version="1.0" encoding="utf-8"?>\n{"".join(pieces)}\n'.encode()


def recognizes(data: bytes) -> bool:
    """Returns whether a tag s3data begins near the start of the data."""
    return b"<s3data" in data[:4_096]


FILE = Format(
    import_type=IMPORT_TYPE,
    name="Solid State Squad XML (beatmania IIDX)",
    parse=parse,
    key=key,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer(Row, import_type=IMPORT_TYPE),
    document=document,
    chart_reference=chart_reference,
    asks_by_title={},
    identifier="songname",
    games=("iidx",),
    service=SERVICE,
    extensions=(".xml",),
    content_type="application/xml",
    recognizes=recognizes,
    sample=Sample(
        file_name="s3-export.xml",
        content=document(
            {},
            [
                {
                    "songname": "Sodium Vapour",
                    "diff": "A",
                    "styles": "djt,emp",
                    "exscore": 1000,
                    "scorebreakdown": {"justgreats": 400, "greats": 200, "good": 30, "bad": 5, "poor": 9},
                    "mods": {"hardeasy": "H"},
                    "cleartype": "cleared",
                    "date": "2010-10-19 04:54:22",
                    "comment": "An example",
                }
            ],
        ),
    ),
)
