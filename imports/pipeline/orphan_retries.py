"""Plans automatic retries of players' orphans: after a load of seeds, and once a night.

A retry is a row (`OrphanRetry`); `imports.jobs.orphan_retries` does the work.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from imports.models import OrphanRetry
from imports.pipeline.progress import TTL_SECONDS

MAX_CONCURRENT_PLAYERS = 4  # with an enqueued or running retry; imports must not wait behind all retries
STALLED_AFTER_SECONDS = 30  # without progress, after which the retry is enqueued again
SETTLED_AFTER_SECONDS = 10
"""The delay of automatic retries after a load of seeds: loads often follow one another, and a player who loaded
songs and requests a retry meanwhile gets its result.
"""
RETRY_LIFETIME = timedelta(seconds=TTL_SECONDS)  # time after its end for which a retry can be read
NIGHT = "3 hours"  # after midnight, UTC
LAST_NIGHT = f"date_trunc('day', now() - interval '{NIGHT}', 'UTC') + interval '{NIGHT}'"

PLAN = """
    INSERT INTO imports_orphanretry
        (retry_id, user_id, total, up_to, last_tried, processed, rescued, kept, removed, crashes, has_failed,
         time_queued)
    SELECT left(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 40), user_id, count(*), max(id),
        0, 0, 0, 0, 0, 0, false, clock_timestamp() FROM imports_orphanscore
    WHERE {whose} AND user_id NOT IN (SELECT id FROM imports_user WHERE is_banned) GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) WHERE time_finished IS NULL DO UPDATE SET total = excluded.total, up_to = excluded.up_to,
        last_tried = 0, processed = 0, rescued = 0, kept = 0, removed = 0, crashes = 0,
        time_queued = excluded.time_queued, time_touched = NULL
"""


def plan(games: Collection[str]) -> int:
    """Plans a retry for every player with orphans of these games; returns the number of players.

    Open retries start again, because the orphans that they have processed may be matched now.
    """
    whose = "user_id IN (SELECT user_id FROM imports_orphanscore WHERE game = ANY(%s))"
    return _execute(PLAN.format(whose=whose), [list(games)])


def plan_players(user_ids: Collection[int]) -> int:
    """Plans a retry for each of these players with orphans; returns the number of players."""
    return _execute(PLAN.format(whose="user_id = ANY(%s)"), [list(user_ids)])


def plan_nightly() -> int:
    """Plans a retry for every player whose orphans were not retried since last night; returns the number of players.

    Deletes expired retries.
    """
    expired().delete()
    whose = f"user_id NOT IN (SELECT user_id FROM imports_orphanretry WHERE time_queued >= {LAST_NIGHT})"
    return _execute(PLAN.format(whose=whose), [])


def expired() -> QuerySet[OrphanRetry]:
    """Returns the retries that ended more than RETRY_LIFETIME ago."""
    return OrphanRetry.objects.filter(time_finished__lt=timezone.now() - RETRY_LIFETIME)


def last_night() -> datetime:
    """Returns the latest time at which nightly retries were due."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LAST_NIGHT}")
        moment: datetime = cursor.fetchone()[0]
    return moment


def due() -> list[int]:
    """Returns the IDs of the players whose retries are to be enqueued now, and marks these as touched."""
    with connection.cursor() as cursor:
        # A time in the future counts like one long ago, because the clock was set back since it was written.
        cursor.execute(
            """
            WITH open AS (
                SELECT user_id, time_queued, coalesce(time_touched BETWEEN now() - make_interval(secs => %s)
                    AND now() + make_interval(secs => %s), false) AS is_touched
                FROM imports_orphanretry WHERE time_finished IS NULL AND (by_id IS NOT NULL OR time_touched IS NOT NULL
                    OR time_queued NOT BETWEEN now() - make_interval(secs => %s) AND now())
            )
            UPDATE imports_orphanretry SET time_touched = now() WHERE time_finished IS NULL AND user_id IN (
                SELECT user_id FROM open WHERE NOT is_touched ORDER BY time_queued, user_id
                LIMIT greatest(0, %s - (SELECT count(*) FROM open WHERE is_touched))
            ) RETURNING user_id
            """,
            [STALLED_AFTER_SECONDS, STALLED_AFTER_SECONDS, SETTLED_AFTER_SECONDS, MAX_CONCURRENT_PLAYERS],
        )
        # RETURNING does not preserve the order.
        return sorted(row[0] for row in cursor.fetchall())


def _execute(statement: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
