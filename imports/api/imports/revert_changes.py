"""The document of the changes by a revert, the same for the preview and for the revert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from imports.api.common.generations import Generation
from imports.api.common.queries import load_charts, related_songs_and_charts
from imports.api.common.schemas import (
    Best,
    Chart,
    Count,
    Game,
    Moment,
    Playtype,
    Ratings,
    Song,
)
from imports.api.core.responses import Schema
from imports.api.imports.schemas import ClassDelta, ImportID
from imports.integers import json_number
from imports.models import Chart as ChartRow
from imports.models import PersonalBest
from imports.pipeline.derived.snapshot import Row
from imports.pipeline.undo import preview

MAX_LISTED = preview.MAX_LISTED  # sessions and bests of each kind; the totals count all


class Shared(Schema):
    import_id: ImportID
    count: Count


# --- sessions -----------------------------------------------------------------------------------------


class SessionThen(Schema):
    """A session that never existed separately has no ID or name yet."""

    session_id: str | None
    game: Game
    playtype: Playtype
    name: str | None
    time_started: Moment
    time_ended: Moment
    score_count: Count
    calculated_data: Ratings

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Returns the document of a snapshot row; its ID and name may not be known yet (`preview.UNNAMED`)."""
        times = {name: json_number(row[name]) for name in ("time_started", "time_ended")}
        return cls(**{name: row[name] for name in cls.__struct_fields__} | times)


class Shrunk(Schema):
    before: SessionThen
    after: SessionThen


class Split(Schema):
    before: SessionThen
    after: list[SessionThen]


class SessionTotals(Schema):
    gone: Count
    shrunk: Count
    split: Count
    made: Count


class SessionChanges(Schema):
    gone: list[SessionThen]
    shrunk: list[Shrunk]
    split: list[Split]
    made: list[SessionThen]
    totals: SessionTotals

    @classmethod
    def of(cls, changes: preview.Changes) -> Self:
        changed = sorted(changes.sessions, key=lambda change: (change.before["time_started"], change.before["id"]))
        gone = [change for change in changed if not change.after]
        shrunk = [change for change in changed if len(change.after) == 1]
        split = [change for change in changed if len(change.after) > 1]
        made = _by_start(changes.sessions_made)
        then = SessionThen.from_row
        return cls(
            gone=[then(change.before) for change in gone[:MAX_LISTED]],
            shrunk=[Shrunk(before=then(change.before), after=then(change.after[0])) for change in shrunk[:MAX_LISTED]],
            split=[
                Split(before=then(change.before), after=[then(part) for part in _by_start(change.after)])
                for change in split[:MAX_LISTED]
            ],
            made=[then(row) for row in made[:MAX_LISTED]],
            totals=SessionTotals(gone=len(gone), shrunk=len(shrunk), split=len(split), made=len(made)),
        )


def _by_start(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: float(row["time_started"]))


# --- bests --------------------------------------------------------------------------------------------


class RemovedBest(Schema):
    """Bests do not include their ranks, which depend on the current bests of all players."""

    chart_id: str
    before: Best

    @classmethod
    def removed(
        cls, change: preview.BestChange, chart: ChartRow, best: type[Best], *, user_id: int, **more: Any
    ) -> Self:
        """`best`: the class of the documents of bests. The song of `chart` must be loaded."""
        before = best.from_row(PersonalBest(user_id=user_id, **change.before), chart)
        return cls(chart_id=before.chart_id, before=before, **more)


class LoweredBest(RemovedBest):
    after: Best

    @classmethod
    def lowered(cls, change: preview.BestChange, chart: ChartRow, best: type[Best], *, user_id: int) -> Self:
        after = best.from_row(PersonalBest(user_id=user_id, **(change.after or {})), chart)
        return cls.removed(change, chart, best, user_id=user_id, after=after)


class BestTotals(Schema):
    falls: Count
    vanishes: Count


class BestChanges(Schema):
    falls: list[LoweredBest]
    vanishes: list[RemovedBest]
    totals: BestTotals


# --- ratings and classes ------------------------------------------------------------------------------


class RatingTurn(Schema):
    game: Game
    playtype: Playtype
    rating: str
    before: float | None
    after: float | None


class ClassValueChange(Schema):
    game: Game
    playtype: Playtype
    set: str
    before: str | None
    after: str | None


# --- all of it ----------------------------------------------------------------------------------------


class Changes(Schema):
    """The changes made by a revert. At most 500 sessions and bests of each kind are listed; the totals count all."""

    scores: Count
    kept: Count
    shared: list[Shared]
    sessions: SessionChanges
    bests: BestChanges
    ratings: list[RatingTurn]
    classes: list[ClassValueChange]
    classes_staying: list[ClassDelta]
    songs: list[Song]
    charts: list[Chart]

    @classmethod
    def of(cls, changes: preview.Changes, documents: Generation, *, user_id: int) -> Changes:
        """Returns the document of all changes, with the songs and charts of the listed bests. Two queries."""
        falls = [change for change in changes.bests if not change.is_gone]
        vanishes = [change for change in changes.bests if change.is_gone]
        charts = load_charts(change.chart for change in changes.bests)
        best = documents.of(Best)
        lowered, removed = documents.of(LoweredBest), documents.of(RemovedBest)
        return documents.of(cls)(
            scores=changes.scores,
            kept=changes.kept,
            shared=[Shared(import_id=import_id, count=count) for import_id, count in changes.shared.items()],
            sessions=SessionChanges.of(changes),
            bests=documents.of(BestChanges)(
                falls=[lowered.lowered(change, charts[change.chart], best, user_id=user_id) for change in falls],
                vanishes=[removed.removed(change, charts[change.chart], best, user_id=user_id) for change in vanishes],
                totals=BestTotals(falls=changes.bests_changed, vanishes=changes.bests_gone),
            ),
            ratings=[RatingTurn.from_attributes(change, rating=change.name) for change in changes.ratings],
            classes=[ClassValueChange.from_attributes(change, set=change.name) for change in changes.classes],
            classes_staying=[ClassDelta.from_stored(delta) for delta in changes.classes_staying],
            **related_songs_and_charts(charts.values(), documents),
        )
