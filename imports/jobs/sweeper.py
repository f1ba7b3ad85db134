"""Queues again what is unfinished and not held, and does other periodic work."""

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
from imports.pipeline.rankings.standings import refresh_due_gains
from imports.seeds import rerate

log = logging.getLogger(__name__)

SWEEP_INTERVAL_SECONDS = 0.5
ABANDONED_AFTER_SECONDS = 1.0  # an import may be neither queued nor held between being popped and being locked
GAINS_AT_ONCE = 500  # in one transaction
RERATE_ABANDONED_AFTER_SECONDS = 30  # without progress, after which another worker continues


def sweep() -> int:
    """Queues again imports that are unfinished, first of their player, not in the queue and not held. Returns how many.

    Only the first import of each player counts, a running one before waiting ones: while it is held, the others have to
    wait. Those of banned players wait until the ban is lifted; one that was running when its worker died notices the
    ban itself.
    """
    with connection.cursor() as cursor:
        # A time in the future counts as long past: the clock was set back since it was written. pg_locks shows the key
        # of an advisory lock in two halves, and objsubid 1 tells that it was one number of 64 bits.
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
    # Nearly always there is nothing to do, and the queue need not be read from Redis.
    queued = queue.waiting_imports() if abandoned else set()
    lost = [import_id for import_id in abandoned if import_id not in queued]
    for import_id in lost:
        log.info("import %s was left alone; queueing it again", import_id)
        queue.enqueue(import_id)
    monitoring.record_sweep(queue.redis(), lost)
    return len(lost)


def sweep_reratings() -> None:
    """Queues again the reratings that have not progressed for a while."""
    for key in rerate.stalled(seconds=RERATE_ABANDONED_AFTER_SECONDS):
        queue.enqueue_rerating(key)


def sweep_rules() -> None:
    """Plans the rerating of games with new rules, for example after an upgrade."""
    for left in rerate.plan_for_rules():
        log.info("the scores of %s are rated by the rules of %s", left.game, left.rules)
        queue.enqueue_rerating(left.pk)


def sweep_histories() -> bool:
    """Has the histories of ratings computed that players of an earlier release lack. Returns whether there are any."""
    if not are_histories_missing():
        return False
    queue.enqueue_histories()
    return True


def sweep_gains() -> None:
    """Computes gains of ninety days again that a new day has changed."""
    while refresh_due_gains(most=GAINS_AT_ONCE) == GAINS_AT_ONCE:
        pass


def sweep_keys() -> int:
    """Deletes the expired idempotency keys and authorization codes. Returns the number of keys."""
    AuthorizationCode.objects.expired().delete()
    return IdempotencyKey.objects.expired().delete()[0]


def sweep_sessions() -> None:
    """Deletes the expired sessions of browsers: Django keeps them."""
    SessionStore.clear_expired()


TWICE_A_SECOND = (sweep_reratings, sweep_keys, sweep_exports, sweep_departures, sweep_webhooks, sweep_mails)
ONCE_A_MINUTE = (sweep_rules, sweep_gains, sweep_sessions, forget_places)  # rules change with a release only


def sweep_once() -> int:
    """Does everything that the loop does, for whoever runs this from cron. Returns how many imports were queued."""
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
