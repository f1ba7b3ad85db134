"""The arithmetic that games share."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imports.errors import FormulaError
from imports.games import be_music, formulas
from tests.games.factories import bests_of, chart, play

FLOORS = {"low": 0.0, "middle": 50.0, "high": 99.5}


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0.4, 0), (0.5, 1), (1.5, 2), (2.5, 3), (-0.5, 0), (-1.5, -1), (-1.6, -2), (0.49999999999999994, 0), (7, 7)],
)
def test_halves_are_rounded_up(value: float, rounded: int) -> None:
    assert formulas.js_round(value) == rounded


@pytest.mark.parametrize(
    ("value", "name"), [(0, "low"), (49.999, "low"), (50, "middle"), (99.4, "middle"), (99.5, "high"), (1e9, "high")]
)
def test_a_grade_is_the_highest_one_whose_floor_is_reached(value: float, name: str) -> None:
    assert formulas.from_floor("percent", FLOORS)(play(percent=value), chart()) == name
    assert formulas.class_from_floors("rating", FLOORS)({"rating": value}) == name


@pytest.mark.parametrize("value", [-1, -0.0000001, math.nan])
def test_a_value_below_the_lowest_floor_has_no_grade(value: float) -> None:
    with pytest.raises(FormulaError, match="No grade goes with"):
        formulas.from_floor("percent", FLOORS)(play(percent=value), chart())


def test_a_floor_of_minus_infinity_accepts_every_value() -> None:
    assert formulas.grade_on({"F": -math.inf, "D": 0})(-1e300) == "F"


def test_ratings_below_all_floors_get_the_lowest_class_and_no_rating_gets_none() -> None:
    derive = formulas.class_from_floors("rating", FLOORS)
    assert (derive({"rating": -5}), derive({"rating": None}), derive({})) == ("low", None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], None), ([None], None), ([1.5], 1.5), ([1, 4, 2, 3], 9), ([0, None], 0)],
)
def test_a_sum_counts_the_best_three_values(values: list[float | None], expected: float | None) -> None:
    assert formulas.sum_of_best(3, "VF6")(bests_of("VF6", values)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], None), ([6], 2), ([1, 4, 2, 3], 3), ([0], 0)],
)
def test_the_average_divides_by_its_count_even_with_fewer(values: list[float | None], expected: float | None) -> None:
    assert formulas.average_of_best(3, "rate")(bests_of("rate", values)) == expected


@pytest.mark.parametrize(("values", "expected"), [([6, 6], None), ([6, 6, 6], 6), ([1, 9, 9, 9], 9)])
def test_an_average_may_require_its_full_count(values: list[float | None], expected: float | None) -> None:
    average = formulas.average_of_best(3, "BPI", null_if_not_enough=True)
    assert average(bests_of("BPI", values)) == expected


def test_the_average_with_a_multiplier_is_cut_to_its_unit() -> None:
    average = formulas.average_of_best(3, "rating", multiplier=100)
    assert average(bests_of("rating", [1.005, 1.015, 1.02])) == 1.01  # 100.49… + 101.49… + 102 -> 100 + 101 + 102


def test_the_highest_rating_is_the_largest_value() -> None:
    assert formulas.highest("block")(bests_of("block", [3, 14, None])) == 14
    assert formulas.highest("block")(bests_of("block", [None])) is None


def test_unknown_judgements_count_as_no_hits() -> None:
    counted = play(judgements={"near": 3, "miss": None})
    assert formulas.hits(counted, "near", "miss", "critical") == 3
    assert formulas.known_hits(counted, "near") == (3,)
    assert formulas.known_hits(counted, "near", "miss") is None


@pytest.mark.parametrize(
    ("lamp", "figures", "expected"),
    [
        ("FULL COMBO", {"sglEC": 12.5, "sglHC": 14.25}, 14.25),
        ("EX HARD CLEAR", {"sglEC": 12.5, "sglHC": 14.25}, 14.25),
        ("HARD CLEAR", {"sglEC": 12.5, "sglHC": 11}, 12.5),  # a hard clear is never worth less
        ("CLEAR", {"sglEC": 12.5, "sglHC": 14.25}, 12.5),
        ("EASY CLEAR", {"sglEC": 12.5, "sglHC": None}, 12.5),
        ("ASSIST CLEAR", {"sglEC": 12.5, "sglHC": 14.25}, 0),
        ("FAILED", {"sglEC": 12.5}, 0),
        ("HARD CLEAR", {"sglEC": None}, 0),
        ("CLEAR", {}, 0),
    ],
)
def test_sieglinde_is_the_difficulty_of_the_clear(lamp: str, figures: dict[str, Any], expected: float) -> None:
    assert be_music.sieglinde(play(lamp=lamp), chart(data=figures)) == expected


@given(some.lists(some.floats(0, 1000), min_size=1), some.integers(1, 50))
def test_a_sum_of_fewer_values_is_never_larger(values: list[float], count: int) -> None:
    fewer = formulas.sum_of_best(count, "x")(bests_of("x", values))
    more = formulas.sum_of_best(count + 1, "x")(bests_of("x", values))
    assert fewer is not None
    assert more is not None
    assert fewer <= more
