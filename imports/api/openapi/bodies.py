"""The bodies of answers, and of requests, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from imports.api.openapi import documents as d
from imports.api.openapi.documents import Document
from imports.errors import ProblemType
from imports.models import AuditEntry, Permission
from imports.pipeline.checking import Verdict
from imports.pipeline.progress import Stage

Cursor = Annotated[str | None, Meta(description="Where the next page begins; null on the last one.")]
Count = Annotated[int, Meta(ge=0)]
Held = Annotated[str, Meta(extra_json_schema={"enum": list(Permission.values)})]
Verb = Annotated[str, Meta(extra_json_schema={"enum": list(AuditEntry.Verb.values)})]

# --- the instance -------------------------------------------------------------------------------------


class Status(Document):
    server_time: d.Milliseconds
    start_time: d.Milliseconds
    version: str
    whoami: int | None
    permissions: list[Held]
    echo: str | UnsetType = UNSET


class Config(Document):
    name: str = field(name="NAME")
    type: Literal["omni"] = field(name="TYPE")
    games: list[d.Game] = field(name="GAMES")
    import_types: list[str] = field(name="IMPORT_TYPES")
    signups_enabled: bool = field(name="SIGNUPS_ENABLED")


class SignedIn(Document):
    user_id: int


class Companions(Document):
    songs: list[d.Song]
    charts: list[d.Chart]


class Feed(Companions):
    """What happened of late on a game and playtype."""

    recent_sessions: list[d.Session]
    recently_highlighted_scores: list[d.Score]
    achieved_classes: list[d.Achievement]
    users: list[d.User]
    goals: d.Nothing
    goal_subs: d.Nothing
    quests: d.Nothing
    quest_subs: d.Nothing


Feeds = Annotated[dict[str, Feed], Meta(description="`game:playtype` -> feed.")]


class ChartHit(Document):
    song: d.FoundSong
    chart: d.Chart
    playcount: Count


class HashHit(Document):
    song: d.Song
    chart: d.Chart
    playcount: None


class Found(Document):
    users: list[d.FoundUser]
    charts: Annotated[dict[str, list[ChartHit]], Meta(description="`game:playtype` -> charts, best match first.")]
    folders: d.Nothing


class FoundByHash(Document):
    charts: dict[str, list[HashHit]]


# --- imports ------------------------------------------------------------------------------------------


class Queued(Document):
    url: Annotated[str, Meta(description="Where to poll; absolute.")]
    import_id: d.ImportID


class StageTook(Document):
    name: Stage
    seconds: float


class Progress(Document):
    """What is unknown is left out."""

    description: str
    stage: Stage
    percent: Annotated[float, Meta(ge=0, le=100)]
    stages: list[StageTook]
    queue_position: Annotated[int, Meta(description="Imports of the player before it.")] | UnsetType = UNSET
    processed: int | UnsetType = UNSET
    total: int | UnsetType = UNSET
    eta_seconds: float | UnsetType = UNSET


class Ongoing(Document):
    import_status: Literal["ongoing"]
    progress: Progress


class Completed(Document):
    import_status: Literal["completed"]
    import_: d.Import = field(name="import")


ImportOrTracker = Annotated[
    Any,
    Meta(
        description="An import that is completed; of any other what there is to follow.",
        extra_json_schema={"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Import", "Tracker")]},
    ),
]


class Imports(Document):
    imports: list[ImportOrTracker]
    users: list[d.User]


class FailedImports(Document):
    failed_imports: list[d.Tracker]
    users: list[d.User]


class ImportContents(Companions):
    scores: list[d.Score]
    sessions: list[d.Session]
    import_: d.Import = field(name="import")
    user: d.User


class ImportCount(Document):
    import_type: str
    count: Count


class Problems(Document):
    errors: list[d.ToldProblem]
    total: Annotated[int, Meta(description="Of the whole import.", ge=0)]


class AuditRow(Document):
    verb: Verb
    actor_id: int | None
    subject_id: int | None
    token: str | None
    time: d.Milliseconds
    reason: str
    counts: dict[str, Any]


class Audit(Document):
    entries: list[AuditRow]
    users: list[d.User]


# --- checks -------------------------------------------------------------------------------------------


class Totals(Document):
    rows: Count
    new: Count
    duplicate: Count
    repeated: Count
    blacklisted: Count
    unknown: Count
    ambiguous: Count
    invalid: Count
    broken: Count


class CheckedRow(Document):
    """Members that a row does not have are absent."""

    row: d.Row
    verdict: Verdict
    score_id: str | UnsetType = UNSET
    chart_id: str | UnsetType = UNSET
    song_id: int | UnsetType = UNSET
    repeats: Annotated[int, Meta(description="The row of this file that brings the score.")] | UnsetType = UNSET
    type: ProblemType | UnsetType = UNSET
    message: str | UnsetType = UNSET
    datapoint: Any = UNSET


class Checked(Document):
    import_type: str
    game: d.Game
    playtypes: list[d.Playtype]
    service: str
    totals: Totals
    classes: list[d.ClassDelta]
    rows: list[CheckedRow]
    next: Cursor


# --- undo ---------------------------------------------------------------------------------------------


class Shared(Document):
    import_id: d.ImportID
    count: Count


class SessionThen(Document):
    """A session that only comes to be has neither ID nor name yet."""

    session_id: str | None
    game: d.Game
    playtype: d.Playtype
    name: str | None
    time_started: d.Moment
    time_ended: d.Moment
    score_count: Count
    calculated_data: d.Ratings


class Shrunk(Document):
    before: SessionThen
    after: SessionThen


class Split(Document):
    before: SessionThen
    after: list[SessionThen]


class SessionTotals(Document):
    gone: Count
    shrunk: Count
    split: Count


class SessionChanges(Document):
    gone: list[SessionThen]
    shrunk: list[Shrunk]
    split: list[Split]
    totals: SessionTotals


class Vanishes(Document):
    chart_id: str
    before: d.Best


class Falls(Vanishes):
    after: d.Best


class BestTotals(Document):
    falls: Count
    vanishes: Count


class BestChanges(Document):
    falls: list[Falls]
    vanishes: list[Vanishes]
    totals: BestTotals


class RatingTurn(Document):
    game: d.Game
    playtype: d.Playtype
    rating: str
    before: float | None
    after: float | None


class ClassTurn(Document):
    game: d.Game
    playtype: d.Playtype
    set: str
    before: str | None
    after: str | None


class Changes(Companions):
    """What a revert changes. At most 500 sessions and bests of each kind are listed; the totals count all."""

    scores: Count
    kept: Count
    shared: list[Shared]
    sessions: SessionChanges
    bests: BestChanges
    ratings: list[RatingTurn]
    classes: list[ClassTurn]
    classes_staying: list[d.ClassDelta]


class Rescue(Document):
    processed: Count
    failed: Count
    success: Count
    removed: Count


class Orphans(Document):
    orphans: list[d.Orphan]
    next: Cursor
