"""What a revert would do, found by doing it and rolling it back, so that it cannot be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from imports.games import playtype_of
from imports.models import Import, PersonalBest, Score, State
from imports.pipeline import states
from imports.pipeline.revert import Deed, Reverted, revert
from imports.pipeline.snapshot import Row, Snapshot, best_row, take

# A session that only comes to be by a split gets its keys and its name by chance: nobody can tell them beforehand.
UNNAMED = {"id": None, "session_id": None, "name": None}


@dataclass(frozen=True, slots=True)
class BestChange:
    """A personal best that falls (or rises again), or vanishes. As in a snapshot, read once somebody looks."""

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
        """None where it vanishes."""
        return None if self.stored_after is None else best_row(self.stored_after)


@dataclass(frozen=True, slots=True)
class SessionChange:
    """A session that goes (`after` empty), shrinks (one) or is split (several). Rows as in `snapshot.SESSION`."""

    before: Row
    after: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
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
    bests: tuple[BestChange, ...] = ()
    ratings: tuple[Turn, ...] = ()
    classes: tuple[Turn, ...] = ()
    classes_staying: tuple[dict[str, Any], ...] = ()

    @property
    def sessions_gone(self) -> int:
        return sum(not change.after for change in self.sessions)

    @property
    def sessions_split(self) -> int:
        return sum(len(change.after) > 1 for change in self.sessions)

    @property
    def sessions_shrunk(self) -> int:
        return len(self.sessions) - self.sessions_gone - self.sessions_split

    @property
    def bests_gone(self) -> int:
        return sum(change.is_gone for change in self.bests)


def preview(jobs: Sequence[Import], deed: Deed) -> Changes:
    """What reverting these imports of one player would change. Raises Busy or NotRevertible as the deed would."""
    # One transaction, never committed: it holds the player's lock for as long as the real thing would.
    with transaction.atomic():
        changes = revert_all(jobs, deed)
        transaction.set_rollback(True)
    return changes


def revert_all(jobs: Sequence[Import], deed: Deed) -> Changes:
    """Reverts imports of one player, newest first, as one deed, and says what changed."""
    if not jobs:
        return Changes()
    newest_first = sorted(jobs, key=lambda job: job.pk, reverse=True)
    # One transaction: several imports chosen together go together or not at all.
    with transaction.atomic():
        user_id = newest_first[0].user_id
        states.take_turn(user_id)  # before the first look, so that nobody changes what is compared
        shared = _shared_with(newest_first)
        charts = _charts_of(newest_first)
        before = take(user_id, charts=charts, parts=False)
        done = [revert(job, deed, going={job.pk for job in newest_first}) for job in newest_first]
        after = take(user_id, charts=charts, parts=False)
        return compare(before, after, done=done, shared=shared, jobs=newest_first)


def compare(
    before: Snapshot, after: Snapshot, *, done: Sequence[Reverted], shared: dict[str, int], jobs: Sequence[Import]
) -> Changes:
    """The difference of two moments."""
    return Changes(
        scores=sum(one.scores for one in done),
        kept=sum(one.kept for one in done),
        shared=shared,
        sessions=_sessions(before, after),
        bests=tuple(
            BestChange(chart, row, after.bests.get(chart))
            for chart, row in before.bests.items()
            if after.bests.get(chart) != row
        ),
        ratings=_turns(before, after, "ratings"),
        classes=_turns(before, after, "classes"),
        classes_staying=tuple(delta for job in jobs for delta in job.class_deltas if _stays(delta, after)),
    )


def _sessions(before: Snapshot, after: Snapshot) -> tuple[SessionChange, ...]:
    changed = [row for key, row in before.sessions.items() if after.sessions.get(key) != row]
    fresh = [
        row if key in before.sessions else {**row, **UNNAMED}
        for key, row in after.sessions.items()
        if before.sessions.get(key) != row
    ]
    return tuple(SessionChange(row, tuple(part for part in fresh if _lies_in(part, row))) for row in changed)


def _lies_in(part: Row, whole: Row) -> bool:
    return (
        (part["game"], part["playtype"]) == (whole["game"], whole["playtype"])
        and whole["time_started"] <= part["time_started"]
        and part["time_ended"] <= whole["time_ended"]
    )


def _turns(before: Snapshot, after: Snapshot, column: str) -> tuple[Turn, ...]:
    turns = []
    for key in sorted(before.stats.keys() | after.stats.keys()):
        old: dict[str, Any] = before.stats.get(key, {}).get(column, {})
        new: dict[str, Any] = after.stats.get(key, {}).get(column, {})
        names = dict.fromkeys([*old, *new])
        turns += [Turn(*key, name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]
    return tuple(turns)


def _stays(delta: dict[str, Any], after: Snapshot) -> bool:
    """A provided class that the import gave, and that is still there."""
    group = playtype_of(delta["game"], delta["playtype"]).classes.get(delta["set"])
    stats = after.stats.get((delta["game"], delta["playtype"]))
    return group is not None and group.is_provided and stats is not None and delta["set"] in stats["classes"]


def _charts_of(jobs: Sequence[Import]) -> list[int] | None:
    """Where these imports brought scores; None for everywhere, where they brought more than there are bests."""
    if sum(job.score_count for job in jobs) > PersonalBest.objects.filter(user=jobs[0].user_id).count():
        return None
    return list(Score.objects.filter(from_import__in=jobs).values_list("chart_id", flat=True).distinct())


def _shared_with(jobs: Sequence[Import]) -> dict[str, int]:
    """Other completed imports that carried some of these imports' scores, and how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT other.import_id, count(*) FROM {Import._meta.db_table} AS other
            JOIN {Score._meta.db_table} AS score
              ON score.from_import_id = ANY(%s) AND other.also_carried @> score.id
            WHERE other.user_id = %s AND other.state = %s AND other.duplicate_count > 0 AND other.id <> ALL(%s)
            GROUP BY other.id ORDER BY other.id
            """,
            [[job.pk for job in jobs], jobs[0].user_id, State.COMPLETED, [job.pk for job in jobs]],
        )
        return dict(cursor.fetchall())
