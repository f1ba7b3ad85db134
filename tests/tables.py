"""Leaves most rows of long tables to CI and to `script/test`, so that `--quick` stays quick: they are marked `slow`.

* A test with several `parametrize` keeps only enough rows to have every value of every list at least once.
* `@pytest.mark.quick_rows(3)` keeps three rows of a table, spread evenly, including the first and the last.
"""

from __future__ import annotations

from itertools import groupby

import pytest

from tests.durations import SLOW_MARKS


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks rows before `-m` evaluates the marks."""
    parametrized = (item for item in items if isinstance(item, pytest.Function) and hasattr(item, "callspec"))
    for _, table in groupby(parametrized, key=lambda item: (item.parent, item.originalname)):
        rows = [row for row in table if not any(row.get_closest_marker(mark) for mark in SLOW_MARKS)]
        mark = rows[0].get_closest_marker("quick_rows") if rows else None
        kept = spread(rows, *mark.args) if mark else each_value_once(rows)
        for row in set(rows).difference(kept):
            row.add_marker("slow")


def spread(rows: list[pytest.Function], count: int) -> list[pytest.Function]:
    if count >= len(rows):
        return rows
    return [rows[round(place * (len(rows) - 1) / max(1, count - 1))] for place in range(count)]


def each_value_once(rows: list[pytest.Function]) -> list[pytest.Function]:
    """Returns the row with all first values, the one with all second values, and so on; shorter lists start again."""
    values = [values_by_list(row) for row in rows]
    lists = [list(dict.fromkeys(column)) for column in zip(*values, strict=True)]
    longest = max(lists, key=len, default=[])
    together = {tuple(each[place % len(each)] for each in lists) for place in range(len(longest))}
    kept = [row for row, row_values in zip(rows, values, strict=True) if row_values in together]
    seen = {value for row in kept for value in enumerate(values_by_list(row))}
    for row, row_values in zip(rows, values, strict=True):  # if not all combinations of the lists exist
        if not seen.issuperset(enumerate(row_values)):
            kept.append(row)
            seen.update(enumerate(row_values))
    return kept


def values_by_list(row: pytest.Function) -> tuple[tuple[int, ...], ...]:
    """Returns the identities of a row's values, grouped by `parametrize`, and those of each fixture."""
    values = {name: id(value) for name, value in row.callspec.params.items()}
    lists = [mark.args[0] for mark in row.iter_markers("parametrize")]
    names = [each.replace(" ", "").split(",") if isinstance(each, str) else each for each in lists]
    return (*(tuple(values.pop(name) for name in each) for each in names), *((value,) for value in values.values()))
