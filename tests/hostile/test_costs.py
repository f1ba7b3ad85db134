"""Readers of untrusted text are linear, so that they finish with long texts.

How their cost grows is measured by `script/bench` (script/bench_parts/costs.py). These tests read the same texts once;
a reader whose cost grew with the square of the length would take longer than an unmarked test may.
"""

from __future__ import annotations

import json

import pytest

from imports.takeout.csv_cells import escape_formula
from script.bench_parts.untrusted_texts import TABLE, Work

LENGTH = 200_000  # characters; at ten nanoseconds per step, nested loops would take six minutes


@pytest.mark.quick_rows(60)
@pytest.mark.parametrize(
    ("work", "unit"),
    [pytest.param(work, unit, id=f"{name} {unit!r}") for name, work, units in TABLE for unit in units],
)
def test_a_long_text_is_read_to_its_end(work: Work, unit: str) -> None:
    work(unit * (LENGTH // len(unit)))


def test_messages_with_thousands_of_tabs_are_escaped_quickly() -> None:
    """Escaping 60 rows of 4,900 tabs once took half a minute."""
    messages = [f"Cannot find song with title {unit * 4_900}." for unit in ("\t", "a")]
    for message in messages * 60:
        assert json.dumps(escape_formula(message)) == json.dumps(message)
