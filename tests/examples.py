"""The number of Hypothesis examples: few locally, many in CI, where long tests are split for pytest-xdist."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

PART_SIZE = 25


def examples(few: int, *, ci: int) -> int:
    """`few`, or what CI tries; TACHI_TEST_EXAMPLES asks for any other number."""
    return int(os.environ.get("TACHI_TEST_EXAMPLES", ci if os.environ.get("CI") else few))


def in_parts(total: int, *, size: int = PART_SIZE) -> pytest.MarkDecorator:
    """Makes several tests of one that takes minutes, so that workers share them: the test takes `part`.

    Hypothesis seeds each part by its own name, so that each tries other examples and shrinks those that fail.
    """
    return pytest.mark.parametrize("part", range(-(-total // size)))


def part_examples(total: int, *, size: int = PART_SIZE) -> int:
    """The examples of each part. One more where there are several, which all begin with the simplest example."""
    return total if total <= size else size + 1


def load_profile() -> None:
    """For tests that name no number: in CI what Hypothesis tries by itself. A busy machine fails none of them."""
    settings.register_profile(
        "tachi",
        settings.default,
        max_examples=examples(15, ci=100),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("tachi")
