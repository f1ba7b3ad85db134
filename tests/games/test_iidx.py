"""beatmania IIDX by tables. BPI: vectors of the published rating library (spec: games/iidx.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import iidx, judging
from imports.games.iidx import DP, SP
from imports.games.spec import Chart, Play, Playtype
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play


def notes(count: int = 1000, data: Mapping[str, Any] | None = None) -> Chart:
    """Returns a chart of level 12 with this number of notes."""
    return chart(12, data={"notecount": count, **(data or {})})


def tier(value: float) -> dict[str, Any]:
    return {"value": value, "text": str(value), "individualDifference": False}


def bpi(score: int, average: int, record: int, coefficient: float | None, expected: float) -> Rated:
    """Returns a rating on a chart of a thousand notes."""
    figures = {"kaidenAverage": average, "worldRecord": record, "bpiCoefficient": coefficient}
    return Rated(SP, "BPI", play(score=score, lamp="CLEAR"), notes(1000, figures), expected)


def lamp_rating(playtype: Playtype, lamp: str, expected: float, **tiers: float) -> Rated:
    on = notes(1000, {name: tier(value) for name, value in tiers.items()})
    return Rated(playtype, "ktLampRating", play(score=1000, lamp=lamp), on, expected)


def hard_rating(playtype: Playtype, name: str, lamp: str, expected: float, **tiers: float) -> Rated:
    return lamp_rating(playtype, lamp, expected, **tiers)._replace(rating=f"ktLampRating{name}")


TIERS = {"ncTier": 11.8, "hcTier": 12.1, "exhcTier": 12.6}

RATINGS = [
    bpi(1500, 1400, 1800, None, 12.119715976479455),
    bpi(1300, 1400, 1800, None, -9.950471619676415),
    bpi(1000, 1400, 1800, 1.1, -15),
    bpi(1800, 1400, 1800, -1, 100),
    bpi(2000, 1400, 1800, None, 861.3984603459916),
    bpi(1400, 1400, 1800, None, 0),
    bpi(0, 1400, 1800, None, -15),
    bpi(2000, 1400, 2000, None, 100),  # a record of every point
    Rated(SP, "BPI", play(score=0, lamp="CLEAR"), notes(1000, {"kaidenAverage": 1400, "worldRecord": None}), None),
    Rated(DP, "BPI", play(score=0, lamp="CLEAR"), notes(1000, {"kaidenAverage": None, "worldRecord": 1800}), None),
    Rated(DP, "BPI", play(score=0, lamp="CLEAR"), notes(), None),
    lamp_rating(SP, "FULL COMBO", 12.6, **TIERS),
    lamp_rating(SP, "EX HARD CLEAR", 12.6, **TIERS),
    lamp_rating(SP, "HARD CLEAR", 12.1, **TIERS),
    lamp_rating(SP, "CLEAR", 11.8, **TIERS),
    lamp_rating(SP, "EASY CLEAR", 0, **TIERS),
    lamp_rating(SP, "FULL COMBO", 12),  # no tiers: the level
    lamp_rating(SP, "HARD CLEAR", 11.8, ncTier=11.8, hcTier=11.2),  # harder is never worth less
    lamp_rating(SP, "EX HARD CLEAR", 12.3, exhcTier=12.3),
    lamp_rating(DP, "EASY CLEAR", 11.4, dpTier=11.4),
    lamp_rating(DP, "FULL COMBO", 11.4, dpTier=11.4),
    lamp_rating(DP, "ASSIST CLEAR", 0, dpTier=11.4),
    lamp_rating(DP, "CLEAR", 12),
    hard_rating(SP, "HC", "FULL COMBO", 12.1, **TIERS),
    hard_rating(SP, "HC", "EX HARD CLEAR", 12.1, **TIERS),
    hard_rating(SP, "HC", "HARD CLEAR", 12.1, **TIERS),
    hard_rating(SP, "HC", "CLEAR", 0, **TIERS),
    hard_rating(SP, "EXHC", "FULL COMBO", 12.6, **TIERS),
    hard_rating(SP, "EXHC", "EX HARD CLEAR", 12),
    hard_rating(SP, "EXHC", "HARD CLEAR", 0, **TIERS),
    hard_rating(DP, "HC", "HARD CLEAR", 11.4, dpTier=11.4),
    hard_rating(DP, "HC", "CLEAR", 0, dpTier=11.4),
    hard_rating(DP, "EXHC", "FULL COMBO", 12),
    hard_rating(DP, "EXHC", "HARD CLEAR", 0, dpTier=11.4),
]


@pytest.mark.parametrize("row", RATINGS)
def test_ratings_follow_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("score", "percent", "grade"),
    [
        (0, 0, "F"),
        (3, 100 * 3 / 18, "F"),
        (4, 22.22222222222222, "E"),
        (6, 33.333333333333336, "D"),
        (8, 44.44444444444444, "C"),
        (10, 55.55555555555556, "B"),
        (12, 66.66666666666667, "A"),
        (14, 77.77777777777777, "AA"),
        (16, 88.88888888888889, "AAA"),
        (17, 94.44444444444444, "MAX-"),
        (18, 100, "MAX"),
    ],
)
def test_percent_and_grade_are_exact_to_the_last_bit(score: int, percent: float, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, notes(9), SP)
    assert derived.metrics == {"score": score, "lamp": "CLEAR", "percent": percent, "grade": grade}


def test_grades_are_ninths_of_the_maximum() -> None:
    assert SP.grade_floors == {
        "F": 0,
        "E": 22.22222222222222,
        "D": 33.333333333333336,
        "C": 44.44444444444444,
        "B": 55.55555555555556,
        "A": 66.66666666666667,
        "AA": 77.77777777777777,
        "AAA": 88.88888888888889,
        "MAX-": 94.44444444444444,
        "MAX": 100,
    }


@pytest.mark.parametrize(
    ("score", "average", "record", "coefficient"),
    [
        (-1, 1400, 1800, None),
        (2001, 1400, 1800, None),
        (1500, 0, 1800, None),
        (1500, 1800, 1800, None),
        (1500, 1800, 1400, None),
        (1500, 1400, 2001, None),
        (1500, 1400, 1800, 0),
    ],
)
def test_bpi_is_refused_outside_its_range(score: int, average: int, record: int, coefficient: float | None) -> None:
    row = bpi(score, average, record, coefficient, 0)
    with pytest.raises(FormulaError, match="BPI"):
        iidx.bpi(row.play, row.chart)


def refused(playtype: Playtype, given: Play, *problems: str, on: Chart | None = None) -> InvalidPlay:
    return InvalidPlay(playtype, given, on or notes(802), list(problems))


BPI_FIGURES = {"kaidenAverage": 1400, "worldRecord": 1500}

REFUSED = [
    *(
        refused(
            playtype,
            play(score=1605, lamp="CLEAR"),
            "Invalid value for score, EX Score cannot be greater than 1604 for this chart. Got 1605.",
            "Invalid value for percent, Expected a number between 0 and 100. Got 100.06234413965088.",
        )
        for playtype in (SP, DP)
    ),
    *(
        refused(
            playtype,
            play(score=1000, lamp="CLEAR", judgements={"pgreat": 400, "great": 199}),
            "Expected PGreat*2 + Great to equal EX score. Got 400*2 + 199 "
            "but that wasn't equal to the EX score of 1000.",
        )
        for playtype in (SP, DP)
    ),
    refused(
        SP,
        play(score=-1, lamp="CLEAR"),
        "Invalid value for score, EX Score cannot be negative. Got -1.",
        "Invalid value for percent, Expected a number between 0 and 100. Got -0.06234413965087282.",
    ),
    refused(
        SP,
        play(score=1000, lamp="CLEAR", optional={"bp": -1, "gauge": 101, "gsmEasy": [1, None, -2]}),
        "Invalid value for bp, Expected a positive number. Got -1.",
        "Invalid value for gauge, Expected a number between 0 and 100. Got 101.",
        "Invalid value for metric gsmEasy, Expected a number between 0 and 100., got -2.",
    ),
    refused(
        SP,
        play(score=1605, lamp="CLEAR"),
        "Invalid value for score, EX Score cannot be greater than 1604 for this chart. Got 1605.",
        "Invalid value for percent, Expected a number between 0 and 100. Got 100.06234413965088.",
        on=notes(802, BPI_FIGURES),  # BPI fails, too
    ),
    refused(
        SP,
        play(score=1000, lamp="CLEAR"),
        "This chart's BPI figures contradict each other: 1500, 1400, 1604, 1.175.",
        on=notes(802, {"kaidenAverage": 1500, "worldRecord": 1400}),
    ),
    refused(
        SP,
        play(score=0, lamp="NO PLAY"),
        "This chart has no notes, so no score has a percent.",
        on=notes(0),
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        play(score=1604, lamp="FULL COMBO", judgements={"pgreat": 802, "great": 0}),
        play(score=1000, lamp="CLEAR", judgements={"pgreat": 802, "great": None}),
        play(score=1000, lamp="CLEAR", optional={"bp": None, "gaugeHistory": [None, 0, 100]}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), notes(802, BPI_FIGURES), SP)[1] == []


def test_profiles_average_over_twenty_and_bpi_needs_all_of_them() -> None:
    compute = {name: rating.compute for name, rating in SP.profile_ratings.items()}
    assert compute["ktLampRating"](bests_of("ktLampRating", [12.0])) == 0.6
    assert compute["BPI"](bests_of("BPI", [50.0] * 19)) is None
    assert compute["BPI"](bests_of("BPI", [50.0] * 20 + [-15.0])) == 50


def test_sessions_average_their_best_ten() -> None:
    values: dict[str, list[float | None]] = {"ktLampRating": [*[12.0] * 10, 0.0], "BPI": [*[10.0] * 9, None]}
    values["ktLampRatingHC"] = [*[8.0] * 5, *[0.0] * 6]
    assert judging.session_ratings(values, SP) == {
        "ktLampRating": 12,
        "ktLampRatingHC": 4,
        "ktLampRatingEXHC": None,
        "BPI": None,
    }


def test_the_best_lamp_provides_its_gauges_and_the_lowest_bp_itself() -> None:
    lamp, bp = SP.merges
    assert lamp.takes_optional == (
        "gsmEasy",
        "gsmNormal",
        "gsmHard",
        "gsmEXHard",
        "gauge",
        "gaugeHistory",
        "comboBreak",
    )
    assert (bp.smallest, bp.takes_optional) == (True, ("bp",))
