"""The rows of a table that `--quick` runs."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tables import each_value_once, spread

PAGES = ("home", "imports", "scores", "sessions", "players")
PEOPLE = ("guest", "owner", "moderator")


def row(*lists: str, **params: Any) -> Any:
    """Returns a row as pytest makes it from one `parametrize` per list of names."""
    marks = [pytest.mark.parametrize(names, []).mark for names in lists]
    return SimpleNamespace(callspec=SimpleNamespace(params=params), iter_markers=lambda _name: marks)


def params_of(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [tuple(row.callspec.params.values()) for row in rows]


def test_a_table_of_two_lists_keeps_each_value_in_as_many_rows_as_the_longer_list() -> None:
    table = [row("page", "who", page=page, who=who) for page, who in product(PAGES, PEOPLE)]
    kept = params_of(each_value_once(table))
    assert len(kept) == len(PAGES)
    assert {page for page, _ in kept} == set(PAGES)
    assert {who for _, who in kept} == set(PEOPLE)


def test_a_table_of_one_list_is_kept_completely() -> None:
    table = [row("page, who", page=page, who=who) for page, who in product(PAGES, PEOPLE)]
    assert each_value_once(table) == table


def test_values_that_are_not_combined_with_all_others_are_kept() -> None:
    table = [row("page", "who", page=page, who="guest") for page in PAGES] + [
        row("page", "who", page="home", who="owner")
    ]
    assert ("home", "owner") in params_of(each_value_once(table))


def test_parametrized_fixtures_count_as_separate_lists() -> None:
    table = [row("page", page=page, database=kind) for page, kind in product(PAGES, ("empty", "full"))]
    assert {kind for _, kind in params_of(each_value_once(table))} == {"empty", "full"}


@pytest.mark.parametrize(
    ("count", "kept"), [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (10, list(range(10))), (99, list(range(10)))]
)
def test_kept_rows_are_spread_evenly_with_the_first_and_the_last(count: int, kept: list[int]) -> None:
    rows: Any = list(range(10))
    found: Any = spread(rows, count)
    assert found == kept
