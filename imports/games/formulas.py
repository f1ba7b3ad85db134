"""Arithmetic that games share. All values are doubles, rounded only where a formula requires it. No database access.

Formulas of one family of games have separate files: `volforce` (SOUND VOLTEX, USC), `ex_score` (IIDX, BMS, PMS) and
`be_music` (BMS, PMS).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from math import floor

from imports.errors import FormulaError
from imports.games.javascript import text
from imports.games.spec import Bests, Chart, Play


def js_round(value: float) -> int:
    """Returns JavaScript's `Math.round(value)`: halves are rounded up, also below zero (-1.5 becomes -1)."""
    # Not floor(value + 0.5): for 0.49999999999999994 the sum is 1.
    below = floor(value)
    return below + 1 if value - below >= 0.5 else below


# --- floors: the highest name whose floor is reached ------------------------------------------------


def grade_on(floors: Mapping[str, float]) -> Callable[[float], str]:
    """Returns a function value -> grade. It raises FormulaError below the lowest floor and for NaN."""
    names, bounds = tuple(floors), tuple(floors.values())
    lowest = bounds[0]

    def grade(value: float) -> str:
        if not value >= lowest:
            raise FormulaError(f"No grade goes with {text(value)}.")
        return names[bisect_right(bounds, value) - 1]

    return grade


def from_floor(metric: str, floors: Mapping[str, float]) -> Callable[[Play, Chart], str]:
    """Returns the function of a derived grade: the highest one whose floor the metric reaches."""
    grade = grade_on(floors)
    return lambda play, _chart: grade(play.metrics[metric])


def class_from_floors(rating: str, floors: Mapping[str, float]) -> Callable[[Mapping[str, float | None]], str | None]:
    """Returns the function of a derived class: the highest one whose floor the profile rating reaches.

    It returns the lowest class below all floors, and None without a rating.
    """
    names, bounds = tuple(floors), tuple(floors.values())

    def derive(ratings: Mapping[str, float | None]) -> str | None:
        value = ratings.get(rating)
        return None if value is None else names[max(bisect_right(bounds, value) - 1, 0)]

    return derive


# --- profile ratings over bests on primary charts ---------------------------------------------------


def sum_of_best(count: int, rating: str) -> Callable[[Bests], float | None]:
    """Returns a profile rating: the sum of the `count` largest values; None without any."""

    def total(bests: Bests) -> float | None:
        values = bests.top(rating, count)
        return sum(values) if values else None

    return total


def average_of_best(
    count: int, rating: str, *, multiplier: int = 1, null_if_not_enough: bool = False
) -> Callable[[Bests], float | None]:
    """Returns a profile rating: the sum of the `count` largest values, divided by `count`; None without any.

    With a multiplier, each value is rounded to 1/multiplier and the average is cut to it, so that the sum is exact.
    With `null_if_not_enough` it is None for fewer than `count` values.
    """
    needed = count if null_if_not_enough else 1

    def average(bests: Bests) -> float | None:
        values = bests.top(rating, count)
        # Spec: import-pipeline §12. Missing values count as 0.
        if len(values) < needed:
            return None
        if multiplier == 1:
            return sum(values) / count
        return floor(sum(js_round(value * multiplier) for value in values) / count) / multiplier

    return average


def highest(rating: str) -> Callable[[Bests], float | None]:
    """Returns a profile rating: the largest value; None without any."""

    def maximum(bests: Bests) -> float | None:
        values = bests.top(rating, 1)
        return values[0] if values else None

    return maximum


# --- judgements -------------------------------------------------------------------------------------


def hits(play: Play, *judgements: str) -> int:
    """Returns the total number of hits with these judgements; unknown counts are 0."""
    return sum([play.judgements.get(name) or 0 for name in judgements])


def known_hits(play: Play, *judgements: str) -> tuple[int, ...] | None:
    """Returns the number of hits with each of these judgements, None if one of them is unknown."""
    counts = tuple(map(play.judgements.get, judgements))
    return None if None in counts else counts  # type: ignore[return-value]  # none of them is None
