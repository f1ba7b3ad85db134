"""The best plays of a player over all games."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from imports.games import playtype_of
from imports.models import GameStats, PersonalBest

BESTS = PersonalBest._meta.db_table


def find_best_plays(rows: Sequence[GameStats], *, limit: int) -> list[PersonalBest]:
    """Returns a player's bests with the highest default rating: the first of each game, then the second, and so on.

    `rows`: the player's stats, in the order of games. Ratings of different games cannot be
    compared. Only primary charts, as for profile ratings. Two queries.
    """
    ratings = [playtype_of(row.game, row.playtype).default_score_rating for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT found.id FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
                AS wanted (user_id, game, playtype, rating, number)
            CROSS JOIN LATERAL (
                SELECT id, row_number() OVER (ORDER BY (calculated_data->>wanted.rating)::float8 DESC, id) AS place
                FROM {BESTS} AS best WHERE best.user_id = wanted.user_id AND best.game = wanted.game
                  AND best.playtype = wanted.playtype AND is_primary AND calculated_data->>wanted.rating IS NOT NULL
                ORDER BY place LIMIT %s
            ) AS found ORDER BY place, number LIMIT %s
            """,
            [
                [row.user_id for row in rows], [row.game for row in rows], [row.playtype for row in rows], ratings,
                limit, limit,
            ],
        )  # fmt: skip
        keys = [key for (key,) in cursor.fetchall()]
    bests = PersonalBest.objects.in_bulk(keys)
    return [bests[key] for key in keys if key in bests]
