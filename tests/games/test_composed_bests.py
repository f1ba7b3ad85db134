"""Personal bests that are composed of several scores, and the rating of a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from imports.errors import FormulaError
from imports.games import judging, playtype_of
from imports.games.judging import Best, Candidate
from imports.games.spec import Chart, Merge, Play, ScoreRating, SessionRating
from tests.games.factories import chart

SDVX = playtype_of("sdvx", "Single")
CHART = chart(18)


def candidate(
    score_id: str,
    *,
    score: int = 9_000_000,
    lamp: str = "CLEAR",
    time: float | None = None,
    highlight: bool = False,
    **optional: Any,
) -> Candidate:
    metrics = {"score": score, "lamp": lamp, "grade": "A+"}
    return Candidate(
        score_id=score_id,
        metrics=metrics,
        judgements={"near": score % 10},
        optional=optional,
        highlight=highlight,
        time_achieved=time,
    )


BEST_LAMP, BEST_EX = SDVX.merges


def composed(primary: Candidate, *lenders: tuple[Merge, Candidate]) -> Best:
    return judging.compose(primary, lenders, CHART, SDVX)


def test_a_single_score_is_its_own_best() -> None:
    only = candidate("A", score=9_000_003, time=5, highlight=True, exScore=9, fast=1)
    assert composed(only, (BEST_LAMP, only), (BEST_EX, only)) == Best(
        metrics={"score": 9_000_003, "lamp": "CLEAR", "grade": "A+"},
        judgements={"near": 3},
        optional={"exScore": 9, "fast": 1},
        highlight=True,
        time_achieved=5,
        ratings={"VF6": 0.294, "VF7": 0.294},
        composed_from=(("Best Score", "A"),),
    )


def test_a_best_takes_a_better_lamp_and_is_rated_with_it() -> None:
    best = composed(
        candidate("A", score=9_900_000, lamp="FAILED", time=1, fast=4),
        (BEST_LAMP, candidate("B", score=8_000_007, lamp="ULTIMATE CHAIN", time=9, slow=7)),
        (BEST_EX, candidate("C", exScore=77, time=3)),
    )
    assert best == Best(
        metrics={"score": 9_900_000, "lamp": "ULTIMATE CHAIN", "grade": "A+"},
        judgements={"near": 0},
        optional={"fast": 4, "exScore": 77},
        highlight=False,
        time_achieved=9,
        ratings={"VF6": 0.392, "VF7": 0.396},
        composed_from=(("Best Score", "A"), ("Best Lamp", "B"), ("Best EX Score", "C")),
    )


def test_a_score_used_by_two_merges_is_named_once() -> None:
    both = candidate("B", lamp="ULTIMATE CHAIN", exScore=5)
    best = composed(candidate("A"), (BEST_LAMP, both), (BEST_EX, both))
    assert best.composed_from == (("Best Score", "A"), ("Best Lamp", "B"))
    assert best.optional == {"exScore": 5}


def test_an_optional_metric_that_the_merged_score_lacks_is_removed() -> None:
    lamp = replace(BEST_LAMP, takes_optional=("gauge", "fast"))
    best = composed(candidate("A", gauge=50, slow=2), (lamp, candidate("B", fast=None)))
    assert best.optional == {"slow": 2, "fast": None}


@pytest.mark.parametrize(
    ("first", "second", "time"),
    [(5, 9, 9), (9, 5, 9), (None, 9, None), (9, None, 9), (None, None, None)],
)
def test_a_best_has_the_time_of_its_latest_score_if_its_primary_score_has_one(
    first: float | None, second: float | None, time: float | None
) -> None:
    assert composed(candidate("A", time=first), (BEST_LAMP, candidate("B", time=second))).time_achieved == time


def test_a_best_is_highlighted_if_any_of_its_scores_is() -> None:
    assert composed(candidate("A"), (BEST_LAMP, candidate("B", highlight=True))).highlight


def test_composing_does_not_change_the_scores() -> None:
    primary = candidate("A", gauge=1)
    composed(primary, (replace(BEST_LAMP, takes_optional=("gauge",)), candidate("B", lamp="FAILED")))
    assert (primary.metrics["lamp"], primary.optional) == ("CLEAR", {"gauge": 1})


def test_a_best_whose_formula_fails_has_no_rating() -> None:
    def fail(_play: Play, _chart: Chart) -> Any:
        raise FormulaError("gone")

    broken = replace(SDVX, score_ratings=dict.fromkeys(SDVX.score_ratings, ScoreRating(fail)))
    assert judging.compose(candidate("A"), (), CHART, broken).ratings == {"VF6": None, "VF7": None}


# --- sessions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([4, 2], None),
        ([4, 2, None, None], None),
        ([4, 2, 0], 20),
        ([1, 9, 4, 2, None], 50),
    ],
)
def test_a_session_rating_is_a_factor_times_the_mean_of_the_best(
    values: Sequence[float | None], expected: float | None
) -> None:
    playtype = replace(SDVX, session_ratings={"ProfileVF7": SessionRating("VF7", best=3, factor=10)})
    assert judging.session_ratings({"VF7": values}, playtype) == {"ProfileVF7": expected}
