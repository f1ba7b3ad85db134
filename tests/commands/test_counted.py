"""Counts in the output of commands."""

from __future__ import annotations

import pytest

from imports.management.counted import counted


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 players"), (1, "1 player"), (2, "2 players"), (1_200, "1,200 players")]
)
def test_a_count_is_written_with_its_noun_in_the_singular_or_plural(count: int, text: str) -> None:
    assert counted(count, "player") == text
