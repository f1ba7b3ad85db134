"""Putting back into the queue whatever nobody holds, and what else is to be looked after now and then."""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from redis.exceptions import RedisError

from imports import watching
from imports.jobs import queue
from imports.models import IdempotencyKey
from imports.seeds import rerate

log = logging.getLogger(__name__)

SWEEP_EVERY = 0.5  # seconds
GRACE = 1.0  # seconds an import may be neither queued nor held, between being popped and being locked
RERATE_GRACE = 30  # seconds without a player done after which somebody else should look


def sweep() -> int:
    """Queues again what is unfinished, its user's turn, not in the queue and held by nobody. Returns how many."""
    waiting = _abandoned()
    queued = queue.waiting_imports() if waiting else set()
    lost = [import_id for import_id in waiting if import_id not in queued]
    for import_id in lost:
        log.info("import %s was left alone; queueing it again", import_id)
        queue.enqueue(import_id)
    watching.note_sweep(queue.redis(), lost)
    return len(lost)


def _abandoned() -> list[str]:
    """A time to come is as good as one long past: the clock that wrote it was set back since."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (user_id) import_id FROM imports_import i
            WHERE state IN ('queued', 'running')
              AND greatest(time_queued, time_started)
                  NOT BETWEEN now() - make_interval(secs => %s) AND now() + make_interval(secs => %s)
              AND NOT EXISTS (
                  SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (l.classid::bigint << 32 | l.objid::bigint) = i.id)
            ORDER BY user_id, state = 'running' DESC, i.id
            """,
            [GRACE, GRACE],
        )
        return [row[0] for row in cursor.fetchall()]


def sweep_reratings() -> None:
    """Queues again the reratings that have not moved for a while."""
    for key in rerate.stalled(seconds=RERATE_GRACE):
        queue.rerate_later(key)


def sweep_keys() -> int:
    """Deletes the idempotency keys that do not count any more. Returns how many."""
    return IdempotencyKey.objects.outlived().delete()[0]


def sweep_forever() -> None:
    """Sweeps twice a second. Any number of sweepers may run, on any host: queueing an import twice is harmless."""
    while True:
        close_old_connections()
        try:
            sweep()
            sweep_reratings()
            sweep_keys()
        except (DatabaseError, InterfaceError, RedisError) as error:
            log.warning("could not sweep: %s", error)
            connection.close()
            time.sleep(1)
        time.sleep(SWEEP_EVERY)
