"""GITADORA by tables. Ratings: vectors of the published rating library (spec: games/gitadora.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.gitadora import DORA, GITA
from imports.games.spec import Play, Playtype
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

LV7 = chart(7.15)


def made(percent: float, lamp: str = "CLEAR") -> Play:
    return play(percent=percent, lamp=lamp)


RATINGS = [
    Rated(GITA, "skill", made(95.32), chart(8.55), 162.99),
    Rated(GITA, "skill", made(100, "EXCELLENT"), chart(9.99), 199.8),
    Rated(GITA, "skill", made(63.21), chart(7.15), 90.39),
    Rated(GITA, "skill", made(33, "FAILED"), chart(3.43), 22.63),  # failed plays count too
    Rated(GITA, "skill", made(0, "FAILED"), chart(9.99), 0),
    Rated(GITA, "skill", made(100), chart(0), 0),  # a chart of unknown level
    Rated(DORA, "skill", made(80.01), chart(5.74), 91.85),
    Rated(DORA, "skill", made(100, "EXCELLENT"), chart(9.99), 199.8),
]


@pytest.mark.parametrize("row", RATINGS)
def test_skill_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize("playtype", [GITA, DORA])
@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        (0, "C"),
        (62.99, "C"),
        (63, "B"),
        (72.99, "B"),
        (73, "A"),
        (79.99, "A"),
        (80, "S"),
        (94.99, "S"),
        (95, "SS"),
        (99.99, "SS"),
        (100, "MAX"),
    ],
)
def test_grades_follow_the_table(percent: float, grade: str, playtype: Playtype) -> None:
    derived = made(percent)
    judging.derive(derived, LV7, playtype)
    assert derived.metrics["grade"] == grade


REFUSED = [
    InvalidPlay(playtype, given, LV7, [problem])
    for playtype in (GITA, DORA)
    for given, problem in (
        (made(100.01), "Invalid value for percent, Expected a number between 0 and 100. Got 100.01."),
        (made(-0.5), "Invalid value for percent, Expected a number between 0 and 100. Got -0.5."),
        (
            made(50, "LIFE4"),
            "Invalid value for lamp, got LIFE4, but expected any of FAILED, CLEAR, FULL COMBO, EXCELLENT.",
        ),
        (
            play(percent=50, lamp="CLEAR", optional={"maxCombo": -1}),
            "Invalid value for maxCombo, Expected a positive integer. Got -1.",
        ),
    )
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize("given", [made(0, "EXCELLENT"), made(100, "FAILED"), made(50.123456789, "FULL COMBO")])
def test_lamp_and_percent_are_not_compared(given: Play) -> None:
    assert judging.judge(copy_of(given), LV7, GITA)[1] == []


def test_a_profile_is_the_sum_of_fifty_and_a_session_the_mean_of_ten() -> None:
    values = [150.25] * 49 + [100, 50, 25]
    assert GITA.profile_ratings["naiveSkill"].compute(bests_of("skill", values)) == pytest.approx(49 * 150.25 + 100)
    assert GITA.profile_ratings["naiveSkill"].compute(bests_of("skill", [])) is None
    assert judging.session_ratings({"skill": values}, GITA) == {"skill": pytest.approx(150.25)}
    assert judging.session_ratings({"skill": values[:9]}, GITA) == {"skill": None}


@pytest.mark.parametrize(
    ("colour", "floor"),
    [
        ("WHITE", 0),
        ("ORANGE", 1000),
        ("ORANGE_GRD", 1500),
        ("YELLOW", 2000),
        ("YELLOW_GRD", 2500),
        ("GREEN", 3000),
        ("GREEN_GRD", 3500),
        ("BLUE", 4000),
        ("BLUE_GRD", 4500),
        ("PURPLE", 5000),
        ("PURPLE_GRD", 5500),
        ("RED", 6000),
        ("RED_GRD", 6500),
        ("BRONZE", 7000),
        ("SILVER", 7500),
        ("GOLD", 8000),
        ("RAINBOW", 8500),
    ],
)
def test_colours_follow_the_table(colour: str, floor: float) -> None:
    derive = GITA.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveSkill": floor}) == colour
    assert colour == "WHITE" or derive({"naiveSkill": floor - 0.01}) != colour


def test_drums_have_four_difficulties_and_guitars_as_many_for_the_bass() -> None:
    assert DORA.difficulty_labels == {"BASIC": "D-BSC", "ADVANCED": "D-ADV", "EXTREME": "D-EXT", "MASTER": "D-MAS"}
    assert len(GITA.difficulty_labels) == 8
    assert GITA.difficulty_labels["BASS ADVANCED"] == "B-ADV"
