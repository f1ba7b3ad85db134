"""The documents of the API as types, from which the schemas of its description are made.

They are not what writes answers, `imports.api.documents` is; the tests of the API hold every answer against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from imports.errors import ProblemType

SPELLINGS = {"id": "ID", "ids": "IDs", "api": "API", "gpt": "gpt"}


def _spoken(name: str) -> str:
    """`score_ids` -> `scoreIDs`."""
    first, *rest = name.split("_")
    return first + "".join(SPELLINGS.get(part, part.capitalize()) for part in rest)


class Document(msgspec.Struct, rename=_spoken, forbid_unknown_fields=True, kw_only=True):
    """An object with these members and no others."""


Milliseconds = Annotated[int, Meta(description="Unix milliseconds.")]
Moment = Annotated[float, Meta(description="Unix milliseconds, with the fraction that the import gave.")]
Game = Annotated[str, Meta(examples=["sdvx"])]
Playtype = Annotated[str, Meta(examples=["Single"])]
ImportID = Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]
Free = Annotated[dict[str, Any], Meta(description="Members that depend on the game.")]
Classes = Annotated[dict[str, str], Meta(description="Class set -> value.", examples=[{"dan": "DAN_9"}])]
Ratings = Annotated[dict[str, float | None], Meta(description="Rating -> value.", examples=[{"VF6": 12.214}])]
Nothing = Annotated[list[Any], Meta(max_length=0, description="Always empty: this instance has none.")]
Points = Annotated[float, Meta(description="How well it matched; more is better.")]


class Empty(Document):
    """No members."""


# --- songs, charts, scores ---------------------------------------------------------------------------


class Song(Document):
    id: int
    title: str
    artist: str
    alt_titles: list[str]
    search_terms: list[str]
    data: Free


class FoundSong(Song):
    """A song that was searched for."""

    text_score: Points = field(name="__textScore")


class Chart(Document):
    chart_id: str
    song_id: int
    playtype: Playtype
    difficulty: str
    level: str
    level_num: float
    is_primary: bool
    versions: list[str]
    data: Free


class PlayedChart(Chart):
    playcount: Annotated[int, Meta(description="Players who have a best on it.")] = field(name="__playcount")


class ScoreData(msgspec.Struct, rename=_spoken, kw_only=True):
    """Beside these members the metrics of the game, by name: `games/:game/:playtype` declares them."""

    judgements: dict[str, int | None]
    optional: dict[str, Any]
    enum_indexes: Annotated[dict[str, int], Meta(description="Ladder -> index of its value.")]


class Score(Document):
    score_id: str
    user_id: int
    game: Game
    playtype: Playtype
    song_id: int
    chart_id: str
    is_primary: bool
    service: str
    import_type: str
    time_achieved: Moment | None
    time_added: Milliseconds
    comment: str | None
    highlight: bool
    score_data: ScoreData
    score_meta: Free
    calculated_data: Ratings


class ComposedFrom(Document):
    name: str
    score_id: str


class Rank(Document):
    rank: int
    out_of: int
    rival_rank: None


class Best(Document):
    """A personal best."""

    user_id: int
    chart_id: str
    song_id: int
    game: Game
    playtype: Playtype
    is_primary: bool
    highlight: bool
    time_achieved: Moment | None
    score_data: ScoreData
    calculated_data: Ratings
    composed_from: list[ComposedFrom]


class RankedBest(Best):
    ranking_data: Rank


class PlayedBest(RankedBest):
    playcount: Annotated[int, Meta(description="The player's scores on the chart.")] = field(name="__playcount")


# --- sessions -----------------------------------------------------------------------------------------


class CalendarEntry(Document):
    """A session in a few words."""

    session_id: str
    name: str
    desc: str | None
    highlight: bool
    time_started: Moment
    time_ended: Moment
    game: Game
    playtype: Playtype


class Session(CalendarEntry):
    user_id: int
    score_ids: list[str]
    time_inserted: Milliseconds
    calculated_data: Ratings


class FoundSession(Session):
    text_score: Points = field(name="__textScore")


class ScoreInfo(Document):
    """What a score was to its player's best before the session. `deltas`: metric -> how much more."""

    score_id: str
    is_new_score: bool
    deltas: dict[str, float] | UnsetType = UNSET


class ToldSession(Session):
    score_info: list[ScoreInfo] = field(name="__scoreInfo")


# --- people -------------------------------------------------------------------------------------------


class User(Document):
    id: int
    username: str
    username_lowercase: str
    about: str
    status: str | None
    join_date: Milliseconds
    last_seen: Milliseconds
    social_media: Mapping[str, Any]
    custom_pfp_location: None
    custom_banner_location: None
    badges: Nothing
    auth_level: Annotated[int, Meta(description="0 banned, 1 user, 2 moderator, 3 administrator.", ge=0, le=3)]
    is_supporter: Literal[False]


class FoundUser(User):
    is_rival: Literal[False] = field(name="__isRival")


class Place(Document):
    ranking: int | None
    out_of: int


class Stats(Document):
    user_id: int
    game: Game
    playtype: Playtype
    ratings: Ratings
    classes: Classes


class RankedStats(Stats):
    ranking_data: Annotated[dict[str, Place], Meta(description="Rating -> place.")] = field(name="__rankingData")


class Achievement(Document):
    """A class that somebody reached."""

    user_id: int
    game: Game
    playtype: Playtype
    class_set: str
    class_old_value: str | None
    class_value: str
    time_achieved: Milliseconds


class Token(Document):
    token_id: int
    user_id: int
    token: Annotated[str | None, Meta(description="The secret; null but in the answer to its creation.")]
    identifier: str
    permissions: dict[str, Literal[True]]
    from_api_client: None
    created_at: Milliseconds
    last_used_at: Milliseconds | None
    expires_at: Milliseconds | None


# --- imports ------------------------------------------------------------------------------------------

Row = Annotated[int, Meta(description="Its place in the file, from 0.", ge=0)]


class Problem(Document):
    """A row that was left out."""

    row: Row
    type: ProblemType
    message: str


class ToldProblem(Problem):
    datapoint: Annotated[Any, Meta(description="The row as it was sent; for those who may see the input.")] = UNSET


class CreatedSession(Document):
    session_id: str
    type: Literal["Created", "Appended"]


class ClassDelta(Document):
    game: Game
    playtype: Playtype
    set: str
    old: str | None
    new: str


class Import(Document):
    """An import that is completed."""

    import_id: ImportID
    user_id: int
    user_intent: bool
    import_type: str
    game: Game
    playtypes: list[Playtype]
    gpt_strings: list[Annotated[str, Meta(examples=["sdvx:Single"])]]
    score_ids: list[str]
    errors: list[Problem]
    created_sessions: list[CreatedSession]
    class_deltas: list[ClassDelta]
    goal_info: Nothing
    quest_info: Nothing
    time_started: Milliseconds | None
    time_finished: Milliseconds | None


class TrackerError(Document):
    message: str
    status_code: int | None


class Tracker(Document):
    """An import that is not in: one that waits, runs, failed, was cancelled or reverted."""

    import_id: ImportID
    user_id: int
    import_type: str
    user_intent: bool
    time_started: Milliseconds
    type: Literal["ONGOING", "FAILED", "CANCELLED", "REVERTED"]
    error: TrackerError | UnsetType = UNSET
    time_reverted: Milliseconds | UnsetType | None = UNSET
    reverted_by: int | UnsetType | None = UNSET
    reason: str | UnsetType = UNSET


class Orphan(Document):
    """A row whose song or chart was not known."""

    orphan_id: str
    user_id: int
    import_id: ImportID
    import_type: str
    game: Game
    data: Any
    context: Any
    err_msg: Annotated[str, Meta(description="Why the last try failed.")]
    time_inserted: Milliseconds
