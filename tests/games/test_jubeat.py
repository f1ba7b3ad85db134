"""jubeat by tables. Ratings: vectors of the published rating library (spec: games/jubeat.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import jubeat, judging
from imports.games.jubeat import SINGLE
from imports.games.spec import Chart, Play
from tests.games.factories import (
    InvalidPlay,
    MemoryBests,
    Rated,
    Row,
    assert_rated,
    assert_refused,
    bests_of,
    chart,
    copy_of,
    play,
)

EXT = chart(10, difficulty="EXT")
HARD_EXT = chart(10, difficulty="HARD EXT")


def made(score: int, rate: float = 80, lamp: str | None = None, **rest: Any) -> Play:
    default = "EXCELLENT" if score == 1_000_000 else "CLEAR" if score >= 700_000 else "FAILED"
    return play(score=score, musicRate=rate, lamp=lamp or default, **rest)


def rated(score: int, rate: float, level: float, expected: float, difficulty: str = "EXT") -> Rated:
    return Rated(SINGLE, "jubility", made(score, rate), chart(level, difficulty=difficulty), expected)


RATINGS = [
    rated(1_000_000, 100, 10.9, 137.6),
    rated(950_000, 87.3, 10.2, 112.4),
    rated(699_999, 80, 9, 0),
    rated(900_000, 118.2, 9.7, 144.7, "HARD EXT"),
    rated(1_000_000, 120, 9.1, 137.8, "HARD EXT"),
    rated(700_000, 66.7, 0, 0),  # a chart of unknown level
    rated(980_001, 93.3, 10.3, 121.3),
    rated(850_000, 81, 4, 40.9, "BSC"),
    rated(777_000, 74, 5, 46.7, "ADV"),
    rated(777_000, 74.09, 5, 46.7, "ADV"),  # the rate counts in whole tenths
]


@pytest.mark.parametrize("row", RATINGS)
def test_jubility_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize("rate", [-0.1, 120.1])
def test_a_music_rate_outside_the_range_has_no_jubility(rate: float) -> None:
    with pytest.raises(FormulaError, match="has no jubility"):
        jubeat.jubility(made(900_000, rate), HARD_EXT)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "E"),
        (499_999, "E"),
        (500_000, "D"),
        (699_999, "D"),
        (700_000, "C"),
        (800_000, "B"),
        (850_000, "A"),
        (900_000, "S"),
        (950_000, "SS"),
        (980_000, "SSS"),
        (999_999, "SSS"),
        (1_000_000, "EXC"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = made(score)
    judging.derive(derived, EXT, SINGLE)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str, on: Chart = EXT) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, on, list(problems))


REFUSED = [
    refused(made(900_000, 100.1), "Invalid value for musicRate, Expected a number between 0 and 100. Got 100.1."),
    refused(made(900_000, -1), "Invalid value for musicRate, Expected a number between 0 and 100. Got -1."),
    refused(
        made(900_000, 120.1),
        "Invalid value for musicRate, Expected a number between 0 and 120. Got 120.1.",
        on=HARD_EXT,
    ),
    refused(made(999_999, lamp="EXCELLENT"), "An EXCELLENT lamp must be accompanied with a score of 1 million."),
    refused(made(1_000_000, lamp="FULL COMBO"), "A score of 1 million must be accompanied with an EXCELLENT lamp."),
    refused(
        made(1_000_000, judgements={"poor": 1, "great": None}),
        "An EXCELLENT lamp can't have any non-perfect judgements.",
    ),
    refused(made(900_000, lamp="FULL COMBO", judgements={"miss": 1}), "A FULL COMBO cannot have any misses."),
    refused(made(699_999, lamp="CLEAR"), "A score of <700k must be a fail."),
    refused(made(700_000, lamp="FAILED"), "A score >=700k must be a clear."),
    refused(
        made(600_000, lamp="EXCELLENT", judgements={"good": 1}),
        "An EXCELLENT lamp must be accompanied with a score of 1 million.",
        "An EXCELLENT lamp can't have any non-perfect judgements.",
        "A score of <700k must be a fail.",
    ),
    refused(
        made(900_000, optional={"musicBar": [0, 3, 4]}),
        "Invalid value for metric musicBar, Expected an integer between 0 and 3., got 4.",
    ),
    refused(
        made(900_000, optional={"musicBar": [1.5]}),
        "Invalid value for metric musicBar, Expected an integer between 0 and 3., got 1.5.",
    ),
    refused(
        made(1_000_001, lamp="CLEAR"), "Invalid value for score, Expected a number between 0 and 1000000. Got 1000001."
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    ("given", "on"),
    [
        (made(900_000, 110), HARD_EXT),
        (made(900_000, 100), EXT),
        (made(900_000, lamp="FULL COMBO", judgements={"miss": 0, "poor": 3}), EXT),
        (made(1_000_000, judgements={"perfect": 800, "miss": None}), EXT),
        (made(900_000, optional={"musicBar": [0, 1, 2, 3]}), EXT),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play, on: Chart) -> None:
    assert judging.judge(copy_of(given), on, SINGLE)[1] == []


# --- profiles ---------------------------------------------------------------------------------------


def best(
    jubility: float, song_id: int, difficulty: str = "EXT", version: str = "beyond", *, primary: bool = True
) -> Row:
    song = {"displayVersion": version}
    on = chart(song_id=song_id, difficulty=difficulty, song=song, is_primary=primary)
    return Row({"jubility": jubility}, on)


def profile(*rows: Row) -> float | None:
    return SINGLE.profile_ratings["jubility"].compute(MemoryBests(rows))


def test_a_profile_sums_thirty_new_songs_and_thirty_others() -> None:
    new = [best(100 - song, song) for song in range(40)]
    old = [best(50, song, version="ave") for song in range(40, 80)]
    assert profile(*new, *old) == pytest.approx(sum(100 - song for song in range(30)) + 30 * 50)


def test_hard_mode_counts_as_the_same_difficulty() -> None:
    rows = [best(90, 1), best(95, 1, "HARD EXT"), best(40, 1, "ADV"), best(30, 1, "HARD BSC")]
    assert profile(*rows) == 95 + 40 + 30


def test_a_profile_counts_all_charts_and_the_naive_one_only_primary_ones() -> None:
    rows = [best(90, 1), best(80, 2, primary=False), best(70, 1, "HARD EXT")]
    assert profile(*rows) == 170
    assert SINGLE.profile_ratings["naiveJubility"].compute(MemoryBests(rows)) == 160


def test_a_profile_without_bests_is_zero_and_the_naive_one_has_none() -> None:
    assert profile() == 0
    assert SINGLE.profile_ratings["naiveJubility"].compute(MemoryBests([])) is None


def test_the_naive_profile_is_the_sum_of_sixty_and_a_session_the_mean_of_ten() -> None:
    values = [120.5] * 59 + [100, 90]
    assert SINGLE.profile_ratings["naiveJubility"].compute(bests_of("jubility", values)) == pytest.approx(7209.5)
    assert judging.session_ratings({"jubility": values}, SINGLE) == {"jubility": pytest.approx(120.5)}
    assert judging.session_ratings({"jubility": values[:9]}, SINGLE) == {"jubility": None}


@pytest.mark.parametrize(
    ("colour", "floor"),
    [
        ("BLACK", 0),
        ("YELLOW_GREEN", 250),
        ("GREEN", 750),
        ("LIGHT_BLUE", 1500),
        ("BLUE", 2500),
        ("VIOLET", 4000),
        ("PURPLE", 5500),
        ("PINK", 7000),
        ("ORANGE", 8500),
        ("GOLD", 9500),
    ],
)
def test_colours_follow_the_table(colour: str, floor: float) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"jubility": floor}) == colour
    assert colour == "BLACK" or derive({"jubility": floor - 0.01}) != colour


def test_a_best_is_chosen_by_music_rate_then_lamp_then_score() -> None:
    given = made(900_000, 91.5, "FULL COMBO")
    assert judging.best_keys(given.metrics, {}, SINGLE) == [91.5, 2, 900_000]
