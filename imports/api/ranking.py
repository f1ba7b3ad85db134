"""Where players stand, computed when it is asked for: one query, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from imports.games import playtype_of
from imports.models import GameStats, PersonalBest

BESTS = PersonalBest._meta.db_table
STATS = GameStats._meta.db_table


@dataclass(frozen=True, slots=True)
class Rank:
    """A place, counted from 1, among so many."""

    rank: int
    out_of: int


Ranking = dict[str, Rank]
"""Profile rating -> the player's place in it."""


def best_ranks(*, user_id: int, game: str, playtype: str) -> dict[int, Rank]:
    """The rank of each of a player's bests on its chart, by the best's primary key.

    Largest rank keys first, then timed before untimed ones, the earlier, and the smaller score ID: no rank is shared.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, rank, out_of FROM (
                SELECT id, user_id, count(*) OVER (PARTITION BY chart_id) AS out_of,
                       row_number() OVER (PARTITION BY chart_id
                           ORDER BY rank_keys DESC, time_achieved ASC NULLS LAST, score_id) AS rank
                FROM {BESTS} WHERE chart_id IN (
                    SELECT chart_id FROM {BESTS} WHERE user_id = %s AND game = %s AND playtype = %s)
            ) AS everybody WHERE user_id = %s
            """,  # noqa: S608 - only our own table's name is pasted in
            [user_id, game, playtype, user_id],
        )
        return {best: Rank(rank, out_of) for best, rank, out_of in cursor.fetchall()}


def stats_rankings(rows: Sequence[GameStats]) -> dict[int, Ranking]:
    """The place of each stats row in each profile rating of its playtype, by the row's primary key.

    1 plus the players with a greater rating; equal ratings share a place. No rating is less than any.
    """
    wanted = [(row.pk, name) for row in rows for name in playtype_of(row.game, row.playtype).profile_ratings]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT mine.id, wanted.rating,
                   1 + count(*) FILTER (WHERE (other.ratings->>wanted.rating)::float8
                       > coalesce((mine.ratings->>wanted.rating)::float8, '-Infinity')),
                   count(*)
            FROM unnest(%s::bigint[], %s::text[]) AS wanted (id, rating)
            JOIN {STATS} AS mine ON mine.id = wanted.id
            JOIN {STATS} AS other ON (other.game, other.playtype) = (mine.game, mine.playtype)
            GROUP BY mine.id, wanted.rating
            """,  # noqa: S608 - only our own table's name is pasted in
            [[key for key, _ in wanted], [name for _, name in wanted]],
        )
        found: dict[int, dict[str, Rank]] = defaultdict(dict)
        for key, name, rank, out_of in cursor.fetchall():
            found[key][name] = Rank(rank, out_of)
    order = {row.pk: playtype_of(row.game, row.playtype).profile_ratings for row in rows}
    return {key: {name: ranking[name] for name in order[key]} for key, ranking in found.items()}
