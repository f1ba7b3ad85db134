"""Which scores make a player's bests at the end of each day, from the scores alone. Pure.

The rules are those of `bests`, which chooses among stored scores with SQL; tests hold the two against each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from imports.games.spec import Playtype

DAY_MS = 86_400_000


class Play(NamedTuple):
    """What decides of a score whether a best is made of it. `time` in Unix milliseconds, `day` since 1970.

    `keys`: its `best_keys`. `ratings`: those of `counting_ratings`, in their order.
    """

    chart: int
    day: int
    score_id: str
    time: float | None
    keys: Sequence[float | None]
    ratings: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class DailyWinners:
    """Of some of a player's scores on a playtype.

    `by_day`: chart and day -> position in `best_keys` -> ID of the score that wins there; only of days on which that
    changes, in order. `ratings`: score ID -> its ratings.
    """

    by_day: dict[tuple[int, float], dict[int, str]]
    ratings: dict[str, Sequence[float | None]]

    def last(self) -> dict[int, dict[int, str]]:
        """Returns what is won on each chart in the end."""
        return {chart: winners for (chart, _), winners in self.by_day.items()}


def counting_ratings(playtype: Playtype) -> list[str]:
    """Returns the score ratings that the profile ratings are made of."""
    return list(dict.fromkeys(name for rating in playtype.profile_ratings.values() for name in rating.of))


def day_of(moment: float) -> int:
    """Returns the day of a moment (ms), since 1970."""
    return math.floor(moment / DAY_MS)


def daily_winners(plays: Iterable[Play], playtype: Playtype) -> DailyWinners:
    """Returns who wins day by day. `plays`: by chart and day, in order; those that never win may be left out."""
    signs = [1, *(-1 if merge.smallest else 1 for merge in playtype.merges)]
    found = DailyWinners({}, {})
    leaders: dict[int, _Leader] = {}  # by position in `best_keys`
    chart_before: int | None = None
    for chart, day, score_id, time, keys, ratings in plays:
        if chart != chart_before:
            leaders, chart_before = {}, chart
        leads = False
        for place, (key, sign) in enumerate(zip(keys, signs, strict=True), 1):
            ahead = leaders.get(place)
            if key is None or (ahead is not None and sign * key < ahead.rank[0]):
                continue  # as nearly all plays do
            # The larger wins; of equal ones the earlier, then the smaller by the default metric.
            rank = (sign * key, -math.inf if time is None else -time, -(keys[0] or 0))
            if ahead is None or (rank, ahead.score_id) > (ahead.rank, score_id):
                leaders[place] = _Leader(score_id, rank, keys)
                leads = True
        if leads:
            found.ratings[score_id] = ratings
            found.by_day[(chart, day)] = _winners(leaders)
    return found


class _Leader(NamedTuple):
    """The score that is ahead at one place of `best_keys`: the larger `rank`, then the smaller ID."""

    score_id: str
    rank: tuple[float, float, float]
    keys: Sequence[float | None]


def _winners(leaders: Mapping[int, _Leader]) -> dict[int, str]:
    """Position -> score, the primary score wherever it is as good as the one that is ahead."""
    primary = leaders[1]
    return {
        place: primary.score_id
        if (primary.keys[place - 1], primary.rank[1]) == (leader.keys[place - 1], leader.rank[1])
        else leader.score_id
        for place, leader in leaders.items()
    }
