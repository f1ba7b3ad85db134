"""pop'n music by tables. Ratings: vectors of the published rating library (spec: games/popn.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.judging import Candidate
from imports.games.popn import NINE_BUTTONS
from imports.games.spec import Play
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

LV38 = chart(38)


def points(score: int, medal: str, level: float, expected: float) -> Rated:
    return Rated(NINE_BUTTONS, "classPoints", play(score=score, clearMedal=medal), chart(level), expected)


RATINGS = [
    points(100_000, "perfect", 50, 102.0220588235294),
    points(98_000, "clearStar", 42, 86.58088235294117),
    points(50_001, "failedCircle", 30, 55.147242647058825),
    points(75_000, "easyClear", 35, 69.48529411764706),
    # as Tachi rated them
    points(49_999, "failedDiamond", 38, 0),
    points(50_000, "failedDiamond", 38, 0),
    points(50_001, "failedDiamond", 38, 69.853125),
    points(61_999, "easyClear", 38, 72.61011029411765),
    points(94_999, "clearStar", 38, 78.67628676470588),
    points(97_999, "fullComboCircle", 38, 79.5954044117647),
    points(100_000, "perfect", 38, 79.96323529411765),
]


@pytest.mark.parametrize("row", RATINGS)
def test_class_points_follow_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    ("medal", "lamp"),
    [
        ("failedCircle", "FAILED"),
        ("failedDiamond", "FAILED"),
        ("failedStar", "FAILED"),
        ("easyClear", "EASY CLEAR"),
        ("clearCircle", "CLEAR"),
        ("clearDiamond", "CLEAR"),
        ("clearStar", "CLEAR"),
        ("fullComboCircle", "FULL COMBO"),
        ("fullComboDiamond", "FULL COMBO"),
        ("fullComboStar", "FULL COMBO"),
        ("perfect", "PERFECT"),
    ],
)
def test_the_lamp_is_derived_from_the_medal(medal: str, lamp: str) -> None:
    derived = play(score=80_000, clearMedal=medal)
    judging.derive(derived, LV38, NINE_BUTTONS)
    assert derived.metrics == {"score": 80_000, "clearMedal": medal, "lamp": lamp, "grade": "B"}


@pytest.mark.parametrize(
    ("score", "medal", "grade"),
    [
        (0, "clearStar", "E"),
        (49_999, "clearStar", "E"),
        (50_000, "clearStar", "D"),
        (61_999, "clearStar", "D"),
        (62_000, "clearStar", "C"),
        (71_999, "clearStar", "C"),
        (72_000, "clearStar", "B"),
        (81_999, "clearStar", "B"),
        (82_000, "clearStar", "A"),
        (89_999, "clearStar", "A"),
        (90_000, "clearStar", "AA"),
        (94_999, "clearStar", "AA"),
        (95_000, "clearStar", "AAA"),
        (97_999, "clearStar", "AAA"),
        (98_000, "clearStar", "S"),
        (100_000, "perfect", "S"),
        (98_000, "easyClear", "S"),
        # a failed play is no better than A
        (81_999, "failedStar", "B"),
        (89_999, "failedStar", "A"),
        (90_000, "failedStar", "A"),
        (99_000, "failedCircle", "A"),
    ],
)
def test_grades_follow_the_table(score: int, medal: str, grade: str) -> None:
    derived = play(score=score, clearMedal=medal)
    judging.derive(derived, LV38, NINE_BUTTONS)
    assert derived.metrics["grade"] == grade


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(NINE_BUTTONS, given, LV38, list(problems))


def medal(name: str, *, good: int | None = None, bad: int | None = None) -> Play:
    return play(score=95_000, clearMedal=name, judgements={"good": good, "bad": bad})


ONE_TO_FIVE_GOODS = "Must have between 1-5 goods for a full combo star."
SIX_TO_TWENTY_GOODS = "Must have between 6-20 goods for a full combo diamond."
ONE_TO_FIVE_BADS = "Must have between 1-5 bads for a clear star."
SIX_TO_TWENTY_BADS = "Must have between 6-20 bads for a clear diamond."

REFUSED = [
    refused(medal("perfect", good=1), "Cannot have a PERFECT lamp with any bads or goods."),
    refused(medal("perfect", bad=1), "Cannot have a PERFECT lamp with any bads or goods."),
    refused(medal("fullComboStar", bad=1), "Cannot have a FULL COMBO lamp with any bads."),
    refused(
        medal("fullComboStar", good=6, bad=1),
        "Cannot have a FULL COMBO lamp with any bads.",
        ONE_TO_FIVE_GOODS,
    ),
    refused(medal("fullComboStar", good=0, bad=0), ONE_TO_FIVE_GOODS),
    refused(medal("fullComboStar", good=6, bad=0), ONE_TO_FIVE_GOODS),
    refused(medal("fullComboDiamond", good=5, bad=0), SIX_TO_TWENTY_GOODS),
    refused(medal("fullComboDiamond", good=21, bad=0), SIX_TO_TWENTY_GOODS),
    refused(medal("fullComboCircle", good=20, bad=0), "Must have >21 goods for a full combo circle."),
    refused(medal("clearStar", good=9, bad=0), ONE_TO_FIVE_BADS),
    refused(medal("clearStar", good=9, bad=6), ONE_TO_FIVE_BADS),
    refused(medal("clearDiamond", good=9, bad=5), SIX_TO_TWENTY_BADS),
    refused(medal("clearDiamond", good=9, bad=21), SIX_TO_TWENTY_BADS),
    refused(medal("clearCircle", good=9, bad=20), "Must have between >21 bads for a clear circle."),
    refused(
        play(score=100_001, clearMedal="clearStar", optional={"gauge": -0.5}),
        "Invalid value for score, Expected a number between 0 and 100000. Got 100001.",
        "Invalid value for gauge, Expected a number between 0 and 100. Got -0.5.",
    ),
    refused(
        play(score=90_000, clearMedal="CLEAR"),
        "Invalid value for clearMedal, got CLEAR, but expected any of failedCircle, failedDiamond, failedStar, "
        "easyClear, clearCircle, clearDiamond, clearStar, fullComboCircle, fullComboDiamond, fullComboStar, perfect.",
    ),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        medal("perfect", good=0, bad=0),
        medal("fullComboStar", good=1, bad=0),
        medal("fullComboStar", good=5, bad=0),
        medal("fullComboDiamond", good=6, bad=0),
        medal("fullComboDiamond", good=20, bad=0),
        medal("fullComboCircle", good=21, bad=0),
        medal("clearStar", good=0, bad=1),
        medal("clearStar", good=0, bad=5),
        medal("clearDiamond", good=0, bad=6),
        medal("clearDiamond", good=0, bad=20),
        medal("clearCircle", good=0, bad=21),
        medal("clearCircle", bad=1),  # goods are unknown, so the medal's shape is not checked
        medal("fullComboCircle", good=1),
        medal("easyClear", good=0, bad=0),
        medal("failedStar", good=0, bad=0),
        play(score=100_000, clearMedal="clearStar"),  # a perfect score need not be called perfect
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV38, NINE_BUTTONS)[1] == []


def test_a_best_takes_medal_and_lamp_but_keeps_the_grade_of_its_score() -> None:
    failed, cleared = play(score=96_000, clearMedal="failedStar"), play(score=60_000, clearMedal="clearStar")
    for made in (failed, cleared):
        judging.derive(made, LV38, NINE_BUTTONS)
    best = judging.compose(
        candidate("T1", failed), [(NINE_BUTTONS.merges[0], candidate("T2", cleared))], LV38, NINE_BUTTONS
    )
    assert best.metrics == {"score": 96_000, "clearMedal": "clearStar", "lamp": "CLEAR", "grade": "A"}
    assert best.composed_from == (("Best Score", "T1"), ("Best Clear", "T2"))
    assert best.ratings == {"classPoints": pytest.approx((380_000 + 46_000 + 3000) / 5440)}


def candidate(score_id: str, made: Play) -> Candidate:
    return Candidate(
        score_id=score_id, metrics=made.metrics, judgements={}, optional={}, highlight=False, time_achieved=None
    )


def test_a_profile_averages_over_twenty_and_a_session_its_best_ten() -> None:
    compute = NINE_BUTTONS.profile_ratings["naiveClassPoints"].compute
    assert compute(bests_of("classPoints", [80.0])) == 4
    assert compute(bests_of("classPoints", [80.0] * 20 + [40])) == 80
    assert judging.session_ratings({"classPoints": [80.0] * 10 + [40]}, NINE_BUTTONS) == {"classPoints": 80}
    assert judging.session_ratings({"classPoints": [80.0] * 9}, NINE_BUTTONS) == {"classPoints": None}


@pytest.mark.parametrize(
    ("class_points", "expected"),
    [
        (None, None),
        (0, "KITTY"),
        (20.999, "KITTY"),
        (21, "STUDENT"),
        (33.999, "STUDENT"),
        (34, "DELINQUENT"),
        (45.999, "DELINQUENT"),
        (46, "DETECTIVE"),
        (58.999, "DETECTIVE"),
        (59, "IDOL"),
        (67.999, "IDOL"),
        (68, "GENERAL"),
        (78.999, "GENERAL"),
        (79, "HERMIT"),
        (90.999, "HERMIT"),
        (91, "GOD"),
    ],
)
def test_classes_follow_the_table_of_class_points(class_points: float | None, expected: str | None) -> None:
    derive = NINE_BUTTONS.classes["class"].derive
    assert derive is not None
    assert derive({"naiveClassPoints": class_points}) == expected
