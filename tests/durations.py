"""Fails tests that take more than two seconds and are not marked `slow`, so that `script/test --quick` stays quick.

Only the call counts, not the fixtures, which the next test may share. Enforced if CI is set, or with --strict-slow.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

MAX_SECONDS = 2.0  # on an idle machine
COVERAGE_FACTOR = 4.0  # coverage and a second worker on the same disk slow tests down by up to this factor
SLOW_MARKS = ("slow", "browser", "faults")  # left out by --quick


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "fail tests of more than two seconds that are not marked slow (the default if CI is set)"
    parser.addoption("--strict-slow", action="store_true", default=bool(os.environ.get("CI")), help=text)


def limit_seconds() -> float:
    """Returns the maximum seconds of a test without a mark, under the current load of the machine."""
    load_per_core = os.getloadavg()[0] / (os.cpu_count() or 1)
    return MAX_SECONDS * COVERAGE_FACTOR * max(1.0, load_per_core)


def is_hypothesis_test(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def may_be_slow(item: pytest.Item) -> bool:
    """Returns whether a test is marked. Hypothesis tests count as marked, as their time depends on the examples."""
    return is_hypothesis_test(item) or any(item.get_closest_marker(mark) for mark in SLOW_MARKS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_checked = call.when == "call" and report.passed and item.config.getoption("strict_slow")
    if is_checked and call.duration > limit_seconds() and not may_be_slow(item):
        report.outcome = "failed"
        report.longrepr = (
            f"It took {call.duration:.1f} s and is not marked slow; {limit_seconds():.1f} s are limit_seconds here."
        )
    return report
