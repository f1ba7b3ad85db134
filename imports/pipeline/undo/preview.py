"""Previews a revert by running it and rolling it back, so that the preview is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from imports.games import playtype_of
from imports.models import Import, PersonalBest, Score
from imports.pipeline import states
from imports.pipeline.derived.snapshot import (
    Row,
    Snapshot,
    best_row,
    best_versions,
    read_bests,
    take_snapshot,
)
from imports.pipeline.undo.carried_scores import sharers_of
from imports.pipeline.undo.revert import RevertRequest, RevertResult, revert_together
from imports.pipeline.undo.totals import TotalsChange

# A session without a stored identity gets a random ID and name, which a preview cannot know.
UNNAMED = {"session_id": None, "name": None}
MAX_LISTED = 500  # listed bests of each kind; every document and page of a revert lists fewer


@dataclass(frozen=True, slots=True)
class BestChange:
    """A personal best that changes or is removed, as text of `read_bests`."""

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
        """The best after the revert; None if it is removed."""
        return None if self.stored_after is None else best_row(self.stored_after)


@dataclass(frozen=True, slots=True)
class SessionChange:
    """A session that is removed (`after` empty), changed (one) or split (several). Rows as in `snapshot.SESSION`."""

    before: Row
    after: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A rating or a class before and after; None if there is none."""

    game: str
    playtype: str
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a revert. `shared`: ID of another import -> the number of these scores that it also carried.

    `totals`: by game and playtype, of all imports together. `bests`: by chart, the first `MAX_LISTED` removed ones
    and the first `MAX_LISTED` changed ones.
    """

    scores: int = 0
    kept: int = 0
    shared: dict[str, int] = field(default_factory=dict)
    sessions: tuple[SessionChange, ...] = ()
    sessions_made: tuple[Row, ...] = ()  # new sessions of scores that have another time in the file of their new owner
    totals: dict[tuple[str, str], TotalsChange] = field(default_factory=dict)
    bests: tuple[BestChange, ...] = ()
    bests_gone: int = 0
    bests_changed: int = 0
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
        """The number of changed sessions that lose no score: some of their scores get another time from a new owner."""
        whole = (change for change in self.sessions if len(change.after) == 1)
        return sum(change.after[0]["score_count"] >= change.before["score_count"] for change in whole)


def preview(jobs: Sequence[Import], revert_request: RevertRequest) -> Changes:
    """Returns what reverting these imports of one player would change. Raises PlayerLocked or NotRevertible."""
    # One transaction, never committed, which holds the player's lock as long as the revert would.
    with transaction.atomic():
        changes = _revert(jobs, revert_request, is_preview=True)
        transaction.set_rollback(True)
    return changes


def revert_all(jobs: Sequence[Import], revert_request: RevertRequest) -> Changes:
    """Reverts imports of one player, newest first, in one transaction, and returns what changed."""
    # One transaction: all of these imports are reverted or none.
    with transaction.atomic():
        return _revert(jobs, revert_request, is_preview=False)


def _revert(jobs: Sequence[Import], revert_request: RevertRequest, *, is_preview: bool) -> Changes:
    """Reverts the imports and returns the changes; a preview rolls the revert back before it reads the bests before."""
    if not jobs:
        return Changes()
    newest_first = sorted(jobs, key=lambda job: job.pk, reverse=True)
    user_id = newest_first[0].user_id
    states.acquire_player_lock(user_id)  # before the first snapshot, so that nobody changes the compared state
    shared = sharers_of(newest_first)
    charts: list[int] | None = None
    if sum(job.score_count for job in jobs) <= PersonalBest.objects.filter(user=user_id).count():
        # Otherwise comparing all bests of the player is less work.
        charts = list(Score.objects.filter(from_import__in=jobs).values_list("chart_id", flat=True).distinct())
    before = take_snapshot(user_id, whole=False)
    versions = best_versions(user_id, charts)
    bests = {} if is_preview else read_bests(user_id, charts)
    # A savepoint: after its rollback, the bests before are read, and only those that are listed.
    with transaction.atomic():
        done = revert_together(newest_first, revert_request, is_preview=is_preview)
        after = take_snapshot(user_id, whole=False)
        versions_after = best_versions(user_id, charts)
        gone = [chart for chart in versions if chart not in versions_after]
        rewritten = [chart for chart, version in versions.items() if versions_after.get(chart, version) != version]
        bests_after = read_bests(user_id, rewritten)
        transaction.set_rollback(is_preview)
    if is_preview:
        bests = read_bests(user_id, [*rewritten, *gone[:MAX_LISTED]])
    changed = [chart for chart in rewritten if bests[chart] != bests_after[chart]]
    names = dict(Import.objects.filter(pk__in=shared).values_list("pk", "import_id"))
    return replace(
        compare(before, after, done=done, jobs=newest_first),
        shared={names[key]: len(score_ids) for key, score_ids in shared.items()},
        bests=tuple(
            BestChange(chart, bests[chart], bests_after.get(chart))
            for chart in sorted([*gone[:MAX_LISTED], *changed[:MAX_LISTED]])
        ),
        bests_gone=len(gone),
        bests_changed=len(changed),
    )


def compare(before: Snapshot, after: Snapshot, *, done: Sequence[RevertResult], jobs: Sequence[Import]) -> Changes:
    """Returns the difference of two snapshots, without the bests."""
    staying = []  # provided classes that the imports set, and that remain after the revert
    for delta in (delta for job in jobs for delta in job.class_deltas):
        group = playtype_of(delta["game"], delta["playtype"]).classes.get(delta["set"])
        was, now = (
            each.stats.get((delta["game"], delta["playtype"]), {"classes": {}})["classes"].get(delta["set"])
            for each in (before, after)
        )
        if group is not None and group.is_provided and now is not None and now == was:
            staying.append(delta)
    totals: dict[tuple[str, str], TotalsChange] = {}
    for job, one in zip(jobs, done, strict=True):
        for name, change in one.totals.items():
            first = totals.get((job.game, name), change)
            totals[job.game, name] = TotalsChange(before=first["before"], after=change["after"])
    return Changes(
        scores=sum(one.scores for one in done),
        kept=sum(one.kept for one in done),
        **_sessions(before, after),
        ratings=_value_changes(before, after, "ratings"),
        classes=_value_changes(before, after, "classes"),
        classes_staying=tuple(staying),
        totals=totals,
    )


def _sessions(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    changed = [row for key, row in before.sessions.items() if after.sessions.get(key) != row]
    known = {*before.identities, *(row["session_id"] for row in before.sessions.values())}
    # Keys and IDs that the revert created, and a preview rolls back, are left out.
    fresh = [
        row if key in before.sessions else {**row, "id": None, **({} if row["session_id"] in known else UNNAMED)}
        for key, row in after.sessions.items()
        if before.sessions.get(key) != row
    ]
    changes = tuple(SessionChange(row, tuple(part for part in fresh if _continues(part, row))) for row in changed)
    return {
        "sessions": changes,
        "sessions_made": tuple(part for part in fresh if not any(_continues(part, row) for row in changed)),
    }


def _continues(part: Row, whole: Row) -> bool:
    """Returns whether a session after the revert continues one before it: has the same key, or overlaps it."""
    return part["id"] == whole["id"] or (
        (part["game"], part["playtype"]) == (whole["game"], whole["playtype"])
        and part["time_started"] <= whole["time_ended"]
        and whole["time_started"] <= part["time_ended"]
    )


def _value_changes(before: Snapshot, after: Snapshot, column: str) -> tuple[ValueChange, ...]:
    """Returns the changed ratings or classes of all playtypes."""
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
