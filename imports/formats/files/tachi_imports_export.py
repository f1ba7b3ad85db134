"""The ZIP of everything that an instance stores of a player (docs/your-data.md), to be imported into an account.

An import reads the scores of one game from it, the names of their sessions, and the provided classes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from imports.errors import ImportFailed
from imports.formats import kept_rows
from imports.formats.base import Contents, Context, Format, Parsed, ParseOptions, Sample, SentSession
from imports.formats.json_document import UNREADABLE
from imports.formats.parsing.export_archive import ABOUT, FORMAT, VERSION, ExportArchive, write_archive
from imports.formats.parsing.tachi_documents import Companions, elements_of, open_body
from imports.formats.parsing.tachi_rows import (
    Row,
    as_sent,
    chart_reference,
    companions_of,
    draft,
    find,
    key,
    more_keys,
    read_kept,
    read_rows,
)
from imports.formats.schema import Violation
from imports.formats.text import cut, storable
from imports.games import BY_SLUG, GAMES
from imports.games.spec import Game

IMPORT_TYPE = "file/tachi-imports-export"
SERVICE = "Tachi Imports"
GAME_FIELD = "game"
OWNER_FIELD = "username"
SESSIONS = "sessions.json"
CLASSES = "classes.json"
MAX_SESSION_NAME, MAX_NOTE = 80, 120  # characters
EDITABLE = frozenset({"name", "desc", "highlight"})

Whole = TypeVar("Whole")


class Session(Struct):
    """The members that are read of an element of `sessions.json`."""

    game: str
    playtype: str
    name: str
    start: float = field(name="timeStarted")
    end: float = field(name="timeEnded")
    desc: str | None = None
    highlight: bool = False
    edited: list[str] = field(default_factory=list)
    anchor: float | None = None


class Sessions(Struct):
    sessions: list[Session] = field(default_factory=list)


class PlaytypeClasses(Struct):
    """The members that are read of an element of `current` in `classes.json`."""

    game: str
    playtype: str
    classes: dict[str, str]


class Classes(Struct):
    current: list[PlaytypeClasses] = field(default_factory=list)


# --- contents -------------------------------------------------------------------------------------------


def contents(data: bytes) -> Contents:
    """Returns the games of which an export has scores, and its owner. Raises ImportFailed."""
    archive = ExportArchive(data)
    about = archive.about

    def part(options: ParseOptions) -> bytes:
        """Returns an export with only the files that an import of one game reads."""
        _, names = _game_of(archive, options)
        return archive.part([ABOUT, SESSIONS, CLASSES, *names])

    return Contents(
        games=tuple(_score_files(archive)),
        username=about.username,
        instance=about.instance,
        time=about.time,
        part=part,
    )


def _score_files(archive: ExportArchive) -> dict[str, list[str]]:
    """Returns game slug -> names of its files of scores, for the games that this release has, in their order."""
    files: dict[str, list[str]] = {game.slug: [] for game in GAMES}
    for name in archive.names("scores"):
        slug, _, playtype = name.removeprefix("scores/").removesuffix(".json").partition("-")
        if slug in BY_SLUG and playtype in BY_SLUG[slug].by_name:
            files[slug].append(name)
    return {slug: names for slug, names in files.items() if names}


def _game_of(archive: ExportArchive, options: ParseOptions) -> tuple[Game, list[str]]:
    """Returns the requested game and its files. Raises ImportFailed."""
    files = _score_files(archive)
    if not files:
        raise ImportFailed("This export has no scores of a game that is known here.")
    wanted = options.fields.get(GAME_FIELD, "")
    if not wanted and len(files) > 1:
        raise ImportFailed(
            f"This export has {len(files)} games, and an import is of one: say which in the field {GAME_FIELD}. "
            f"Expected any of {', '.join(files)}."
        )
    game = options.game(wanted or next(iter(files)))
    if game.slug not in files:
        raise ImportFailed(f"This export has no scores of {game.name}. It has {', '.join(files)}.")
    return game, files[game.slug]


# --- reading --------------------------------------------------------------------------------------------


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads the scores, sessions and classes of a game. Raises ImportFailed, status 400."""
    archive = ExportArchive(data)
    game, names = _game_of(archive, options)
    rows: list[Any] = []
    for name in names:
        rows += _rows_of(archive, name, game, first=len(rows), skip_invalid=options.skip_invalid)
    classes = _classes_of(archive, game, skip_invalid=options.skip_invalid)
    if not rows and not any(classes.values()):
        raise ImportFailed("There are no scores in this file.")
    sessions = tuple(_sessions_of(archive, game, rows))
    context = Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        is_mixed=True,
        facts={"instance": archive.about.instance, "username": archive.about.username},
    )
    return Parsed(context=context, rows=rows, classes=classes, received=options.now, sessions=sessions)


def check_meta(data: bytes, options: ParseOptions) -> None:
    """Raises the ImportFailed of `parse` if it is about the ZIP or its games."""
    _game_of(ExportArchive(data), options)


def _rows_of(archive: ExportArchive, name: str, game: Game, *, first: int, skip_invalid: bool) -> list[Any]:
    try:
        body = open_body(archive.read(name) or b"")
        raws, companions = elements_of(body.scores), Companions(body)
    except ImportFailed as failure:
        raise ImportFailed(cut(f"{name}: {failure.message}")) from None

    def describe(violation: Violation, index: int) -> str:
        return cut(f"Invalid export: {name}: {violation.under(f'.scores[{index}]')}")

    return [*read_rows(raws, companions, game, skip_invalid=skip_invalid, describe=describe, first=first, is_own=True)]


def _sessions_of(archive: ExportArchive, game: Game, rows: Sequence[Any]) -> Iterator[SentSession]:
    """Yields the sessions that have scores in the file, cut to their times. Raises ImportFailed if sessions overlap."""
    times: dict[str, list[float]] = {playtype.name: [] for playtype in game.playtypes}
    for row in rows:
        if isinstance(row, Row) and row.fields.time_achieved:
            times[row.playtype].append(row.fields.time_achieved)
    ends = dict.fromkeys(times, float("-inf"))
    for timed in times.values():
        timed.sort()
    sent = [(number, one) for number, one in enumerate(_read(archive, SESSIONS, Sessions).sessions)]
    for number, one in sorted(sent, key=lambda numbered: numbered[1].start):
        if one.game != game.slug or one.playtype not in times:
            continue
        if one.start <= ends[one.playtype] or one.end < one.start:
            raise ImportFailed(f"Invalid export: {SESSIONS}: sessions of {game.name} {one.playtype} overlap.")
        ends[one.playtype] = one.end
        timed = times[one.playtype]
        inside = timed[bisect_left(timed, one.start) : bisect_right(timed, one.end)]
        if inside and one.name.strip():
            start, end = inside[0], inside[-1]
            yield SentSession(
                number=number,
                playtype=one.playtype,
                name=storable(one.name)[:MAX_SESSION_NAME],
                desc=storable(one.desc)[:MAX_NOTE] if one.desc else None,
                highlight=one.highlight,
                edited=EDITABLE.intersection(one.edited),
                start=start,
                end=end,
                anchor=min(max(start if one.anchor is None else one.anchor, start), end),
            )


def _classes_of(archive: ExportArchive, game: Game, *, skip_invalid: bool) -> dict[str, dict[str, str]]:
    """Returns playtype -> class set -> class, of provided classes; derived ones are computed. Raises ImportFailed."""
    found: dict[str, dict[str, str]] = {}
    for one in _read(archive, CLASSES, Classes).current:
        playtype = game.by_name.get(one.playtype) if one.game == game.slug else None
        if playtype is None:
            continue
        given = found.setdefault(playtype.name, {})
        for name, value in one.classes.items():
            group = playtype.classes.get(name)
            if group is not None and value in group.ids:
                given |= {name: value} if group.is_provided else {}
            elif not skip_invalid:
                unknown = storable(f"{name} {value}")
                raise ImportFailed(cut(f"Invalid export: {CLASSES}: {unknown} is no class that is known here."))
    return found


def _read(archive: ExportArchive, name: str, kind: type[Whole]) -> Whole:
    """Returns a document; an empty one if there is no such file. Raises ImportFailed."""
    content = archive.read(name)
    try:
        return msgspec.json.decode(b"{}" if content is None else content, type=kind)
    except msgspec.ValidationError as error:
        raise ImportFailed(cut(f"Invalid export: {name}: {storable(str(error))}.")) from None
    except UNREADABLE:
        raise ImportFailed(f"Invalid export: {name} is no JSON.") from None


# --- stored rows ----------------------------------------------------------------------------------------


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """Returns an export of only these rows."""
    about = {"format": FORMAT, "version": VERSION, "instance": context["instance"], "username": context["username"]}
    files = {ABOUT: msgspec.json.encode(about)}
    by_playtype: dict[str, list[Any]] = {playtype.name: [] for playtype in BY_SLUG[context["game"]].playtypes}
    first = next(iter(by_playtype))
    for row in rows:
        score = row["score"]
        playtype = score.get("playtype") if isinstance(score, dict) else None
        by_playtype[playtype if playtype in by_playtype else first].append(row)
    for name, these in by_playtype.items():
        if these:
            body = {"scores": [row["score"] for row in these], **companions_of(these)}
            files[f"scores/{context['game']}-{name}.json"] = msgspec.json.encode(body)
    return write_archive(files)


_SAMPLE_SCORES = b"""{
  "success": true,
  "description": "Exported.",
  "body": {
    "scores": [
      {
        "game": "sdvx", "playtype": "Single", "songID": 1, "chartID": "0123456789012345678901234567890123456789",
        "service": "Example (BATCH-MANUAL)", "comment": "at last", "highlight": true, "timeAchieved": 1763891400000,
        "scoreMeta": {},
        "scoreData": { "score": 9876543, "lamp": "CLEAR", "judgements": {}, "optional": { "enumIndexes": {} } }
      }
    ],
    "songs": [{ "id": 1, "title": "Sunset Overclock", "artist": "", "altTitles": [], "searchTerms": [], "data": {} }],
    "charts": [
      {
        "chartID": "0123456789012345678901234567890123456789", "songID": 1, "playtype": "Single",
        "difficulty": "EXH", "level": "16", "levelNum": 16, "isPrimary": true, "versions": [], "data": {}
      }
    ]
  }
}
"""
_SAMPLE_SESSIONS = b"""{
  "sessions": [
    {
      "game": "sdvx", "playtype": "Single", "name": "A night at the arcade", "desc": null, "highlight": false,
      "edited": ["name"], "timeStarted": 1763891400000, "timeEnded": 1763891400000, "anchor": 1763891400000
    }
  ]
}
"""

FILE = Format(
    import_type=IMPORT_TYPE,
    name="Export of Tachi Imports",
    parse=parse,
    check_meta=check_meta,
    key=key,
    more_keys=more_keys,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer_with(lambda sent: read_kept(sent, is_own=True), import_type=IMPORT_TYPE),
    document=document,
    chart_reference=chart_reference,
    contents=contents,
    asks_by_title={},
    identifier="song__title",
    is_own=True,
    extensions=(".zip",),
    content_type="application/zip",
    # A ZIP holds file names uncompressed. Other errors are reported by the parser.
    recognizes=lambda data: data.startswith(b"PK\x03\x04") and ABOUT.encode() in data,
    sample=Sample(
        file_name="tachi-imports-export.zip",
        content=write_archive(
            {
                ABOUT: msgspec.json.encode({"format": FORMAT, "version": VERSION, "instance": "", "username": ""}),
                SESSIONS: _SAMPLE_SESSIONS,
                "scores/sdvx-Single.json": _SAMPLE_SCORES,
            }
        ),
    ),
)
