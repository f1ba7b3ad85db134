"""maimai by tables. Ratings: vectors of the published rating library (spec: games/maimai.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import judging, maimai
from imports.games.maimai import SINGLE
from imports.games.spec import Chart, Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

FC, AP, AP_PLUS = "FULL COMBO", "ALL PERFECT", "ALL PERFECT+"


def of(most: float, level: float = 12) -> Chart:
    return chart(level, data={"maxPercent": most})


USUAL = of(100.62)


def made(percent: float, lamp: str = "CLEAR", **rest: Any) -> Play:
    return play(percent=percent, lamp=lamp, **rest)


def rated(percent: float, most: float, level: float, expected: float) -> Rated:
    lamp = AP_PLUS if percent == most else "CLEAR"
    return Rated(SINGLE, "rate", made(percent, lamp), of(most, level), expected)


RATINGS = [
    rated(100.45, 100.45, 12.3, 15.6),
    rated(100.2, 100.45, 12.3, 15.04),
    rated(99.5, 100.45, 12.3, 13.97),
    rated(97, 101, 10, 10),
    rated(96.99, 101, 10, 9),
    rated(85, 101, 13.7, 11.2),
    rated(10, 101, 13, 0),
    rated(100, 103, 15.2, 20.4),  # past the table's end, on the line of its last two rows
    rated(0, 101, 13, 0),
    rated(10.01, 100.36, 2, 0),
    rated(60, 100.15, 4, 1.6),
    rated(92.7405, 100.26, 13.7, 12.04),  # a percent of many decimals counts in hundredths
    rated(100.01, 100.78, 5.4, 9.21),
    rated(104, 104, 15, 21),
    rated(98, 100, 0, 0),  # a chart of unknown level
]


@pytest.mark.parametrize("row", RATINGS)
def test_rate_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("percent", "most", "level"), [(101, 100.9, 12), (-1, 101, 12), (50, 104.1, 12), (50, 101, -1)]
)
def test_values_outside_the_table_have_no_rate(percent: float, most: float, level: float) -> None:
    with pytest.raises(FormulaError, match="has no rating"):
        maimai.rate(made(percent), of(most, level))


@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        (0, "F"),
        (9.99, "F"),
        (10, "E"),
        (20, "D"),
        (40, "C"),
        (60, "B"),
        (80, "A"),
        (90, "AA"),
        (94, "AAA"),
        (97, "S"),
        (98, "S+"),
        (99, "SS"),
        (99.5, "SS+"),
        (99.99, "SS+"),
        (100, "SSS"),
        (100.61, "SSS"),
        (100.62, "SSS+"),  # the chart's highest
    ],
)
def test_grades_follow_the_table(percent: float, grade: str) -> None:
    derived = made(percent)
    judging.derive(derived, USUAL, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str, on: Chart = USUAL) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, on, list(problems))


REFUSED = [
    refused(
        made(100.63), "Invalid value for percent, Percent cannot be greater than 100.62 for this chart. Got 100.63."
    ),
    refused(made(-0.01), "Invalid value for percent, Percent cannot be negative. Got -0.01."),
    refused(
        made(104.5, AP_PLUS),
        "Invalid value for percent, Percent cannot be greater than 100.62 for this chart. Got 104.5.",
        "Score cannot be greater than 104%.",
    ),
    refused(made(104.5, AP_PLUS), "Score cannot be greater than 104%.", on=of(104.5)),
    refused(made(100, AP_PLUS), "Cannot have an ALL PERFECT+ without grade SSS+."),
    refused(made(100.62, AP), "Cannot have grade SSS+ without an ALL PERFECT+"),
    refused(
        made(99, AP, judgements={"great": 1, "good": None}),
        "Cannot have an ALL PERFECT with any non-perfect judgements.",
    ),
    refused(made(99, FC, judgements={"miss": 1}), "Cannot have a FULL COMBO if the score has misses."),
    refused(made(99, optional={"slow": -5}), "Invalid value for slow, Expected a positive integer. Got -5."),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


def test_a_chart_with_an_invalid_maximum_percent_has_no_rate() -> None:
    ratings, problems = judging.judge(made(99), of(105), SINGLE)
    assert (ratings, problems) == (None, ["99 of 105 percent on level 12 has no rating."])


@pytest.mark.parametrize(
    "given",
    [
        made(100.62, AP_PLUS, judgements={"great": 5}),  # the judgements of an ALL PERFECT+ are not validated
        made(99, FC, judgements={"great": 5, "good": 1, "miss": None}),
        made(99, AP, judgements={"perfect": 500, "great": 0}),
        made(0, AP),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), USUAL, SINGLE)[1] == []


def test_a_profile_averages_over_thirty_and_a_session_over_ten() -> None:
    compute = SINGLE.profile_ratings["naiveRate"].compute
    assert compute(bests_of("rate", [15.6])) == pytest.approx(0.52)
    assert compute(bests_of("rate", [15] * 30 + [14])) == 15
    assert compute(bests_of("rate", [])) is None
    assert judging.session_ratings({"rate": [12.5] * 10}, SINGLE) == {"rate": 12.5}
    assert judging.session_ratings({"rate": [12.5] * 9}, SINGLE) == {"rate": None}


@pytest.mark.parametrize(
    ("colour", "floor"),
    [
        ("WHITE", 0),
        ("BLUE", 2),
        ("GREEN", 4),
        ("YELLOW", 7),
        ("RED", 10),
        ("PURPLE", 12),
        ("BRONZE", 13),
        ("SILVER", 14),
        ("GOLD", 14.5),
        ("RAINBOW", 15),
    ],
)
def test_colours_follow_the_table(colour: str, floor: float) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveRate": floor}) == colour
    assert colour == "WHITE" or derive({"naiveRate": floor - 0.01}) != colour
