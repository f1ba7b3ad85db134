"""The expected rating history of a player: each day computed separately from all scores that count by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import inf
from typing import Any

from imports.games import playtype_of
from imports.games.judging import Best, Candidate, compose
from imports.games.spec import Chart, Playtype
from imports.models import DailyRatings, Score, User
from imports.pipeline.scoring.chart_loading import charts_by_pk

Days = dict[tuple[str, str, date], tuple[int, dict[str, float | None]]]
"""Game, playtype and day -> the number of scores achieved on the day, and the ratings at its end."""


def stored_days(user: User) -> Days:
    return {
        (row.game, row.playtype, row.day): (row.score_count, row.ratings)
        for row in DailyRatings.objects.filter(user=user)
    }


def days_of_scores(user: User) -> Days:
    by_playtype: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in Score.objects.filter(user=user):
        by_playtype[(score.game, score.playtype)].append(score)
    found: Days = {}
    for (game, name), scores in by_playtype.items():
        playtype = playtype_of(game, name)
        for day in {day_of(score) for score in scores}:
            achieved = [score for score in scores if score.time_achieved is not None and day_of(score) == day]
            bests = BestsOfScores([score for score in scores if day_of(score) <= day], playtype)
            ratings = {rating: formula.compute(bests) for rating, formula in playtype.profile_ratings.items()}
            found[(game, name, day)] = (len(achieved), ratings)
    return found


def day_of(score: Score) -> date:
    if score.time_achieved is None:
        return score.time_added.astimezone(UTC).date()
    return datetime.fromtimestamp(score.time_achieved / 1_000, UTC).date()


class BestsOfScores:
    """The bests of some scores, with the interface of `games.spec.Bests`."""

    def __init__(self, scores: Sequence[Score], playtype: Playtype) -> None:
        by_chart: dict[int, list[Score]] = defaultdict(list)
        for score in scores:
            by_chart[score.chart_id].append(score)
        charts = charts_by_pk(by_chart)
        self._bests = [(_best(found, charts[chart], playtype), charts[chart]) for chart, found in by_chart.items()]

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        return [value for value, _ in self.rated(rating)][:count]

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        rated = [
            (value, chart)
            for best, chart in self._bests
            if (value := best.ratings[rating]) is not None and (chart.is_primary or not primary_only)
        ]
        return sorted(rated, key=lambda pair: -pair[0])


def _best(scores: Sequence[Score], chart: Chart, playtype: Playtype) -> Best:
    """Returns the best composed of the scores on one chart."""
    primary = _first(scores, 0, smallest=False)
    lenders = []
    for place, merge in enumerate(playtype.merges, 1):
        known = [score for score in scores if score.best_keys[place] is not None]
        if known:
            lender = _first(known, place, smallest=merge.smallest)
            # On a tie, the primary score itself.
            is_tie = (lender.best_keys[place], lender.time_achieved) == (
                primary.best_keys[place],
                primary.time_achieved,
            )
            lenders.append((merge, _candidate(primary if is_tie else lender)))
    return compose(_candidate(primary), lenders, chart, playtype)


def _first(scores: Sequence[Score], place: int, *, smallest: bool) -> Score:
    def order(score: Score) -> tuple[Any, ...]:
        value = score.best_keys[place] or 0
        time = inf if score.time_achieved is None else score.time_achieved
        return (value if smallest else -value, time, score.best_keys[0], score.score_id)

    return min(scores, key=order)


def _candidate(score: Score) -> Candidate:
    metrics = dict(score.score_data)
    judgements, optional = metrics.pop("judgements"), metrics.pop("optional")
    return Candidate(
        score_id=score.score_id, metrics=metrics, judgements=judgements, optional=optional,
        highlight=score.highlight, time_achieved=score.time_achieved,
    )  # fmt: skip
