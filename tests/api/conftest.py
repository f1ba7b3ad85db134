"""Requests of tests are not counted, except where the limits are what a test is about; answers are as described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from imports import jobs
from tests.api import described


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> None:
    settings.TACHI_RATE_LIMITS = False


@pytest.fixture
def sdvx_and_iidx(settings: Settings) -> Iterator[None]:
    """An instance that takes these two games alone."""
    settings.TACHI_GAMES = ["sdvx", "iidx"]
    jobs.offered_games.cache_clear()
    yield
    jobs.offered_games.cache_clear()


@pytest.fixture(autouse=True)
def answers_are_as_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer that a test gets is held against the OpenAPI description."""
    ask = Client.request

    def request(self: Client, **environ: Any) -> Any:
        response = ask(self, **environ)
        described.check(environ, response)
        return response

    monkeypatch.setattr(Client, "request", request)
