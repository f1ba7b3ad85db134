"""Stores a player's entry in each ranking of a playtype, from the stats, the bests and the rating history.

Rankings are the profile ratings, the charts with a best, and the gain of the default rating in ninety days. The last
one changes without new scores when a day leaves the ninety: on the day `until`, the sweeper computes it again.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta

from django.db import connection
from django.utils import timezone

from imports.games import BY_SLUG, playtype_of
from imports.models import DailyRatings, PersonalBest, RankingEntry
from imports.pipeline.derived import bests
from imports.pipeline.derived.stats import Numbers
from imports.pipeline.rankings.gains import LEAST_GAIN

CHARTS = "charts"
GAIN = "gain"
GAIN_DAYS = 90
RANKING_ENTRIES = RankingEntry._meta.db_table
BESTS = PersonalBest._meta.db_table
DAYS = DailyRatings._meta.db_table
# For `main` (user, game, playtype and its default rating): the gain since %(start)s, and the day when it changes.
OF_PLAYER = "(day.user_id, day.game, day.playtype) = (main.user_id, main.game, main.playtype)"
GAINED = f"""
    SELECT now.value - coalesce(before.value, 0) AS value, first.day + {GAIN_DAYS + 1} AS until FROM (
        SELECT (ratings->>main.rating)::float8 AS value FROM {DAYS} AS day WHERE {OF_PLAYER} ORDER BY day DESC LIMIT 1
    ) AS now CROSS JOIN (
        SELECT day FROM {DAYS} AS day WHERE {OF_PLAYER} AND day >= %(start)s ORDER BY day LIMIT 1
    ) AS first LEFT JOIN (
        SELECT (ratings->>main.rating)::float8 AS value FROM {DAYS} AS day WHERE {OF_PLAYER} AND day < %(start)s
        ORDER BY day DESC LIMIT 1
    ) AS before ON true
    WHERE now.value - coalesce(before.value, 0) > {LEAST_GAIN}
"""


def refresh(user_id: int, game: str, playtype: str, ratings: Numbers) -> None:
    """Updates the ranking entries of one playtype; `ratings`: the profile ratings of its stats. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH new (ranking, value, until) AS MATERIALIZED (
                SELECT key, value::float8, NULL::date FROM jsonb_each_text(%(ratings)s::jsonb) WHERE value IS NOT NULL
                UNION ALL
                SELECT '{CHARTS}', count(*), NULL FROM {BESTS}
                WHERE user_id = %(user)s AND game = %(game)s AND playtype = %(playtype)s HAVING count(*) > 0
                UNION ALL
                SELECT '{GAIN}', gained.value, gained.until
                FROM (SELECT %(user)s::bigint, %(game)s::varchar, %(playtype)s::varchar, %(rating)s::text)
                    AS main (user_id, game, playtype, rating) CROSS JOIN LATERAL ({GAINED}) AS gained
            ), gone AS (
                DELETE FROM {RANKING_ENTRIES} WHERE user_id = %(user)s AND game = %(game)s AND playtype = %(playtype)s
                AND ranking NOT IN (SELECT ranking FROM new)
            )
            INSERT INTO {RANKING_ENTRIES} (user_id, game, playtype, ranking, value, until)
            SELECT %(user)s, %(game)s::varchar, %(playtype)s::varchar, ranking, value, until FROM new
            ON CONFLICT (user_id, game, playtype, ranking)
            DO UPDATE SET value = excluded.value, until = excluded.until
            WHERE ({RANKING_ENTRIES}.value, {RANKING_ENTRIES}.until) IS DISTINCT FROM (excluded.value, excluded.until)
            """,
            {
                "user": user_id, "game": game, "playtype": playtype, "ratings": bests.to_json(ratings).decode(),
                "start": _today() - timedelta(days=GAIN_DAYS),
                "rating": playtype_of(game, playtype).default_profile_rating,
            },
        )  # fmt: skip


def refresh_due_gains(*, limit: int | None = None, user_id: int | None = None) -> int:
    """Computes due gains again, at most `limit`, or those of one player. Returns their number."""
    rated = [(game, each) for game in BY_SLUG.values() for each in game.playtypes]
    with connection.cursor() as cursor:
        # With row locks: an entry that an import is writing is skipped, and a later import waits and writes its own.
        cursor.execute(
            f"""
            WITH due AS MATERIALIZED (
                SELECT id, user_id, game, playtype FROM {RANKING_ENTRIES}
                WHERE until <= %(today)s AND (%(user)s::bigint IS NULL OR user_id = %(user)s)
                ORDER BY until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            ), found AS MATERIALIZED (
                SELECT main.id, gained.value, gained.until FROM (
                    SELECT due.*, playtype.rating FROM due
                    LEFT JOIN unnest(%(slugs)s::text[], %(playtypes)s::text[], %(ratings)s::text[])
                        AS playtype (game, name, rating) ON (playtype.game, playtype.name) = (due.game, due.playtype)
                ) AS main LEFT JOIN LATERAL ({GAINED}) AS gained ON true
            ), gone AS (
                DELETE FROM {RANKING_ENTRIES} USING found WHERE {RANKING_ENTRIES}.id = found.id AND found.value IS NULL
            ), moved AS (
                UPDATE {RANKING_ENTRIES} SET value = found.value, until = found.until
                FROM found WHERE {RANKING_ENTRIES}.id = found.id AND found.value IS NOT NULL
            )
            SELECT count(*) FROM due
            """,
            {
                "today": _today(), "start": _today() - timedelta(days=GAIN_DAYS), "limit": limit, "user": user_id,
                "slugs": [game.slug for game, _ in rated], "playtypes": [each.name for _, each in rated],
                "ratings": [each.default_profile_rating for _, each in rated],
            },
        )  # fmt: skip
        count: int = cursor.fetchone()[0]
    return count


def _today() -> date:
    return timezone.now().astimezone(UTC).date()
