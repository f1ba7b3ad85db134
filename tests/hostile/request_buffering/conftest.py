"""Threads as the web server has them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Used so that the test's own connection to the database is left alone."""
    with ThreadPoolExecutor(8) as pool:
        yield pool
