"""EX score, its percent and grades, shared by beatmania IIDX, BMS and PMS.

A perfect great is worth two points and a great one, so that a chart's maximum is twice its number of notes.
"""

from __future__ import annotations

from typing import Any

from imports.errors import FormulaError
from imports.games.formulas import grade_on, known_hits
from imports.games.javascript import text
from imports.games.spec import Chart, Decimal, Derived, Integer, Ladder, Play, Shown, between

LAMP = Ladder(
    values=(
        "NO PLAY",
        "FAILED",
        "ASSIST CLEAR",
        "EASY CLEAR",
        "CLEAR",
        "HARD CLEAR",
        "EX HARD CLEAR",
        "FULL COMBO",
    ),
    minimum_relevant="EASY CLEAR",
)

GRADE_FLOORS = {  # ninths of the maximum; multiplied before the division, which affects the last bit
    "F": 0,
    "E": 100 * 2 / 9,
    "D": 100 * 3 / 9,
    "C": 100 * 4 / 9,
    "B": 100 * 5 / 9,
    "A": 100 * 6 / 9,
    "AA": 100 * 7 / 9,
    "AAA": 100 * 8 / 9,
    "MAX-": 100 * 17 / 18,
    "MAX": 100,
}

_grade = grade_on(GRADE_FLOORS)


def maximum(chart: Chart) -> int:
    """Returns the maximum EX score of a chart."""
    return 2 * int(chart.data["notecount"])


def percent(play: Play, chart: Chart) -> float:
    """Returns the percentage of the maximum, unrounded. Raises FormulaError for a chart without notes."""
    best = maximum(chart)
    if best == 0:
        raise FormulaError("This chart has no notes, so no score has a percent.")
    return float(100 * play.metrics["score"] / best)


def grade(play: Play, chart: Chart) -> str:
    """Returns the grade of the percent, independent of which of the two is derived first."""
    return _grade(percent(play, chart))


def fits_the_chart(score: Any, chart: Chart) -> str | None:
    if score < 0:
        return "EX Score cannot be negative."
    if score > maximum(chart):
        return f"EX Score cannot be greater than {maximum(chart)} for this chart."
    return None


SCORE = Integer(chart_rule=fits_the_chart, shown=Shown.RAW)
PERCENT = Derived(Decimal(rule=between(0, 100)), percent)
GRADE = Derived(Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A"), grade)


def judgements_add_up(play: Play, _chart: Chart) -> str | None:
    """Two points per perfect great plus one per great must equal the score, if both counts are known."""
    counts = known_hits(play, "pgreat", "great")
    score = play.metrics["score"]
    if counts is None or 2 * counts[0] + counts[1] == score:
        return None
    return (
        f"Expected PGreat*2 + Great to equal EX score. Got {counts[0]}*2 + {counts[1]} "
        f"but that wasn't equal to the EX score of {text(score)}."
    )
