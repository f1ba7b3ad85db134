"""Where an import stands, and every way from one state to another. Each is one filtered UPDATE whose count is checked.

queued -> running      claim: it is its user's oldest queued import, and none of the user's is running
running -> running     resume: its worker died; the attempt is counted
running -> completed   complete: in the transaction that brought its scores
queued, running -> failed
queued, running -> cancelled  a running one notices at its next look, at the latest when it wants to complete
completed -> reverted  in the transaction that took its scores away
reverted, failed, cancelled -> queued  restore, retry: the same import again, from its stored input
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, Q, QuerySet
from django.utils import timezone

from imports.errors import Cancelled
from imports.models import Import, State, User
from imports.models.documents import UNFINISHED

USER_LOCK = 1  # first half of the two-part advisory locks that stand for a player
MESSAGE_LIMIT = 10_000


def claim(job: Import) -> bool:
    """queued -> running, if it is this import's turn. Two workers cannot both win."""
    before = Q(state=State.RUNNING) | Q(state=State.QUEUED, pk__lt=job.pk)
    its_turn = ~Exists(Import.objects.filter(before, user_id=job.user_id))
    try:
        # The constraint one_running_import_a_user decides between workers that got this far together.
        with transaction.atomic():
            return _begin(job, Import.objects.filter(its_turn, pk=job.pk, state=State.QUEUED))
    except IntegrityError:
        return False


def resume(job: Import) -> bool:
    """running -> running after a worker's death. The caller holds the import's sign of life."""
    return _begin(job, Import.objects.filter(pk=job.pk, state=State.RUNNING))


def _begin(job: Import, mine: QuerySet[Import]) -> bool:
    """Counts an attempt, in the row and in what the caller has of it."""
    now = timezone.now()
    if not mine.update(state=State.RUNNING, time_started=now, attempts=F("attempts") + 1):
        return False
    job.state, job.time_started, job.attempts = State.RUNNING, now, job.attempts + 1
    return True


def complete(job: Import, fields: Mapping[str, Any]) -> None:
    """running -> completed, inside the transaction that stored the scores. Raises Cancelled when it was meanwhile."""
    changed = Import.objects.filter(pk=job.pk, state=State.RUNNING).update(
        state=State.COMPLETED, time_finished=timezone.now(), **fields
    )
    if changed != 1:
        raise Cancelled


def fail(job: Import, *, status: int, message: str) -> bool:
    """queued or running -> failed, outside the transaction: the rollback must not undo the message."""
    return bool(
        Import.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
            state=State.FAILED,
            status_code=status,
            error_message=message[:MESSAGE_LIMIT] or "Unknown failure.",
            time_finished=timezone.now(),
        )
    )


def is_running(job: Import) -> bool:
    """Whether it is still wanted: its owner may have cancelled it meanwhile."""
    return Import.objects.filter(pk=job.pk, state=State.RUNNING).exists()


def cancel(job: Import) -> bool:
    """queued or running -> cancelled."""
    return bool(
        Import.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
            state=State.CANCELLED, time_finished=timezone.now()
        )
    )


def requeue(job: Import, *, only_from: Collection[State]) -> bool:
    """reverted, failed or cancelled -> queued, with its attempts counted anew."""
    return bool(
        Import.objects.filter(pk=job.pk, state__in=only_from).update(
            state=State.QUEUED, attempts=0, time_queued=timezone.now(), time_started=None, time_finished=None,
            status_code=None, error_message="", reverted_at=None, reverted_by=None, revert_reason="",
        )
    )  # fmt: skip


def mark_reverted(job: Import, *, by: User | None, reason: str, at: datetime) -> bool:
    """completed -> reverted."""
    return bool(
        Import.objects.filter(pk=job.pk, state=State.COMPLETED).update(
            state=State.REVERTED, reverted_at=at, reverted_by=by, revert_reason=reason
        )
    )


def lock_player(user_id: int) -> None:
    """Waits until no other transaction changes this player's scores; ends with the transaction.

    An advisory lock rather than the user's row: signing in writes that row, and must not wait for an import.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [USER_LOCK, user_id])


def try_lock_player(user_id: int) -> bool:
    """The same, without waiting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [USER_LOCK, user_id])
        return bool(cursor.fetchone()[0])
