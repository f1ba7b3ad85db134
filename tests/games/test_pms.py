"""PMS by tables. Ratings: as Tachi rated each lamp (spec: games/pms.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.pms import GAME
from imports.games.spec import Chart, Play, Playtype
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

each_playtype = pytest.mark.parametrize("playtype", GAME.playtypes, ids=lambda playtype: playtype.name)


def notes(count: int = 1000, **figures: float | None) -> Chart:
    """Returns a chart with this number of notes. PMS charts have no level."""
    return chart(0, data={"notecount": count, **figures})


RATINGS = [
    Rated(playtype, "sieglinde", play(score=1200, lamp=lamp), notes(sglEC=12.5, sglHC=14.25), expected)
    for playtype in GAME.playtypes
    for lamp, expected in [
        ("FAILED", 0),
        ("ASSIST CLEAR", 0),
        ("EASY CLEAR", 12.5),
        ("CLEAR", 12.5),
        ("HARD CLEAR", 14.25),
        ("FULL COMBO", 14.25),
    ]
]


@pytest.mark.parametrize("row", RATINGS)
def test_sieglinde_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@each_playtype
@pytest.mark.parametrize(
    ("score", "percent", "grade"),
    [
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
def test_grade_and_percent_follow_the_table(playtype: Playtype, score: int, percent: float, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, notes(9), playtype)
    assert derived.metrics == {"score": score, "lamp": "CLEAR", "grade": grade, "percent": percent}


UNEQUAL = "Expected PGreat*2 + Great to equal EX score. Got 400*2 + 199 but that wasn't equal to the EX score of 1000."

REFUSED = [
    InvalidPlay(playtype, given, notes(802), problems)
    for playtype in GAME.playtypes
    for given, problems in [
        (
            play(score=1605, lamp="CLEAR"),
            [
                "Invalid value for score, EX Score cannot be greater than 1604 for this chart. Got 1605.",
                "Invalid value for percent, Expected a number between 0 and 100. Got 100.06234413965088.",
            ],
        ),
        (
            play(score=-1, lamp="CLEAR"),
            ["Invalid value for score, EX Score cannot be negative. Got -1."],
        ),
        (
            play(score=1000, lamp="CLEAR", judgements={"pgreat": 400, "great": 199}),  # no format has pgreats
            [UNEQUAL],
        ),
        (
            play(score=1000, lamp="CLEAR", optional={"bp": -1, "gaugeHistoryEasy": [101]}),
            [
                "Invalid value for bp, Expected a positive number. Got -1.",
                "Invalid value for metric gaugeHistoryEasy, Expected a number between 0 and 100., got 101.",
            ],
        ),
    ]
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@each_playtype
@pytest.mark.parametrize(
    "given",
    [
        play(score=1604, lamp="FULL COMBO", judgements={"cool": 802, "great": 0}),
        play(score=1000, lamp="CLEAR", judgements={"cool": 1, "great": 1}),  # cools are not compared with the score
    ],
)
def test_plays_just_within_the_rules_are_accepted(playtype: Playtype, given: Play) -> None:
    assert judging.judge(copy_of(given), notes(802), playtype)[1] == []


@each_playtype
def test_a_profile_averages_over_twenty_and_a_session_its_best_ten(playtype: Playtype) -> None:
    assert playtype.profile_ratings["sieglinde"].compute(bests_of("sieglinde", [14.0] * 10)) == 7
    assert judging.session_ratings({"sieglinde": [14.0] * 10 + [7]}, playtype) == {"sieglinde": 14}
    assert judging.session_ratings({"sieglinde": [14.0] * 9}, playtype) == {"sieglinde": None}


@each_playtype
def test_courses_have_their_display_names(playtype: Playtype) -> None:
    shown = {value.id: (value.name, value.hint) for value in playtype.classes["dan"].values}
    assert len(shown) == 13
    assert shown["INSANE_1"] == ("●1", "Insane 1st Dan")
    assert shown["INSANE_KAIDEN"] == ("●●", "Insane Kaiden")
    assert shown["UNDEFINED"] == ("●UNDF", "Undefined (Post-Overjoy)")
