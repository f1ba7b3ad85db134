"""The shown values of a row with a problem: first the values that the message mentions, then those that identify it."""

from __future__ import annotations

from typing import Any

import pytest

from imports.pages.imports.problems.problem_rows import relevant_values

ROW = {
    "matchType": "songTitle",
    "identifier": "Tactile Snowfal",
    "difficulty": "MXM",
    "score": 9_876_543,
    "lamp": "ULTIMATE CHAIN",
    "judgements": {"near": 12, "miss": 2},
}


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (
            "Cannot find chart songTitle:Tactile Snowfal.",
            [
                ("matchType", '"songTitle"', True),
                ("identifier", '"Tactile Snowfal"', True),
                ("difficulty", '"MXM"', False),
            ],
        ),
        (
            "Invalid Difficulty for SOUND VOLTEX - Expected any of NOV (Got MXM)",
            [("difficulty", '"MXM"', True), ("identifier", '"Tactile Snowfal"', False)],
        ),
        (
            "Got 1 error when validating score:\nCannot have an ULTIMATE CHAIN with non-zero miss count.",
            [
                ("lamp", '"ULTIMATE CHAIN"', True),
                ("judgements.miss", "2", True),
                ("identifier", '"Tactile Snowfal"', False),
                ("difficulty", '"MXM"', False),
            ],
        ),
        (
            "Invalid score, received 9876543.",
            [("score", "9876543", True), ("identifier", '"Tactile Snowfal"', False), ("difficulty", '"MXM"', False)],
        ),
        ("Something else.", [("identifier", '"Tactile Snowfal"', False), ("difficulty", '"MXM"', False)]),
    ],
)
def test_values_that_the_message_mentions_come_first(message: str, values: list[tuple[str, str, bool]]) -> None:
    assert relevant_values(ROW, message) == values


@pytest.mark.parametrize("datapoint", [None, [], [1, 2], "text", 3, {}, {"scores": [1, 2]}])
def test_rows_of_any_shape_are_accepted(datapoint: Any) -> None:
    assert relevant_values(datapoint, "Something else.") == []


def test_long_values_are_cut() -> None:
    ((key, text, offends),) = relevant_values({"identifier": "x" * 5_000}, "")
    assert (key, len(text), text[-1], offends) == ("identifier", 80, "…", False)
