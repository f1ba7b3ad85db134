"""Computing the histories of ratings and the standings of players who have none: after the upgrade that brought them.

Whoever imports meanwhile gets theirs with the import (`derived.rating_history`, `rankings.standings`). The scores
themselves say what is left to do: a playtype with scores and without a day, or without its number of charts. So a
killed worker loses nothing, and nothing is done twice.
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
from imports.pipeline.rankings import standings

log = logging.getLogger(__name__)

COMPUTE_FOR_SECONDS = 5.0  # then the imports that wait get their turn

Missing = tuple[int, str, str, bool]
"""User, game and playtype, and whether there is a history."""
START: Missing = (0, "", "", False)


def perform_histories() -> None:
    """The job that the queue carries: computes some histories, and queues itself again if there are more.

    Of several such jobs one works and the others return at once.
    """
    close_old_connections()
    with try_lock(HISTORIES_LOCK) as is_alone:
        is_done = not is_alone or _compute_some(until=time.monotonic() + COMPUTE_FOR_SECONDS)
    if not is_done:
        queue.enqueue_histories()


def are_histories_missing() -> bool:
    """Returns whether a player has scores, but no history of ratings, or no standings."""
    return _next_missing(after=START) is not None


def _compute_some(*, until: float) -> bool:
    """Returns whether all are done; those that fail are left for the next time that the sweeper looks."""
    last = START
    while found := _next_missing(after=last):
        last = found
        user_id, game, playtype, has_history = found
        try:
            # One transaction under the player's lock: imports of theirs come before it or after it.
            with transaction.atomic():
                states.lock_player(user_id)
                change = stats.refresh_playtype(user_id, game, playtype_of(game, playtype), {})
                if not has_history:
                    rating_history.rebuild(user_id, change)
                standings.refresh(user_id, game, playtype, change.ratings_after)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            # One player's must not keep all others waiting.
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
                  SELECT FROM imports_standing standing WHERE standing.user_id = stats.user_id
                  AND standing.game = stats.game AND standing.playtype = stats.playtype AND ranking = %s))
              AND EXISTS (SELECT FROM imports_score score WHERE score.user_id = stats.user_id
                          AND score.game = stats.game AND score.playtype = stats.playtype)
            ORDER BY user_id, game, playtype LIMIT 1
            """,
            [list(BY_SLUG), *after[:3], standings.CHARTS],
        )
        found: Missing | None = cursor.fetchone()
        return found
