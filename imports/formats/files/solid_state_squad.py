"""The XML export of Solid State Squad, a score tracker of beatmania IIDX on consoles (spec: import-types §5).

Each song says of which difficulty, playtype and version it is. What its texts look like decides what the schema says of
them, as the original reads numbers where it can; titles and comments are texts whatever they look like.
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
from imports.formats.skipped import refuse_too_many
from imports.formats.text import cut
from imports.formats.titles import chart_of, one_song_titled, problem, title_key
from imports.games.javascript import is_safe_integer
from imports.games.spec import Chart, Play

IMPORT_TYPE = "file/solid-state-squad"
SERVICE = "Solid State Squad"
NO_SONGS = "Invalid S3 XML, no s3data -> scoredata -> song?"
NO_STYLES = "Song has invalid style -- Score has no styles?"
ANY_OTHER = "The input was invalid, but no error message is available."
BEGINNER = "5"  # which no console version has a chart of

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
"""How a song says what it was played on -> playtype and difficulty."""

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
    """A song of the file, as far as it counts, under the names of its elements."""

    songname: str
    diff: str
    styles: str
    exscore: int
    cleartype: str
    date: str
    mods: dict[str, str] = {}
    scorebreakdown: dict[str, int] | UnsetType = UNSET
    comment: str | UnsetType = UNSET


# --- what the schema takes ------------------------------------------------------------------------------


def _typed(value: Any) -> Any:
    """What the original makes of an element: a number where no digit is lost by it, true, false, or text."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    if not is_exact_number(value):
        return value
    number = number_of(value)
    return int(number) if is_safe_integer(number) else number


def element(check: Check) -> Check:
    """A check of an element that is not a title or comment."""
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
    """A text of any length. What is no text is no comment."""
    return value if isinstance(value, str) else ABSENT


def difficulty_text(value: Any) -> str:
    said = schema.written(value)
    if said in CHARTS and not isinstance(value, dict | list):
        return said
    raise Violation(f"Expected any of {', '.join(CHARTS)}.", value)


def members(checks: Mapping[str, Check]) -> Callable[[Any], dict[str, Any]]:
    """The members of an object that are named, in order; it may have others."""

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
    """Reads a whole file. Raises ImportFailed, status 400."""
    game = options.game("iidx")
    try:
        document = xml.read(data)
    except xml.XMLError:
        raise ImportFailed("Could not parse XML.") from None
    root = document.get("s3data")
    scores = root.get("scoredata") if isinstance(root, dict) else None
    if not isinstance(root, dict) or not isinstance(scores, dict) or "song" not in scores:
        raise ImportFailed(NO_SONGS)
    # XML knows no lists: a single song is an element like any other.
    songs = scores["song"] if isinstance(scores["song"], list) else [scores["song"]]
    try:
        _checked(_USER, root.get("userdata", ABSENT), "s3data.userdata")
        rows = list(_rows(songs, skip_invalid=options.skip_invalid))
    except Violation as violation:
        raise ImportFailed(_sentence(violation)) from None
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
    """Raises Violation for a song that breaks the schema, unless those are to be skipped."""
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
        del kept["id"]  # the tracker's own, and no other catalogue's
        yield Row(**kept)


def _sentence(violation: Violation) -> str:
    return cut(f"Invalid S3 XML.: {violation}")


# --- converting -----------------------------------------------------------------------------------------


def key(row: Row, context: Context) -> Key:
    """What song to load for a row."""
    return title_key(row.songname, context)


def find(row: Row, index: int, context: Context, catalogue: Catalogue) -> Chart | RowProblem | None:
    """The chart of the song with this title in any case, of the version that its styles name last."""
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
        said = f"Song has invalid style {style}." if style else NO_STYLES
        return problem(index, ProblemType.INVALID, said, as_sent(row))
    chart = chart_of(song, catalogue, playtype=playtype, difficulty=difficulty, version=version)
    if chart is not None:
        return chart
    said = f"Could not find chart {title} ({playtype} {difficulty} version ({version}))"
    return problem(index, ProblemType.NOT_FOUND, said, as_sent(row))


def _style(styles: str) -> str:
    return styles.rpartition(",")[2]


def draft(row: Row, index: int, context: Context, chart: Chart) -> Draft | RowProblem:  # noqa: ARG001 - as all formats
    """The score that the row is on a chart."""
    time = parse_date(row.date)
    if row.date and time is None:
        said = f"Invalid/Unparsable score timestamp of {row.date}."
        return problem(index, ProblemType.INVALID, said, as_sent(row))
    lamp = {"played": "FAILED", "cleared": CLEARS[row.mods.get("hardeasy")]}.get(row.cleartype, "FULL COMBO")
    counts = {} if row.scorebreakdown is UNSET else row.scorebreakdown
    judgements = {judgement: counts[name] for name, judgement in JUDGEMENTS.items() if name in counts}
    comment = None if row.comment is UNSET else row.comment
    return Draft(index, chart, Play({"score": row.exscore, "lamp": lamp}, judgements, {}), {}, comment, time)


# --- what it says of itself -------------------------------------------------------------------------------


def chart_reference(row: Mapping[str, Any], context: Mapping[str, Any]) -> ChartReference | None:  # noqa: ARG001 - as all formats
    """What a row asks for its chart with."""
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
    """An XML of these rows. Those that were skipped may be anything."""
    songs = [{"id": 0, "mods": {"highspeed": "0"}, **row} if isinstance(row, dict) else row for row in rows]
    user = {"id": 0, "login": "left out", "djname": "left out"}
    pieces = xml.written("s3data", {"userdata": user, "scoredata": {"song": songs}})
    return f'<?xml version="1.0" encoding="utf-8"?>\n{"".join(pieces)}\n'.encode()


def recognizes(data: bytes) -> bool:
    """Whether the root element is s3data, behind whatever may stand before it."""
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
