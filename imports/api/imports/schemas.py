"""Documents of imports and of uploads (spec: documents.md, api-v3 §3.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from imports.api.common.schemas import (
    Companions,
    Count,
    Game,
    Milliseconds,
    Nothing,
    Playtype,
    Score,
    Session,
    User,
)
from imports.api.core.responses import Schema
from imports.errors import ProblemType
from imports.integers import milliseconds
from imports.models import AuditEntry, ImportProblem, RowCorrection
from imports.pipeline.checking import CheckedRow as JudgedRow
from imports.pipeline.checking import CheckResult, Verdict
from imports.pipeline.progress import Stage

ImportID = Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]
Cursor = Annotated[str | None, Meta(description="The cursor of the next page, or null on the last page.")]
URL = Annotated[str, Meta(description="The absolute URL to poll.")]
RowNumber = Annotated[int, Meta(description="The position of the row in the file, from 0.", ge=0)]
GameID = Annotated[str, Meta(description="The ID of a game in API version 2026.", examples=["iidx-sp"])]
Verb = Annotated[str, Meta(extra_json_schema={"enum": list(AuditEntry.Verb.values)})]

# --- uploads ------------------------------------------------------------------------------------------


class Heading(msgspec.Struct, kw_only=True):
    game: Game
    playtype: Annotated[
        Playtype | UnsetType, Meta(description="With a game of API version 2025 (`iidx`), not of 2026 (`iidx-sp`).")
    ] = UNSET
    service: Annotated[str, Meta(min_length=3, max_length=60)]
    version: str | UnsetType | None = UNSET


class Row(msgspec.Struct, kw_only=True):
    """In addition, the metrics that the game requires, such as `score` and `lamp`."""

    identifier: str
    match_type: str = field(name="matchType")
    difficulty: str | UnsetType | None = UNSET
    time_achieved: Annotated[float | None, Meta(description="Unix milliseconds.")] | UnsetType = field(
        name="timeAchieved", default=UNSET
    )
    comment: str | UnsetType | None = UNSET
    judgements: dict[str, int | None] | UnsetType = UNSET
    optional: dict[str, Any] | UnsetType | None = UNSET
    hit_meta: dict[str, Any] | UnsetType | None = field(name="hitMeta", default=UNSET)
    score_meta: dict[str, Any] | UnsetType | None = field(name="scoreMeta", default=UNSET)


class BatchManual(msgspec.Struct, kw_only=True):
    """Scores in the BATCH-MANUAL format."""

    meta: Heading
    scores: list[Row]
    classes: dict[str, str | None] | UnsetType | None = UNSET


class Queued(Schema):
    url: URL
    import_id: ImportID


# --- imports ------------------------------------------------------------------------------------------


class Problem(Schema):
    """A row that was left out."""

    row: RowNumber
    type: ProblemType
    message: str


class CreatedSession(Schema):
    session_id: str
    type: Literal["Created", "Appended"]


class ClassDelta(Schema):
    game: Game
    playtype: Playtype
    set: str
    old: str | None
    new: str

    @classmethod
    def from_stored(cls, delta: Mapping[str, Any]) -> Self:
        """Returns the document of a raised class, as stored in an import or returned by a check."""
        return cls(**delta)


class IncompleteImport(Schema):
    """In lists, for imports with more items than are listed: their total number and the URL of all items."""

    score_ids: int
    errors: int
    created_sessions: int
    url: str


class Import(Schema):
    """A completed import."""

    import_id: ImportID
    user_id: int
    user_intent: bool
    import_type: str
    game: Game
    playtypes: list[Playtype]
    gpt_strings: list[Annotated[str, Meta(examples=["sdvx:Single"])]]
    game_group: Game
    games: list[GameID]
    score_ids: list[str]
    errors: list[Problem]
    created_sessions: list[CreatedSession]
    class_deltas: list[ClassDelta]
    goal_info: Nothing
    quest_info: Nothing
    time_started: Milliseconds | None
    time_finished: Milliseconds | None
    incomplete: IncompleteImport | UnsetType = UNSET


class TrackerError(Schema):
    message: str
    status_code: int | None


class Tracker(Schema):
    """An import that is queued, running, failed, cancelled or reverted."""

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


Trackers = list[Tracker]
ImportOrTracker = Annotated[
    Any,
    Meta(
        description="The import if it is completed, otherwise its tracking data.",
        extra_json_schema={"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Import", "Tracker")]},
    ),
]
ImportDocuments = list[ImportOrTracker]


class Imports(Schema):
    imports: list[ImportOrTracker]
    users: list[User]


class FailedImports(Schema):
    failed_imports: list[Tracker]
    users: list[User]


class ImportContents(Companions):
    scores: list[Score]
    sessions: list[Session]
    import_: Import = field(name="import")
    user: User


class ImportCount(Schema):
    import_type: str
    count: Count


ImportCounts = list[ImportCount]

# --- polls --------------------------------------------------------------------------------------------


class StageTook(Schema):
    name: Stage
    seconds: float


class Progress(Schema):
    """Unknown values are absent."""

    description: str
    stage: Stage
    percent: Annotated[float, Meta(ge=0, le=100)]
    stages: list[StageTook]
    queue_position: Annotated[int, Meta(description="The player's imports ahead of it.")] | UnsetType = UNSET
    processed: int | UnsetType = UNSET
    total: int | UnsetType = UNSET
    eta_seconds: float | UnsetType = UNSET


class Ongoing(Schema):
    import_status: Literal["ongoing"]
    progress: Progress

    @classmethod
    def at(cls, progress: Any) -> Self:
        """Returns the document of `progress` as returned by `jobs`, without unknown members."""
        return cls(import_status="ongoing", progress=progress)


class Completed(Schema):
    import_status: Literal["completed"]
    import_: Import = field(name="import")


# --- problems and the audit ---------------------------------------------------------------------------


class Corrected(Schema):
    """The import that imported the row on the chart chosen by the player, and the resulting score."""

    import_id: str
    score_id: str

    @classmethod
    def from_row(cls, correction: RowCorrection) -> Self:
        """Returns the document of a correction, whose correcting import must be loaded."""
        return cls(import_id=correction.corrected_by.import_id, score_id=correction.score_id)


class ProblemWithRow(Problem):
    corrected: Corrected | UnsetType = UNSET
    datapoint: Annotated[Any, Meta(description="The original row. Present only if you may see the input.")] = UNSET

    @classmethod
    def from_row(cls, problem: ImportProblem, correction: RowCorrection | None, *, private: bool) -> Self:
        """Returns the document of a problem; if `private`, with the original row."""
        return cls(
            row=problem.row,
            type=problem.type,  # type: ignore[arg-type]  # the column holds the text of the type
            message=problem.message,
            corrected=UNSET if correction is None else Corrected.from_row(correction),
            datapoint=problem.datapoint if private else UNSET,
        )


class Problems(Schema):
    errors: list[ProblemWithRow]
    total: Annotated[int, Meta(description="The total of the whole import.", ge=0)]


class AuditRow(Schema):
    """`actorID` acted for `subjectID`; null for the service itself. `token` is the name of the token."""

    verb: Verb
    actor_id: int | None
    subject_id: int | None
    token: str | None
    time: Milliseconds
    reason: str
    counts: dict[str, Any]

    @classmethod
    def from_row(cls, entry: AuditEntry) -> Self:
        """Returns the document of an audit entry, whose token must be loaded."""
        token = entry.token.identifier if entry.token else None
        return cls.from_attributes(entry, token=token, time=milliseconds(entry.at))


class Audit(Schema):
    entries: list[AuditRow]
    users: list[User]


# --- checks -------------------------------------------------------------------------------------------


class Totals(Schema):
    rows: Count
    new: Count
    duplicate: Count
    repeated: Count
    blacklisted: Count
    unknown: Count
    ambiguous: Count
    invalid: Count
    broken: Count


class CheckedRow(Schema):
    """Members that do not apply to the row are absent."""

    row: RowNumber
    verdict: Verdict
    score_id: str | UnsetType = UNSET
    chart_id: str | UnsetType = UNSET
    song_id: int | UnsetType = UNSET
    repeats: Annotated[int, Meta(description="The row of this file that contains the same score.")] | UnsetType = UNSET
    type: ProblemType | UnsetType = UNSET
    message: str | UnsetType = UNSET
    datapoint: Any = UNSET

    @classmethod
    def from_row(cls, row: JudgedRow) -> Self:
        document = cls(row=row.row, verdict=row.verdict)
        if row.chart is not None:
            document.score_id = UNSET if row.score_id is None else row.score_id
            document.chart_id, document.song_id = row.chart.chart_id, row.chart.song.song_id
        if row.repeats is not None:
            document.repeats = row.repeats
        if row.problem is not None:
            document.type, document.message = row.problem.type, row.problem.message
            document.datapoint = row.problem.datapoint
        return document


class Checked(Schema):
    import_type: str
    game: Game
    playtypes: list[Playtype]
    service: str
    totals: Totals
    classes: list[ClassDelta]
    rows: list[CheckedRow]
    next: Cursor

    @classmethod
    def of(cls, checked: CheckResult, import_type: str) -> Self:
        context = checked.context
        return cls(
            import_type=import_type,
            game=context.game.slug,
            playtypes=list(checked.playtypes),
            service=context.service,
            totals=Totals(
                rows=checked.row_count, **{verdict.value: count for verdict, count in checked.totals.items()}
            ),
            classes=[ClassDelta.from_stored(delta) for delta in checked.classes],
            rows=[CheckedRow.from_row(row) for row in checked.rows],
            next=str(checked.rows[-1].row) if checked.has_more and checked.rows else None,
        )
