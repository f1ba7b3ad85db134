"""SOUND VOLTEX by tables. Ratings: vectors of the published rating library (spec: games/sdvx.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.sdvx import SINGLE
from imports.games.spec import Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

PUC, UC = "PERFECT ULTIMATE CHAIN", "ULTIMATE CHAIN"
LV18 = chart(18)


def vf6(score: int, lamp: str, level: float, expected: float) -> Rated:
    return Rated(SINGLE, "VF6", play(score=score, lamp=lamp), chart(level), expected)


RATINGS = [
    vf6(10_000_000, PUC, 20, 0.462),
    vf6(9_900_000, "CLEAR", 18, 0.374),
    vf6(9_899_999, "EXCESSIVE CLEAR", 18, 0.37),
    vf6(9_750_000, "MAXXIVE CLEAR", 17, 0.344),
    vf6(6_999_999, "FAILED", 16, 0.089),
    vf6(9_500_000, UC, 15, 0.29),
    vf6(0, "FAILED", 20, 0),
    # both sides of each step of the score's factor, as Tachi rated them
    vf6(6_999_999, "FAILED", 20, 0.111),
    vf6(7_000_000, "FAILED", 20, 0.114),
    vf6(7_999_999, "FAILED", 20, 0.131),
    vf6(8_000_000, "CLEAR", 16, 0.217),
    vf6(8_699_999, "CLEAR", 16, 0.236),
    vf6(8_700_000, "CLEAR", 16, 0.244),
    vf6(8_999_999, "CLEAR", 16, 0.253),
    vf6(9_000_000, "CLEAR", 16, 0.262),
    vf6(9_299_999, "CLEAR", 16, 0.27),
    vf6(9_300_000, "CLEAR", 16, 0.279),
    vf6(9_499_999, "CLEAR", 16, 0.285),
    vf6(9_500_000, "CLEAR", 19, 0.35),
    vf6(9_699_999, "EXCESSIVE CLEAR", 20, 0.383),
    vf6(9_700_000, "EXCESSIVE CLEAR", 20, 0.395),
    vf6(9_799_999, "EXCESSIVE CLEAR", 20, 0.399),
    vf6(9_800_000, "EXCESSIVE CLEAR", 20, 0.407),
    vf6(9_899_999, "EXCESSIVE CLEAR", 20, 0.411),
    vf6(9_900_000, "ULTIMATE CHAIN", 20, 0.436),
]


RATINGS += [
    Rated(SINGLE, name, play(score=score, lamp=lamp), chart(level), expected)
    for score, lamp, level, vf6, vf7 in [
        (9_900_000, "CLEAR", 18.3, 0.374, 0.38),
        (9_500_000, UC, 15, 0.29, 0.293),
        (9_800_000, UC, 17.6, 0.356, 0.372),
        (9_750_000, "MAXXIVE CLEAR", 17.2, 0.344, 0.348),
        (10_000_000, PUC, 20, 0.462, 0.462),
    ]
    for name, expected in (("VF6", vf6), ("VF7", vf7))
]


@pytest.mark.parametrize("row", RATINGS)
def test_volforce_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "D"),
        (6_999_999, "D"),
        (7_000_000, "C"),
        (8_000_000, "B"),
        (8_700_000, "A"),
        (9_000_000, "A+"),
        (9_300_000, "AA"),
        (9_500_000, "AA+"),
        (9_700_000, "AAA"),
        (9_800_000, "AAA+"),
        (9_900_000, "S"),
        (9_999_999, "S"),
        (10_000_000, "PUC"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, LV18, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, LV18, list(problems))


REFUSED = [
    refused(
        play(score=9_999_999, lamp=PUC),
        "Cannot have a PERFECT ULTIMATE CHAIN without a perfect score.",
    ),
    refused(
        play(score=9_000_000, lamp=PUC, judgements={"near": 3, "miss": 2}),
        "Cannot have a PERFECT ULTIMATE CHAIN without a perfect score.",
        "Cannot have a PERFECT ULTIMATE CHAIN with any nears or misses.",
    ),
    refused(
        play(score=9_900_000, lamp=UC, judgements={"miss": 1}),
        "Cannot have an ULTIMATE CHAIN with non-zero miss count.",
    ),
    refused(
        play(score=4_999_999, lamp=UC),
        "Cannot have an ULTIMATE CHAIN with a score less than 5m.",
    ),
    refused(
        play(score=9_000_000, lamp="CLEAR", optional={"exScore": -1}),
        "Invalid value for exScore, EX Score must be non-negative. Got -1 Got -1.",
    ),
    refused(
        play(score=10_000_001, lamp="CLEAR"),
        "Invalid value for score, Expected a number between 0 and 10000000. Got 10000001.",
    ),
    refused(
        play(score=9_000_000, lamp="CLEAR", optional={"gauge": 100.5, "fast": -1}),
        "Invalid value for fast, Expected a positive integer. Got -1.",
        "Invalid value for gauge, Expected a number between 0 and 100. Got 100.5.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        play(score=10_000_000, lamp="CLEAR"),  # a perfect score need not be called a perfect chain
        play(score=10_000_000, lamp=PUC, judgements={"near": 0, "miss": None}),
        play(score=5_000_000, lamp=UC, judgements={"near": 50, "miss": 0}),
        play(score=9_000_000, lamp="CLEAR", optional={"exScore": 10**9, "gauge": None}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV18, SINGLE)[1] == []


def test_a_profile_is_the_sum_of_fifty_and_a_session_fifty_times_the_mean_of_ten() -> None:
    values = [0.4] * 49 + [0.3, 0.2, 0.1]
    assert SINGLE.profile_ratings["VF7"].compute(bests_of("VF7", values)) == pytest.approx(49 * 0.4 + 0.3)
    assert judging.session_ratings({"VF6": values, "VF7": values[1:]}, SINGLE) == {
        "ProfileVF6": pytest.approx(20),
        "ProfileVF7": pytest.approx(20),
    }
    assert judging.session_ratings({"VF6": values[-9:]}, SINGLE) == {"ProfileVF6": None, "ProfileVF7": None}


@pytest.mark.parametrize(
    ("volforce", "vf_class"),
    [
        (None, None),
        (0, "SIENNA_I"),
        (9.999, "SIENNA_IV"),
        (10, "COBALT_I"),
        (14.25, "CYAN_II"),
        (19.75, "CRIMSON_IV"),
        (20.99, "IMPERIAL_I"),
        (23, "IMPERIAL_IV"),
    ],
)
def test_classes_follow_the_table_of_volforce(volforce: float | None, vf_class: str | None) -> None:
    derive = SINGLE.classes["vfClass"].derive
    assert derive is not None
    assert derive({"VF6": 0, "VF7": volforce}) == vf_class


def test_the_hints_of_classes_are_their_ranges() -> None:
    values = {value.id: (value.name, value.hint) for value in SINGLE.classes["vfClass"].values}
    assert len(values) == 40
    assert values["SIENNA_II"] == ("Sienna II", "2.5 - 4.999VF")
    assert values["CRIMSON_IV"] == ("Crimson IV", "19.75 - 19.999VF")
    assert values["IMPERIAL_IV"] == ("Imperial IV", ">23VF")
