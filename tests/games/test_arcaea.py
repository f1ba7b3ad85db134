"""Arcaea by tables. Ratings: Arcaea 7.0, figures of the specification (spec: games/arcaea.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.arcaea import TOUCH
from imports.games.spec import Chart, Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

PM, FR = "PURE MEMORY", "FULL RECALL"


def notes(count: int = 1000, level: float = 9.7) -> Chart:
    return chart(level, data={"notecount": count})


def rated(score: int, level: float, expected: float | None, lamp: str = "") -> Rated:
    given = play(score=score, lamp=lamp or (PM if score >= 10_000_000 else "LOST"))
    return Rated(TOUCH, "potential", given, notes(level=level), expected)


RATINGS = [
    rated(9_979_366, 10.1, 11.99683),
    rated(9_979_366, 10.1, 12.19683, FR),
    rated(10_000_000, 7, 9.2),
    rated(9_800_000, 9.5, 10.7, "CLEAR"),
    rated(10_000_000, 11.3, 13.5),
    rated(10_001_000, 11.3, 13.5),  # exact hits count for nothing
    rated(9_799_999, 9.5, 10.49999666666667),
    rated(9_800_000, 9.5, 10.5),
    rated(9_500_000, 9, 9),
    rated(9_500_000, 9, 9.2, "EASY CLEAR"),
    rated(8_000_000, 8.5, 3.5),
    rated(5_000_000, 5, 0),  # would be below zero
    rated(6_740_000, 9, 0),  # the bonus does not lift it above
    rated(6_740_000, 9, 0, "HARD CLEAR"),
    rated(0, 9.7, 0),
    rated(9_900_000, 0, 0, "CLEAR"),  # a chart without a level
    rated(10_000_000, 0, 0),
]


@pytest.mark.parametrize("row", RATINGS)
def test_potential_follows_the_table(row: Rated) -> None:
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
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, notes(), TOUCH)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(TOUCH, given, notes(1179), list(problems))


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


REFUSED += [
    refused(
        play(score=10_000_000, lamp=FR, judgements={"far": 0}),
        "A score of 10 million or more must be a PURE MEMORY. Got 10000000 with FULL RECALL.",
    ),
    refused(
        play(score=10_001_151, lamp=PM, judgements={"pure": 1150, "far": None}),
        "Impossible PURE MEMORY. Got 10001151 with 1150 pures.",
    ),
    refused(
        play(score=9_900_000, lamp="CLEAR", judgements={"pure": 1150, "far": 20, "lost": 10}),
        "Too many judgements: received 1180 in total but the chart's note count is 1179.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        play(score=10_001_179, lamp=PM, judgements={"pure": 1179, "far": 0, "lost": 0}),
        play(score=10_000_000, lamp=PM),
        play(score=10_001_179, lamp=PM, judgements={"far": 0, "lost": 0}),  # not all known
        play(score=9_999_999, lamp=FR, judgements={"far": 0}),
        play(score=9_900_000, lamp="CLEAR", judgements={"pure": 1150, "far": 20, "lost": 9}),
        play(score=5_000_000, lamp=FR, judgements={"far": 1179, "lost": 0}),
        play(score=0, lamp="LOST", judgements={"lost": 1179}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), notes(1179), TOUCH)[1] == []


def test_a_chart_without_a_notecount_limits_neither_score_nor_judgements() -> None:
    given = play(score=10_009_999, lamp=PM, judgements={"pure": 50_000})
    assert judging.judge(given, chart(9), TOUCH)[1] == []


@pytest.mark.parametrize(
    "given",
    [
        play(score=10_000_500, lamp="LOST"),
        play(score=10_001_151, lamp=PM, judgements={"pure": 1}),
        play(score=9_900_000, lamp="CLEAR", judgements={"lost": 5000}),
    ],
)
def test_scores_of_2025_are_accepted_by_the_rules_of_2025(given: Play) -> None:
    assert judging.judge(copy_of(given), notes(1179), TOUCH)[1] != []
    assert judging.judge(copy_of(given), notes(1179), TOUCH, rules=2025)[1] == []


def test_ten_million_without_a_pure_memory_has_no_potential() -> None:
    ratings, _ = judging.judge(play(score=10_000_500, lamp="LOST"), notes(), TOUCH, rules=2025)
    assert ratings == {"potential": None}


def test_a_profile_counts_the_best_fifty_and_the_best_ten_twice_and_a_session_ten() -> None:
    compute = TOUCH.profile_ratings["naivePotential"].compute
    assert compute(bests_of("potential", [])) == 0
    assert compute(bests_of("potential", [12.0])) == pytest.approx(0.4)
    assert compute(bests_of("potential", [12.0] * 10 + [6.0] * 45)) == pytest.approx((240 + 240) / 60)
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
def test_badges_follow_the_table_of_potential(potential: float | None, badge: str | None) -> None:
    derive = TOUCH.classes["badge"].derive
    assert derive is not None
    assert derive({"naivePotential": potential}) == badge
