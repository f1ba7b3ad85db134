"""Computes missing histories of ratings and ranking entries of players, after an upgrade from a release without them.

Imports meanwhile compute those of their player (`derived.rating_history`, `rankings.ranking_entries`). The tables show
what is missing: a playtype with scores, but without a day or without the ranking entry of its charts. A killed worker
therefore loses nothing, and nothing is computed twice.
"""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction

from imports.advisory_locks import HISTORIES_LOCK, try_lock
from imports.games import BY_SLUG, playtype_of
from imports.jobs import queue
from imports.pipeline import states
from imports.pipeline.derived import rating_history, stats
from imports.pipeline.rankings import ranking_entries

log = logging.getLogger(__name__)

COMPUTE_FOR_SECONDS = 5.0  # then waiting imports are next

Missing = tuple[int, str, str, bool]
"""User, game, playtype, and whether a history exists."""
START: Missing = (0, "", "", False)


def perform_histories() -> None:
    """Computes some missing histories and queues itself again if more are missing: the job in the queue.

    Of concurrent jobs, one works and the others return at once.
    """
    close_old_connections()
    with try_lock(HISTORIES_LOCK) as is_alone:
        is_done = not is_alone or _compute_some(until=time.monotonic() + COMPUTE_FOR_SECONDS)
    if not is_done:
        queue.enqueue_histories()


def are_histories_missing() -> bool:
    """Returns whether a player with scores lacks a history of ratings or ranking entries."""
    return _next_missing(after=START) is not None


def _compute_some(*, until: float) -> bool:
    """Returns whether no history is missing; failed ones are left for the next sweep."""
    last = START
    while missing := _next_missing(after=last):
        last = missing
        user_id, game, playtype, has_history = missing
        try:
            # One transaction under the player's lock: their imports run before or after it.
            with transaction.atomic():
                states.lock_player(user_id)
                change = stats.refresh_playtype(user_id, game, playtype_of(game, playtype), {})
                if not has_history:
                    rating_history.rebuild(user_id, change)
                ranking_entries.refresh(user_id, game, playtype, change.ratings_after)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            # A failure of one player must not keep all others waiting.
            log.exception("the history of %s %s of user %s could not be computed", game, playtype, user_id)
        if time.monotonic() > until:
            return False
    return True


def _next_missing(*, after: Missing) -> Missing | None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT user_id, game, playtype, has_history FROM imports_gamestats stats
            CROSS JOIN LATERAL (SELECT EXISTS (
                SELECT FROM imports_dailyratings day WHERE day.user_id = stats.user_id
                AND day.game = stats.game AND day.playtype = stats.playtype)) history (has_history)
            WHERE game = ANY(%s) AND (user_id, game, playtype) > (%s, %s, %s)
              AND NOT (has_history AND EXISTS (
                  SELECT FROM imports_standing entry WHERE entry.user_id = stats.user_id
                  AND entry.game = stats.game AND entry.playtype = stats.playtype AND ranking = %s))
              AND EXISTS (SELECT FROM imports_score score WHERE score.user_id = stats.user_id
                          AND score.game = stats.game AND score.playtype = stats.playtype)
            ORDER BY user_id, game, playtype LIMIT 1
            """,
            [list(BY_SLUG), *after[:3], ranking_entries.CHARTS],
        )
        missing: Missing | None = cursor.fetchone()
        return missing
