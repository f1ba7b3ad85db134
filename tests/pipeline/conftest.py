"""The small catalogue that most tests of the pipeline use."""

from __future__ import annotations

import pytest

from imports.models import User
from tests.pipeline.factories import catalogue, player


@pytest.fixture
def catalogued(db: None) -> None:
    """Creates the songs and charts of `factories.catalogue`."""
    catalogue()


@pytest.fixture
def user(db: None) -> User:
    return player()
