"""BMS by tables. Ratings: as Tachi rated each lamp (spec: games/bms.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.games import judging
from imports.games.bms import FOURTEEN_KEYS, GAME, SEVEN_KEYS
from imports.games.judging import Candidate
from imports.games.spec import Chart, Play, Playtype
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

each_playtype = pytest.mark.parametrize("playtype", GAME.playtypes, ids=lambda playtype: playtype.name)


def notes(count: int = 1000, **figures: float | None) -> Chart:
    """Returns a chart with this number of notes. BMS charts have no level."""
    return chart(0, data={"notecount": count, **figures})


RATINGS = [
    Rated(playtype, "sieglinde", play(score=1200, lamp=lamp), notes(sglEC=12.5, sglHC=14.25), expected)
    for playtype in GAME.playtypes
    for lamp, expected in [
        ("NO PLAY", 0),
        ("FAILED", 0),
        ("ASSIST CLEAR", 0),
        ("EASY CLEAR", 12.5),
        ("CLEAR", 12.5),
        ("HARD CLEAR", 14.25),
        ("EX HARD CLEAR", 14.25),
        ("FULL COMBO", 14.25),
    ]
] + [
    Rated(SEVEN_KEYS, "sieglinde", play(score=1200, lamp="HARD CLEAR"), notes(sglEC=12.5, sglHC=11), 12.5),
    Rated(SEVEN_KEYS, "sieglinde", play(score=1200, lamp="HARD CLEAR"), notes(sglEC=None, sglHC=11), 11),
    Rated(SEVEN_KEYS, "sieglinde", play(score=1200, lamp="CLEAR"), notes(sglEC=None, sglHC=11), 0),
    Rated(SEVEN_KEYS, "sieglinde", play(score=1200, lamp="FULL COMBO"), notes(), 0),  # in no table
]


@pytest.mark.parametrize("row", RATINGS)
def test_sieglinde_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("score", "percent", "grade"),
    [
        (0, 0, "F"),
        (3, 100 * 3 / 18, "F"),
        (4, 22.22222222222222, "E"),
        (5, 100 * 5 / 18, "E"),
        (6, 33.333333333333336, "D"),
        (7, 100 * 7 / 18, "D"),
        (8, 44.44444444444444, "C"),
        (9, 50, "C"),
        (10, 55.55555555555556, "B"),
        (11, 100 * 11 / 18, "B"),
        (12, 66.66666666666667, "A"),
        (13, 100 * 13 / 18, "A"),
        (14, 77.77777777777777, "AA"),
        (15, 100 * 15 / 18, "AA"),
        (16, 88.88888888888889, "AAA"),
        (17, 94.44444444444444, "MAX-"),
        (18, 100, "MAX"),
    ],
)
@each_playtype
def test_grade_and_percent_are_exact_to_the_last_bit(
    playtype: Playtype, score: int, percent: float, grade: str
) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, notes(9), playtype)
    assert derived.metrics == {"score": score, "lamp": "CLEAR", "grade": grade, "percent": percent}
    assert list(derived.metrics)[2:] == ["grade", "percent"]  # the order of messages


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
            play(score=1000, lamp="CLEAR", judgements={"pgreat": 400, "great": 199}),
            [UNEQUAL],
        ),
        (
            play(score=1000, lamp="CLEAR", optional={"bp": -1, "gauge": 101, "gaugeHistoryHard": [1, -2], "lpr": -3}),
            [
                "Invalid value for bp, Expected a positive number. Got -1.",
                "Invalid value for gauge, Expected a number between 0 and 100. Got 101.",
                "Invalid value for metric gaugeHistoryHard, Expected a number between 0 and 100., got -2.",
                "Invalid value for lpr, Expected a positive number. Got -3.",
            ],
        ),
        (
            play(score=1000, lamp="CLEAR", optional={"gaugeHistory": [100, None]}),
            ["Invalid value for metric gaugeHistory, Expected a number between 0 and 100., got null."],
        ),
    ]
] + [
    InvalidPlay(
        SEVEN_KEYS, play(score=0, lamp="NO PLAY"), notes(0), ["This chart has no notes, so no score has a percent."]
    )
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@each_playtype
@pytest.mark.parametrize(
    "given",
    [
        play(score=1604, lamp="FULL COMBO", judgements={"pgreat": 802, "great": 0}),
        play(score=1000, lamp="CLEAR", judgements={"pgreat": 802, "great": None}),
        play(score=1000, lamp="CLEAR", optional={"bp": None, "gaugeHistory": [0, 100], "epg": 500, "lpg": 0}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(playtype: Playtype, given: Play) -> None:
    assert judging.judge(copy_of(given), notes(802), playtype)[1] == []


def test_the_best_lamp_provides_its_gauges_and_the_lowest_bp_itself() -> None:
    score = candidate("T1", 1500, "FAILED", {"bp": 90, "gauge": 0, "gaugeHistoryEasy": [20, 0], "fast": 7})
    lamp = candidate("T2", 1200, "HARD CLEAR", {"bp": 60, "gauge": 44, "gaugeHistoryHard": [100, 44]})
    bp = candidate("T3", 1100, "EASY CLEAR", {"bp": 20})
    lenders = list(zip(SEVEN_KEYS.merges, (lamp, bp), strict=True))
    best = judging.compose(score, lenders, notes(sglEC=12.5, sglHC=14.25), SEVEN_KEYS)
    assert (best.metrics["score"], best.metrics["lamp"], best.metrics["grade"]) == (1500, "HARD CLEAR", "A")
    assert best.optional == {"bp": 20, "gauge": 44, "gaugeHistoryHard": [100, 44], "fast": 7}
    assert best.composed_from == (("Best Score", "T1"), ("Best Lamp", "T2"), ("Lowest BP", "T3"))
    assert best.ratings == {"sieglinde": 14.25}


def candidate(score_id: str, score: int, lamp: str, optional: dict[str, Any]) -> Candidate:
    made = play(score=score, lamp=lamp, optional=optional)
    judging.derive(made, notes(), SEVEN_KEYS)
    return Candidate(
        score_id=score_id, metrics=made.metrics, judgements={}, optional=optional, highlight=False, time_achieved=None
    )


@each_playtype
def test_a_profile_averages_over_twenty_and_a_session_its_best_ten(playtype: Playtype) -> None:
    compute = playtype.profile_ratings["sieglinde"].compute
    assert compute(bests_of("sieglinde", [14.0])) == 0.7
    assert compute(bests_of("sieglinde", [14.0] * 20 + [7])) == 14
    assert judging.session_ratings({"sieglinde": [14.0] * 10 + [7]}, playtype) == {"sieglinde": 14}
    assert judging.session_ratings({"sieglinde": [14.0] * 9}, playtype) == {"sieglinde": None}


def test_courses_have_their_display_names() -> None:
    shown = {
        name: {value.id: (value.name, value.hint) for value in classes.values}
        for name, classes in SEVEN_KEYS.classes.items()
    }
    assert {name: len(values) for name, values in shown.items()} == {
        "genocideDan": 22,
        "stslDan": 26,
        "newGenerationDan": 22,
        "lnDan": 13,
        "scratchDan": 18,
    }
    assert shown["genocideDan"]["NORMAL_1"] == ("☆1", "Normal 1st Dan")
    assert shown["genocideDan"]["INSANE_10"] == ("★10", "Insane 10th Dan")
    assert shown["genocideDan"]["OVERJOY"] == ("(^^)", "Overjoy")
    assert shown["stslDan"]["ST12"] == ("st12", "Stella 12")
    assert shown["newGenerationDan"]["INSANE_0"] == ("▼0", "Insane 0th Dan")
    assert shown["lnDan"]["DAN_3"] == ("◆3", "LN 3rd Dan")
    assert shown["scratchDan"]["KYU_7"] == ("七級", "Scratch 7th Kyu")
    assert shown["scratchDan"]["DAN_1"] == ("初段", "Scratch 1st Dan")
    assert shown["scratchDan"]["DAN_2"] == ("二段", "Scratch 2nd Dan")


def test_14k_has_two_sets_of_courses_without_stella() -> None:
    assert list(FOURTEEN_KEYS.classes) == ["genocideDan", "stslDan"]
    assert FOURTEEN_KEYS.classes["stslDan"].ids[-1] == "SL12"
