"""WACCA by tables. Ratings: vectors of the published rating library (spec: games/wacca.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.spec import Play
from imports.games.wacca import SINGLE
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

AM, FC = "ALL MARVELOUS", "FULL COMBO"
LV12 = chart(12.7)


def rated(score: int, level: float, expected: float) -> Rated:
    lamp = AM if score == 1_000_000 else "CLEAR"
    return Rated(SINGLE, "rate", play(score=score, lamp=lamp), chart(level), expected)


RATINGS = [
    rated(1_000_000, 14.2, 56.8),
    rated(985_000, 13.1, 49.125),
    rated(940_000, 12.7, 34.925),
    rated(899_999, 11.3, 16.95),
    rated(100, 5, 5),
    # both sides of each step of the score's factor, as Tachi rated them
    rated(0, 8.3, 8.3),
    rated(849_999, 8.3, 8.3),
    rated(850_000, 8.3, 12.45),
    rated(899_999, 8.3, 12.45),
    rated(900_000, 12.7, 25.4),
    rated(919_999, 8.3, 16.6),
    rated(920_000, 8.3, 20.75),
    rated(939_999, 8.3, 20.75),
    rated(940_000, 8.3, 22.825),
    rated(949_999, 8.3, 22.825),
    rated(950_000, 8.3, 24.9),
    rated(959_999, 8.3, 24.9),
    rated(960_000, 8.3, 26.975),
    rated(969_999, 8.3, 26.975),
    rated(970_000, 8.3, 29.05),
    rated(979_999, 8.3, 29.05),
    rated(980_000, 8.3, 31.125),
    rated(989_999, 8.3, 31.125),
    rated(990_000, 8.3, 33.2),
]


@pytest.mark.parametrize("row", RATINGS)
def test_rate_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "D"),
        (1, "C"),
        (300_099, "C"),
        (300_100, "B"),
        (699_999, "B"),
        (700_000, "A"),
        (799_999, "A"),
        (800_000, "AA"),
        (849_999, "AA"),
        (850_000, "AAA"),
        (899_999, "AAA"),
        (900_000, "S"),
        (929_999, "S"),
        (930_000, "S+"),
        (949_999, "S+"),
        (950_000, "SS"),
        (969_999, "SS"),
        (970_000, "SS+"),
        (979_999, "SS+"),
        (980_000, "SSS"),
        (989_999, "SSS"),
        (990_000, "SSS+"),
        (999_999, "SSS+"),
        (1_000_000, "MASTER"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, LV12, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, LV12, list(problems))


REFUSED = [
    refused(
        play(score=999_999, lamp=AM),
        "ALL MARVELOUS scores must have a perfect score. Got 999999 instead.",
    ),
    refused(
        play(score=1_000_000, lamp=FC),
        "Perfect scores of 1 million must have ALL MARVELOUS as their lamp. Got FULL COMBO instead.",
    ),
    refused(
        play(score=990_000, lamp=FC, judgements={"miss": 1}),
        "Cannot have a FULL COMBO with misses.",
    ),
    refused(
        play(score=950_000, lamp="MISSLESS", judgements={"miss": 6}),
        "Cannot have a MISSLESS lamp with >5 misses.",
    ),
    *(
        refused(
            play(score=1_000_000, lamp=AM, judgements=judgements),
            "Cannot have an ALL MARVELOUS if all judgements were not marvelous.",
        )
        for judgements in ({"great": 1}, {"good": 1}, {"miss": 1, "great": None})
    ),
    refused(
        play(score=950_000, lamp=AM, judgements={"marvelous": 500, "great": 20, "good": 3, "miss": 1}),
        "ALL MARVELOUS scores must have a perfect score. Got 950000 instead.",
        "Cannot have an ALL MARVELOUS if all judgements were not marvelous.",
    ),
    refused(
        play(score=-1, lamp="FAILED", optional={"maxCombo": 1.5}),
        "Invalid value for score, Expected a number between 0 and 1000000. Got -1.",
        "Invalid value for maxCombo, got 1.5, but expected an integer.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        play(score=1_000_000, lamp=AM, judgements={"marvelous": 500, "great": 0, "good": None, "miss": 0}),
        play(score=999_999, lamp=FC, judgements={"great": 1, "miss": 0}),
        play(score=950_000, lamp="MISSLESS", judgements={"miss": 5}),
        play(score=950_000, lamp="MISSLESS", judgements={"miss": None}),
        play(score=990_000, lamp="FAILED"),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV12, SINGLE)[1] == []


def test_a_profile_is_the_sum_of_fifty_and_a_session_the_mean_of_ten() -> None:
    values = [50.0] * 49 + [10, 5]
    assert SINGLE.profile_ratings["naiveRate"].compute(bests_of("rate", values)) == 49 * 50 + 10
    assert judging.session_ratings({"rate": values}, SINGLE) == {"rate": 50}
    assert judging.session_ratings({"rate": values[:9]}, SINGLE) == {"rate": None}


@pytest.mark.parametrize(
    ("rate", "colour"),
    [
        (None, None),
        (0, "ASH"),
        (299.999, "ASH"),
        (300, "NAVY"),
        (599.999, "NAVY"),
        (600, "YELLOW"),
        (999.999, "YELLOW"),
        (1000, "RED"),
        (1299.999, "RED"),
        (1300, "PURPLE"),
        (1599.999, "PURPLE"),
        (1600, "BLUE"),
        (1899.999, "BLUE"),
        (1900, "SILVER"),
        (2199.999, "SILVER"),
        (2200, "GOLD"),
        (2499.999, "GOLD"),
        (2500, "RAINBOW"),
    ],
)
def test_colours_follow_the_table_of_the_rate(rate: float | None, colour: str | None) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveRate": rate}) == colour
