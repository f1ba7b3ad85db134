"""Computes ranks of players and bests on request, in one query for any number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import connection
from django.db.models import F, Q

from imports.games import playtype_of
from imports.models import GameStats, PersonalBest, RankingEntry

STATS = GameStats._meta.db_table
RANKING_ENTRIES = RankingEntry._meta.db_table
BESTS = PersonalBest._meta.db_table

BY_RANK = (F("rank_keys").desc(), F("time_achieved").asc(nulls_last=True), "score_id")
"""The order of a chart's leaderboard, which the index `best_by_rank` has."""
BY_RANK_BACKWARDS = (F("rank_keys").asc(), F("time_achieved").desc(nulls_first=True), "-score_id")


@dataclass(frozen=True, slots=True)
class Rank:
    """A rank, from 1, among `out_of` players. `place` also orders complete ties, if it is computed."""

    rank: int
    out_of: int
    place: int = 0


Ranking = dict[str, Rank]
"""Profile rating -> the player's rank in it."""


def stats_rankings(rows: Sequence[GameStats]) -> dict[int, Ranking]:
    """Returns the rank of each stats row in each profile rating of its playtype, by the row's primary key.

    The rank is 1 plus the number of players with a greater rating; a missing rating is less than any.
    """
    wanted = [(row.pk, name) for row in rows for name in playtype_of(row.game, row.playtype).profile_ratings]
    with connection.cursor() as cursor:
        # Both numbers are counted in indexes alone: the players above, and the players with stats.
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (SELECT id, game, playtype, ratings FROM {STATS} WHERE id = ANY(%s)),
            boards AS MATERIALIZED (
                SELECT game, playtype, (
                    SELECT count(*) FROM {STATS} AS other
                    WHERE (other.game, other.playtype) = (board.game, board.playtype)
                ) AS size FROM (SELECT DISTINCT game, playtype FROM mine) AS board
            )
            SELECT mine.id, wanted.rating, 1 + (
                SELECT count(*) FROM {RANKING_ENTRIES} AS entry
                WHERE entry.game = mine.game AND entry.playtype = mine.playtype
                AND entry.ranking = wanted.rating
                AND entry.value > coalesce((mine.ratings->>wanted.rating)::float8, '-Infinity')
            ), boards.size
            FROM unnest(%s::bigint[], %s::text[]) AS wanted (id, rating)
            JOIN mine USING (id) JOIN boards USING (game, playtype)
            """,
            [[row.pk for row in rows], [key for key, _ in wanted], [name for _, name in wanted]],
        )
        found: dict[int, dict[str, Rank]] = defaultdict(dict)
        for key, name, rank, out_of in cursor.fetchall():
            found[key][name] = Rank(rank, out_of)
    # The query has no order; ratings are listed in the declared order everywhere.
    order = {row.pk: playtype_of(row.game, row.playtype).profile_ratings for row in rows}
    return {key: {name: ranking[name] for name in order[key]} for key, ranking in found.items()}


def stats_ranks(rows: Sequence[GameStats], rating: str) -> dict[int, int]:
    """Returns the rank of each stats row in one profile rating of their playtype, by the row's primary key.

    As in the API of 2026: equal ratings share a rank, and a missing rating counts as 0.
    """
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id, rank FROM (
                SELECT id, rank() OVER (ORDER BY coalesce((ratings->>%s)::float8, 0) DESC) AS rank
                FROM {STATS} WHERE (game, playtype) = (%s, %s)
            ) AS board WHERE id = ANY(%s)
            """,
            [rating, rows[0].game, rows[0].playtype, [row.pk for row in rows]],
        )
        return dict(cursor.fetchall())


def best_ranks(bests: Iterable[PersonalBest]) -> dict[int, Rank]:
    """Returns the rank of each best on its chart, by the best's primary key; counted in the index `best_by_rank` alone.

    Largest rank keys first, then earlier times, untimed last. Complete ties share a rank, and the next rank is skipped.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT mine.id, 1 + board.ahead, board.size, 1 + board.ahead + board.beside
            FROM {BESTS} AS mine CROSS JOIN LATERAL (
                SELECT count(*) AS size, count(*) FILTER (
                    WHERE o.rank_keys > mine.rank_keys OR o.rank_keys = mine.rank_keys
                        AND coalesce(o.time_achieved, 'Infinity') < coalesce(mine.time_achieved, 'Infinity')
                ) AS ahead, count(*) FILTER (
                    WHERE o.rank_keys = mine.rank_keys AND o.score_id < mine.score_id
                        AND o.time_achieved IS NOT DISTINCT FROM mine.time_achieved
                ) AS beside
                FROM {BESTS} AS o WHERE o.chart_id = mine.chart_id
            ) AS board
            WHERE mine.id = ANY(%s)
            """,
            [[best.pk for best in bests]],
        )
        return {best: Rank(rank, out_of, place) for best, rank, out_of, place in cursor.fetchall()}


def ranks_below(first: Rank, listed: Sequence[PersonalBest]) -> list[int]:
    """Returns the ranks of consecutive bests (`BY_RANK`), the first of which has this rank."""
    ranks = [first.rank]
    for place, (above, best) in enumerate(pairwise(listed), first.place + 1):
        is_tie = (above.rank_keys, above.time_achieved) == (best.rank_keys, best.time_achieved)
        # After a tie the next rank is the place, so that ranks are skipped as in `best_ranks`.
        ranks.append(ranks[-1] if is_tie else place)
    return ranks


def ranked_below(edge: PersonalBest) -> Q:
    """Returns a condition for the bests below a best on its chart: the first half for the index, the second exact."""
    later = Q(time_achieved=None, score_id__gt=edge.score_id)
    if edge.time_achieved is not None:
        same = Q(time_achieved=edge.time_achieved, score_id__gt=edge.score_id)
        later = Q(time_achieved__gt=edge.time_achieved) | Q(time_achieved=None) | same
    return Q(rank_keys__lte=edge.rank_keys) & (Q(rank_keys__lt=edge.rank_keys) | later)


def ranked_above(edge: PersonalBest) -> Q:
    """Returns a condition for the bests above a best on its chart."""
    earlier = Q(time_achieved__isnull=False) | Q(time_achieved=None, score_id__lt=edge.score_id)
    if edge.time_achieved is not None:
        same = Q(time_achieved=edge.time_achieved, score_id__lt=edge.score_id)
        earlier = Q(time_achieved__lt=edge.time_achieved) | same
    return Q(rank_keys__gte=edge.rank_keys) & (Q(rank_keys__gt=edge.rank_keys) | earlier)
