"""maimai DX by tables. Ratings: vectors of the published rating library (spec: games/maimaidx.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.games import judging
from imports.games.maimaidx import SINGLE
from imports.games.spec import Play
from tests.games.build import Rated, Refused, assert_rated, assert_refused, bests_of, chart, fresh, play

LV13 = chart(13)
AP, AP_PLUS = "ALL PERFECT", "ALL PERFECT+"


def made(percent: float, lamp: str = "CLEAR", **rest: Any) -> Play:
    return play(percent=percent, lamp=lamp, **rest)


def rated(percent: float, level: float, expected: int) -> Rated:
    return Rated(SINGLE, "rate", made(percent, AP_PLUS if percent == 101 else "CLEAR"), chart(level), expected)


RATINGS = [
    rated(101, 14.7, 330),
    rated(100.5, 14.7, 330),
    rated(100.4999, 13.9, 310),
    rated(99.9999, 13.2, 282),
    rated(99.5, 12.6, 264),
    rated(97, 12, 232),
    rated(96.9999, 12, 204),
    rated(80, 11.4, 124),
    rated(5, 10, 0),
    rated(0, 15, 0),
    rated(100, 0, 0),  # a chart of unknown level
    # both sides of each step of the coefficient
    rated(9.9999, 15, 0),
    rated(10, 15, 2),
    rated(20, 15, 9),
    rated(30, 15, 21),
    rated(40, 15, 38),
    rated(50, 15, 60),
    rated(60, 15, 86),
    rated(70, 15, 117),
    rated(75, 15, 135),
    rated(79.9998, 15, 143),
    rated(79.9999, 15, 153),
    rated(80, 15, 163),
    rated(90, 15, 205),
    rated(94, 15, 236),
    rated(96.9998, 15, 244),
    rated(96.9999, 15, 256),
    rated(98, 15, 298),
    rated(98.9998, 15, 301),
    rated(98.9999, 15, 305),
    rated(99, 15, 308),
    rated(99.9998, 15, 316),
    rated(99.9999, 15, 320),
    rated(100, 15, 324),
    rated(100.4998, 15, 325),
    rated(100.4999, 15, 334),
    rated(100.5, 15, 337),
    rated(97.12345678, 7, 135),  # more decimals than count
]


@pytest.mark.parametrize("row", RATINGS)
def test_rate(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        (0, "D"),
        (49.9999, "D"),
        (50, "C"),
        (60, "B"),
        (70, "BB"),
        (75, "BBB"),
        (80, "A"),
        (90, "AA"),
        (94, "AAA"),
        (97, "S"),
        (98, "S+"),
        (99, "SS"),
        (99.5, "SS+"),
        (100, "SSS"),
        (100.4999, "SSS"),
        (100.5, "SSS+"),
        (101, "SSS+"),
    ],
)
def test_grades(percent: float, grade: str) -> None:
    derived = made(percent)
    judging.derive(derived, LV13, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> Refused:
    return Refused(SINGLE, given, LV13, list(problems))


REFUSED = [
    refused(made(100.9999, AP_PLUS), "Cannot have an ALL PERFECT+ without 101%."),
    refused(made(101, AP), "A score of 101% should be an ALL PERFECT+"),
    refused(made(101), "A score of 101% should be an ALL PERFECT+"),
    refused(made(100.4999, AP), "Cannot have an ALL PERFECT without at least 100.5%."),
    refused(made(101.0001), "Invalid value for percent, Expected a number between 0 and 101. Got 101.0001."),
    refused(
        made(99, optional={"percentGraph": [None, 101.5], "lifeGraph": [1000]}),
        "Invalid value for metric percentGraph, Expected a number between 0 and 101., got 101.5.",
        "Invalid value for metric lifeGraph, Expected a number between 0 and 999., got 1000.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_what_cannot_be_true_is_refused(row: Refused) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        made(100.5, AP),
        made(100.9999, AP),
        made(101, AP_PLUS, judgements={"miss": 3}),  # judgements are not looked at
        made(12, "FULL COMBO+"),
        made(99, optional={"percentGraph": [None, 0, 101], "lifeGraph": [None, 999]}),
    ],
)
def test_near_misses_are_accepted(given: Play) -> None:
    assert judging.judge(fresh(given), LV13, SINGLE)[1] == []


def test_a_profile_is_the_sum_of_fifty_and_a_session_the_mean_of_ten() -> None:
    values = [310] * 49 + [300, 290]
    assert SINGLE.profile_ratings["naiveRate"].compute(bests_of("rate", values)) == 49 * 310 + 300
    assert SINGLE.profile_ratings["naiveRate"].compute(bests_of("rate", [])) is None
    assert judging.session_ratings({"rate": values}, SINGLE) == {"rate": 310}
    assert judging.session_ratings({"rate": values[:9]}, SINGLE) == {"rate": None}


@pytest.mark.parametrize(
    ("colour", "floor"),
    [
        ("WHITE", 0),
        ("BLUE", 1000),
        ("GREEN", 2000),
        ("YELLOW", 4000),
        ("RED", 7000),
        ("PURPLE", 10_000),
        ("BRONZE", 12_000),
        ("SILVER", 13_000),
        ("GOLD", 14_000),
        ("PLATINUM", 14_500),
        ("RAINBOW", 15_000),
    ],
)
def test_colours(colour: str, floor: float) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveRate": floor}) == colour
    assert colour == "WHITE" or derive({"naiveRate": floor - 1}) != colour


def test_the_first_place_of_a_class_that_stands_twice_counts() -> None:
    classes = SINGLE.classes["matchingClass"]
    assert classes.ids[5:7] == ("A5", "A5")
    assert (classes.index("B1"), classes.index("A5"), classes.index("A4")) == (4, 5, 7)
    assert (classes.ids[-1], len(classes.ids)) == ("LEGEND", 27)


def test_dx_charts_are_difficulties_of_the_same_song() -> None:
    assert SINGLE.difficulty_labels["Re:Master"] == "Re:MAS"
    assert SINGLE.difficulty_labels["DX Re:Master"] == "DX Re:MAS"
    assert len(SINGLE.difficulty_labels) == 10
