"""Waiting for the end of an import within a request, without a worker slot."""

from __future__ import annotations

import time
from contextlib import nullcontext

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest
from rest_framework.request import Request

from imports import jobs
from imports.models import Import
from imports.models.documents import UNFINISHED
from tachi_imports.http.database_errors import is_database_away
from tachi_imports.http.worker_slots import WORKER_SLOT, NoFreeSlotError, WorkerSlot

WAIT_SECONDS = 10.0
POLL_INTERVAL_SECONDS = 1.0  # in case no notice comes: Redis is down, or the worker was killed before it sent one


def wait_for_import(request: HttpRequest | Request, job: Import, *, seconds: float = WAIT_SECONDS) -> Import:
    """Waits until the import has ended, or for `seconds`, and returns its current row: see its `state`.

    Meanwhile the request holds neither a worker slot nor a database connection, so that waiting requests delay no
    others. It must therefore not be called in a transaction. If too many requests wait already, it returns at once.
    """
    slot: WorkerSlot | None = request.META.get(WORKER_SLOT)  # None without a `RequestBuffer`
    if connection.in_atomic_block and slot is not None:
        raise RuntimeError("a transaction would lose its connection")
    deadline = time.monotonic() + seconds
    with jobs.following(job.import_id) as notice:
        while True:
            notice.clear()  # before the query, so that no notice is missed between them
            job = _read_state(job)
            left = deadline - time.monotonic()
            if job.state not in UNFINISHED or left <= 0:
                return job
            try:
                with nullcontext() if slot is None else slot.released():
                    notice.wait(min(left, POLL_INTERVAL_SECONDS))
            except NoFreeSlotError:
                return job


def _read_state(job: Import) -> Import:
    """Reads the import again; returns it unchanged while the database is down."""
    try:
        return Import.objects.get(pk=job.pk)
    except (DatabaseError, InterfaceError) as error:
        if not is_database_away(error):
            raise
        connection.close()
        return job
