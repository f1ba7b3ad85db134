"""Judging, on small playtypes: errors in a play, the composition of bests, ratings of sessions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imports.errors import FormulaError
from imports.games import GAMES, judging, playtype_of
from imports.games.spec import (
    POSITIVE,
    POSITIVE_WHOLE,
    Chart,
    Decimal,
    Derived,
    Graph,
    Integer,
    Ladder,
    Metric,
    Play,
    Playtype,
    ScoreRating,
    between,
    whole_between,
)
from tests.games.factories import chart, play

SDVX = playtype_of("sdvx", "Single")
IIDX = playtype_of("iidx", "SP")
CHART = chart(18)
LAMP = SDVX.ladders["lamp"]


def with_optional(metric: Metric) -> Playtype:
    return replace(SDVX, optional={"exScore": Integer(), "extra": metric})


# --- metrics ----------------------------------------------------------------------------------------

TO_TEN, WHOLE_TO_TEN = between(0, 10), whole_between(0, 10)


@pytest.mark.parametrize(
    ("metric", "value", "problem"),
    [
        (Integer(), 1.5, "Invalid value for extra, got 1.5, but expected an integer."),
        (Integer(), 2**53, "Invalid value for extra, got 9007199254740992, but expected an integer."),
        (Integer(), True, "Invalid value for extra, got true, but expected an integer."),
        (Integer(), "7", "Invalid value for extra, got 7, but expected an integer."),
        (Integer(), math.nan, "Invalid value for extra, got NaN, but expected an integer."),
        (Integer(rule=POSITIVE), -1, "Invalid value for extra, Expected a positive number. Got -1."),
        (Integer(rule=POSITIVE_WHOLE), -1, "Invalid value for extra, Expected a positive integer. Got -1."),
        (Integer(rule=TO_TEN), 11, "Invalid value for extra, Expected a number between 0 and 10. Got 11."),
        (Integer(rule=WHOLE_TO_TEN), 11, "Invalid value for extra, Expected an integer between 0 and 10. Got 11."),
        (Decimal(), math.inf, "Invalid value for extra, got Infinity, but expected a finite number."),
        (Decimal(), "x", "Invalid value for extra, got x, but expected a finite number."),
        (Decimal(), [], "Invalid value for extra, got , but expected a finite number."),
        (Decimal(rule=TO_TEN), 10.5, "Invalid value for extra, Expected a number between 0 and 10. Got 10.5."),
        (
            Decimal(chart_rule=lambda value, on: f"Too much for level {on.level_num}." if value > 5 else None),
            6,
            "Invalid value for extra, Too much for level 18. Got 6.",
        ),
        (Ladder(values=("a", "b")), "c", "Invalid value for extra, got c, but expected any of a, b."),
        (Ladder(values=("a", "b")), 1, "Invalid value for extra, got 1, but expected any of a, b."),
        (Ladder(values=("a", "b")), ["a"], "Invalid value for extra, got a, but expected any of a, b."),
        (Graph(rule=TO_TEN), 5, "Invalid value for metric extra, expected an array."),
        (
            Graph(rule=TO_TEN),
            [1, 11, -1],
            "Invalid value for metric extra, Expected a number between 0 and 10., got 11.",
        ),
        (
            Graph(rule=TO_TEN),
            [None],
            "Invalid value for metric extra, Expected a number between 0 and 10., got null.",
        ),
        (
            Graph(rule=TO_TEN, nullable=True),
            [None, "x"],
            "Invalid value for metric extra, Expected a number between 0 and 10., got x.",
        ),
        (
            Graph(rule=WHOLE_TO_TEN),
            [3, 0.5],
            "Invalid value for metric extra, Expected an integer between 0 and 10., got 0.5.",
        ),
    ],
)
def test_an_invalid_value_is_reported_with_its_rule(metric: Metric, value: Any, problem: str) -> None:
    given = play(score=1, lamp="CLEAR", optional={"extra": value})
    assert judging.judge(given, CHART, with_optional(metric)) == (None, [problem])


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Integer(), -(2**53) + 1),
        (Integer(), 7.0),
        (Integer(rule=TO_TEN), 10),
        (Integer(rule=POSITIVE_WHOLE), 0),
        (Decimal(), -1e300),
        (Decimal(rule=TO_TEN), 0),
        (Ladder(values=("a", "b")), "b"),
        (Graph(rule=TO_TEN), []),
        (Graph(rule=TO_TEN, nullable=True), [None, 10, 0.5]),
        (Integer(rule=TO_TEN), None),
        (Graph(rule=TO_TEN), None),
    ],
)
def test_valid_and_null_metrics_are_accepted(metric: Metric, value: Any) -> None:
    given = play(score=1, lamp="CLEAR", optional={"extra": value})
    assert judging.judge(given, CHART, with_optional(metric))[1] == []


def test_an_unknown_optional_metric_is_ignored() -> None:
    assert judging.judge(play(score=1, lamp="CLEAR", optional={"pie": -1}), CHART, SDVX)[1] == []


# --- the order of problems --------------------------------------------------------------------------


def test_problems_come_in_the_order_provided_derived_optional_validators() -> None:
    given = play(
        score=1606,
        lamp="HEART CLEAR",
        judgements={"pgreat": 1, "great": 1},
        optional={"gauge": 101, "fast": -1},
    )
    on = chart(12, data={"notecount": 802})
    assert judging.judge(given, on, IIDX) == (
        None,
        [
            "Invalid value for score, EX Score cannot be greater than 1604 for this chart. Got 1606.",
            f"Invalid value for lamp, got HEART CLEAR, but expected any of {', '.join(IIDX.ladders['lamp'].values)}.",
            "Invalid value for percent, Expected a number between 0 and 100. Got 100.12468827930175.",
            "Invalid value for fast, Expected a positive integer. Got -1.",
            "Invalid value for gauge, Expected a number between 0 and 100. Got 101.",
            "Expected PGreat*2 + Great to equal EX score. Got 1*2 + 1 but that wasn't equal to the EX score of 1606.",
        ],
    )


@pytest.mark.parametrize(
    ("problems", "message"),
    [
        (["A."], "Got 1 error when validating score:\nA."),
        (["A.", "B."], "Got 2 errors when validating score:\nA.\nB."),
    ],
)
def test_problems_are_counted_in_the_message(problems: list[str], message: str) -> None:
    assert judging.message(problems) == message


# --- failing formulas -------------------------------------------------------------------------------


def failing(error: Exception) -> Any:
    def compute(_play: Play, _chart: Chart) -> Any:
        raise error

    return compute


def deriving(error: Exception) -> Playtype:
    return replace(SDVX, derived={"grade": Derived(SDVX.ladders["grade"], failing(error))})


def rating(error: Exception) -> Playtype:
    return replace(SDVX, score_ratings=dict.fromkeys(SDVX.score_ratings, ScoreRating(failing(error))))


@pytest.mark.parametrize("playtype", [deriving(FormulaError("No such grade.")), rating(FormulaError("No such grade."))])
def test_the_problem_of_a_failing_formula_is_reported(playtype: Playtype) -> None:
    assert judging.judge(play(score=1, lamp="CLEAR"), CHART, playtype) == (None, ["No such grade."])


@pytest.mark.parametrize(
    "error", [FormulaError("No such grade."), TypeError("str"), KeyError("x"), ZeroDivisionError()]
)
def test_invalid_metrics_are_reported_instead_of_the_formula_error(error: Exception) -> None:
    problems = judging.judge(play(score=-1, lamp="CLEAR", optional={"gauge": -1}), CHART, deriving(error))[1]
    assert problems == [
        "Invalid value for score, Expected a number between 0 and 10000000. Got -1.",
        "Invalid value for gauge, Expected a number between 0 and 100. Got -1.",
    ]


@pytest.mark.parametrize("make", [deriving, rating])
def test_an_error_with_valid_metrics_is_raised(make: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        judging.judge(play(score=1, lamp="CLEAR"), CHART, make(ZeroDivisionError()))


def test_an_exception_of_a_validator_is_ignored_if_a_problem_is_reported() -> None:
    stumbling = replace(SDVX, validators=(failing(TypeError("NoneType")), lambda _play, _chart: "Also."))
    problems = judging.judge(play(score=1, lamp="NOPE"), CHART, stumbling)[1]
    assert len(problems) == 2
    assert problems[1] == "Also."
    with pytest.raises(TypeError):
        judging.judge(play(score=1, lamp="CLEAR"), CHART, stumbling)


nonsense = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(),
    some.floats(),
    some.text(max_size=5),
    some.lists(some.one_of(some.none(), some.integers(), some.text(max_size=2)), max_size=3),
    some.dictionaries(some.text(max_size=2), some.integers(), max_size=2),
)
CHARTS_DATA: Mapping[str, Any] = {  # the chart data that the formulas of all games read
    "notecount": 500,
    "kaidenAverage": 700,
    "worldRecord": 900,
    "maxPercent": 101.5,
    "maxPlatScore": 900,
    "inGameID": 1,
    "stepCount": 300,
    "rankedLevel": 12,
    "npsPerMeasure": [12] * 40,
    "notesPerMeasure": [16] * 40,
}


def sensible(metric: Metric) -> some.SearchStrategy[Any]:
    return some.sampled_from(metric.values) if isinstance(metric, Ladder) else some.integers(0, 1000)


@pytest.mark.parametrize("playtype", [playtype for game in GAMES for playtype in game.playtypes])
@given(data=some.data())
def test_no_value_raises_an_exception(data: some.DataObject, playtype: Playtype) -> None:
    """Either ratings or problems are returned, for any mixture of valid and invalid values."""
    metrics = {name: data.draw(some.one_of(sensible(m), nonsense)) for name, m in playtype.provided.items()}
    chosen = data.draw(some.sets(some.sampled_from(sorted(playtype.optional)), max_size=3))
    optional = {name: data.draw(some.one_of(sensible(playtype.optional[name]), nonsense)) for name in chosen}
    counts = some.dictionaries(some.sampled_from(playtype.judgements), some.one_of(some.none(), some.integers(0, 500)))
    on = chart(12, difficulty=(playtype.difficulty_names or ("ANY",))[0], data=CHARTS_DATA)
    ratings, problems = judging.judge(Play(metrics, data.draw(counts), optional), on, playtype)
    assert (ratings is None) == bool(problems)
    if ratings is not None:
        assert ratings.keys() == playtype.score_ratings.keys()


# --- ladders and keys -------------------------------------------------------------------------------


def test_ladders_count_by_index() -> None:
    derived = play(score=9_900_000, lamp="MAXXIVE CLEAR", optional={"exScore": 3})
    judging.derive(derived, CHART, SDVX)
    assert judging.ladder_indexes(derived.metrics, SDVX) == {"lamp": 3, "grade": 9}


@pytest.mark.parametrize(
    ("optional", "keys"),
    [
        ({"exScore": 12}, [9_000_000, 1, 12]),
        ({"exScore": None}, [9_000_000, 1, None]),
        ({}, [9_000_000, 1, None]),
    ],
)
def test_a_best_is_chosen_by_the_default_metric_and_each_merge(
    optional: dict[str, Any], keys: list[float | None]
) -> None:
    assert judging.best_keys({"score": 9_000_000, "lamp": "CLEAR"}, optional, SDVX) == keys


def test_a_leaderboard_sorts_by_the_default_metric_unless_declared_otherwise() -> None:
    metrics = {"score": 9_000_000, "lamp": "CLEAR"}
    assert judging.rank_keys(metrics, {}, replace(SDVX, ranked_by=())) == [9_000_000]
    assert judging.rank_keys(metrics, {}, replace(SDVX, ranked_by=("score", "lamp"))) == [9_000_000, 1]


def test_missing_metrics_sort_last_on_a_leaderboard() -> None:
    metrics = {"score": 9_000_000, "lamp": "CLEAR"}
    ranked = [judging.rank_keys(metrics, optional, SDVX) for optional in ({"exScore": 12}, {"exScore": 0}, {})]
    assert ranked == sorted(ranked, reverse=True)
    assert ranked[-1] == [9_000_000, 1, -1]
