"""The states of an import and their transitions. Each transition is one filtered UPDATE with a checked row count.

queued -> running      claim: it is its user's oldest queued import, none of the user's is running, and the user is not
                       banned; under the lock
running -> running     resume: its worker died; the attempt is counted
running -> completed   mark_completed: in the transaction that stored its scores
queued, running -> failed
queued, running -> cancelled  a running import checks for it between two chunks, at the latest when it completes
running -> queued      hold_back: its player was banned, which is checked like cancel; it runs after the ban is lifted
completed -> reverted  mark_reverted: in the transaction that deleted its scores
reverted, failed, cancelled -> queued  restore, retry: the same import again, from its stored input
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest
from django.utils import timezone

from imports.advisory_locks import USER_LOCK
from imports.errors import Cancelled
from imports.models import Import, State, User
from imports.models.documents import UNFINISHED

MESSAGE_LIMIT = 10_000  # stored characters of an error message or a traceback
LOCK_TIMEOUT_SECONDS = 0.2  # how long a small change waits for the player's lock, because there are few web threads
LOCK_RETRY_SECONDS = 0.01  # PostgreSQL can wait for an advisory lock, but not with a timeout below a second

JOB = f"{Import._meta.db_table} AS job"
IS_NEXT_IN_QUEUE = f"""
    job.state = 'queued' AND NOT EXISTS (
        SELECT FROM {Import._meta.db_table} AS before WHERE before.user_id = job.user_id
           AND (before.state = 'running' OR (before.state = 'queued' AND before.id < job.id)))
    AND NOT EXISTS (SELECT FROM {User._meta.db_table} AS owner WHERE owner.id = job.user_id AND owner.is_banned)
"""
_COLUMNS = {field.column: field for field in Import._meta.concrete_fields}
_BANNED = User.objects.filter(pk=OuterRef("user_id"), is_banned=True)


class PlayerLocked(Exception):
    """An import or a revert of this player is in progress."""


class NoLongerExists(Exception):
    """The object of a change no longer exists."""


def claim(job: Import) -> bool:
    """Sets queued -> running if the import is next in its player's queue. Of two workers only one succeeds.

    It starts under the player's lock, because it judges its rows against the current scores: a concurrent revert
    could delete scores that it counts as known.
    """
    try:
        # In one statement if the lock is free, which is nearly always so: every small import runs this.
        if _start_attempt(job, f"{IS_NEXT_IN_QUEUE} AND pg_try_advisory_xact_lock({USER_LOCK}, job.user_id)"):
            return True
        with transaction.atomic():
            with connection.cursor() as cursor:
                # If another import is next, no lock is requested: no worker must wait while a large import is stored.
                cursor.execute(
                    f"SELECT pg_advisory_xact_lock(%s, job.user_id) FROM {JOB}"
                    f" WHERE job.id = %s AND {IS_NEXT_IN_QUEUE}",
                    [USER_LOCK, job.pk],
                )
                is_next = bool(cursor.rowcount)
            # Checked again: another worker may have claimed an import of the player during the wait for the lock.
            return is_next and _start_attempt(job, IS_NEXT_IN_QUEUE)
    except IntegrityError:
        # The constraint one_running_import_a_user decides between concurrent workers.
        return False


def resume(job: Import) -> bool:
    """Counts another attempt of a running import after its worker's death. The caller holds the import's lock."""
    return _start_attempt(job, "job.state = 'running'")


def _start_attempt(job: Import, condition: str) -> bool:
    """Starts an attempt if the condition holds, in the row and in the caller's instance; returns whether it does.

    COMMIT does not wait for the disk: if the server loses the change, the import is enqueued again.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {JOB} SET state = 'running', time_started = %s, attempts = attempts + 1"
            f" WHERE job.id = %s AND {condition} RETURNING set_config('synchronous_commit', 'off', true)",
            [now, job.pk],
        )
        if not cursor.rowcount:
            return False
    job.state, job.time_started, job.attempts = State.RUNNING, now, job.attempts + 1
    return True


def mark_completed(job: Import, fields: Mapping[str, Any]) -> None:
    """Sets running -> completed, inside the transaction that stored the scores.

    Raises Cancelled if the import was cancelled meanwhile, or its player banned.
    """
    values = {"state": State.COMPLETED, "time_finished": timezone.now(), **fields}
    columns = {name: _COLUMNS[name].get_db_prep_save(value, connection) for name, value in values.items()}
    # The UPDATE itself decides: the import could be cancelled between an earlier query and the UPDATE.
    # In SQL, because the ORM takes longer to build it than PostgreSQL to run it: every small import runs this.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {JOB} SET {", ".join(f"{name} = %s" for name in columns)}
            WHERE job.id = %s AND job.state = 'running'
              AND NOT EXISTS (SELECT FROM {User._meta.db_table} AS owner
                              WHERE owner.id = job.user_id AND owner.is_banned)
            """,
            [*columns.values(), job.pk],
        )
        if cursor.rowcount != 1:
            raise Cancelled


def fail(job: Import, *, status: int, message: str, traceback: str = "") -> bool:
    """Sets queued or running -> failed, outside the transaction, whose rollback must not undo the message.

    `traceback` is only for staff.
    """
    return bool(
        Import.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
            state=State.FAILED,
            status_code=status,
            # The constraint a_failed_import_says_why rejects an empty message.
            error_message=message[:MESSAGE_LIMIT] or "Unknown failure.",
            traceback=traceback[-MESSAGE_LIMIT:],  # the end shows where the error occurred
            time_finished=timezone.now(),
        )
    )


def is_running(job: Import) -> bool:
    """Returns whether the import is still running, that is not cancelled, and its player not banned."""
    return Import.objects.filter(~Exists(_BANNED), pk=job.pk, state=State.RUNNING).exists()


def hold_back(job: Import) -> bool:
    """Sets running -> queued if the player is banned; the attempt does not count."""
    return bool(
        Import.objects.filter(Exists(_BANNED), pk=job.pk, state=State.RUNNING).update(
            state=State.QUEUED, attempts=Greatest(F("attempts") - 1, 0), time_started=None
        )
    )


def cancel(job: Import) -> bool:
    """Sets queued or running -> cancelled; returns whether it did."""
    return bool(
        Import.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
            state=State.CANCELLED, time_finished=timezone.now()
        )
    )


def requeue(job: Import, *, only_from: Collection[State]) -> bool:
    """Sets reverted, failed or cancelled -> queued; attempts count from 0 again. Returns whether it did."""
    return bool(
        Import.objects.filter(pk=job.pk, state__in=only_from).update(
            state=State.QUEUED, attempts=0, time_queued=timezone.now(), time_started=None, time_finished=None,
            status_code=None, error_message="", traceback="", reverted_at=None, reverted_by=None, revert_reason="",
            revert_totals=None,
        )
    )  # fmt: skip


def mark_reverted(job: Import, *, by: User | None, reason: str, at: datetime) -> bool:
    """Sets completed -> reverted; returns whether it did."""
    return bool(
        Import.objects.filter(pk=job.pk, state=State.COMPLETED).update(
            state=State.REVERTED, reverted_at=at, reverted_by=by, revert_reason=reason
        )
    )


def lock_player(user_id: int) -> None:
    """Acquires the player's lock until the transaction ends, waiting for other transactions.

    An advisory lock instead of a row lock on the user: signing in writes that row and must not wait for an import.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [USER_LOCK, user_id])


def try_lock_player(user_id: int) -> bool:
    """Acquires the player's lock without waiting; returns whether it did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [USER_LOCK, user_id])
        return bool(cursor.fetchone()[0])


def acquire_player_lock(user_id: int, *, timeout: float = 0.0, beside_import: bool = False) -> None:
    """Acquires the player's lock until the transaction ends. Raises PlayerLocked if it is not free within `timeout` s.

    Unless the change is possible `beside_import`, also raises PlayerLocked while an import of the player runs.
    """
    deadline = time.monotonic() + timeout
    while not try_lock_player(user_id):
        if time.monotonic() >= deadline:
            raise PlayerLocked
        time.sleep(LOCK_RETRY_SECONDS)
    # The import judges its rows against the current scores, and does not check them again.
    if not beside_import and Import.objects.filter(user_id=user_id, state=State.RUNNING).exists():
        raise PlayerLocked
