"""The jobs of workers: imports, and reratings after charts have changed.

While a worker runs an import, it holds an advisory lock on it on its own connection, so that PostgreSQL releases the
lock if the process dies.
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
    NotSupportedError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from imports import log_context, spans
from imports.errors import Cancelled, ImportFailed
from imports.jobs import notices, progress_status, queue
from imports.jobs.configuration import chart_players, enabled_games, max_rows
from imports.jobs.submission import enqueue_next
from imports.models import AuditEntry, Import, ImportInput, State
from imports.pipeline import states
from imports.pipeline.progress import Progress
from imports.pipeline.run import run
from imports.prepared_statements import plan_each_time, prepare_statements
from imports.seeds import rerate

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
CRASHED = "An internal service error has occured with this import. This has been reported!"
RERATE_SECONDS = 5.0  # then waiting imports are next
SMALL_INPUT_BYTES = 20_000  # about fifty scores; for larger imports a plan for the actual values may save time
# Columns are named, because a prepared statement with * breaks when the next release adds a column.
SELECT_IMPORT, SELECT_INPUT = (
    f"SELECT {', '.join(str(field.column) for field in model._meta.concrete_fields)} FROM {model._meta.db_table}"  # noqa: S608 - names of our own
    f" WHERE {key} = %s"
    for model, key in ((Import, "id"), (ImportInput, "job_id"))
)


def perform(import_id: str, asked_by: str = "") -> None:
    """Runs an import: the job in the queue. A worker is long-lived, so its connection may have been lost meanwhile.

    `asked_by`: the ID of the request that queued it, for the log.
    """
    close_old_connections()
    with log_context.bind_import(import_id, queued_by=asked_by), spans.span("import", import_id=import_id):
        run_import(import_id)


def run_import(import_id: str) -> None:
    """Runs an import if it is unfinished, next in line, and no other process runs it."""
    # Most imports have one score. PostgreSQL would take longer to plan their thirty statements than to run them.
    with prepare_statements():
        with _import_lock(import_id) as job:
            # The lock is held by the process that runs the import, so the worker of a `running` one must have died.
            if job is None or not (states.resume(job) if job.state == State.RUNNING else states.claim(job)):
                return
            stored: ImportInput | None = getattr(job, "input", None)
            is_small = stored is None or stored.size <= SMALL_INPUT_BYTES
            with contextlib.nullcontext() if is_small else plan_each_time():
                _run_attempt(job)
            notices.publish(import_id)
        # A player's imports run one after the other, and the job of the next import may have returned meanwhile.
        enqueue_next(job.user_id)


@contextlib.contextmanager
def _import_lock(import_id: str) -> Iterator[Import | None]:
    """Holds the advisory lock of an unfinished import on this process's own connection.

    Yields the import, read under the lock; None if it is finished or another process holds the lock.
    """
    # In one statement with the look-up, so that the job of a finished import takes no lock. It does not wait:
    # a worker that waited for another worker's import could not run others meanwhile.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, pg_try_advisory_lock(id) FROM imports_import"
            " WHERE import_id = %s AND state IN ('queued', 'running')",
            [import_id],
        )
        key, is_held = cursor.fetchone() or (0, False)
    try:
        yield _load(key) if is_held else None
    finally:
        if is_held:
            # PostgreSQL has released the lock of a broken connection.
            with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _load(key: int) -> Import | None:
    """Returns an import with its input. Raw SQL: the ORM takes longer to compose a query than PostgreSQL to run it."""
    for job in Import.objects.raw(SELECT_IMPORT, [key]):
        for stored in ImportInput.objects.raw(SELECT_INPUT, [key]):
            job.input = stored
        return job
    return None


def _run_attempt(job: Import) -> None:
    """Runs a claimed import once. Failures become states only here."""
    # No attempt finished: most likely this import kills its workers.
    if job.attempts > MAX_ATTEMPTS:
        _fail(job, status=500, message=CRASHED)
        return
    try:
        # New scores are compared with stored ones, which must therefore be rated by the same rules.
        rerate.bring_up_to_date(job.user_id)
        # The displayed progress never drops below that of an earlier attempt.
        before = progress_status.progress_of(job) if job.attempts > 1 else None
        floor = before.percent if before else 0
        progress = Progress(progress_status.progress_writer(job.import_id), attempt=job.attempts, floor=floor)
        run(job, enabled_games(), progress, max_rows=max_rows(), chart_players=chart_players())
        log.info("import %s of user %s completed in attempt %s", job.import_id, job.user_id, job.attempts)
    except Cancelled:
        why = "waits, as its player is banned" if states.hold_back(job) else "was cancelled"
        log.info("import %s %s, in attempt %s", job.import_id, why, job.attempts)
    except ImportFailed as failure:
        _fail(job, status=failure.status, message=failure.message)
    except (OperationalError, InterfaceError, IntegrityError, NotSupportedError):
        # The database is unreachable, a concurrent transaction added a score, or a migration invalidated a prepared
        # statement. The import itself may be fine: the sweeper queues it again.
        log.warning("import %s was interrupted in attempt %s", job.import_id, job.attempts, exc_info=True)
        # The connection may be unusable for the next job, too.
        connection.close()
    except Exception:
        log.exception("import %s failed unexpectedly", job.import_id)
        _fail(job, status=500, message=CRASHED, where=traceback.format_exc())


def _fail(job: Import, *, status: int, message: str, where: str = "") -> None:
    # One transaction: every failure has an audit entry.
    with transaction.atomic():
        # A traceback may quote input, and PostgreSQL cannot store NUL.
        if states.fail(job, status=status, message=message, traceback=where.replace("\0", "")):
            AuditEntry.objects.record(AuditEntry.Verb.FAILED, job, reason=message, counts={"status": status})


def perform_rerating(key: int) -> None:
    """Rerates some players: the job in the queue. Queues itself again for the others."""
    close_old_connections()
    with spans.span("rerating", rerating=str(key)):
        if rerate.work(key, seconds=RERATE_SECONDS):
            queue.enqueue_rerating(key)
