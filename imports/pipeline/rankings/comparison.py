"""Compares the bests of two players on the charts of a playtype, reading both in one query."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import connection

from imports.models import Chart, GameStats, PersonalBest

BESTS = PersonalBest._meta.db_table
# `rank_keys` are the sort keys of leaderboards, the most important first.
BOTH = f"""
    FROM (SELECT id, chart_id, rank_keys, score_data FROM {BESTS}
          WHERE user_id = %(one)s AND game = %(game)s AND playtype = %(playtype)s) AS mine
    FULL JOIN (SELECT id, chart_id, rank_keys, score_data FROM {BESTS}
               WHERE user_id = %(other)s AND game = %(game)s AND playtype = %(playtype)s) AS theirs
    USING (chart_id)
"""
AT_LEVEL = f"""
    chart_id IN (SELECT id FROM {Chart._meta.db_table}
                 WHERE game = %(game)s AND playtype = %(playtype)s AND level = %(level)s)
"""
Which = Literal["close", "one", "other", "even", "only-one", "only-other", "all"]
# Selection of charts -> its condition and its order.
CHARTS: dict[Which, tuple[str, str]] = {
    "close": ("mine.id IS NOT NULL AND theirs.id IS NOT NULL", "abs(mine.rank_keys[1] - theirs.rank_keys[1])"),
    "one": ("mine.rank_keys[1] > theirs.rank_keys[1]", "mine.rank_keys[1] - theirs.rank_keys[1] DESC"),
    "other": ("mine.rank_keys[1] < theirs.rank_keys[1]", "theirs.rank_keys[1] - mine.rank_keys[1] DESC"),
    "even": ("mine.rank_keys[1] = theirs.rank_keys[1]", "mine.rank_keys DESC"),
    "only-one": ("theirs.id IS NULL", "mine.rank_keys DESC"),
    "only-other": ("mine.id IS NULL", "theirs.rank_keys DESC"),
    "all": ("true", "greatest(mine.rank_keys[1], theirs.rank_keys[1]) DESC"),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of charts that each player leads, or that only one has played; and the lamps on shared charts."""

    charts: Counter[str] = field(default_factory=Counter)
    lamps_of_one: Counter[str] = field(default_factory=Counter)
    lamps_of_other: Counter[str] = field(default_factory=Counter)

    @property
    def shared(self) -> int:
        return self.charts["one"] + self.charts["even"] + self.charts["other"]

    def count(self, which: Which) -> int:
        """Returns the number of charts that `find_charts` finds for a selection."""
        if which == "all":
            return self.charts.total()
        return self.shared if which == "close" else self.charts[which]


def count_charts(one: GameStats, other: GameStats, *, ladder: str, level: str = "") -> Totals:
    """Returns the numbers of charts and lamps, of one level if given. One query.

    `ladder` is the metric of the counted lamps.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT CASE WHEN theirs.id IS NULL THEN 'only-one' WHEN mine.id IS NULL THEN 'only-other'
                        WHEN mine.rank_keys[1] > theirs.rank_keys[1] THEN 'one'
                        WHEN mine.rank_keys[1] < theirs.rank_keys[1] THEN 'other' ELSE 'even' END,
                   mine.score_data->>%(ladder)s, theirs.score_data->>%(ladder)s, count(*)
            {BOTH} WHERE {AT_LEVEL if level else "true"} GROUP BY 1, 2, 3
            """,
            {**_players(one, other), "ladder": ladder, "level": level},
        )
        rows = cursor.fetchall()
    totals = Totals()
    for which, lamp_of_one, lamp_of_other, count in rows:
        totals.charts[which] += count
        if which in ("one", "even", "other"):
            totals.lamps_of_one[lamp_of_one] += count
            totals.lamps_of_other[lamp_of_other] += count
    return totals


def find_charts(
    one: GameStats, other: GameStats, which: Which, *, level: str = "", most: int, before: int
) -> list[tuple[int, int | None, int | None]]:
    """Returns the keys of charts and of both bests: at most `most`, after skipping `before`. One query.

    `level` restricts them to charts of that level.
    """
    condition, order = CHARTS[which]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id, mine.id, theirs.id {BOTH}
            WHERE {condition} AND {AT_LEVEL if level else "true"} ORDER BY {order}, chart_id
            LIMIT %(most)s OFFSET %(before)s
            """,
            {**_players(one, other), "level": level, "most": most, "before": before},
        )
        return list(cursor.fetchall())


def _players(one: GameStats, other: GameStats) -> dict[str, Any]:
    return {"one": one.user_id, "other": other.user_id, "game": one.game, "playtype": one.playtype}
