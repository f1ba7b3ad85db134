"""MÚSECA by tables. Ratings: vectors of the published rating library (spec: games/museca.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.museca import SINGLE
from imports.games.spec import Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

PCA, CA = "PERFECT CONNECT ALL", "CONNECT ALL"
LV14 = chart(14)


def skill(score: int, lamp: str, level: float, expected: float) -> Rated:
    return Rated(SINGLE, "curatorSkill", play(score=score, lamp=lamp), chart(level), expected)


RATINGS = [
    skill(1_000_000, PCA, 15, 1500),
    skill(912_345, "CLEAR", 14, 1277),
    # as Tachi rated them
    skill(0, "FAILED", 11, 0),
    skill(599_999, "FAILED", 6, 359),
    skill(799_999, "FAILED", 11, 879),
    skill(800_000, "CLEAR", 11, 880),
    skill(975_000, CA, 11, 1072),
    skill(999_999, CA, 11, 1099),
]


@pytest.mark.parametrize("row", RATINGS)
def test_curator_skill_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "没"),
        (599_999, "没"),
        (600_000, "拙"),
        (699_999, "拙"),
        (700_000, "凡"),
        (799_999, "凡"),
        (800_000, "佳"),
        (849_999, "佳"),
        (850_000, "良"),
        (899_999, "良"),
        (900_000, "優"),
        (949_999, "優"),
        (950_000, "秀"),
        (974_999, "秀"),
        (975_000, "傑"),
        (999_999, "傑"),
        (1_000_000, "傑G"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, LV14, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, LV14, list(problems))


REFUSED = [
    refused(
        play(score=999_999, lamp=PCA),
        "A PERFECT CONNECT ALL must have a score of 1 million.",
    ),
    refused(
        play(score=1_000_000, lamp=CA),
        "A perfect score of 1 million must have a lamp of PERFECT CONNECT ALL.",
    ),
    refused(
        play(score=1_000_000, lamp=PCA, judgements={"near": 1}),
        "Cannot have a PERFECT CONNECT ALL with any nears or misses.",
    ),
    refused(
        play(score=1_000_000, lamp=PCA, judgements={"near": None, "miss": 1}),
        "Cannot have a PERFECT CONNECT ALL with any nears or misses.",
    ),
    refused(
        play(score=950_000, lamp=CA, judgements={"near": 80, "miss": 1}),
        "Cannot have a CONNECT ALL with any misses.",
    ),
    refused(
        play(score=799_999, lamp=CA),
        "A score of <800k must be a fail.",
    ),
    refused(
        play(score=800_000, lamp="FAILED"),
        "A score of >=800k must be a clear.",
    ),
    refused(
        play(score=1_000_000, lamp="FAILED"),
        "A perfect score of 1 million must have a lamp of PERFECT CONNECT ALL.",
        "A score of >=800k must be a clear.",
    ),
    refused(
        play(score=1_000_001, lamp="CLEAR"),
        "Invalid value for score, Expected a number between 0 and 1000000. Got 1000001.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        play(score=1_000_000, lamp=PCA, judgements={"near": 0, "miss": None}),
        play(score=999_999, lamp=CA, judgements={"near": 1, "miss": 0}),
        play(score=800_000, lamp="CLEAR", judgements={"miss": 0}),
        play(score=799_999, lamp="FAILED"),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV14, SINGLE)[1] == []


def test_a_profile_is_the_sum_of_twenty_and_a_session_the_mean_of_ten() -> None:
    values = [1500.0] * 19 + [100, 50]
    assert SINGLE.profile_ratings["curatorSkill"].compute(bests_of("curatorSkill", values)) == 19 * 1500 + 100
    assert judging.session_ratings({"curatorSkill": values}, SINGLE) == {"curatorSkill": 1500}
    assert judging.session_ratings({"curatorSkill": values[:9]}, SINGLE) == {"curatorSkill": None}
