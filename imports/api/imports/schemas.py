"""Documents of imports and of what is sent (spec: documents.md, api-v3 §3.7)."""

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
from imports.api.common.units import milliseconds
from imports.api.core.responses import Schema
from imports.errors import ProblemType
from imports.models import AuditEntry, ImportProblem, RowCorrection
from imports.pipeline.checking import CheckedRow as JudgedRow
from imports.pipeline.checking import CheckResult, Verdict
from imports.pipeline.progress import Stage

ImportID = Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]
Cursor = Annotated[str | None, Meta(description="Where the next page begins; null on the last one.")]
URL = Annotated[str, Meta(description="Where to poll; absolute.")]
RowNumber = Annotated[int, Meta(description="Its place in the file, from 0.", ge=0)]
GameID = Annotated[str, Meta(description="A game as the API of 2026 names it.", examples=["iidx-sp"])]
Verb = Annotated[str, Meta(extra_json_schema={"enum": list(AuditEntry.Verb.values)})]

# --- what is sent -------------------------------------------------------------------------------------


class Heading(msgspec.Struct, kw_only=True):
    game: Game
    playtype: Annotated[
        Playtype | UnsetType, Meta(description="With a game of 2025 (`iidx`), not with one of 2026 (`iidx-sp`).")
    ] = UNSET
    service: Annotated[str, Meta(min_length=3, max_length=60)]
    version: str | UnsetType | None = UNSET


class Row(msgspec.Struct, kw_only=True):
    """Beside these the metrics that the game asks for, such as `score` and `lamp`."""

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
    """Scores that a program writes down itself."""

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
        """A class that an import raised, as the import or a check of one has it."""
        return cls(**delta)


class IncompleteImport(Schema):
    """In lists, where an import has more of them than are listed: how many there are, and where all of them are."""

    score_ids: int
    errors: int
    created_sessions: int
    url: str


class Import(Schema):
    """An import that is completed."""

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


Trackers = list[Tracker]
ImportOrTracker = Annotated[
    Any,
    Meta(
        description="An import that is completed; of any other what there is to follow.",
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
    """What is unknown is left out."""

    description: str
    stage: Stage
    percent: Annotated[float, Meta(ge=0, le=100)]
    stages: list[StageTook]
    queue_position: Annotated[int, Meta(description="Imports of the player before it.")] | UnsetType = UNSET
    processed: int | UnsetType = UNSET
    total: int | UnsetType = UNSET
    eta_seconds: float | UnsetType = UNSET


class Ongoing(Schema):
    import_status: Literal["ongoing"]
    progress: Progress

    @classmethod
    def at(cls, progress: Any) -> Self:
        """`progress` as `jobs` tells it, which knows what is to be left out."""
        return cls(import_status="ongoing", progress=progress)


class Completed(Schema):
    import_status: Literal["completed"]
    import_: Import = field(name="import")


# --- problems and the audit ---------------------------------------------------------------------------


class Corrected(Schema):
    """Which import has brought the row on the chart that its player chose, and as which score."""

    import_id: str
    score_id: str

    @classmethod
    def from_row(cls, correction: RowCorrection) -> Self:
        """`correction` comes with the import that corrected it."""
        return cls(import_id=correction.corrected_by.import_id, score_id=correction.score_id)


class ToldProblem(Problem):
    corrected: Corrected | UnsetType = UNSET
    datapoint: Annotated[Any, Meta(description="The row as it was sent; for those who may see the input.")] = UNSET

    @classmethod
    def from_row(cls, problem: ImportProblem, correction: RowCorrection | None, *, private: bool) -> Self:
        """`private`: with the row as it was sent."""
        return cls(
            row=problem.row,
            type=problem.type,  # type: ignore[arg-type]  # the column holds the text of the type
            message=problem.message,
            corrected=UNSET if correction is None else Corrected.from_row(correction),
            datapoint=problem.datapoint if private else UNSET,
        )


class Problems(Schema):
    errors: list[ToldProblem]
    total: Annotated[int, Meta(description="Of the whole import.", ge=0)]


class AuditRow(Schema):
    """`actorID` acted for `subjectID`; null where the service did it by itself. `token` is what its owner calls it."""

    verb: Verb
    actor_id: int | None
    subject_id: int | None
    token: str | None
    time: Milliseconds
    reason: str
    counts: dict[str, Any]

    @classmethod
    def from_row(cls, entry: AuditEntry) -> Self:
        """`entry` comes with its token."""
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
    """Members that a row does not have are absent."""

    row: RowNumber
    verdict: Verdict
    score_id: str | UnsetType = UNSET
    chart_id: str | UnsetType = UNSET
    song_id: int | UnsetType = UNSET
    repeats: Annotated[int, Meta(description="The row of this file that brings the score.")] | UnsetType = UNSET
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
