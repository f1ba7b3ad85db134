"""Selects the tests that CI repeats once if they fail (`--reruns 1` in script/test): those without rare errors to find.

Of eighteen thousand tests on a busy machine, one sometimes fails because of its timing. It is repeated at once; if it
passes then, the run passes and lists it as RERUN with its failure. Tests that try many inputs, interleavings or kills
find rare errors, so a single failure counts.
"""

from __future__ import annotations

import pytest

from tests.durations import is_hypothesis_test


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_hypothesis_test(item) or item.get_closest_marker("faults") or "tests/races/" in item.nodeid:
            item.add_marker(pytest.mark.flaky(reruns=0))
