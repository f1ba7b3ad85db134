"""Arcaea by tables. Ratings: vectors of the published rating library (spec: games/arcaea.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.arcaea import TOUCH
from imports.games.spec import Chart, Play
from tests.games.build import Rated, Refused, assert_rated, assert_refused, bests_of, chart, fresh, play

PM, FR = "PURE MEMORY", "FULL RECALL"


def notes(count: int = 1000, level: float = 9.7) -> Chart:
    return chart(level, data={"notecount": count})


def rated(score: int, level: float, expected: float) -> Rated:
    return Rated(TOUCH, "potential", play(score=score, lamp="CLEAR"), notes(level=level), expected)


RATINGS = [
    rated(10_000_000, 11.3, 13.3),
    rated(9_912_345, 10.7, 12.26),
    rated(9_800_000, 9.8, 10.8),
    rated(9_650_000, 9, 9.5),
    rated(8_000_000, 8.5, 3.5),
    rated(5_000_000, 5, 0),  # would be below zero
    # as the original rated them
    rated(0, 9.7, 0),
    rated(8_599_999, 9.7, 6.69),
    rated(9_499_999, 9.7, 9.69),
    rated(9_500_000, 9.7, 9.7),
    rated(9_799_999, 9.7, 10.69),
    rated(9_899_999, 9.7, 11.19),
    rated(9_900_000, 9.7, 11.2),
    rated(9_999_999, 9.7, 11.69),
    rated(10_000_000, 9.7, 11.7),
    rated(10_001_000, 9.7, 11.7),  # exact hits count for nothing
]


@pytest.mark.parametrize("row", RATINGS)
def test_potential(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "D"),
        (8_599_999, "D"),
        (8_600_000, "C"),
        (8_899_999, "C"),
        (8_900_000, "B"),
        (9_199_999, "B"),
        (9_200_000, "A"),
        (9_499_999, "A"),
        (9_500_000, "AA"),
        (9_799_999, "AA"),
        (9_800_000, "EX"),
        (9_899_999, "EX"),
        (9_900_000, "EX+"),
        (10_001_000, "EX+"),
    ],
)
def test_grades(score: int, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, notes(), TOUCH)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> Refused:
    return Refused(TOUCH, given, notes(1179), list(problems))


REFUSED = [
    refused(
        play(score=10_001_180, lamp=PM),
        "Invalid value for score, Score cannot exceed 10001179 for this chart. Got 10001180.",
    ),
    refused(
        play(score=-1, lamp="CLEAR"),
        "Invalid value for score, Score must be non-negative. Got -1 Got -1.",
    ),
    refused(
        play(score=9_999_999, lamp=PM),
        "PURE MEMORY scores must have a score larger than 10 million. Got 9999999 instead.",
    ),
    refused(
        play(score=4_999_999, lamp=FR),
        "FULL RECALL scores must have a score larger than 5 million. Got 4999999 instead.",
    ),
    refused(
        play(score=10_000_500, lamp=PM, judgements={"far": 1}),
        "Cannot have a PURE MEMORY with any fars or losts.",
    ),
    refused(
        play(score=10_000_500, lamp=PM, judgements={"far": None, "lost": 1}),
        "Cannot have a PURE MEMORY with any fars or losts.",
    ),
    refused(
        play(score=9_900_000, lamp=FR, judgements={"far": 20, "lost": 1}),
        "Cannot have a FULL RECALL with non-zero lost count.",
    ),
    refused(
        play(score=9_000_000, lamp=PM, judgements={"far": 100, "lost": 50}),
        "PURE MEMORY scores must have a score larger than 10 million. Got 9000000 instead.",
        "Cannot have a PURE MEMORY with any fars or losts.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_what_cannot_be_true_is_refused(row: Refused) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        play(score=10_001_179, lamp=PM, judgements={"pure": 1179, "far": 0, "lost": 0}),
        play(score=10_000_000, lamp=PM),
        play(score=10_000_000, lamp=FR, judgements={"far": 0}),  # not called a PURE MEMORY, which it need not be
        play(score=5_000_000, lamp=FR, judgements={"far": 1179, "lost": 0}),
        play(score=0, lamp="LOST", judgements={"lost": 1179}),
    ],
)
def test_near_misses_are_accepted(given: Play) -> None:
    assert judging.judge(fresh(given), notes(1179), TOUCH)[1] == []


def test_a_profile_averages_over_thirty_and_a_session_its_best_ten() -> None:
    compute = TOUCH.profile_ratings["naivePotential"].compute
    assert compute(bests_of("potential", [12.0])) == pytest.approx(0.4)
    assert compute(bests_of("potential", [12.0] * 30 + [6])) == 12
    assert judging.session_ratings({"potential": [12.0] * 10 + [6]}, TOUCH) == {"naivePotential": 12}
    assert judging.session_ratings({"potential": [12.0] * 9}, TOUCH) == {"naivePotential": None}


@pytest.mark.parametrize(
    ("potential", "badge"),
    [
        (None, None),
        (0, "BLUE"),
        (3.499, "BLUE"),
        (3.5, "GREEN"),
        (6.999, "GREEN"),
        (7, "ASH_PURPLE"),
        (9.999, "ASH_PURPLE"),
        (10, "PURPLE"),
        (10.999, "PURPLE"),
        (11, "RED"),
        (11.999, "RED"),
        (12, "ONE_STAR"),
        (12.499, "ONE_STAR"),
        (12.5, "TWO_STARS"),
        (12.999, "TWO_STARS"),
        (13, "THREE_STARS"),
    ],
)
def test_badges_of_potential(potential: float | None, badge: str | None) -> None:
    derive = TOUCH.classes["badge"].derive
    assert derive is not None
    assert derive({"naivePotential": potential}) == badge
