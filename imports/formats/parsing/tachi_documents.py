"""Responses of Tachi's API of 2025 and of 2026 that list scores or personal bests, read one part at a time."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from imports.errors import ImportFailed
from imports.formats import json_document
from imports.formats.batch_manual_rows import Row, needs_full_check, reader_of
from imports.formats.lookup import CHART_ID
from imports.formats.schema import Violation
from imports.formats.text import cut, storable, without_mark
from imports.games import BY_SLUG, GAMES, by_id
from imports.games.judging import as_of_today
from imports.games.spec import Game, Playtype

NOT_ONE = "This is no list of scores of Tachi's API: it has no scores or pbs beside charts and songs."
LISTS = ("scores", "pbs")

Document = dict[str, Any]


class Body(Struct):
    """The undecoded parts of a response's body."""

    scores: Raw | UnsetType = UNSET
    pbs: Raw | UnsetType = UNSET
    charts: Raw | UnsetType = UNSET
    songs: Raw | UnsetType = UNSET

    @property
    def list_name(self) -> str:
        """The name of its list, "" if it has none."""
        lists = [name for name in LISTS if isinstance(getattr(self, name), Raw)]
        return lists[0] if lists and isinstance(self.charts, Raw) else ""


class Envelope(Body):
    body: Body | UnsetType = UNSET
    success: bool = True
    description: str = ""


class Sent(Struct):
    """The members that are read of a score or best. With a `playtype` it is of 2025, and `game` is a slug of 2025."""

    chart_id: str = field(name="chartID")
    game: str
    data: dict[str, Any] = field(name="scoreData")
    song_id: str | int | None = field(name="songID", default=None)
    playtype: str | None = None
    time_achieved: Any = field(name="timeAchieved", default=None)
    comment: Any = None
    service: str | None = None
    score_meta: dict[str, Any] | None = field(name="scoreMeta", default=None)
    composed_from: list[dict[str, Any]] | None = field(name="composedFrom", default=None)
    highlight: Any = None


def open_body(data: bytes) -> Body:
    """Returns the body of a response that lists scores. Raises ImportFailed, status 400."""
    unmarked = without_mark(data)
    try:
        unmarked.decode()  # msgspec does not check the encoding within undecoded parts
        envelope = msgspec.json.decode(json_document.lone_surrogates_as_nul(unmarked), type=Envelope)
    except msgspec.ValidationError:
        raise ImportFailed(NOT_ONE) from None
    except json_document.UNREADABLE as error:
        raise json_document.invalid_json(unmarked, error) from None
    if not envelope.success:
        description = str(storable(envelope.description)).rstrip(".")
        raise ImportFailed(cut(f"This is an error that Tachi answered, and no list of scores: {description}."))
    body = envelope.body if isinstance(envelope.body, Body) else envelope
    if not body.list_name:
        raise ImportFailed(NOT_ONE)
    return body


def elements_of(part: Raw | UnsetType) -> list[Raw]:
    """Returns the undecoded elements of a list, [] if it is absent. Raises ImportFailed."""
    if part is UNSET:
        return []
    try:
        return msgspec.json.decode(part, type=list[Raw])
    except json_document.UNREADABLE:
        raise ImportFailed(NOT_ONE) from None


class Companions:
    """Charts and songs by their IDs. Elements without an ID are ignored."""

    def __init__(self, body: Body) -> None:
        self.charts = documents_by_id(body.charts, "chartID")
        self.songs = documents_by_id(body.songs, "id")

    def of(self, chart_id: Any, song_id: Any) -> tuple[Document, Document]:
        """Returns a chart and its song as documents; {} for each that the file lacks."""
        chart = self.charts.get(str(chart_id), {})
        # Charts of 2026 contain their song.
        inner = chart.get("song")
        song = inner if isinstance(inner, dict) else self.songs.get(str(song_id), {})
        return chart, song


def documents_by_id(part: Raw | UnsetType, name: str) -> dict[str, Document]:
    found = {}
    for raw in elements_of(part):
        try:
            value = json_document.value_of(raw)
        except Violation:  # it cannot identify a chart or song
            continue
        if isinstance(value, dict) and name in value:
            found[str(value[name])] = value
    return found


def read_sent(raw: Raw) -> Sent:
    """Returns the members of a score. Raises Violation."""
    try:
        return msgspec.convert(json_document.value_of(raw), Sent)
    except msgspec.ValidationError as error:
        raise Violation(f"{str(error).partition(' - at ')[0]}.") from None


def game_and_playtype(sent: Sent) -> tuple[Game, Playtype]:
    """Returns the game and playtype of a score, by the names of either API version. Raises Violation."""
    if sent.playtype is None:
        found = by_id(GAMES).get(sent.game)
    else:
        game = BY_SLUG.get(sent.game)
        playtype = game.by_name.get(sent.playtype) if game else None
        found = (game, playtype) if game and playtype else None
    if found is None:
        named = sent.game if sent.playtype is None else f"{sent.game}:{sent.playtype}"
        raise Violation(f"This is no game that is known here: {named}.", path=".game")
    return found


MAX_OWN_COMMENT = 10_000  # characters of a comment in our exports: programs send long ones


def fields_of(sent: Sent, playtype: Playtype, *, is_own: bool = False) -> Row:
    """Returns the score as a row of BATCH-MANUAL, with the checks of such a row. Raises Violation.

    `is_own`: the score is from an export of ours, where comments may be longer and times earlier.
    """
    data = as_of_today(sent.data, playtype)
    is_composed = len({each.get("scoreID") for each in sent.composed_from or ()}) > 1
    optional = data.get("optional") or {}
    row = {name: data[name] for name in playtype.provided if name in data}
    row |= {
        "matchType": CHART_ID,
        "identifier": sent.chart_id,
        "comment": None if is_own else sent.comment or None,
        "timeAchieved": None if is_own else sent.time_achieved,
        "judgements": {} if is_composed else data.get("judgements"),
        # Indexes of ladders, which are computed again.
        "optional": {name: value for name, value in optional.items() if name != "enumIndexes"}
        if isinstance(optional, dict)
        else optional,
        "scoreMeta": sent.score_meta,
    }
    reader = reader_of(playtype)
    try:
        fields = msgspec.convert(row, reader.row)
    except msgspec.ValidationError:
        fields = reader.check(row)
    else:
        if needs_full_check(fields):
            fields = reader.check(row)
    if is_own:
        if sent.comment is not None and not (isinstance(sent.comment, str) and len(sent.comment) <= MAX_OWN_COMMENT):
            raise Violation(f"Expected a text of at most {MAX_OWN_COMMENT:,} characters.", path=".comment")
        fields.comment, fields.time_achieved = sent.comment, _own_time(sent.time_achieved)
    return fields


def _own_time(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise Violation("Expected a time in Unix milliseconds.", path=".timeAchieved")
