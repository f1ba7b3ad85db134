"""The players of a playtype by rating: a page of them, and those around one of them. Ranks are counted when read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from imports.games.spec import Playtype
from imports.models import GameStats, User

STATS = GameStats._meta.db_table
USERS = User._meta.db_table
ESCAPES = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})  # of what LIKE takes for patterns
# All ranked players, in one pass over the playtype's stats. Whoever has no rating is not among them.
BOARD = f"""
    WITH board AS (
        SELECT id, user_id, (ratings->>%(rating)s)::float8 AS value,
            rank() OVER (ORDER BY (ratings->>%(rating)s)::float8 DESC) AS rank,
            row_number() OVER (ORDER BY (ratings->>%(rating)s)::float8 DESC, user_id) AS place
        FROM {STATS} WHERE game = %(game)s AND playtype = %(playtype)s AND ratings->>%(rating)s IS NOT NULL
    )
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A player's stats (`key`) in the ranking. Equal ratings share a `rank`; `place` tells them apart."""

    key: int
    user_id: int
    value: float
    rank: int
    place: int


@dataclass(frozen=True, slots=True)
class RatingBin:
    """How many players have a rating in one part of all ratings, counted from 1."""

    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How ratings are spread from the lowest to the highest."""

    bins: Sequence[RatingBin]
    low: float
    high: float
    own: int  # the part in which somebody's rating lies


def find_ranked(
    game: str, playtype: Playtype, rating: str, *, name: str, most: int, before: int
) -> tuple[list[Ranked], int]:
    """Returns the players whose names contain `name`, best first, `most` of them after `before`; and how many match."""
    # The ranks are those among all players, whatever is looked for.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {BOARD}
            SELECT board.id, user_id, value, rank, place, count(*) OVER ()
            FROM board JOIN {USERS} AS player ON player.id = user_id
            WHERE upper(username) LIKE %(pattern)s ORDER BY place LIMIT %(most)s OFFSET %(before)s
            """,
            {
                **_board(game, playtype, rating), "pattern": f"%{name.upper().translate(ESCAPES)}%", "most": most,
                "before": before,
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    return [Ranked(*row[:5]) for row in rows], rows[0][5] if rows else 0


def ranked_around(
    user_id: int, game: str, playtype: Playtype, rating: str, *, distance: int
) -> tuple[list[Ranked], int]:
    """Returns a player with so many above and below them, and how many are ranked; none for whoever is not."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {BOARD}, own AS (SELECT place FROM board WHERE user_id = %(reader)s)
            SELECT board.id, user_id, value, rank, board.place, (SELECT count(*) FROM board) FROM board, own
            WHERE board.place BETWEEN own.place - %(distance)s AND own.place + %(distance)s ORDER BY board.place
            """,
            {**_board(game, playtype, rating), "reader": user_id, "distance": distance},
        )
        rows = cursor.fetchall()
    return [Ranked(*row[:5]) for row in rows], rows[0][5] if rows else 0


def rating_spread(own: float, game: str, playtype: Playtype, rating: str, *, bins: int) -> Spread:
    """Returns how many players there are in each of so many equal parts of the ratings."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {BOARD}, ends AS (SELECT min(value) AS low, max(value) AS high FROM board)
            SELECT least(width_bucket(value, low, high + 1e-9, %(bins)s), %(bins)s) AS number, count(*),
                   min(low), max(high), min(least(width_bucket(%(own)s, low, high + 1e-9, %(bins)s), %(bins)s))
            FROM board, ends GROUP BY 1 ORDER BY 1
            """,
            {**_board(game, playtype, rating), "bins": bins, "own": own},
        )
        rows = cursor.fetchall()
    return Spread([RatingBin(*row[:2]) for row in rows], *rows[0][2:])


def places_gained(stats: GameStats, rating: str, *, before: float | None) -> int:
    """Returns how many places the player stands higher (negative: lower) than with an earlier rating.

    Both ratings are compared with those that the others have today. So the figure follows from the scores that there
    are, through any revert, and needs no rank of the past to be stored.
    """
    now = stats.ratings.get(rating)
    if now is None or before is None or now == before:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM {STATS} WHERE game = %(game)s AND playtype = %(playtype)s AND id <> %(own)s
                AND (ratings->>%(rating)s)::float8 > %(low)s AND (ratings->>%(rating)s)::float8 <= %(high)s
            """,
            {
                "game": stats.game, "playtype": stats.playtype, "rating": rating, "own": stats.pk,
                "low": min(now, before), "high": max(now, before),
            },
        )  # fmt: skip
        passed: int = cursor.fetchone()[0]
    return passed if now > before else -passed


def _board(game: str, playtype: Playtype, rating: str) -> dict[str, str]:
    return {"game": game, "playtype": playtype.name, "rating": rating}
