"""Reads the recent ratings of many players in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db import connection

from imports.games import playtype_of
from imports.models import DailyRatings, GameStats

DAYS = DailyRatings._meta.db_table


def ratings_since(rows: Sequence[GameStats], start: date, *, rating: str = "") -> dict[int, list[tuple[date, float]]]:
    """Returns (day, value) of a profile rating (default: the default one) since `start` for each stats row, by its key.

    Oldest first, beginning with the last day before `start`. Days without this rating are left out.
    """
    ratings = [rating or playtype_of(row.game, row.playtype).default_profile_rating for row in rows]
    # One index look-up for each of the two parts, so that a long history costs nothing.
    mine = "(d.user_id, d.game, d.playtype) = (wanted.user_id, wanted.game, wanted.playtype)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT wanted.id, found.day, (found.ratings->>wanted.rating)::float8
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
                AS wanted (id, user_id, game, playtype, rating)
            CROSS JOIN LATERAL (
                (SELECT day, ratings FROM {DAYS} AS d WHERE {mine} AND d.day >= %s)
                UNION ALL
                (SELECT day, ratings FROM {DAYS} AS d WHERE {mine} AND d.day < %s ORDER BY d.day DESC LIMIT 1)
            ) AS found
            WHERE found.ratings->>wanted.rating IS NOT NULL ORDER BY 1, 2
            """,
            [
                [row.pk for row in rows], [row.user_id for row in rows], [row.game for row in rows],
                [row.playtype for row in rows], ratings, start, start,
            ],
        )  # fmt: skip
        days: dict[int, list[tuple[date, float]]] = defaultdict(list)
        for key, day, value in cursor.fetchall():
            days[key].append((day, value))
    return days
