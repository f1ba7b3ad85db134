"""The least score, and the least lamp, with which a play's rating suffices, in every game."""

from __future__ import annotations

import importlib

import pytest

from imports.games import GAMES, arcaea, ddr, iidx, itg, judging, maimaidx, popn, sdvx
from imports.games.improvements import improvable_number, least_ladder_value, least_number
from imports.games.spec import Chart, Decimal, Play, Playtype, Shown
from tests.games.factories import Rated, chart, copy_of, play

ROWS = [
    pytest.param(row, id=f"{game.slug}-{number}")
    for game in GAMES
    for number, row in enumerate(importlib.import_module(f"tests.games.test_{game.slug}").RATINGS)
]


def rating_with(row: Rated, value: float) -> float | None:
    """Returns the rating of the row's play with another number; None if that is invalid."""
    better, name = copy_of(row.play), improvable_number(row.playtype)
    assert name is not None
    better.metrics[name] = value
    if judging.metric_problem(name, row.playtype.provided[name], value, row.chart):
        return None
    try:
        judging.derive(better, row.chart, row.playtype)
        return row.playtype.score_ratings[row.rating].compute(better, row.chart)
    except judging.BROKEN:
        return None


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("factor", [1, 1.01, 1.1])
def test_the_least_number_suffices_and_the_one_below_it_does_not(row: Rated, factor: float) -> None:
    name = improvable_number(row.playtype)
    if name is None:
        return
    wanted = (row.expected or 0) * factor
    found = least_number(row.play, row.chart, row.playtype, row.rating, lambda value: value > wanted)
    if found is None:
        return
    metric = row.playtype.provided[name]
    steps = 1 if not isinstance(metric, Decimal) else 10_000 if metric.shown is Shown.PCT4 else 100
    reached, below = rating_with(row, found), rating_with(row, found - 1 / steps)
    assert found > row.play.metrics[name]
    assert reached is not None
    assert reached > wanted
    assert below is None or below <= wanted or found - 1 / steps <= row.play.metrics[name]


@pytest.mark.parametrize("row", ROWS)
def test_the_least_ladder_value_suffices(row: Rated) -> None:
    wanted = row.expected or 0
    found = least_ladder_value(row.play, row.chart, row.playtype, row.rating, lambda value: value > wanted)
    if found is None:
        return
    name, better = found
    ladder = {**row.playtype.ladders, **row.playtype.optional_ladders}[name]
    held = (better.optional if name in row.playtype.optional_ladders else better.metrics)[name]
    before = (row.play.optional if name in row.playtype.optional_ladders else row.play.metrics).get(name)
    assert before is None or ladder.values.index(held) > ladder.values.index(before)
    rated = row.playtype.score_ratings[row.rating].compute(better, row.chart)
    assert rated is not None
    assert rated > wanted


def rating_of(playtype: Playtype) -> str:
    return playtype.profile_ratings[playtype.default_profile_rating].of[0]


SDVX, DX, ARCAEA, POPN, DDR = sdvx.SINGLE, maimaidx.SINGLE, arcaea.TOUCH, popn.NINE_BUTTONS, ddr.SP
TIERS = {"notecount": 1000, "ncTier": {"value": 11.8}, "hcTier": {"value": 12.1}, "exhcTier": {"value": 12.6}}
NOTES = chart(12, data=TIERS)
STEPS = chart(14, data={"inGameID": 1})


@pytest.mark.parametrize(
    ("playtype", "given", "on", "least", "expected"),
    [
        # 17 * 2 * 1.00 * 1.02 of the ten million, cut to three decimals: 0.339 from 9,775,087 on.
        (SDVX, play(score=9_771_158, lamp="EXCESSIVE CLEAR"), chart(17), 0.338, 9_775_087),
        (SDVX, play(score=9_771_158, lamp="EXCESSIVE CLEAR"), chart(17), 0.4, None),
        (DX, play(percent=99.1234, lamp="CLEAR"), chart(15), 309, 99.359),
        (DX, play(percent=100.5, lamp="CLEAR"), chart(15), 337, None),
        # 12.2 - 0.2 is the level and 1.8 more. Ten million itself needs another lamp.
        (ARCAEA, play(score=9_900_000, lamp="CLEAR"), chart(10), 12, 9_960_001),
        (ARCAEA, play(score=9_900_000, lamp="CLEAR"), chart(10), 12.2, None),
        (POPN, play(score=90_000, clearMedal="clearCircle"), chart(40), 82, 93_081),
        # What does not depend on the score.
        (iidx.SP, play(score=1500, lamp="CLEAR"), NOTES, 11.8, None),
        (DDR, play(score=900_000, lamp="CLEAR"), STEPS, 575, None),
        (itg.STAMINA, play(scorePercent=96.5, survivedPercent=100, lamp="CLEAR"), chart(12), 12, None),
    ],
)
def test_the_least_number_is_computed_by_the_formula(
    playtype: Playtype, given: Play, on: Chart, least: float, expected: float | None
) -> None:
    assert least_number(given, on, playtype, rating_of(playtype), lambda value: value > least) == expected


@pytest.mark.parametrize(
    ("playtype", "given", "on", "least", "expected"),
    [
        (SDVX, play(score=9_771_158, lamp="EXCESSIVE CLEAR"), chart(17), 0.338, ("lamp", "MAXXIVE CLEAR")),
        (SDVX, play(score=9_771_158, lamp="EXCESSIVE CLEAR"), chart(17), 0.351, ("lamp", "ULTIMATE CHAIN")),
        # A perfect lamp needs a perfect score, which would suffice alone.
        (SDVX, play(score=9_771_158, lamp="ULTIMATE CHAIN"), chart(17), 0.355, None),
        (iidx.SP, play(score=1500, lamp="CLEAR"), NOTES, 11.8, ("lamp", "HARD CLEAR")),
        (iidx.SP, play(score=1500, lamp="CLEAR"), NOTES, 12.1, ("lamp", "EX HARD CLEAR")),
        (iidx.SP, play(score=1500, lamp="CLEAR"), NOTES, 12.6, None),
        (DDR, play(score=900_000, lamp="CLEAR", optional={"flare": "I"}), STEPS, 700, ("flare", "IV")),
        (POPN, play(score=90_000, clearMedal="failedStar"), chart(40), 81, ("clearMedal", "easyClear")),
    ],
)
def test_the_least_lamp_is_computed_by_the_formula(
    playtype: Playtype, given: Play, on: Chart, least: float, expected: tuple[str, str] | None
) -> None:
    found = least_ladder_value(given, on, playtype, rating_of(playtype), lambda value: value > least)
    assert (None if found is None else (found[0], {**found[1].metrics, **found[1].optional}[found[0]])) == expected
