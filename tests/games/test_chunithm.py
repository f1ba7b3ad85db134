"""CHUNITHM by tables. Ratings: vectors of the published rating library (spec: games/chunithm.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import chunithm, judging
from imports.games.chunithm import SINGLE
from imports.games.spec import Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

AJ, AJC, FC = "ALL JUSTICE", "ALL JUSTICE CRITICAL", "FULL COMBO"
LV14 = chart(14)


def made(score: int, note_lamp: str = "NONE", clear_lamp: str = "CLEAR", **rest: Any) -> Play:
    return play(score=score, noteLamp=note_lamp, clearLamp=clear_lamp, **rest)


def rated(score: int, level: float, expected: float) -> Rated:
    return Rated(SINGLE, "rating", made(score, AJC if score == 1_010_000 else "NONE"), chart(level), expected)


RATINGS = [
    rated(1_010_000, 14.5, 16.65),
    rated(1_008_000, 14.5, 16.55),
    rated(1_007_499, 13.7, 15.69),
    rated(1_002_500, 12.4, 13.65),
    rated(980_000, 11, 11.2),
    rated(950_000, 10, 8.33),
    rated(850_000, 12.3, 5.47),
    rated(600_000, 13, 1.33),
    rated(499_999, 15, 0),
    rated(600_000, 1, 0),  # would be below zero
    rated(0, 14, 0),
    rated(1_000_000, 0, 0),  # a chart without a level, such as special ones
    rated(1_000_000, -1, 0),
]


@pytest.mark.parametrize("row", RATINGS)
def test_the_rating_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(("score", "level"), [(1_010_001, 14), (-1, 14)])
def test_a_score_outside_the_range_has_no_rating(score: int, level: float) -> None:
    with pytest.raises(FormulaError, match="has no rating"):
        chunithm.rating(made(score), chart(level))


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (499_999, "D"),
        (500_000, "C"),
        (600_000, "B"),
        (700_000, "BB"),
        (800_000, "BBB"),
        (900_000, "A"),
        (925_000, "AA"),
        (950_000, "AAA"),
        (975_000, "S"),
        (990_000, "S+"),
        (1_000_000, "SS"),
        (1_005_000, "SS+"),
        (1_007_500, "SSS"),
        (1_009_000, "SSS+"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = made(score)
    judging.derive(derived, LV14, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, LV14, list(problems))


def judgements_of(jcrit: int, justice: int, attack: int, miss: int) -> dict[str, int | None]:
    return {"jcrit": jcrit, "justice": justice, "attack": attack, "miss": miss}


REFUSED = [
    refused(made(1_009_999, AJC), "An ALL JUSTICE CRITICAL must have a score of 1.01 million."),
    refused(made(1_010_000, AJ), "A score of 1.01 million must have a lamp of ALL JUSTICE CRITICAL."),
    refused(made(999_999, AJ), "A score of 999999 cannot be an ALL JUSTICE."),
    refused(made(499_999, FC, "FAILED"), "A score of 499999 cannot be a FULL COMBO."),
    refused(
        made(1_010_000, AJC, judgements={"justice": 1}),
        "Cannot have an ALL JUSTICE CRITICAL with any non-jcrit judgements.",
    ),
    refused(
        made(1_009_000, AJ, judgements={"attack": 1, "miss": None}),
        "Cannot have an ALL JUSTICE if not all hits were justice or better.",
    ),
    refused(made(990_000, FC, judgements={"miss": 1}), "Cannot have a FULL COMBO if the score has misses."),
    refused(
        made(1_000_000, FC, judgements=judgements_of(10, 5, 1, 0), optional={"maxCombo": 15}),
        "Cannot have a FULL COMBO if maxCombo is not equal to the sum of judgements.",
    ),
    refused(
        made(1_009_000, AJ, judgements=judgements_of(10, 5, 0, 0), optional={"maxCombo": 14}),
        "Cannot have an ALL JUSTICE if maxCombo is not equal to the sum of judgements.",
    ),
    refused(
        made(900_000, clear_lamp="CATASTROPHY", judgements=judgements_of(0, 4, 3, 3)),
        "Cannot have a CATASTROPHY clear with 10 or more non-jcrit judgements.",
    ),
    refused(
        made(900_000, clear_lamp="ABSOLUTE", judgements=judgements_of(0, 50, 0, 0)),
        "Cannot have an ABSOLUTE clear with 50 or more non-jcrit judgements.",
    ),
    refused(
        made(900_000, clear_lamp="BRAVE", judgements=judgements_of(0, 100, 25, 25)),
        "Cannot have a BRAVE clear with 150 or more non-jcrit judgements.",
    ),
    refused(
        made(900_000, clear_lamp="HARD", judgements=judgements_of(0, 280, 0, 20)),
        "Cannot have a HARD clear with 300 or more non-jcrit judgements, and over 20 misses.",
    ),
    refused(
        made(900_000, optional={"scoreGraph": [0, 1_010_001], "lifeGraph": [None]}),
        "Invalid value for metric scoreGraph, Expected a number between 0 and 1010000., got 1010001.",
        "Invalid value for metric lifeGraph, Expected a number between 0 and 999., got null.",
    ),
    refused(
        made(1_010_001),
        "Invalid value for score, Expected a number between 0 and 1010000. Got 1010001.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        made(1_010_000, AJC, judgements=judgements_of(100, 0, 0, 0), optional={"maxCombo": 100}),
        made(1_000_000, AJ, judgements=judgements_of(90, 10, 0, 0)),
        made(500_000, FC, "FAILED"),
        made(900_000, FC, judgements=judgements_of(1, 1, 1, 0), optional={"maxCombo": None}),
        made(900_000, judgements=judgements_of(1, 1, 1, 9), optional={"maxCombo": 2}),  # the combo was broken
        made(900_000, clear_lamp="CATASTROPHY", judgements=judgements_of(0, 9, 0, 0)),
        made(900_000, clear_lamp="CATASTROPHY", judgements={"justice": 500, "attack": 0}),  # not all known
        made(900_000, clear_lamp="HARD", judgements=judgements_of(0, 281, 0, 19)),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV14, SINGLE)[1] == []


def test_a_profile_averages_over_fifty_in_hundredths() -> None:
    compute = SINGLE.profile_ratings["naiveRating"].compute
    assert compute(bests_of("rating", [16.65])) == 0.33  # 1665 / 50, cut
    assert compute(bests_of("rating", [15.01] * 60)) == 15.01
    assert compute(bests_of("rating", [])) is None


@pytest.mark.parametrize(
    ("colour", "floor"),
    [
        ("BLUE", 0),
        ("GREEN", 2),
        ("ORANGE", 4),
        ("RED", 7),
        ("PURPLE", 10),
        ("COPPER", 12),
        ("SILVER", 13.25),
        ("GOLD", 14.5),
        ("PLATINUM", 15.25),
        ("PLATINUM_II", 15.5),
        ("PLATINUM_III", 15.75),
        ("RAINBOW", 16),
        ("RAINBOW_II", 16.25),
        ("RAINBOW_III", 16.5),
        ("RAINBOW_IV", 16.75),
        ("RAINBOW_EX_I", 17),
        ("RAINBOW_EX_II", 17.25),
        ("RAINBOW_EX_III", 17.5),
    ],
)
def test_colours_follow_the_table(colour: str, floor: float) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveRating": floor}) == colour
    assert colour == "BLUE" or derive({"naiveRating": floor - 0.01}) != colour


def test_a_leaderboard_sorts_by_the_lamps_after_the_score() -> None:
    assert judging.rank_keys(made(1_000_000, AJ, "BRAVE").metrics, {}, SINGLE) == [1_000_000, 2, 3]
