"""O.N.G.E.K.I. by tables. Ratings: vectors of the published rating library (spec: games/ongeki.md)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import judging, ongeki
from imports.games.ongeki import PERFECT, SINGLE
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

FC, AB, AB_PLUS, FULL_BELL = "FULL COMBO", "ALL BREAK", "ALL BREAK+", "FULL BELL"


def on(level: float, *, most: int = 1000, number: int = 7) -> Chart:
    return chart(level, data={"maxPlatScore": most, "inGameID": number})


LV14 = on(14)


def made(score: int, notes: str = "CLEAR", bells: str = "NONE", platinum: int = 0, **rest: Any) -> Play:
    return play(score=score, noteLamp=notes, bellLamp=bells, platinumScore=platinum, **rest)


def rating(score: int, level: float, expected: float) -> Rated:
    lamps = (AB_PLUS, FULL_BELL) if score == PERFECT else ("CLEAR", "NONE")
    return Rated(SINGLE, "rating", made(score, *lamps), on(level), expected)


def score_rating(score: int, level: float, notes: str, bells: str, expected: float) -> Rated:
    return Rated(SINGLE, "scoreRating", made(score, notes, bells), on(level), expected)


def star_rating(platinum: int, level: float, expected: float) -> Rated:
    return Rated(SINGLE, "starRating", made(990_000, platinum=platinum), on(level), expected)


RATINGS = [
    rating(PERFECT, 14.7, 16.7),
    rating(1_007_500, 14.7, 16.7),
    rating(1_007_499, 14.7, 16.69),
    rating(1_003_000, 14.2, 15.9),
    rating(1_000_000, 14.7, 16.2),
    rating(999_999, 11.5, 12.99),
    rating(990_000, 13.5, 14.5),
    rating(970_000, 13.5, 13.5),
    rating(969_999, 13.5, 13.49),
    rating(950_000, 13.1, 11.95),
    rating(900_000, 12, 8),
    rating(899_999, 12.7, 8.69),
    rating(850_000, 12, 7),
    rating(800_001, 10.7, 4.7),
    rating(800_000, 2, 0),  # would be below zero
    rating(799_999, 15, 0),
    rating(0, 15, 0),
    score_rating(PERFECT, 14.7, AB_PLUS, FULL_BELL, 17.4),
    score_rating(1_007_501, 14.7, AB, FULL_BELL, 17.1),
    score_rating(1_007_500, 14.7, AB, FULL_BELL, 17.1),
    score_rating(1_003_456, 13.9, AB, "NONE", 15.88),
    score_rating(1_003_000, 14.2, FC, "NONE", 15.95),
    score_rating(1_000_001, 7.7, FC, FULL_BELL, 9.3),
    score_rating(999_999, 11.5, FC, "NONE", 12.949),
    score_rating(992_830, 13.5, FC, "NONE", 14.591),
    score_rating(990_000, 13.5, "CLEAR", FULL_BELL, 14.4),
    score_rating(970_000, 13.5, "CLEAR", "NONE", 13.5),
    score_rating(950_000, 13.1, "CLEAR", "NONE", 11.957),
    score_rating(900_000, 12, "CLEAR", "NONE", 8),
    score_rating(899_999, 13.9, "CLEAR", "NONE", 9.899),
    score_rating(850_000, 12, "LOSS", "NONE", 7),
    score_rating(800_000, 2, AB, FULL_BELL, 0),  # would be below zero
    score_rating(799_999, 15, FC, FULL_BELL, 0),  # no bonuses alone
    star_rating(980, 14.7, 1.08),
    star_rating(990, 14.7, 1.08),  # the sixth star counts nothing
    star_rating(960, 13.3, 0.53),
    star_rating(939, 13.3, 0),
    *(Rated(SINGLE, name, made(990_000, platinum=980), on(0), 0) for name in SINGLE.score_ratings),
    *(Rated(SINGLE, name, made(990_000, platinum=980), on(14, number=7000), 0) for name in SINGLE.score_ratings),
    *(Rated(SINGLE, name, made(990_000, platinum=980), on(14, number=7999), 0) for name in SINGLE.score_ratings),
    Rated(SINGLE, "rating", made(990_000), on(14, number=6999), 15),
    Rated(SINGLE, "rating", made(990_000), on(14, number=8000), 15),
]


@pytest.mark.parametrize("row", RATINGS)
def test_ratings_follow_the_table(row: Rated) -> None:
    assert_rated(row)


@pytest.mark.parametrize(
    "given",
    [made(PERFECT, AB_PLUS, "NONE"), made(1_009_999, AB_PLUS, FULL_BELL), made(990_000, "LOSS", FULL_BELL)],
)
def test_contradictory_lamps_have_no_score_rating(given: Play) -> None:
    with pytest.raises(FormulaError, match="has no rating"):
        ongeki.score_rating(given, LV14)


def test_a_perfect_score_counts_as_all_break_plus() -> None:
    assert ongeki.score_rating(made(PERFECT, "CLEAR", FULL_BELL), on(14.7)) == 17.4


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0, "D"),
        (499_999, "D"),
        (500_000, "C"),
        (700_000, "B"),
        (750_000, "BB"),
        (800_000, "BBB"),
        (850_000, "A"),
        (900_000, "AA"),
        (940_000, "AAA"),
        (970_000, "S"),
        (990_000, "SS"),
        (1_000_000, "SSS"),
        (1_007_499, "SSS"),
        (1_007_500, "SSS+"),
    ],
)
def test_grades_follow_the_table(score: int, grade: str) -> None:
    derived = made(score)
    judging.derive(derived, LV14, SINGLE)
    assert derived.metrics["grade"] == grade


@pytest.mark.parametrize(
    ("platinum", "stars"),
    [(0, 0), (939, 0), (940, 1), (949, 1), (950, 2), (960, 3), (970, 4), (980, 5), (989, 5), (990, "R"), (1000, "R")],
)
def test_platinum_stars_follow_the_table(platinum: int, stars: int | str) -> None:
    derived = made(900_000, platinum=platinum)
    judging.derive(derived, LV14, SINGLE)
    assert derived.metrics["platinumStars"] == f"{stars}-star"


def test_platinum_stars_stored_until_2025_are_read_as_those_of_today() -> None:
    stored = made(900_000).metrics | {"grade": "AA", "platinumStars": 6}
    assert judging.as_of_today(stored, SINGLE)["platinumStars"] == "R-star"
    assert judging.ladder_indexes(stored, SINGLE)["platinumStars"] == 6
    today = judging.as_of_today(stored, SINGLE)
    assert judging.as_of_today(today, SINGLE) == today


def test_a_chart_without_a_platinum_score_gives_no_stars() -> None:
    problem = "This chart has no platinum score, so no score has platinum stars."
    assert judging.judge(made(900_000), on(14, most=0), SINGLE) == (None, [problem])


# --- validators -------------------------------------------------------------------------------------


def refused(given: Play, *problems: str) -> InvalidPlay:
    return InvalidPlay(SINGLE, given, LV14, list(problems))


REFUSED = [
    refused(
        made(PERFECT, AB_PLUS, FULL_BELL, judgements={"hit": 1}),
        "Cannot have an ALL BREAK+ if not all hits were critical break or better.",
    ),
    refused(
        made(1_009_999, AB_PLUS, FULL_BELL, judgements={"break": 0, "miss": None}),
        "Cannot have an ALL BREAK+ if the score is not 1,010,000",
    ),
    refused(made(PERFECT, AB, FULL_BELL), "Cannot have a perfect score without FBAB+"),
    refused(made(PERFECT, AB_PLUS, "NONE"), "Cannot have a perfect score without FBAB+"),
    refused(
        made(1_005_000, AB, judgements={"miss": 1}),
        "Cannot have an ALL BREAK if not all hits were break or better.",
    ),
    refused(made(990_000, FC, judgements={"miss": 1}), "Cannot have a FULL COMBO if the score has misses."),
    refused(made(990_000, "LOSS", FULL_BELL), "A score of 990000 with LOSS and FULL BELL has no rating."),
    refused(
        made(990_000, platinum=1001),
        "Invalid value for platinumScore, Platinum Score must not exceed the chart's maximum Platinum Score. "
        "Got 1001/1000 Got 1001.",
        "Cannot have 1001/1000 Platinum Score.",
    ),
    refused(
        made(990_000, platinum=-1),
        "Invalid value for platinumScore, Platinum Score must be non-negative. Got -1 Got -1.",
    ),
    refused(
        made(990_000, optional={"damage": -1, "bellCount": -2, "totalBellCount": -3}),
        "Invalid value for damage, Damage must be non-negative. Got -1 Got -1.",
        "Invalid value for bellCount, Bell Count must be non-negative. Got -2 Got -2.",
        "Invalid value for totalBellCount, Total bell Count must be non-negative. Got -3 Got -3.",
    ),
    refused(
        made(
            990_000,
            optional={"scoreGraph": [-1], "platinumGraph": [1], "bellGraph": [-10_001], "lifeGraph": [None, 101]},
        ),
        "Invalid value for metric scoreGraph, Expected a number between 0 and 1010000., got -1.",
        "Invalid value for metric platinumGraph, Expected a number between -100000 and 0., got 1.",
        "Invalid value for metric bellGraph, Expected a number between -10000 and 0., got -10001.",
        "Invalid value for metric lifeGraph, Expected a number between 0 and 100., got 101.",
    ),
    refused(made(1_010_001), "Invalid value for score, Expected a number between 0 and 1010000. Got 1010001."),
]


@pytest.mark.parametrize("row", REFUSED)
def test_impossible_values_are_refused(row: InvalidPlay) -> None:
    assert_refused(row)


@pytest.mark.parametrize(
    "given",
    [
        made(PERFECT, AB_PLUS, FULL_BELL, 1000, judgements={"cbreak": 900, "break": 0, "hit": None}),
        made(1_005_000, AB, judgements={"break": 20, "hit": 0}),
        made(900_000, AB),
        made(990_000, FC, judgements={"hit": 5, "miss": 0}),
        made(0, "CLEAR", FULL_BELL),
        made(1_009_999, "LOSS"),
        made(990_000, optional={"bellCount": 50, "totalBellCount": 10, "damage": None}),
        made(990_000, optional={"platinumGraph": [None, -100_000, 0], "bellGraph": [0]}),
    ],
)
def test_plays_just_within_the_rules_are_accepted(given: Play) -> None:
    assert judging.judge(copy_of(given), LV14, SINGLE)[1] == []


def test_a_loss_with_a_full_bell_is_accepted_on_an_unrated_chart() -> None:
    given = made(990_000, "LOSS", FULL_BELL)
    assert judging.judge(copy_of(given), on(0), SINGLE)[1] == []
    assert judging.judge(copy_of(given), on(0), SINGLE, rules=2025)[1] == ["Cannot have a LOSS with a FULL BELL."]


def test_a_chart_without_a_number_is_ranked() -> None:
    unnumbered = chart(14, data={"maxPlatScore": 1000, "inGameID": None})
    assert judging.rate(play(**made(990_000).metrics, platinumStars="0-star"), unnumbered, SINGLE)["rating"] == 15


# --- profiles and sessions --------------------------------------------------------------------------


def test_the_classic_profile_averages_over_forty_five_in_hundredths() -> None:
    compute = SINGLE.profile_ratings["naiveRating"].compute
    assert compute(bests_of("rating", [16.7])) == 0.37  # 1670 / 45, cut
    assert compute(bests_of("rating", [15.01] * 50)) == 15.01
    assert compute(bests_of("rating", [])) is None


@pytest.mark.parametrize(
    ("scores", "stars", "expected"),
    [
        ([], [], 0),
        ([17.4] * 60, [1.08] * 50, 21.96),
        ([17.4] * 70, [1.08] * 60, 21.96),
        ([17.4], [], 0.348),  # 290 thousandths, six fifths of it
        ([], [1.08], 0.021),
        ([15.001] * 60, [0.5] * 50, 18.501),  # 18,001.2 thousandths, cut
    ],
)
def test_the_profile_adds_the_stars_to_six_fifths_of_the_scores(
    scores: list[float], stars: list[float], expected: float
) -> None:
    rows = [Row({"scoreRating": value}, LV14) for value in scores] + [Row({"starRating": v}, LV14) for v in stars]
    assert SINGLE.profile_ratings["naiveRatingRefresh"].compute(MemoryBests(rows)) == pytest.approx(expected)


def test_sessions_are_the_mean_of_ten() -> None:
    values: dict[str, list[float | None]] = {
        "rating": [15] * 10,
        "scoreRating": [16] * 9,
        "starRating": [1, 0.5] * 5,
    }
    assert judging.session_ratings(values, SINGLE) == {
        "naiveRating": 15,
        "naiveScoreRating": None,
        "starRating": 0.75,
    }


@pytest.mark.parametrize(
    ("colour", "floor"),
    [
        ("BLUE", 0),
        ("GREEN", 4),
        ("ORANGE", 7),
        ("RED", 9),
        ("PURPLE", 11),
        ("COPPER", 13),
        ("SILVER", 15),
        ("GOLD", 17),
        ("PLATINUM", 18),
        ("RAINBOW", 19),
        ("RAINBOW_SHINY", 20),
        ("RAINBOW_EX", 21),
        ("RAINBOW_EX_TRUE", 22),
    ],
)
def test_colours_follow_the_refreshed_rating(colour: str, floor: float) -> None:
    derive = SINGLE.classes["colour"].derive
    assert derive is not None
    assert derive({"naiveRating": 0, "naiveRatingRefresh": floor}) == colour
    assert colour == "BLUE" or derive({"naiveRatingRefresh": floor - 0.001}) != colour


def test_a_leaderboard_asks_for_the_platinum_score_and_the_lamps_after_the_score() -> None:
    metrics = made(1_000_000, FC, FULL_BELL, 930).metrics
    assert judging.rank_keys(metrics, {}, SINGLE) == [1_000_000, 930, 2, 1]


def test_the_parts_of_the_refreshed_profile_are_also_ratings() -> None:
    rows = MemoryBests([Row({"scoreRating": 17.4, "starRating": 1.08}, LV14)])
    parts = {name: SINGLE.profile_ratings[name].compute(rows) for name in ("scoreRating", "starRating")}
    assert parts == {"scoreRating": 0.29, "starRating": 0.021}
    assert SINGLE.profile_ratings["scoreRating"].compute(MemoryBests([])) is None


def test_a_best_is_chosen_by_score_platinum_score_and_both_lamps() -> None:
    assert judging.best_keys(made(1_000_000, FC, FULL_BELL, 930).metrics, {}, SINGLE) == [1_000_000, 930, 2, 1]
