"""Requests of tests are not counted, except where the limits are what a test is about."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    settings.TACHI_RATE_LIMITS = False
