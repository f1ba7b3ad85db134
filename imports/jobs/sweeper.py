"""Queues unfinished imports again that no worker holds, and does other periodic work."""

from __future__ import annotations

import logging
import time

from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from redis.exceptions import RedisError

from imports import log_context, monitoring
from imports.jobs import queue
from imports.jobs.data_exports import sweep_exports
from imports.jobs.departures import sweep_departures
from imports.jobs.orphan_retries import OrphanSweep
from imports.jobs.outgoing.mails import forget_places, sweep_mails
from imports.jobs.outgoing.webhooks import sweep_webhooks
from imports.jobs.rating_histories import are_histories_missing
from imports.models import AuthorizationCode, IdempotencyKey
from imports.pipeline.rankings.ranking_entries import refresh_due_gains
from imports.seeds import rerate

log = logging.getLogger(__name__)

SWEEP_INTERVAL_SECONDS = 0.5
ABANDONED_AFTER_SECONDS = 1.0  # a worker that has just popped an import from the queue has no lock yet
GAINS_AT_ONCE = 500  # rows per transaction
RERATE_ABANDONED_AFTER_SECONDS = 30  # without progress, after which another worker continues


def sweep() -> int:
    """Queues abandoned imports again: unfinished, first of their player, not queued, not held. Returns the number.

    Only the first import of each player counts, with running imports before queued ones: while it is held, the others
    wait. Imports of banned players wait until the ban is lifted; an import that was running when its worker died checks
    the ban itself.
    """
    with connection.cursor() as cursor:
        # A time in the future counts as long past: the clock was set back after it was written. pg_locks shows the key
        # of an advisory lock in two halves; objsubid 1 means that it was a single 64-bit number.
        cursor.execute(
            """
            SELECT import_id FROM (
                SELECT DISTINCT ON (user_id) id, import_id, user_id, state,
                    greatest(time_queued, time_started) AS time_changed
                FROM imports_import WHERE state IN ('queued', 'running')
                ORDER BY user_id, state = 'running' DESC, id) first
            WHERE time_changed NOT BETWEEN now() - make_interval(secs => %s) AND now() + make_interval(secs => %s)
              AND NOT (state = 'queued' AND EXISTS (
                  SELECT FROM imports_user u WHERE u.id = first.user_id AND u.is_banned))
              AND NOT EXISTS (
                  SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (l.classid::bigint << 32 | l.objid::bigint) = first.id)
            """,
            [ABANDONED_AFTER_SECONDS, ABANDONED_AFTER_SECONDS],
        )
        abandoned = [row[0] for row in cursor.fetchall()]
    # Usually nothing is abandoned, and the queue need not be read from Redis.
    queued = queue.waiting_imports() if abandoned else set()
    lost = [import_id for import_id in abandoned if import_id not in queued]
    for import_id in lost:
        log.info("import %s has no worker; queueing it again", import_id)
        queue.enqueue(import_id)
    monitoring.record_sweep(queue.redis(), lost)
    return len(lost)


def sweep_reratings() -> None:
    """Queues reratings again that have not progressed for a while."""
    for key in rerate.stalled(seconds=RERATE_ABANDONED_AFTER_SECONDS):
        queue.enqueue_rerating(key)


def sweep_rules() -> None:
    """Plans the rerating of games with new rules, for example after an upgrade."""
    for left in rerate.plan_for_rules():
        log.info("the scores of %s are rated by the rules of %s", left.game, left.rules)
        queue.enqueue_rerating(left.pk)


def sweep_histories() -> bool:
    """Queues the computation of histories missing since an upgrade. Returns whether any are missing."""
    if not are_histories_missing():
        return False
    queue.enqueue_histories()
    return True


def sweep_gains() -> None:
    """Recomputes the 90-day gains that have changed with the start of a new day."""
    while refresh_due_gains(limit=GAINS_AT_ONCE) == GAINS_AT_ONCE:
        pass


def sweep_keys() -> int:
    """Deletes the expired idempotency keys and authorization codes. Returns the number of keys."""
    AuthorizationCode.objects.expired().delete()
    return IdempotencyKey.objects.expired().delete()[0]


def sweep_sessions() -> None:
    """Deletes expired browser sessions, which Django itself never deletes."""
    SessionStore.clear_expired()


TWICE_A_SECOND = (sweep_reratings, sweep_keys, sweep_exports, sweep_departures, sweep_webhooks, sweep_mails)
ONCE_A_MINUTE = (sweep_rules, sweep_gains, sweep_sessions, forget_places)  # rules only change with a release


def sweep_once() -> int:
    """Does all work of the loop once, for operators who run it from cron. Returns the number of queued imports."""
    for sweep_some in (*TWICE_A_SECOND, *ONCE_A_MINUTE):
        sweep_some()
    OrphanSweep()()
    sweep_histories()
    return sweep()


def sweep_forever() -> None:
    """Sweeps twice a second. Any number of sweepers may run, on any host: queueing an import twice is harmless."""
    sweep_orphans = OrphanSweep()
    next_minute = 0.0
    is_history_missing = True
    while True:
        close_old_connections()
        try:
            sweep()
            sweep_orphans()
            for sweep_some in TWICE_A_SECOND:
                sweep_some()
            if time.monotonic() >= next_minute:
                for sweep_some in ONCE_A_MINUTE:
                    sweep_some()
                is_history_missing = is_history_missing and sweep_histories()
                next_minute = time.monotonic() + 60
        except (DatabaseError, InterfaceError, RedisError) as error:
            log.warning("could not sweep: %s", error, extra=log_context.REPEATED)
            connection.close()
            time.sleep(1)
        time.sleep(SWEEP_INTERVAL_SECONDS)
