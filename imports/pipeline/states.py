"""Where an import stands, and every way from one state to another. Each is one filtered UPDATE whose count is checked.

queued -> running      claim: it is its user's oldest queued import, and none of the user's is running; under the lock
running -> running     resume: its worker died; the attempt is counted
running -> completed   complete: in the transaction that brought its scores
queued, running -> failed
queued, running -> cancelled  a running one notices at its next look, at the latest when it wants to complete
completed -> reverted  in the transaction that took its scores away
reverted, failed, cancelled -> queued  restore, retry: the same import again, from its stored input
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from imports.errors import Cancelled
from imports.models import Import, State, User
from imports.models.documents import UNFINISHED

USER_LOCK = 1  # first half of the two-part advisory locks that stand for a player
MESSAGE_LIMIT = 10_000
PATIENCE = 0.2  # seconds that a small change waits for its turn: web workers are few
LOOK_AGAIN = 0.01  # seconds


JOB = f"{Import._meta.db_table} AS job"
ITS_TURN = f"""
    job.state = 'queued' AND NOT EXISTS (
        SELECT FROM {Import._meta.db_table} AS before WHERE before.user_id = job.user_id
           AND (before.state = 'running' OR (before.state = 'queued' AND before.id < job.id)))
"""


class Busy(Exception):
    """An import or a revert of this player is under way."""


class Gone(Exception):
    """What should be changed is not there (any more): somebody was quicker."""


def claim(job: Import) -> bool:
    """queued -> running, if it is this import's turn. Two workers cannot both win.

    It begins under the player's lock, because it judges its rows against the scores that are there then: a revert
    that had begun before would take away some of those that it counts as known.
    """
    try:
        # The constraint one_running_import_a_user decides between workers that got this far together.
        with transaction.atomic():
            # Where it is not its turn, nobody shall wait here for a large import to be stored.
            return _lock_in_turn(job) and _begin(job, ITS_TURN)
    except IntegrityError:
        return False


def _lock_in_turn(job: Import) -> bool:
    """Takes the player's lock if it is the import's turn: one statement, as all small imports come through here."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock(%s, job.user_id) FROM {JOB} WHERE job.id = %s AND {ITS_TURN}",
            [USER_LOCK, job.pk],
        )
        return bool(cursor.rowcount)


def resume(job: Import) -> bool:
    """running -> running after a worker's death. The caller holds the import's sign of life."""
    return _begin(job, "job.state = 'running'")


def _begin(job: Import, condition: str) -> bool:
    """Counts an attempt, in the row and in what the caller has of it."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {JOB} SET state = 'running', time_started = %s, attempts = attempts + 1"
            f" WHERE job.id = %s AND {condition}",
            [now, job.pk],
        )
        if not cursor.rowcount:
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


def fail(job: Import, *, status: int, message: str, traceback: str = "") -> bool:
    """queued or running -> failed, outside the transaction: the rollback must not undo the message.

    `traceback` is for staff alone; its end is kept, as that says where the error arose.
    """
    return bool(
        Import.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
            state=State.FAILED,
            status_code=status,
            error_message=message[:MESSAGE_LIMIT] or "Unknown failure.",
            traceback=traceback[-MESSAGE_LIMIT:],
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
            status_code=None, error_message="", traceback="", reverted_at=None, reverted_by=None, revert_reason="",
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


def take_turn(user_id: int, *, patience: float = 0.0, beside_import: bool = False) -> None:
    """Takes the player's lock until the transaction ends. Raises Busy if others keep it for `patience` seconds.

    Unless the deed may happen `beside_import`, it is Busy too while an import runs that has not come to storing yet.
    """
    deadline = time.monotonic() + patience
    while not try_lock_player(user_id):
        if time.monotonic() >= deadline:
            raise Busy
        time.sleep(LOOK_AGAIN)
    if not beside_import and Import.objects.filter(user_id=user_id, state=State.RUNNING).exists():
        raise Busy
