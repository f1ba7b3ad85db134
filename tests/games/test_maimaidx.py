"""maimai DX by tables. Ratings: vectors of the published rating library (spec: games/maimaidx.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.games import judging
from imports.games.maimaidx import SINGLE
from imports.games.spec import Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

LV13 = chart(13)
AP, AP_PLUS = "ALL PERFECT", "ALL PERFECT+"


def made(percent: float, lamp: str = "CLEAR", **rest: Any) -> Play:
    return play(percent=percent, lamp=lamp, **rest)


def rated(percent: float, level: float, expected: int) -> Rated:
    lamp = AP_PLUS if percent == 101 else "CLEAR" if percent >= 80 else "FAILED"
    return Rated(SINGLE, "rate", made(percent, lamp), chart(level), expected)


RATINGS = [
    rated(101, 14.7, 331),
    rated(101, 15, 338),
    rated(101, 0, 1),
    Rated(SINGLE, "rate", made(100.5, AP), chart(14), 316),
    Rated(SINGLE, "rate", made(100.5, "FULL COMBO+"), chart(14), 315),
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
def test_rate_follows_the_table(row: Rated) -> None:
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
def test_grades_follow_the_table(percent: float, grade: str) -> None:
    derived = made(percent)
    judging.derive(derived, LV13, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, LV13, list(problems))


def judgements_of(pcrit: int, perfect: int, great: int, good: int, miss: int) -> dict[str, int | None]:
    return {"pcrit": pcrit, "perfect": perfect, "great": great, "good": good, "miss": miss}


REFUSED = [
    refused(made(79.9999, "CLEAR"), "Cannot have a CLEAR without at least 80%."),
    refused(made(80, "FAILED"), "Cannot have a FAILED if the score is above 80%."),
    refused(
        made(101, AP_PLUS, judgements=judgements_of(99, 0, 1, 0, 0)),
        "Cannot have an ALL PERFECT+ with any non-perfect judgements.",
    ),
    refused(
        made(100.6, AP, judgements={"great": 0, "good": 0, "miss": 1}),
        "Cannot have an ALL PERFECT with any non-perfect judgements.",
    ),
    refused(
        made(99, "FULL COMBO+", judgements=judgements_of(90, 5, 4, 1, 0)),
        "Cannot have a FULL COMBO+ with any goods or misses.",
    ),
    refused(
        made(98.5, "FULL COMBO", judgements=judgements_of(90, 5, 4, 0, 1), optional={"maxCombo": 99}),
        "Cannot have a FULL COMBO with any misses.",
        "Cannot have a FULL COMBO if maxCombo is not equal to the sum of judgements.",
    ),
    refused(
        made(100.8, AP, judgements=judgements_of(95, 5, 0, 0, 0), optional={"maxCombo": 99}),
        "Cannot have an ALL PERFECT if maxCombo is not equal to the sum of judgements.",
    ),
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
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        made(100.5, AP),
        made(100.9999, AP),
        made(101, AP_PLUS, judgements={"miss": 3}),  # not all known
        made(12, "FULL COMBO+"),
        made(80, "CLEAR"),
        made(79.9999, "FAILED"),
        made(99, "FULL COMBO+", judgements=judgements_of(90, 5, 5, 0, 0), optional={"maxCombo": 100}),
        made(99, "FULL COMBO", judgements=judgements_of(90, 5, 4, 1, 0)),
        made(95, judgements=judgements_of(90, 5, 0, 0, 5), optional={"maxCombo": 50}),  # the combo was broken
        made(99, "FULL COMBO", judgements={"pcrit": 90, "perfect": 5, "great": 4, "good": 1}, optional={"maxCombo": 9}),
        made(99, optional={"percentGraph": [None, 0, 101], "lifeGraph": [None, 999]}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV13, SINGLE)[1] == []


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
        ("GOLD_II", 14_250),
        ("PLATINUM", 14_500),
        ("PLATINUM_II", 14_750),
        ("RAINBOW", 15_000),
        ("RAINBOW_II", 15_250),
        ("RAINBOW_III", 15_500),
        ("RAINBOW_IV", 15_750),
        ("RAINBOW_EX_I", 16_000),
        ("RAINBOW_EX_II", 16_250),
        ("RAINBOW_EX_III", 16_500),
        ("RAINBOW_EX_IV", 16_750),
    ],
)
def test_colours_follow_the_table(colour: str, floor: float) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveRate": floor}) == colour
    assert colour == "WHITE" or derive({"naiveRate": floor - 1}) != colour


def test_the_matching_classes_end_in_the_legend() -> None:
    classes = SINGLE.classes["matchingClass"]
    assert (classes.index("B1"), classes.index("A5"), classes.index("A4")) == (4, 5, 6)
    assert (classes.ids[-1], classes.index("LEGEND")) == ("LEGEND", 25)


@pytest.mark.parametrize(
    "given",
    [
        made(80, "FAILED"),
        made(12, "CLEAR"),
        made(99, "FULL COMBO+", judgements=judgements_of(90, 5, 4, 1, 0), optional={"maxCombo": 7}),
    ],
)
def test_scores_of_2025_are_accepted_by_the_rules_of_2025(given: Play) -> None:
    assert judging.judge(copy_of(given), LV13, SINGLE)[1] != []
    assert judging.judge(copy_of(given), LV13, SINGLE, rules=2025)[1] == []


def test_dx_charts_are_difficulties_of_the_same_song() -> None:
    assert SINGLE.difficulty_labels["Re:Master"] == "Re:MAS"
    assert SINGLE.difficulty_labels["DX Re:Master"] == "DX Re:MAS"
    assert len(SINGLE.difficulty_labels) == 10
