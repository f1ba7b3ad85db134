"""Where players stand, computed when it is asked for: one query, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Q

from imports.games import playtype_of
from imports.models import GameStats, PersonalBest

STATS = GameStats._meta.db_table
BESTS = PersonalBest._meta.db_table

BY_RANK = (F("rank_keys").desc(), F("time_achieved").asc(nulls_last=True), "score_id")
"""The order of a chart's leaderboard: that of the index `best_by_rank`."""
BY_RANK_BACKWARDS = (F("rank_keys").asc(), F("time_achieved").desc(nulls_first=True), "-score_id")


@dataclass(frozen=True, slots=True)
class Rank:
    """A place, counted from 1, among so many."""

    rank: int
    out_of: int


Ranking = dict[str, Rank]
"""Profile rating -> the player's place in it."""


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
            """,
            [[key for key, _ in wanted], [name for _, name in wanted]],
        )
        found: dict[int, dict[str, Rank]] = defaultdict(dict)
        for key, name, rank, out_of in cursor.fetchall():
            found[key][name] = Rank(rank, out_of)
    order = {row.pk: playtype_of(row.game, row.playtype).profile_ratings for row in rows}
    return {key: {name: ranking[name] for name in order[key]} for key, ranking in found.items()}


def best_ranks(bests: Iterable[PersonalBest]) -> dict[int, Rank]:
    """The rank of each best on its chart, by the best's primary key. Counted in the index `best_by_rank` alone.

    Largest rank keys first, then timed before untimed ones, the earlier, and the smaller score ID: no rank is shared.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT mine.id, 1 + board.ahead, board.size FROM {BESTS} AS mine CROSS JOIN LATERAL (
                SELECT count(*) AS size, count(*) FILTER (
                    WHERE o.rank_keys > mine.rank_keys OR o.rank_keys = mine.rank_keys
                        AND (coalesce(o.time_achieved, 'Infinity'), o.score_id)
                            < (coalesce(mine.time_achieved, 'Infinity'), mine.score_id)
                ) AS ahead
                FROM {BESTS} AS o WHERE o.chart_id = mine.chart_id
            ) AS board
            WHERE mine.id = ANY(%s)
            """,
            [[best.pk for best in bests]],
        )
        return {best: Rank(rank, out_of) for best, rank, out_of in cursor.fetchall()}


def lesser_than(edge: PersonalBest) -> Q:
    """What stands below a best on its chart: the first condition is for the index, the second says it exactly."""
    later = Q(time_achieved=None, score_id__gt=edge.score_id)
    if edge.time_achieved is not None:
        same = Q(time_achieved=edge.time_achieved, score_id__gt=edge.score_id)
        later = Q(time_achieved__gt=edge.time_achieved) | Q(time_achieved=None) | same
    return Q(rank_keys__lte=edge.rank_keys) & (Q(rank_keys__lt=edge.rank_keys) | later)


def better_than(edge: PersonalBest) -> Q:
    """What stands above it."""
    earlier = Q(time_achieved__isnull=False) | Q(time_achieved=None, score_id__lt=edge.score_id)
    if edge.time_achieved is not None:
        same = Q(time_achieved=edge.time_achieved, score_id__lt=edge.score_id)
        earlier = Q(time_achieved__lt=edge.time_achieved) | same
    return Q(rank_keys__gte=edge.rank_keys) & (Q(rank_keys__gt=edge.rank_keys) | earlier)
