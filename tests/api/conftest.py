"""Every response is validated against the OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from imports.api.core import waiting
from imports.models import Session
from tests import people
from tests.api import endpoint_fixtures, schema_validation
from tests.factories import run_job
from tests.sharing import shared


@pytest.fixture
def sdvx_and_iidx(settings: Settings) -> None:
    """Limits the instance to these two games."""
    settings.TACHI_GAMES = ["sdvx", "iidx"]


@pytest.fixture
def documents_of_2025(settings: Settings) -> None:
    """Paths that exist in both API versions return documents of 2025."""
    settings.TACHI_API_DOCUMENTS = "2025"


@pytest.fixture
def worked_on_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that a request waits for is processed during the wait, as a worker would."""
    monkeypatch.setattr(waiting, "_read_state", run_job)


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """Returns the values of the placeholders in paths; `endpoint_fixtures.build` runs once per module."""
    with shared(django_db_blocker):
        yield endpoint_fixtures.build()


@pytest.fixture(scope="module")
def everybody(built: dict[str, str], django_db_blocker: DjangoDbBlocker) -> dict[str, str]:
    """Returns `built` after creating all callers: to create them for each call would take a fifth of the time."""
    with django_db_blocker.unblock():
        for person in (people.alice, people.bob, people.mo, people.ada, people.eve):
            person()
    return built


@pytest.fixture
def names(everybody: dict[str, str]) -> dict[str, str]:
    """Returns the values of the placeholders in the paths and descriptions of the table of endpoints."""
    cache.clear()
    session = Session.objects.get(session_id=everybody["session"])
    return {**everybody, "session_name": session.name, "alice": str(people.alice().pk)}


@pytest.fixture(autouse=True)
def validate_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validates every response in a test against the OpenAPI description."""
    send_request = Client.request

    def request(self: Client, **environ: Any) -> Any:
        response = send_request(self, **environ)
        schema_validation.check(environ, response)
        return response

    monkeypatch.setattr(Client, "request", request)
