"""ITG by tables. Ratings: vectors of the published rating library (spec: games/itg.md)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as some

from imports.errors import FormulaError
from imports.games import itg, judging
from imports.games.itg import STAMINA
from imports.games.spec import Chart, Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

Measures = Sequence[tuple[float, float]]
"""Speed in notes per second, and notes."""


def of(measures: Measures, ranked: float | None = 14) -> Chart:
    data = {
        "rankedLevel": ranked,
        "npsPerMeasure": [speed for speed, _ in measures],
        "notesPerMeasure": [notes for _, notes in measures],
    }
    return chart(14, difficulty="Hard 14", data=data)


STREAM = ((12, 16),)
EMPTY = ((0, 0),)
FORTY = of(STREAM * 40)


def made(percent: float = 90, lamp: str = "CLEAR", survived: float = 100, **rest: Any) -> Play:
    return play(scorePercent=percent, survivedPercent=survived, lamp=lamp, **rest)


def died(survived: float) -> Play:
    return made(60, "FAILED", survived)


def fastest(measures: Measures, expected: float | None, given: Play | None = None) -> Rated:
    return Rated(STAMINA, "fastest32", given or made(), of(measures), expected)


RATINGS = [
    fastest(STREAM * 40, 180),
    fastest(STREAM * 32, 180),
    fastest(STREAM * 31, None),
    fastest((), None),
    fastest(STREAM * 40, 180, died(31.5 / 40 * 100)),  # the 32nd measure was begun
    fastest(STREAM * 40, None, died(31 / 40 * 100)),
    fastest(STREAM * 40, 180, died(100)),
    fastest(STREAM * 40, None, died(0)),
    fastest(((10, 16),) * 32 + ((14, 16),) * 32, 210),
    fastest(((14, 16),) * 32 + ((10, 16),) * 32, 210),
    fastest(((20, 32),) * 20, 300),
    fastest(STREAM * 31 + EMPTY + STREAM * 31, None),  # an empty measure breaks the stretch
    fastest(STREAM * 31 + ((13, 15),) + ((14, 16),), 180),  # 511 notes are too few, so a measure more
    fastest(STREAM * 20 + ((9, 12),) + STREAM * 20, 135),  # the slowest measure counts
    fastest(((100 / 15, 16),) * 32, 100),
    fastest(((6.66, 16),) * 32, None),  # below 100
    fastest(((12, 512),), None),  # one measure is no stretch
    fastest(((11, 512), (12, 1)), 165),
    fastest(((9, 0), (12, 512)), 135),  # an empty measure is where the next stretch begins
    Rated(STAMINA, "blockRating", made(), FORTY, 14),
    Rated(STAMINA, "blockRating", died(99), FORTY, None),
    Rated(STAMINA, "blockRating", made(), of((), ranked=None), None),
]


@pytest.mark.parametrize("row", RATINGS)
def test_ratings_follow_the_table(row: Rated) -> None:
    assert_rated(row)


def window_by_window(measures: Measures) -> float | None:
    """Returns the tempo by the definition: a window begins at every measure, and an empty measure ends all windows."""
    windows: list[list[tuple[float, float]]] = []
    found = [0.0]
    for speed, notes in measures:
        windows = [[*window, (speed, notes)] for window in windows] if notes else []
        full = [window for window in windows if sum(n for _, n in window) >= 512]
        found += [min(s for s, _ in window) for window in full]
        windows = [window for window in windows if window not in full] + [[(speed, notes)]]
    tempo = max(found) * 15
    return tempo if tempo >= 100 else None


@drawn(
    some.lists(some.tuples(some.integers(5, 20), some.sampled_from([0, 40, 100, 200, 300, 511, 512, 600])), max_size=30)
)
def test_the_fastest_stretch_equals_the_best_of_all_windows(measures: Measures) -> None:
    whole = of(measures)
    assert itg.fastest_32(made(), whole) == window_by_window(measures)
    for played in range(len(measures) + 1):  # of the same chart, so from the cache
        survived = 100 * played / max(1, len(measures))
        reached = math.ceil(survived / 100 * len(measures))
        assert itg.fastest_32(died(survived), whole) == window_by_window(measures[:reached])


def test_a_chart_with_two_numbers_of_measures_has_no_fastest_stretch() -> None:
    broken = chart(14, data={"rankedLevel": 14, "npsPerMeasure": [12] * 3, "notesPerMeasure": [16] * 4})
    problem = "This chart has 3 measures by one count and 4 by another."
    assert judging.judge(made(), broken, STAMINA) == (None, [problem])
    with pytest.raises(FormulaError, match=problem):
        itg.fastest_32(died(10), broken)


@pytest.mark.parametrize(
    ("given", "grade", "final"),
    [
        (died(45.25), "F", 45.25),
        (made(100, "FAILED", 99.99), "F", 99.99),
        (made(0), "D", 100),
        (made(54.99), "D", 154.99),
        (made(55), "C", 155),
        (made(68), "B", 168),
        (made(80), "A", 180),
        (made(89), "S", 189),
        (made(95.99), "S", 195.99),
        (made(96), "★", 196),
        (made(98), "★★", 198),
        (made(99), "★★★", 199),
        (made(99.99), "★★★", 199.99),
        (made(100, "QUAD"), "★★★★", 200),
    ],
)
def test_grades_and_final_percents_follow_the_table(given: Play, grade: str, final: float) -> None:
    judging.derive(given, FORTY, STAMINA)
    assert (given.metrics["grade"], given.metrics["finalPercent"]) == (grade, pytest.approx(final))


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(STAMINA, given, FORTY, list(problems))


REFUSED = [
    refused(made(survived=99.99), "Cannot clear a chart that you didn't survive 100% of."),
    refused(
        made(100, "QUINT", judgements={"fantastic": 1}),
        "Cannot have a QUINT with any fantastic (or worse) judgements.",
    ),
    refused(
        made(100, "QUAD", judgements={"excellent": 1, "miss": None}),
        "Cannot have a QUAD with any excellent (or worse) judgements.",
    ),
    refused(
        made(99, "FULL EXCELLENT COMBO", judgements={"great": 1}),
        "Cannot have a FULL EXCELLENT COMBO with any great (or worse) judgements.",
    ),
    refused(made(98, "FULL COMBO", judgements={"wayoff": 1}), "Cannot have a FULL COMBO with any combo breaks."),
    refused(
        made(98, "QUINT", 50, judgements={"miss": 1}),
        "Cannot clear a chart that you didn't survive 100% of.",
        "Cannot have a QUINT with any fantastic (or worse) judgements.",
    ),
    refused(
        made(-10),
        "Invalid value for scorePercent, Expected a number between 0 and 100. Got -10.",
    ),
    refused(
        made(100.5),
        "Invalid value for scorePercent, Expected a number between 0 and 100. Got 100.5.",
        "Invalid value for finalPercent, Expected a number between 0 and 200. Got 200.5.",
    ),
    refused(
        made(90, optional={"lifebarHistory": [0, 50.5, 101]}),
        "Invalid value for metric lifebarHistory, Expected a number between 0 and 100., got 101.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        made(100, "QUINT", judgements={"fantastic+": 900}),
        made(100, "QUAD", judgements={"fantastic+": 900, "fantastic": 50}),
        made(99, "FULL EXCELLENT COMBO", judgements={"excellent": 3, "great": 0}),
        made(97, "FULL COMBO", judgements={"great": 9, "decent": 0, "wayoff": None}),
        made(60, "FAILED", 100, judgements={"miss": 99}),
        made(90, optional={"lifebarHistory": [0, 100]}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), FORTY, STAMINA)[1] == []


def test_a_profile_is_the_best_block_and_the_fastest_stretch() -> None:
    for name, rating in (("highestBlock", "blockRating"), ("fastest32", "fastest32")):
        compute = STAMINA.profile_ratings[name].compute
        assert compute(bests_of(rating, [11, None, 15, 13])) == 15
        assert compute(bests_of(rating, [None])) is None


def test_a_session_is_the_mean_of_five() -> None:
    assert judging.session_ratings({"blockRating": [14, 13, 12, 11, 10, 9]}, STAMINA) == {"blockRating": 12}
    assert judging.session_ratings({"blockRating": [14, 13, 12, 11, None]}, STAMINA) == {"blockRating": None}


def test_a_best_is_chosen_by_the_final_percent() -> None:
    cleared = copy_of(made(60, "FULL COMBO"))
    judging.derive(cleared, FORTY, STAMINA)
    assert judging.best_keys(cleared.metrics, {}, STAMINA) == [160, 2]
