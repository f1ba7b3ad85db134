"""What a revert would do, found by doing it and rolling it back, so that it cannot be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from imports.games import playtype_of
from imports.models import Import, PersonalBest, Score
from imports.pipeline import states
from imports.pipeline.derived.snapshot import Row, Snapshot, best_row, take_snapshot
from imports.pipeline.undo.carried_scores import sharers_of
from imports.pipeline.undo.revert import RevertRequest, RevertResult, revert_together

# A session that never was one by itself gets its ID and name by chance: nobody can tell them beforehand.
UNNAMED = {"session_id": None, "name": None}


@dataclass(frozen=True, slots=True)
class BestChange:
    """A personal best that changes or goes, as text of a snapshot: of many thousands few are looked at."""

    chart: int
    stored_before: str
    stored_after: str | None

    @property
    def is_gone(self) -> bool:
        return self.stored_after is None

    @property
    def before(self) -> Row:
        return best_row(self.stored_before)

    @property
    def after(self) -> Row | None:
        """None where it goes."""
        return None if self.stored_after is None else best_row(self.stored_after)


@dataclass(frozen=True, slots=True)
class SessionChange:
    """A session that goes (`after` empty), changes (one) or is split (several). Rows as in `snapshot.SESSION`."""

    before: Row
    after: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A rating or a class before and after; None where there is none."""

    game: str
    playtype: str
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """What taking imports back changes. `shared`: import ID -> how many of the scores that import also carried."""

    scores: int = 0
    kept: int = 0
    shared: dict[str, int] = field(default_factory=dict)
    sessions: tuple[SessionChange, ...] = ()
    sessions_made: tuple[Row, ...] = ()  # of scores that pass to an import which says that they were at another time
    sessions_lost: int = 0  # how many fewer there are
    bests: tuple[BestChange, ...] = ()
    ratings: tuple[ValueChange, ...] = ()
    classes: tuple[ValueChange, ...] = ()
    classes_staying: tuple[dict[str, Any], ...] = ()

    @property
    def sessions_gone(self) -> int:
        return sum(not change.after for change in self.sessions)

    @property
    def sessions_split(self) -> int:
        return sum(len(change.after) > 1 for change in self.sessions)

    @property
    def sessions_shrunk(self) -> int:
        return len(self.sessions) - self.sessions_gone - self.sessions_split - self.sessions_moved

    @property
    def sessions_moved(self) -> int:
        """Those that lose no score: some that pass to another import lie elsewhere in time there."""
        whole = (change for change in self.sessions if len(change.after) == 1)
        return sum(change.after[0]["score_count"] >= change.before["score_count"] for change in whole)

    @property
    def bests_gone(self) -> int:
        return sum(change.is_gone for change in self.bests)


def preview(jobs: Sequence[Import], revert_request: RevertRequest) -> Changes:
    """Returns what reverting these imports of one player would change. Raises PlayerLocked or NotRevertible."""
    # One transaction, never committed: it holds the player's lock for as long as the real thing would.
    with transaction.atomic():
        changes = revert_all(jobs, revert_request)
        transaction.set_rollback(True)
    return changes


def revert_all(jobs: Sequence[Import], revert_request: RevertRequest) -> Changes:
    """Reverts imports of one player, newest first, in one transaction, and returns what changed."""
    if not jobs:
        return Changes()
    newest_first = sorted(jobs, key=lambda job: job.pk, reverse=True)
    # One transaction: several imports chosen together go together or not at all.
    with transaction.atomic():
        user_id = newest_first[0].user_id
        states.acquire_player_lock(user_id)  # before the first look, so that nobody changes what is compared
        shared = sharers_of(newest_first)
        charts: list[int] | None = None
        if sum(job.score_count for job in jobs) <= PersonalBest.objects.filter(user=user_id).count():
            # Else to compare all bests of the player is less work.
            charts = list(Score.objects.filter(from_import__in=jobs).values_list("chart_id", flat=True).distinct())
        before = take_snapshot(user_id, charts=charts, parts=False)
        done = revert_together(newest_first, revert_request)
        after = take_snapshot(user_id, charts=charts, parts=False)
        names = dict(Import.objects.filter(pk__in=shared).values_list("pk", "import_id"))
        counts = {names[key]: len(score_ids) for key, score_ids in shared.items()}
        return compare(before, after, done=done, shared=counts, jobs=newest_first)


def compare(
    before: Snapshot, after: Snapshot, *, done: Sequence[RevertResult], shared: dict[str, int], jobs: Sequence[Import]
) -> Changes:
    """Returns the difference of two snapshots."""
    staying = []  # provided classes that the imports gave, and that are still there
    for delta in (delta for job in jobs for delta in job.class_deltas):
        group = playtype_of(delta["game"], delta["playtype"]).classes.get(delta["set"])
        was, now = (
            each.stats.get((delta["game"], delta["playtype"]), {"classes": {}})["classes"].get(delta["set"])
            for each in (before, after)
        )
        if group is not None and group.is_provided and now is not None and now == was:
            staying.append(delta)
    return Changes(
        scores=sum(one.scores for one in done),
        kept=sum(one.kept for one in done),
        shared=shared,
        **_sessions(before, after),
        bests=tuple(
            BestChange(chart, row, after.bests.get(chart))
            for chart, row in before.bests.items()
            if after.bests.get(chart) != row
        ),
        ratings=_value_changes(before, after, "ratings"),
        classes=_value_changes(before, after, "classes"),
        classes_staying=tuple(staying),
    )


def _sessions(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    changed = [row for key, row in before.sessions.items() if after.sessions.get(key) != row]
    known = {*before.identities, *(row["session_id"] for row in before.sessions.values())}
    # Keys and IDs that the revert made up, and rolls back in a preview, are left out.
    fresh = [
        row if key in before.sessions else {**row, "id": None, **({} if row["session_id"] in known else UNNAMED)}
        for key, row in after.sessions.items()
        if before.sessions.get(key) != row
    ]
    changes = tuple(SessionChange(row, tuple(part for part in fresh if _continues(part, row))) for row in changed)
    return {
        "sessions": changes,
        "sessions_made": tuple(part for part in fresh if not any(_continues(part, row) for row in changed)),
        "sessions_lost": len(before.sessions) - len(after.sessions),
    }


def _continues(part: Row, whole: Row) -> bool:
    """Whether a session of afterwards is what became of one of before: the same, or in its time."""
    return part["id"] == whole["id"] or (
        (part["game"], part["playtype"]) == (whole["game"], whole["playtype"])
        and part["time_started"] <= whole["time_ended"]
        and whole["time_started"] <= part["time_ended"]
    )


def _value_changes(before: Snapshot, after: Snapshot, column: str) -> tuple[ValueChange, ...]:
    """What differs in the ratings or the classes of any playtype."""
    changes = []
    for key in sorted(before.stats.keys() | after.stats.keys()):
        old: dict[str, Any] = before.stats.get(key, {}).get(column, {})
        new: dict[str, Any] = after.stats.get(key, {}).get(column, {})
        changes += [
            ValueChange(*key, name, old.get(name), new.get(name))
            for name in dict.fromkeys([*old, *new])
            if old.get(name) != new.get(name)
        ]
    return tuple(changes)
