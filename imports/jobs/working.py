"""What a worker does with an import, and with what follows from changed charts.

A worker shows that it lives by an advisory lock on the import, held by its own connection, so that the lock goes when
the process does.
"""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterator

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from imports import trace
from imports.errors import Cancelled, ImportFailed
from imports.jobs import queue, telling
from imports.jobs.offered import most_rows, offered_games
from imports.jobs.taking_in import enqueue_next
from imports.models import AuditEntry, Import, State
from imports.pipeline import states
from imports.pipeline.progress import Progress
from imports.pipeline.run import run
from imports.seeds import rerate

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
CRASHED = "An internal service error has occured with this import. This has been reported!"
RERATE_FOR = 5.0  # seconds; then the imports that wait get their turn


def perform(import_id: str, asked_by: str = "") -> None:
    """The job that the queue carries. A worker lives long, its connection may have died meanwhile.

    `asked_by`: the ID of the request that queued it, for the log.
    """
    close_old_connections()
    with trace.of_import(import_id, asked_by=asked_by):
        run_import(import_id)


def run_import(import_id: str) -> None:
    """Applies one import if it is there to be applied, it is its turn, and nobody else is at it."""
    with _sign_of_life(import_id) as job:
        if job is None or not (states.resume(job) if job.state == State.RUNNING else states.claim(job)):
            return
        _attempt(job)
    enqueue_next(job.user_id)


@contextlib.contextmanager
def _sign_of_life(import_id: str) -> Iterator[Import | None]:
    """Holds the advisory lock of an unfinished import on this process's own connection.

    Yields the import as it stands under the lock; None when it is finished or another process has it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, pg_try_advisory_lock(id) FROM imports_import"
            " WHERE import_id = %s AND state IN ('queued', 'running')",
            [import_id],
        )
        key, is_held = cursor.fetchone() or (0, False)
    try:
        yield Import.objects.filter(pk=key).first() if is_held else None
    finally:
        if is_held:
            # A broken connection has let go of the lock already.
            with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _attempt(job: Import) -> None:
    """Runs a claimed import once; the one place where failures become state."""
    if job.attempts > MAX_ATTEMPTS:
        _fail(job, status=500, message=CRASHED)
        return
    try:
        run(job, offered_games(), _progress(job), most_rows=most_rows())
        log.info("import %s of user %s completed in attempt %s", job.import_id, job.user_id, job.attempts)
    except Cancelled:
        log.info("import %s was cancelled in attempt %s", job.import_id, job.attempts)
    except ImportFailed as failure:
        _fail(job, status=failure.status, message=failure.message)
    except (OperationalError, InterfaceError, IntegrityError):
        # The database went away, or a score came in meanwhile. Not the import's fault: the sweeper comes back to it.
        log.warning("import %s was interrupted in attempt %s", job.import_id, job.attempts, exc_info=True)
        connection.close()
    except Exception:
        log.exception("import %s broke", job.import_id)
        _fail(job, status=500, message=CRASHED, where=traceback.format_exc())


def _progress(job: Import) -> Progress:
    """Of an attempt that follows another: it never shows less than that one did."""
    before = telling.progress_of(job) if job.attempts > 1 else None
    return Progress(telling.progress_writer(job.import_id), attempt=job.attempts, floor=before.percent if before else 0)


def _fail(job: Import, *, status: int, message: str, where: str = "") -> None:
    # One transaction: no failure without its entry.
    with transaction.atomic():
        if states.fail(job, status=status, message=message, traceback=where.replace("\0", "")):
            AuditEntry.objects.create(
                verb=AuditEntry.Verb.FAILED, job=job, subject_id=job.user_id, reason=message, counts={"status": status}
            )


def perform_rerating(key: int) -> None:
    """The job that the queue carries: some of the players, and itself again for the others."""
    close_old_connections()
    if rerate.work(key, seconds=RERATE_FOR):
        queue.rerate_later(key)
