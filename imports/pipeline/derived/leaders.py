"""Finds the scores that compose a player's bests at the end of each day. No database access.

The rules are those of `bests`, which selects stored scores with SQL; tests compare both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from imports.games.spec import Playtype

DAY_MS = 86_400_000


class Play(NamedTuple):
    """The values of a score that decide whether it is part of a best. `time` in Unix milliseconds, `day` since 1970.

    `keys`: its `best_keys`. `ratings`: its values of `counting_ratings`, in this order.
    """

    chart: int
    day: int
    score_id: str
    time: float | None
    keys: Sequence[float | None]
    ratings: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class DailyWinners:
    """The winners among some of a player's scores on a playtype.

    `by_day`: chart and day -> position in `best_keys` -> ID of the winning score; only days with a change, in order.
    `ratings` and `keys`: score ID -> its ratings, and its `best_keys`.
    """

    by_day: dict[tuple[int, float], dict[int, str]]
    ratings: dict[str, Sequence[float | None]]
    keys: dict[str, Sequence[float | None]]

    def last(self) -> dict[int, dict[int, str]]:
        """Returns the winners on each chart after the last day."""
        return {chart: winners for (chart, _), winners in self.by_day.items()}


def counting_ratings(playtype: Playtype) -> list[str]:
    """Returns the names of the score ratings from which the profile ratings are computed."""
    return list(dict.fromkeys(name for rating in playtype.profile_ratings.values() for name in rating.of))


def day_of(moment: float) -> int:
    """Returns the day of a moment (ms), since 1970."""
    return math.floor(moment / DAY_MS)


def daily_winners(plays: Iterable[Play], playtype: Playtype) -> DailyWinners:
    """Returns the winners by day. `plays`: sorted by chart and day; plays that never win may be left out."""
    signs = [1, *(-1 if merge.smallest else 1 for merge in playtype.merges)]
    found = DailyWinners({}, {}, {})
    leaders: dict[int, _Leader] = {}  # by position in `best_keys`
    chart_before: int | None = None
    for chart, day, score_id, time, keys, ratings in plays:
        if chart != chart_before:
            leaders, chart_before = {}, chart
        leads = False
        for place, (key, sign) in enumerate(zip(keys, signs, strict=True), 1):
            ahead = leaders.get(place)
            if key is None or (ahead is not None and sign * key < ahead.rank[0]):
                continue  # the case of nearly all plays
            # The larger key wins; of equal keys the earlier score, then the one with the smaller default metric.
            rank = (sign * key, -math.inf if time is None else -time, -(keys[0] or 0))
            if ahead is None or (rank, ahead.score_id) > (ahead.rank, score_id):
                leaders[place] = _Leader(score_id, rank, keys)
                leads = True
        if leads:
            found.ratings[score_id] = ratings
            found.keys[score_id] = keys
            primary = leaders[1]  # it replaces a leader that it ties with
            found.by_day[(chart, day)] = {
                place: primary.score_id
                if (primary.keys[place - 1], primary.rank[1]) == (leader.keys[place - 1], leader.rank[1])
                else leader.score_id
                for place, leader in leaders.items()
            }
    return found


class _Leader(NamedTuple):
    """The leading score at one position of `best_keys`: the larger `rank`, then the smaller ID."""

    score_id: str
    rank: tuple[float, float, float]
    keys: Sequence[float | None]
