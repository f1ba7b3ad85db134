"""Two players' bests on the charts of a playtype, side by side; both are read in one pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import connection

from imports.models import GameStats, PersonalBest

BESTS = PersonalBest._meta.db_table
# `rank_keys` are what leaderboards are ordered by, the most important first.
BOTH = f"""
    FROM (SELECT id, chart_id, rank_keys, score_data FROM {BESTS}
          WHERE user_id = %(one)s AND game = %(game)s AND playtype = %(playtype)s) AS mine
    FULL JOIN (SELECT id, chart_id, rank_keys, score_data FROM {BESTS}
               WHERE user_id = %(other)s AND game = %(game)s AND playtype = %(playtype)s) AS theirs
    USING (chart_id)
"""
Which = Literal["close", "one", "other", "only-one", "only-other"]
# The condition and the order of each.
CHARTS: dict[Which, tuple[str, str]] = {
    "close": ("mine.id IS NOT NULL AND theirs.id IS NOT NULL", "abs(mine.rank_keys[1] - theirs.rank_keys[1])"),
    "one": ("mine.rank_keys[1] > theirs.rank_keys[1]", "mine.rank_keys[1] - theirs.rank_keys[1] DESC"),
    "other": ("mine.rank_keys[1] < theirs.rank_keys[1]", "theirs.rank_keys[1] - mine.rank_keys[1] DESC"),
    "only-one": ("theirs.id IS NULL", "mine.rank_keys DESC"),
    "only-other": ("mine.id IS NULL", "theirs.rank_keys DESC"),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """On how many charts each leads (`one`, `even`, `other`), and which only one has played; lamps on shared charts."""

    charts: Counter[str] = field(default_factory=Counter)
    lamps_of_one: Counter[str] = field(default_factory=Counter)
    lamps_of_other: Counter[str] = field(default_factory=Counter)

    @property
    def shared(self) -> int:
        return self.charts["one"] + self.charts["even"] + self.charts["other"]

    def count(self, which: Which) -> int:
        """How many charts `find_charts` finds."""
        return self.shared if which == "close" else self.charts[which]


def count_charts(one: GameStats, other: GameStats, *, ladder: str) -> Totals:
    """Returns the numbers of charts; `ladder` names the lamp that is counted. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT CASE WHEN theirs.id IS NULL THEN 'only-one' WHEN mine.id IS NULL THEN 'only-other'
                        WHEN mine.rank_keys[1] > theirs.rank_keys[1] THEN 'one'
                        WHEN mine.rank_keys[1] < theirs.rank_keys[1] THEN 'other' ELSE 'even' END,
                   mine.score_data->>%(ladder)s, theirs.score_data->>%(ladder)s, count(*)
            {BOTH} GROUP BY 1, 2, 3
            """,
            {**_players(one, other), "ladder": ladder},
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
    one: GameStats, other: GameStats, which: Which, *, most: int, before: int
) -> list[tuple[int, int | None, int | None]]:
    """Returns charts with the keys of both bests: `most` of them after `before`. One query."""
    condition, order = CHARTS[which]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id, mine.id, theirs.id {BOTH} WHERE {condition} ORDER BY {order}, chart_id
            LIMIT %(most)s OFFSET %(before)s
            """,
            {**_players(one, other), "most": most, "before": before},
        )
        return list(cursor.fetchall())


def _players(one: GameStats, other: GameStats) -> dict[str, Any]:
    return {"one": one.user_id, "other": other.user_id, "game": one.game, "playtype": one.playtype}
