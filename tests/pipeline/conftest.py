"""The small world that most tests of the pipeline begin with."""

from __future__ import annotations

import pytest

from imports.models import User
from tests.pipeline.world import catalogue, player


@pytest.fixture
def catalogued(db: None) -> None:
    """The songs and charts of `world` are there."""
    catalogue()


@pytest.fixture
def user(db: None) -> User:
    return player()
