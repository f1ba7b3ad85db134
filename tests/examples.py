"""The number of Hypothesis examples: few locally, many in CI."""

from __future__ import annotations

import os

from hypothesis import settings


def examples(few: int, *, ci: int) -> int:
    """`few`, or what CI tries; TACHI_TEST_EXAMPLES asks for any other number."""
    return int(os.environ.get("TACHI_TEST_EXAMPLES", ci if os.environ.get("CI") else few))


def load_profile() -> None:
    """For tests that name no number: in CI as many examples as Hypothesis tries by itself."""
    settings.register_profile("tachi", settings.default, max_examples=examples(15, ci=100))
    settings.load_profile("tachi")
