"""Exports of a player's data as a ZIP: requested by the player, written by a worker, stored for some days.

The row is the job (`DataExport`); the queue only carries its ID. The ZIP is written in one transaction that reads a
single snapshot. A killed worker therefore leaves nothing behind, and the sweeper queues the export again.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import F
from django.utils import timezone

from imports.advisory_locks import EXPORT_LOCK, try_lock
from imports.jobs import progress_status, queue, storage_quota
from imports.jobs.outgoing.mails import mail_export_ready
from imports.models import APIToken, AuditEntry, DataExport, ExportState, User
from imports.models.jobs.data_exports import MAX_EXPORTS
from imports.pipeline.progress import Snapshot, Stage
from imports.takeout import archive
from imports.takeout.stored_file import PartWriter

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
ABANDONED_AFTER_SECONDS = 10  # a worker that has just popped an export from the queue has no lock yet
REPORT_SECONDS = 0.5


def request_export(user: User, *, by: User, token: APIToken | None = None) -> DataExport:
    """Queues an export of a player's data; returns the unfinished export if there is one already."""
    # One transaction: a worker must find the row, and every export has an audit entry.
    with transaction.atomic():
        export, is_new = DataExport.objects.unfinished().get_or_create(user=user)
        if is_new:
            AuditEntry.objects.record(AuditEntry.Verb.EXPORTED, subject_id=user.pk, by=by, token=token)
            transaction.on_commit(lambda: queue.enqueue_export(export.export_id))
    return export


def export_percent(export: DataExport) -> int:
    """Returns the progress of an unfinished export in percent; 0 if unknown."""
    progress = progress_status.get_progress(_progress_name(export.export_id))
    return progress.percent if progress is not None else 0


def perform_export(export_id: str) -> None:
    """Writes an export: the job in the queue. A worker is long-lived, its connection may have been lost meanwhile."""
    close_old_connections()
    write_export(export_id)


def write_export(export_id: str) -> None:
    """Writes an export if it is unfinished and no other process writes it."""
    with _export_lock(export_id) as export:
        if export is None:
            return
        running = DataExport.objects.filter(pk=export.pk)
        # None of the attempts finished: most likely this export kills its workers.
        if export.attempts >= MAX_ATTEMPTS:
            running.update(state=ExportState.FAILED, **_finished_now())
            return
        # Before the transaction of `_write`: the attempt counts even if this process is killed in it.
        running.update(state=ExportState.RUNNING, attempts=F("attempts") + 1, time_touched=timezone.now())
        try:
            _write(export)
        except (OperationalError, InterfaceError):
            log.warning("export %s was interrupted", export_id, exc_info=True)
            connection.close()  # the sweeper queues it again
        except Exception:
            log.exception("export %s failed", export_id)
            running.update(state=ExportState.FAILED, **_finished_now())


@contextlib.contextmanager
def _export_lock(export_id: str) -> Iterator[DataExport | None]:
    """Holds the advisory lock of an unfinished export; yields None if it is finished or locked by another process."""
    unfinished = DataExport.objects.unfinished().select_related("user").filter(export_id=export_id)
    export = unfinished.first()
    if export is None:
        yield None
        return
    with try_lock(EXPORT_LOCK, export.pk) as is_held:
        # Read again under the lock: the previous holder may just have finished it.
        yield unfinished.first() if is_held else None


def _write(export: DataExport) -> None:
    """Writes the ZIP and finishes the export. Deletes the player's oldest exports beyond MAX_EXPORTS."""
    outermost = not connection.in_atomic_block
    # One transaction: all data is of one snapshot, and no partial export is stored.
    with transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # All rows are read. By default PostgreSQL plans a cursor for the first tenth of them, which can mean
            # reading the scores of all players in the order of their keys.
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
        file = PartWriter(export)
        archive.write(
            export.user,
            cast(IO[bytes], file),
            instance=settings.TACHI_PUBLIC_URL or settings.TACHI_NAME,
            report=_Report(export, total=archive.count_rows(export.user)),
        )
        file.finish()
        finished = DataExport.objects.filter(pk=export.pk)
        finished.update(state=ExportState.READY, size=file.size, **_finished_now())
        mine = DataExport.objects.filter(user_id=export.user_id, time_finished__isnull=False).order_by("-pk")
        mine.exclude(pk__in=list(mine.values_list("pk", flat=True)[:MAX_EXPORTS])).delete()
        mail_export_ready(export.user)
        transaction.on_commit(lambda: storage_quota.forget(export.user))
    log.info("export %s of user %s has %s bytes", export.export_id, export.user_id, file.size)


def _finished_now() -> dict[str, datetime]:
    now = timezone.now()
    return {"time_finished": now, "expires_at": now + timedelta(days=settings.TACHI_KEEP_EXPORT_DAYS)}


class _Report:
    """Writes the number of written rows to Redis, every REPORT_SECONDS at most. For display only."""

    def __init__(self, export: DataExport, *, total: int) -> None:
        self._write = progress_status.progress_writer(_progress_name(export.export_id))
        self._total = max(1, total)
        self._done = 0
        self._next = 0.0

    def __call__(self, rows: int) -> None:
        self._done += rows
        if self._done % 100 == 0 and time.monotonic() >= self._next:
            self._next = time.monotonic() + REPORT_SECONDS
            percent = min(99, 100 * self._done // self._total)
            with contextlib.suppress(Exception):  # Redis may be gone for a while
                self._write(Snapshot(attempt=1, stage=Stage.SAVING, percent=percent))


def _progress_name(export_id: str) -> str:
    return f"export:{export_id}"


def sweep_exports() -> None:
    """Queues exports again that no worker writes, and deletes expired ones."""
    stalled = timezone.now() - timedelta(seconds=ABANDONED_AFTER_SECONDS)
    for export_id in (
        DataExport.objects.unfinished().filter(time_touched__lt=stalled).values_list("export_id", flat=True)
    ):
        # Under the lock: the transaction that writes an export would fail if its row were changed meanwhile.
        with _export_lock(export_id) as export:
            if export is not None:
                DataExport.objects.filter(pk=export.pk).update(time_touched=timezone.now())
                queue.enqueue_export(export_id)
    DataExport.objects.expired().delete()
