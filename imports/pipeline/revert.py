"""Taking an import back: its scores go, and everything derived from them becomes what the remaining scores say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from imports.games import playtype_of
from imports.models import (
    APIToken,
    AuditEntry,
    ClassAchievement,
    Import,
    ImportProblem,
    OrphanScore,
    Score,
    State,
    User,
)
from imports.models.fields import key_count, key_set
from imports.pipeline import put_aside, sessions, states
from imports.pipeline.classes import roll_back_classes
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import Refreshed, refresh
from imports.pipeline.states import Busy
from imports.pipeline.store import Touched

__all__ = ["Busy", "Deed", "NotRevertible", "Reverted", "revert"]

SCORES = Score._meta.db_table


class NotRevertible(Exception):
    """The import is not completed (any more)."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who reverts, acting with which token, and why."""

    by: User | None = None
    token: APIToken | None = None
    reason: str = ""
    keep_shared: bool = False  # scores that another completed import also carried pass to the earliest such import
    roll_back_classes: bool = False  # provided classes that the import raised go back, too


@dataclass(frozen=True, slots=True)
class Reverted:
    """What a revert did."""

    scores: int
    kept: int
    refreshed: list[Refreshed]


def revert(job: Import, deed: Deed, *, going: Collection[int] = ()) -> Reverted:
    """Takes an import back wholly. Raises Busy or NotRevertible, and then has changed nothing.

    `going`: keys of imports that the same deed takes back, and to which therefore no score passes.
    """
    # One transaction: everybody sees either the import's scores and what they led to, or neither.
    with transaction.atomic():
        states.take_turn(job.user_id)
        if not states.mark_reverted(job, by=deed.by, reason=deed.reason, at=timezone.now()):
            raise NotRevertible
        handed = _hand_over_shared(job, going=going) if deed.keep_shared else _HandedOver()
        put_aside.keep(job)
        touched, scores = _delete_scores(job)
        refreshed = [refresh(part, Progress()) for part in touched]
        for (game, playtype), times in handed.times.items():
            sessions.refresh(job.user_id, game, {playtype: times})
        _hand_over_orphans(job)
        _forget_derived_achievements(job)
        if deed.roll_back_classes:
            roll_back_classes(job, by=deed.by, reason=deed.reason)
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.REVERTED, job=job, subject_id=job.user_id, actor=deed.by, token=deed.token,
            reason=deed.reason, counts={"scores": scores, "kept": handed.count},
        )  # fmt: skip
    return Reverted(scores=scores, kept=handed.count, refreshed=refreshed)


def _delete_scores(job: Import) -> tuple[list[Touched], int]:
    """Deletes the import's scores and says where they were, and how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH gone AS (
                DELETE FROM {SCORES} WHERE from_import_id = %s RETURNING chart_id, game, playtype, time_achieved
            )
            SELECT game, playtype, array_agg(DISTINCT chart_id),
                   array_agg(DISTINCT time_achieved) FILTER (WHERE time_achieved IS NOT NULL), count(*)
            FROM gone GROUP BY game, playtype
            """,
            [job.pk],
        )
        rows = cursor.fetchall()
    touched = []
    for game, playtype, charts, times, _ in rows:
        part = Touched(user_id=job.user_id, game=game, charts=set(charts), playtypes=[playtype])
        part.times[playtype] += times or []
        touched.append(part)
    return touched, sum(row[-1] for row in rows)


@dataclass(slots=True)
class _HandedOver:
    """Scores that passed to other imports: how many, and when they were achieved (ms, by playtype)."""

    count: int = 0
    times: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))


def _hand_over_shared(job: Import, *, going: Collection[int]) -> _HandedOver:
    """Passes scores that other completed imports also carried to the earliest of those."""
    handed = _HandedOver()
    others = Import.objects.filter(user_id=job.user_id, state=State.COMPLETED, duplicate_count__gt=0)
    for other in others.exclude(pk__in={job.pk, *going}).order_by("pk"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE {SCORES} SET from_import_id = %s
                WHERE from_import_id = %s AND id <@ ANY(SELECT unnest(%s::int8multirange))
                RETURNING id, game, playtype, time_achieved
                """,
                [other.pk, job.pk, other.also_carried],
            )
            rows = cursor.fetchall()
        if rows:
            handed.count += len(rows)
            _own(other, {row[0] for row in rows})
        for _, game, playtype, time in rows:
            if time is not None:
                handed.times[(game, playtype)].append(time)
    return handed


def _own(other: Import, keys: set[int]) -> None:
    """Counts scores as new ones of the import that now owns them."""
    rest = key_set(key for part in other.also_carried for key in range(part.lower, part.upper) if key not in keys)
    own = key_count(other.also_carried) - key_count(rest)
    other.also_carried = rest
    other.score_count += own
    other.duplicate_count -= own
    names = Score.objects.filter(pk__in=keys).values_list("playtype", flat=True).distinct()
    other.playtypes = list(dict.fromkeys([*other.playtypes, *names]))
    other.save(update_fields=["also_carried", "score_count", "duplicate_count", "playtypes"])


def _hand_over_orphans(job: Import) -> None:
    """An orphan that another completed import also brought belongs to that one now; the others go."""
    problems = ImportProblem.objects.filter(orphan__from_import=job, job__state=State.COMPLETED).exclude(job=job)
    heirs: dict[int, int] = {}
    for key, heir in problems.order_by("-job_id").values_list("orphan_id", "job_id"):
        if key is not None:
            heirs[key] = heir
    orphans = list(OrphanScore.objects.filter(pk__in=heirs))
    for orphan in orphans:
        orphan.from_import_id = heirs[orphan.pk]
    OrphanScore.objects.bulk_update(orphans, ["from_import"], batch_size=1_000)
    OrphanScore.objects.filter(from_import=job).delete()


def _forget_derived_achievements(job: Import) -> None:
    """Derived classes follow the ratings down; provided ones stay, as the file said so."""
    for achievement in ClassAchievement.objects.filter(from_import=job):
        group = playtype_of(achievement.game, achievement.playtype).classes.get(achievement.class_set)
        if group is not None and not group.is_provided:
            achievement.delete()
