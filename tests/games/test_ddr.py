"""DDR by tables. Ratings: vectors of the published rating library (spec: games/ddr.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import ddr, judging
from imports.games.ddr import DP, FLARES, SP
from imports.games.spec import Chart, Play, Playtype
from tests.games.factories import (
    InvalidPlay,
    MemoryBests,
    Rated,
    Row,
    assert_rated,
    assert_refused,
    chart,
    copy_of,
    play,
)

GFC, PFC, MFC = "GREAT FULL COMBO", "PERFECT FULL COMBO", "MARVELOUS FULL COMBO"
STEPS = chart(14, data={"inGameID": 1, "stepCount": 296})
NO_STEPS = chart(14, data={"inGameID": 1})


def made(score: int = 900_000, lamp: str = "CLEAR", **rest: Any) -> Play:
    return play(score=score, lamp=lamp, **rest)


def flared(flare: str | None, lamp: str = "CLEAR") -> Play:
    return made(lamp=lamp, optional={"flare": flare})


RATINGS = [
    *(
        Rated(SP, "flareSkill", made(), chart(level), skill)
        for level, skill in enumerate(
            (145, 155, 170, 185, 205, 230, 255, 290, 335, 400, 465, 510, 545, 575, 600, 620, 635, 650, 665), 1
        )
    ),
    Rated(SP, "flareSkill", flared("EX"), chart(19), 1064),
    Rated(SP, "flareSkill", flared("0"), chart(19), 665),
    Rated(SP, "flareSkill", flared("VII"), chart(15), 852),
    Rated(SP, "flareSkill", flared("IX"), chart(5), 315),
    Rated(SP, "flareSkill", flared("IV"), chart(12), 632),  # 632.4, cut
    Rated(SP, "flareSkill", flared(None), chart(12), 510),
    Rated(SP, "flareSkill", flared("EX", "FAILED"), chart(19), 0),
    Rated(SP, "flareSkill", flared("EX", "FAILED"), chart(0), 0),
    Rated(DP, "flareSkill", flared("VIII"), chart(10), 592),
    Rated(DP, "flareSkill", flared("EX", "ASSIST"), chart(19), 1064),
]


@pytest.mark.parametrize("row", RATINGS)
def test_flare_skill_follows_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize("level", [0, -1, 20, 9.5])
def test_levels_other_than_1_to_19_have_no_flare_skill(level: float) -> None:
    with pytest.raises(FormulaError, match="has no flare skill"):
        ddr.flare_skill(made(), chart(level))
    assert judging.judge(made(), chart(level), SP) == (None, [f"Level {level} has no flare skill."])


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "D"),
        (549_990, "D"),
        (550_000, "D+"),
        (590_000, "C-"),
        (600_000, "C"),
        (650_000, "C+"),
        (690_000, "B-"),
        (700_000, "B"),
        (750_000, "B+"),
        (790_000, "A-"),
        (800_000, "A"),
        (850_000, "A+"),
        (890_000, "AA-"),
        (900_000, "AA"),
        (950_000, "AA+"),
        (989_990, "AA+"),
        (990_000, "AAA"),
        (1_000_000, "AAA"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    cleared, failed = made(score), made(score, "FAILED")
    for derived in (cleared, failed):
        judging.derive(derived, STEPS, SP)
    assert (cleared.metrics["grade"], failed.metrics["grade"]) == (grade, "E")


# --- validators -------------------------------------------------------------------------------------


def judgements_of(
    marvelous: int, perfect: int, great: int, good: int, miss: int, *, ok: int = 0
) -> dict[str, int | None]:
    return {"MARVELOUS": marvelous, "PERFECT": perfect, "GREAT": great, "GOOD": good, "MISS": miss, "OK": ok}


def refusals(playtype: Playtype) -> list[InvalidPlay]:
    rows: list[tuple[Play, Chart, list[str]]] = [
        (
            made(990_000, judgements=judgements_of(286, 5, 3, 1, 1)),
            STEPS,
            ["Expected calculated score from judgements of 989770 to equal score of 990000."],
        ),
        (
            made(999_999, MFC, judgements=judgements_of(290, 0, 0, 0, 0, ok=6)),
            STEPS,
            ["Expected calculated score from judgements of 1000000 to equal score of 999999."],
        ),
        (
            made(lamp="FULL COMBO", judgements=judgements_of(10, 5, 3, 1, 1)),
            NO_STEPS,
            ["Cannot have a FULL COMBO with more than 0 MISS"],
        ),
        (
            made(lamp=GFC, judgements=judgements_of(10, 5, 3, 1, 0)),
            NO_STEPS,
            ["Cannot have a GREAT FULL COMBO with more than 0 MISS and GOOD"],
        ),
        (
            made(lamp=PFC, judgements=judgements_of(10, 5, 3, 0, 0)),
            NO_STEPS,
            ["Cannot have a PERFECT FULL COMBO with more than 0 MISS, GOOD and GREAT"],
        ),
        (
            made(lamp=MFC, judgements=judgements_of(10, 5, 0, 0, 0)),
            NO_STEPS,
            ["Cannot have a MARVELOUS FULL COMBO with anyhing else than MARVELOUS judgements"],
        ),
        (
            made(judgements={"MARVELOUS": 10, "PERFECT": 5, "GREAT": 3, "OK": 1}, optional={"exScore": 47}),
            STEPS,
            ["EXScore expected to be 46 instead of 47"],
        ),
        (
            made(989_990, PFC, judgements=judgements_of(286, 5, 3, 1, 1), optional={"exScore": 1}),
            STEPS,
            [
                "Expected calculated score from judgements of 989770 to equal score of 989990.",
                "Cannot have a PERFECT FULL COMBO with more than 0 MISS, GOOD and GREAT",
                "EXScore expected to be 871 instead of 1",
            ],
        ),
        (
            made(optional={"flare": "XI", "exScore": -1}),
            STEPS,
            [
                f"Invalid value for flare, got XI, but expected any of {', '.join(FLARES)}.",
                "Invalid value for exScore, Expected a positive integer. Got -1.",
            ],
        ),
        (
            made(1_000_010),
            STEPS,
            ["Invalid value for score, Expected a number between 0 and 1000000. Got 1000010."],
        ),
    ]
    return [InvalidPlay(playtype, given, on, problems) for given, on, problems in rows]


REFUSED = [*refusals(SP), *refusals(DP)]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    ("given", "on"),
    [
        (made(989_770, judgements=judgements_of(286, 5, 3, 1, 1), optional={"exScore": 871}), STEPS),
        (made(1_000_000, MFC, judgements=judgements_of(290, 0, 0, 0, 0, ok=6)), STEPS),
        (made(123_450, judgements=judgements_of(286, 5, 3, 1, 1)), NO_STEPS),
        (made(123_450, judgements=judgements_of(286, 5, 3, 1, 1)), chart(14, data={"stepCount": 0})),
        (made(123_450, "FAILED", judgements=judgements_of(286, 5, 3, 1, 1)), STEPS),
        (made(123_450, judgements={**judgements_of(286, 5, 3, 1, 1), "OK": None}), STEPS),  # not all known
        (made(lamp="FULL COMBO", judgements={**judgements_of(10, 5, 3, 1, 1), "GOOD": None}), STEPS),
        (made(lamp="FULL COMBO", judgements=judgements_of(10, 5, 3, 1, 0)), NO_STEPS),
        (made(lamp=GFC, judgements=judgements_of(10, 5, 3, 0, 0)), NO_STEPS),
        (made(lamp=PFC, judgements=judgements_of(10, 5, 0, 0, 0)), NO_STEPS),
        (made(lamp="LIFE4", judgements=judgements_of(10, 5, 3, 1, 1)), NO_STEPS),
        (made(judgements=judgements_of(10, 5, 3, 1, 1), optional={"exScore": None}), NO_STEPS),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play, on: Chart) -> None:
    assert judging.judge(copy_of(given), on, SP)[1] == []


# --- profiles, sessions, bests ----------------------------------------------------------------------


def bests(category: str, values: list[int]) -> list[Row]:
    return [Row({"flareSkill": value}, chart(song={"flareCategory": category})) for value in values]


def profile(*rows: Row) -> float | None:
    return SP.profile_ratings["flareSkill"].compute(MemoryBests(rows))


def test_a_profile_sums_thirty_of_each_category() -> None:
    classic, white = bests("CLASSIC", [1000] * 29 + [500, 400]), bests("WHITE", [900, 800])
    gold, none = bests("GOLD", [600] * 31), bests("NONE", [1064] * 5)
    assert profile(*gold, *none, *white, *classic) == 29 * 1000 + 500 + 1700 + 30 * 600


def test_songs_without_a_category_do_not_count_but_are_bests() -> None:
    assert profile(*bests("NONE", [1064, 852])) == 0
    assert profile() is None


def test_a_session_is_the_mean_of_ten() -> None:
    assert judging.session_ratings({"flareSkill": [600] * 9 + [700, 100]}, SP) == {"flareSkill": 610}
    assert judging.session_ratings({"flareSkill": [600] * 9}, SP) == {"flareSkill": None}


@pytest.mark.parametrize(
    ("flare_skill", "flare"),
    [
        (0, "NONE"),
        (499, "NONE"),
        (500, "NONE+"),
        (1999, "NONE+++"),
        (2000, "MERCURY"),
        (5999, "MERCURY+++"),
        (6000, "VENUS"),
        (10_000, "EARTH"),
        (11_500, "EARTH+"),
        (16_000, "MARS"),
        (24_000, "JUPITER"),
        (33_999, "JUPITER+++"),
        (34_000, "SATURN"),
        (45_000, "URANUS"),
        (48_750, "URANUS+"),
        (60_000, "NEPTUNE"),
        (75_000, "SUN"),
        (89_999, "SUN+++"),
        (90_000, "WORLD"),
    ],
)
def test_planets_follow_the_table(flare_skill: float, flare: str) -> None:
    derive = SP.classes["flare"].derive
    assert derive is not None
    assert derive({"flareSkill": flare_skill}) == flare


def test_the_steps_of_a_planet_have_its_name() -> None:
    names = {value.id: value.name for value in SP.classes["flare"].values}
    assert len(names) == 41
    assert (names["NONE+"], names["SUN+++"], names["WORLD"]) == ("NONE+", "太陽 / SUN+++", "世界 / WORLD")


def test_a_best_takes_the_highest_flare() -> None:
    high = candidate("A", made(950_000, optional={"flare": "I"}))
    flaring = candidate("B", made(900_000, "FULL COMBO", optional={"flare": "EX", "exScore": 800}))
    lamp, score, ex_score, flare = SP.merges
    lenders = [(lamp, flaring), (score, high), (ex_score, flaring), (flare, flaring)]
    best = judging.compose(high, lenders, chart(19), SP)
    assert best.metrics == {"score": 950_000, "lamp": "FULL COMBO", "grade": "AA+"}
    assert best.optional == {"flare": "EX", "exScore": 800}
    assert best.ratings == {"flareSkill": 1064}
    assert best.composed_from == (("Best Score", "A"), ("Best Lamp", "B"))


def test_a_failed_score_provides_no_flare_but_is_named_in_the_composition() -> None:
    cleared = candidate("A", made(950_000, optional={"flare": "I"}))
    failed = candidate("B", made(900_000, "FAILED", optional={"flare": "EX"}))
    best = judging.compose(cleared, [(SP.merges[3], failed)], chart(19), SP)
    assert (best.optional, best.ratings) == ({"flare": "I"}, {"flareSkill": 704})
    assert best.composed_from == (("Best Score", "A"), ("Best Flare", "B"))


def test_life4_is_below_a_full_combo() -> None:
    keys = [judging.best_keys(made(900_000, lamp).metrics, {}, SP)[1] for lamp in ("CLEAR", "LIFE4", "FULL COMBO")]
    assert keys == [2, 3, 4]


def test_an_equal_score_may_provide_its_grade_under_the_same_name() -> None:
    cleared, failed = candidate("A", made(950_000)), candidate("B", made(950_000, "FAILED"))
    best = judging.compose(cleared, [(SP.merges[1], failed)], chart(19), SP)
    assert best.metrics == {"score": 950_000, "lamp": "CLEAR", "grade": "E"}
    assert best.composed_from == (("Best Score", "A"), ("Best Score", "B"))


def candidate(score_id: str, given: Play) -> judging.Candidate:
    judging.derive(given, STEPS, SP)
    return judging.Candidate(
        score_id=score_id,
        metrics=given.metrics,
        judgements={},
        optional=given.optional,
        highlight=False,
        time_achieved=None,
    )
