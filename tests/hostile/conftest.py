"""One installation for the tests of slow clients."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from tests.faults.process_harness import Installation, running_installation


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    """Its processes, and this one, may have as many open files as the machine allows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        with running_installation(players=8) as made:
            yield made
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
