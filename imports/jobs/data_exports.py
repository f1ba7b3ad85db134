"""Writing a player's data into a ZIP: asked for by the player, written by a worker, kept for some days.

The row is the job (`DataExport`); the queue only carries its ID. The ZIP is written in one transaction that reads
everything at one moment, so that a killed worker leaves nothing behind, and the sweeper has it written again.
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
ABANDONED_AFTER_SECONDS = 10  # an export may be neither queued nor held between being popped and being locked
REPORT_SECONDS = 0.5


def request_export(user: User, *, by: User, token: APIToken | None = None) -> DataExport:
    """Has a player's data written; returns the export that is under way if there is one already."""
    # One transaction: a worker must find the row, and none is made without its entry.
    with transaction.atomic():
        export, is_new = DataExport.objects.unfinished().get_or_create(user=user)
        if is_new:
            AuditEntry.objects.record(AuditEntry.Verb.EXPORTED, subject_id=user.pk, by=by, token=token)
            transaction.on_commit(lambda: queue.enqueue_export(export.export_id))
    return export


def export_percent(export: DataExport) -> int:
    """Returns how far an unfinished export has come; 0 while nothing is known."""
    found = progress_status.get_progress(_progress_name(export.export_id))
    return found.percent if found is not None else 0


def perform_export(export_id: str) -> None:
    """The job that the queue carries. A worker lives long, its connection may have died meanwhile."""
    close_old_connections()
    write_export(export_id)


def write_export(export_id: str) -> None:
    """Writes an export if it is unfinished and no other process has it."""
    with _export_lock(export_id) as export:
        if export is None:
            return
        running = DataExport.objects.filter(pk=export.pk)
        # None of the attempts came to an end: most likely it is this export that kills its workers.
        if export.attempts >= MAX_ATTEMPTS:
            running.update(state=ExportState.FAILED, **_finished_now())
            return
        # Before the transaction of `_write`: the attempt counts even if this process is killed in it.
        running.update(state=ExportState.RUNNING, attempts=F("attempts") + 1, time_touched=timezone.now())
        try:
            _write(export)
        except (OperationalError, InterfaceError):
            log.warning("export %s was interrupted", export_id, exc_info=True)
            connection.close()  # the sweeper comes back to it
        except Exception:
            log.exception("export %s broke", export_id)
            running.update(state=ExportState.FAILED, **_finished_now())


@contextlib.contextmanager
def _export_lock(export_id: str) -> Iterator[DataExport | None]:
    """Holds the advisory lock of an unfinished export; yields None if it is finished or another process has it."""
    unfinished = DataExport.objects.unfinished().select_related("user").filter(export_id=export_id)
    export = unfinished.first()
    if export is None:
        yield None
        return
    with try_lock(EXPORT_LOCK, export.pk) as is_held:
        # As it stands under the lock: the process that had it may just have finished it.
        yield unfinished.first() if is_held else None


def _write(export: DataExport) -> None:
    """Writes the ZIP and finishes the export. Older ones make room for it."""
    outermost = not connection.in_atomic_block
    # One transaction: everything is of one moment, and there is no part of an export that is not whole.
    with transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # All rows are read. By default a cursor is planned for the first tenth of them, which can mean going
            # through the scores of everybody in the order of their keys.
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
    """Writes to Redis how many rows of an export are written, now and then. Cosmetic."""

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
    """Queues again the exports that no worker has, and deletes those that were kept long enough."""
    stalled = timezone.now() - timedelta(seconds=ABANDONED_AFTER_SECONDS)
    for export_id in (
        DataExport.objects.unfinished().filter(time_touched__lt=stalled).values_list("export_id", flat=True)
    ):
        # Under the lock: the transaction that writes an export ends in vain if its row is changed meanwhile.
        with _export_lock(export_id) as export:
            if export is not None:
                DataExport.objects.filter(pk=export.pk).update(time_touched=timezone.now())
                queue.enqueue_export(export_id)
    DataExport.objects.expired().delete()
