"""The number of Hypothesis examples: few locally, many in CI, where long tests are split for pytest-xdist."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

PART_SIZE = 25


def examples(few: int, *, ci: int) -> int:
    """Returns `few`, or `ci` in CI; TACHI_TEST_EXAMPLES overrides both."""
    return int(os.environ.get("TACHI_TEST_EXAMPLES", ci if os.environ.get("CI") else few))


def in_parts(total: int, *, size: int = PART_SIZE) -> pytest.MarkDecorator:
    """Splits a test that takes minutes into several for several workers. The test has a parameter `part`.

    Hypothesis seeds each part by its name, so that each tries other examples and shrinks those that fail.
    """
    return pytest.mark.parametrize("part", range(-(-total // size)))


def part_examples(total: int, *, size: int = PART_SIZE) -> int:
    """Returns the examples of each part: one more if there are several, as each begins with the simplest example."""
    return total if total <= size else size + 1


def load_profile() -> None:
    """Sets the examples of tests without a number: Hypothesis's default in CI. There is no deadline."""
    settings.register_profile(
        "tachi",
        settings.default,
        max_examples=examples(15, ci=100),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("tachi")
