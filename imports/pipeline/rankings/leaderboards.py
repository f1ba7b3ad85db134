"""Reads the players in a ranking of a playtype: a page of the list, or the players around one player.

Rankings are read from an index of `ranking_entries`, in which ranks are counted for each request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from imports.games.spec import Playtype
from imports.models import GameStats, RankingEntry, User
from imports.pipeline.rankings import ranking_entries

RANKING_ENTRIES = RankingEntry._meta.db_table
USERS = User._meta.db_table
ESCAPES = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})  # special characters in LIKE patterns
# Only players with an entry are in a ranking.
BOARD = f"FROM {RANKING_ENTRIES} AS entry WHERE game = %(game)s AND playtype = %(playtype)s AND ranking = %(ranking)s"
IN_ORDER = "ORDER BY value DESC, user_id"
MARGIN = 1e-9  # so that the highest value is in the last bin and not after it


@dataclass(frozen=True, slots=True)
class Ranked:
    """A player in a ranking. Players with equal values share a `rank`; `place` is the position in the whole list."""

    user_id: int
    value: float
    rank: int
    place: int = 0


@dataclass(frozen=True, slots=True)
class RatingBin:
    """The number of players in one bin of the values; bins are numbered from 1."""

    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The histogram of the values from the lowest to the highest, in `parts` bins of equal width."""

    bins: tuple[RatingBin, ...]
    low: float
    high: float
    parts: int

    def bin_of(self, value: float) -> int:
        """Returns the number of the bin of a value."""
        place = int((value - self.low) / (self.high + MARGIN - self.low) * self.parts) + 1
        return min(max(place, 1), self.parts)


def find_ranked(
    game: str, playtype: Playtype, ranking: str, *, name: str, limit: int, before: int
) -> tuple[list[Ranked], int]:
    """Returns players whose names contain `name`, best first, `limit` after `before`; and the number of matches."""
    parameters = {**_parameters(game, playtype, ranking), "limit": limit, "before": before}
    with connection.cursor() as cursor:
        if name:
            return _find_named(cursor, parameters, name)
        cursor.execute(
            f"""
            SELECT user_id, value, (SELECT count(*) {BOARD}) {BOARD} {IN_ORDER} LIMIT %(limit)s OFFSET %(before)s
            """,
            parameters,
        )
        rows = cursor.fetchall()
        if not rows:
            return [], 0
        cursor.execute(f"SELECT count(*) {BOARD} AND value > %(value)s", {**parameters, "value": rows[0][1]})
        (above,) = cursor.fetchone()
    return _in_order(rows, rank=above + 1, place=before + 1), rows[0][2]


def _find_named(cursor: Any, parameters: dict[str, Any], name: str) -> tuple[list[Ranked], int]:
    """Returns players whose names match, with their ranks among all players, and the number of matches."""
    cursor.execute(
        f"""
        SELECT user_id, value, count(*) OVER () {BOARD}
        AND user_id IN (SELECT id FROM {USERS} WHERE upper(username) LIKE %(pattern)s)
        {IN_ORDER} LIMIT %(limit)s OFFSET %(before)s
        """,
        {**parameters, "pattern": f"%{name.upper().translate(ESCAPES)}%"},
    )
    rows = cursor.fetchall()
    if not rows:
        return [], 0
    # One query for all: the number of players above each of the values.
    values = sorted({value for _, value, _ in rows})
    cursor.execute(
        f"""
        SELECT width_bucket(value, %(values)s::float8[]), count(*) FILTER (WHERE value <> ALL(%(values)s::float8[])),
            count(*) {BOARD} AND value >= %(least)s GROUP BY 1 ORDER BY 1 DESC
        """,
        {**parameters, "values": values, "least": values[0]},
    )
    ranks, above = {}, 0
    for number, between, here in cursor.fetchall():
        ranks[values[number - 1]] = above + between + 1
        above += here
    return [Ranked(user, value, ranks[value]) for user, value, _ in rows], rows[0][2]


def ranked_around(user_id: int, game: str, playtype: Playtype, ranking: str, *, distance: int) -> list[Ranked]:
    """Returns a player with up to `distance` players above and below; an empty list if the player is not ranked."""
    parameters = {**_parameters(game, playtype, ranking), "reader": user_id, "distance": distance}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value {BOARD} AND user_id = %(reader)s", parameters)
        found = cursor.fetchone()
        if found is None:
            return []
        parameters["value"] = found[0]
        is_above = "value >= %(value)s AND (value > %(value)s OR user_id < %(reader)s)"
        is_below = "value <= %(value)s AND (value < %(value)s OR user_id > %(reader)s)"
        cursor.execute(
            f"""
            (SELECT user_id, value {BOARD} AND {is_above} ORDER BY value, user_id DESC LIMIT %(distance)s)
            UNION ALL SELECT %(reader)s, %(value)s
            UNION ALL (SELECT user_id, value {BOARD} AND {is_below} {IN_ORDER} LIMIT %(distance)s)
            """,
            parameters,
        )
        rows = sorted(cursor.fetchall(), key=lambda row: (-row[1], row[0]))
        before = next(number for number, row in enumerate(rows) if row[0] == user_id)
        cursor.execute(
            f"""
            SELECT count(*), count(*) FILTER (WHERE value > %(first)s) {BOARD} AND {is_above}
            """,
            {**parameters, "first": rows[0][1]},
        )
        above, above_first = cursor.fetchone()
    return _in_order(rows, rank=above_first + 1, place=above + 1 - before)


def rating_spread(game: str, playtype: Playtype, ranking: str, *, bins: int) -> Spread:
    """Returns the number of players in each of `bins` bins of equal width. The ranking must not be empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH ends AS (SELECT min(value) AS low, max(value) AS high {BOARD})
            SELECT least(width_bucket(value, low, high + {MARGIN}, %(bins)s), %(bins)s) AS number, count(*),
                   min(low), max(high)
            FROM ends CROSS JOIN (SELECT value {BOARD}) AS board GROUP BY 1 ORDER BY 1
            """,
            {**_parameters(game, playtype, ranking), "bins": bins},
        )
        rows = cursor.fetchall()
    return Spread(tuple(RatingBin(*row[:2]) for row in rows), low=rows[0][2], high=rows[0][3], parts=bins)


def places_gained(stats: GameStats, rating: str, *, before: float | None) -> int:
    """Returns the number of places that the player gained (negative: lost) compared with an earlier rating.

    Both ratings are compared with the current ratings of the others, so that the number follows from the stored
    scores after any revert, and no past ranks need to be stored.
    """
    now = stats.ratings.get(rating)
    if now is None or before is None or now == before:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) {BOARD} AND user_id <> %(own)s AND value > %(low)s AND value <= %(high)s",
            {
                "game": stats.game, "playtype": stats.playtype, "ranking": rating, "own": stats.user_id,
                "low": min(now, before), "high": max(now, before),
            },
        )  # fmt: skip
        passed: int = cursor.fetchone()[0]
    return passed if now > before else -passed


def charts_played(users: Iterable[int], game: str, playtype: str) -> dict[int, int]:
    """Returns the number of charts with a best of each of these players."""
    found = RankingEntry.objects.filter(
        user__in=list(users), game=game, playtype=playtype, ranking=ranking_entries.CHARTS
    )
    return {user: int(value) for user, value in found.values_list("user", "value")}


def _in_order(rows: Sequence[Sequence[Any]], *, rank: int, place: int) -> list[Ranked]:
    """Returns consecutive players of a ranking; the first one has this rank and place."""
    found: list[Ranked] = []
    for number, (user, value, *_) in enumerate(rows, place):
        if found and value < found[-1].value:
            rank = number
        found.append(Ranked(user, value, rank, number))
    return found


def _parameters(game: str, playtype: Playtype, ranking: str) -> dict[str, Any]:
    return {"game": game, "playtype": playtype.name, "ranking": ranking}
