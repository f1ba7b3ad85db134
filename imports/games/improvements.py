"""Finds the smallest improvement of a play with which its rating suffices: a number, or a lamp. No database access.

It evaluates the game's own formula, so that the dependencies of a rating are not declared twice.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor

from imports.games.javascript import MAX_SAFE_INTEGER
from imports.games.judging import BROKEN, derive, metric_problem, problems_of
from imports.games.spec import Chart, Decimal, Integer, Play, Playtype, Shown

Condition = Callable[[float], bool]
"""Returns whether a rating suffices. Monotonic: if one suffices, all higher ones do."""

_STEPS_OF_DECIMALS = {Shown.PCT4: 10_000}  # the number of decimals that players see; two by default
_DEFAULT_STEPS = 100


def improvable_number(playtype: Playtype) -> str | None:
    """Returns the metric that players improve: the default one, or the score if the default is derived from it."""
    return next((name for name in (playtype.default_metric, "score") if name in playtype.provided), None)


def least_number(play: Play, chart: Chart, playtype: Playtype, rating: str, suffices: Condition) -> float | None:
    """Returns the smallest value of `improvable_number` above the play's with which its rating suffices.

    All else is unchanged. None if no value suffices, e.g. if the rating depends only on the lamp. It computes at most
    about a hundred ratings.
    """
    name = improvable_number(playtype)
    if name is None:
        return None
    metric = playtype.provided[name]
    assert isinstance(metric, Integer | Decimal)  # noqa: S101 - for mypy
    steps = 1 if isinstance(metric, Integer) else _STEPS_OF_DECIMALS.get(metric.shown, _DEFAULT_STEPS)

    def value(step: int) -> float:
        return step if steps == 1 else step / steps

    def rated(step: int) -> float | None:
        better = Play({**play.metrics, name: value(step)}, play.judgements, play.optional)
        return _rate(better, chart, playtype, rating)

    def is_out_of_range(step: int) -> bool:
        return metric_problem(name, metric, value(step), chart) is not None

    def is_far_enough(step: int) -> bool:
        """Returns whether a step suffices, or is above the range of the search."""
        found = None if is_out_of_range(step) else rated(step)
        return found is None or suffices(found)

    # The stride doubles up to a step that is far enough; then a binary search between it and the last one that was not.
    low, stride = floor(play.metrics[name] * steps), 1
    while not is_far_enough(low + stride):
        low, stride = low + stride, stride * 2
        if low > MAX_SAFE_INTEGER:
            return None
    high = low + stride
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_far_enough(middle) else (middle, high)
    if is_out_of_range(high):
        return None
    reached = rated(high)
    return value(high) if reached is not None and suffices(reached) else None


def least_ladder_value(
    play: Play, chart: Chart, playtype: Playtype, rating: str, suffices: Condition
) -> tuple[str, Play] | None:
    """Returns the first ladder (lamp, flare) that alone makes the rating suffice, and the play with its least value.

    A value that contradicts the play's number is skipped, such as a perfect lamp without a perfect score.
    """
    provided = {name: ladder for name, ladder in playtype.ladders.items() if name in playtype.provided}
    for name, ladder in {**provided, **playtype.optional_ladders}.items():
        held = (play.metrics if name in provided else play.optional).get(name)
        place = playtype.ladder_indexes[name].get(held, -1)
        for value in ladder.values[place + 1 :]:
            changed = {name: value}
            metrics, optional = (changed, {}) if name in provided else ({}, changed)
            better = Play({**play.metrics, **metrics}, play.judgements, {**play.optional, **optional})
            found = _rate(better, chart, playtype, rating)
            if found is None or not suffices(found):
                continue
            # Without its judgements and other optional metrics, which would be different.
            if not problems_of(Play(better.metrics, {}, optional), chart, playtype):
                return name, better
    return None


def _rate(play: Play, chart: Chart, playtype: Playtype, rating: str) -> float | None:
    """Derives the play's metrics and returns its rating; None if it has none."""
    try:
        derive(play, chart, playtype)
        return playtype.score_ratings[rating].compute(play, chart)
    except BROKEN:
        return None
