"""USC by tables. Ratings: vectors of the published rating library (spec: games/usc.md)."""

from __future__ import annotations

import pytest

from imports.games import judging
from imports.games.spec import Play, Playtype
from imports.games.usc import GAME
from tests.games.factories import InvalidPlay, Rated, assert_rated, assert_refused, bests_of, chart, copy_of, play

CONTROLLER = GAME.by_name["Controller"]
PUC, UC = "PERFECT ULTIMATE CHAIN", "ULTIMATE CHAIN"
LV18 = chart(18)

each_playtype = pytest.mark.parametrize("playtype", GAME.playtypes, ids=lambda playtype: playtype.name)

RATINGS = [
    Rated(playtype, "VF6", play(score=score, lamp=lamp), chart(level), expected)
    for playtype in GAME.playtypes
    for score, lamp, level, expected in [
        (10_000_000, PUC, 20, 0.462),
        (9_900_000, "CLEAR", 18, 0.374),
        (9_899_999, "EXCESSIVE CLEAR", 18, 0.37),
        (6_999_999, "FAILED", 16, 0.089),
        (9_500_000, UC, 15, 0.29),
        (0, "FAILED", 20, 0),
        # both sides of some steps of the score's factor, as Tachi rated them
        (6_999_999, "FAILED", 10, 0.055),
        (7_000_000, "FAILED", 10, 0.057),
        (7_999_999, "FAILED", 10, 0.065),
        (8_000_000, "CLEAR", 10, 0.136),
        (8_699_999, "CLEAR", 10, 0.147),
        (8_700_000, "CLEAR", 10, 0.153),
        (9_299_999, "CLEAR", 10, 0.169),
        (9_300_000, "CLEAR", 10, 0.174),
        (9_899_999, "EXCESSIVE CLEAR", 10, 0.205),
        (9_900_000, UC, 10, 0.218),
    ]
]


RATINGS += [
    Rated(playtype, name, play(score=score, lamp=lamp), chart(level), expected)
    for playtype in GAME.playtypes
    for score, lamp, level, vf6, vf7 in [(9_900_000, "CLEAR", 18.3, 0.374, 0.38), (9_500_000, UC, 15, 0.29, 0.293)]
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
        (7_999_999, "C"),
        (8_000_000, "B"),
        (8_699_999, "B"),
        (8_700_000, "A"),
        (8_999_999, "A"),
        (9_000_000, "A+"),
        (9_299_999, "A+"),
        (9_300_000, "AA"),
        (9_499_999, "AA"),
        (9_500_000, "AA+"),
        (9_699_999, "AA+"),
        (9_700_000, "AAA"),
        (9_799_999, "AAA"),
        (9_800_000, "AAA+"),
        (9_899_999, "AAA+"),
        (9_900_000, "S"),
        (9_999_999, "S"),
        (10_000_000, "PUC"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = play(score=score, lamp="CLEAR")
    judging.derive(derived, LV18, CONTROLLER)
    assert derived.metrics["grade"] == grade


LAMPS = "FAILED, CLEAR, EXCESSIVE CLEAR, ULTIMATE CHAIN, PERFECT ULTIMATE CHAIN"

REFUSED = [
    InvalidPlay(playtype, given, LV18, problems)
    for playtype in GAME.playtypes
    for given, problems in [
        (play(score=9_999_999, lamp=PUC), ["Cannot have a PERFECT ULTIMATE CHAIN without a perfect score."]),
        (
            play(score=10_000_000, lamp=PUC, judgements={"near": 1, "miss": None}),
            ["Cannot have a PERFECT ULTIMATE CHAIN with any nears or misses."],
        ),
        (
            play(score=4_999_999, lamp=UC, judgements={"miss": 1}),
            [
                "Cannot have an ULTIMATE CHAIN with non-zero miss count.",
                "Cannot have an ULTIMATE CHAIN with a score less than 5m.",
            ],
        ),
        (
            play(score=10_000_001, lamp="CLEAR", optional={"gauge": 100.5}),
            [
                "Invalid value for score, Expected a number between 0 and 10000000. Got 10000001.",
                "Invalid value for gauge, Expected a number between 0 and 100. Got 100.5.",
            ],
        ),
        (
            play(score=-1, lamp="CLEAR"),
            ["Invalid value for score, Expected a number between 0 and 10000000. Got -1."],
        ),
        (
            play(score=9_000_000, lamp="MAXXIVE CLEAR"),  # only SOUND VOLTEX has it
            [f"Invalid value for lamp, got MAXXIVE CLEAR, but expected any of {LAMPS}."],
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
        play(score=10_000_000, lamp="CLEAR"),  # a perfect score need not be called a perfect chain
        play(score=10_000_000, lamp=PUC, judgements={"near": 0, "miss": None}),
        play(score=5_000_000, lamp=UC, judgements={"near": 50, "miss": 0}),
        play(score=9_000_000, lamp="CLEAR", optional={"gauge": 0.82}),  # the game's own client counts to one
    ],
)
def test_plays_just_within_the_rules_are_accepted(playtype: Playtype, given: Play) -> None:
    assert judging.judge(copy_of(given), LV18, playtype)[1] == []


@each_playtype
def test_a_profile_is_the_sum_of_fifty_and_a_session_fifty_times_the_mean_of_ten(playtype: Playtype) -> None:
    values = [0.4] * 49 + [0.3, 0.2, 0.1]
    assert playtype.profile_ratings["VF7"].compute(bests_of("VF7", values)) == pytest.approx(49 * 0.4 + 0.3)
    assert judging.session_ratings({"VF6": values, "VF7": values[1:]}, playtype) == {
        "ProfileVF6": pytest.approx(20),
        "ProfileVF7": pytest.approx(20),
    }
    assert judging.session_ratings({"VF6": values[-9:]}, playtype) == {"ProfileVF6": None, "ProfileVF7": None}


@each_playtype
@pytest.mark.parametrize(
    ("volforce", "vf_class"), [(None, None), (9.999, "SIENNA_IV"), (10, "COBALT_I"), (23, "IMPERIAL_IV")]
)
def test_classes_follow_the_table_of_volforce(playtype: Playtype, volforce: float | None, vf_class: str | None) -> None:
    derive = playtype.classes["vfClass"].derive
    assert derive is not None
    assert derive({"VF6": 0, "VF7": volforce}) == vf_class


def test_the_keyboard_playtype_is_labelled_keyboard_or_other() -> None:
    assert [GAME.label(playtype.name) for playtype in GAME.playtypes] == ["USC (Controller)", "USC (Keyboard/Other)"]
