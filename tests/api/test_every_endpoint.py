"""Every endpoint × everybody who may knock: the status and words of each answer, as docs/permissions.md has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from imports.api.polling import poll_status
from imports.models import APIToken, Permission, Session
from tests import people
from tests.api import permissions_page, scene
from tests.api.callers import CALLERS, Told
from tests.api.endpoints import ENDPOINTS, Endpoint
from tests.api.sending import filled, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def names() -> dict[str, str]:
    """What stands for the names in the addresses and descriptions of the table."""
    cache.clear()
    found = scene.build()
    session = Session.objects.get(session_id=found["session"])
    return {**found, "session_name": session.name, "alice": str(people.alice().pk)}


def told(response: Any) -> Told:
    if response.headers["Content-Type"] != "application/json":
        return response.status_code, ""
    answer = json.loads(response.content if not response.streaming else b"".join(response.streaming_content))
    assert answer["success"] is (response.status_code < 400)
    assert ("body" in answer) is (response.status_code < 400)
    return response.status_code, answer["description"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_everybody_is_told_what_the_table_says(endpoint: Endpoint, names: dict[str, str]) -> None:
    answers, expected = {}, {}
    for name, caller in CALLERS.items():
        with transaction.atomic():
            client = caller(endpoint.asks or Permission.SUBMIT_SCORE)
            facts = {**names, "alice_tokens": str(APIToken.objects.filter(user=people.alice()).count())}
            answers[name] = told(send(client, endpoint, facts))
            status, description = endpoint.expected()[name]
            expected[name] = (status, filled(description, facts))
            transaction.set_rollback(True)
    assert answers == expected


# --- the table is whole -----------------------------------------------------------------------------


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    """Method and route of everything that the API answers to by a view of its own."""
    for pattern in patterns:
        part = str(pattern.pattern)
        route = f"{before}{part.removeprefix('^') if before else part}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif pattern.callback is poll_status:
            yield "GET", route
        elif pattern.name != "unknown" and hasattr(pattern.callback, "actions"):
            yield from ((verb.upper(), route) for verb in pattern.callback.actions)


def test_every_endpoint_has_a_row(names: dict[str, str]) -> None:
    there = {
        (method, route)
        for method, route in routes(get_resolver().url_patterns)
        if route.startswith(("api/v1/", "ir/")) and method != "HEAD"
    }
    rows = {(endpoint.method, resolve(filled(endpoint.name.split(" ")[1], names)).route) for endpoint in ENDPOINTS}
    assert rows == there


def test_no_endpoint_has_two_rows() -> None:
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_the_page_of_permissions_shows_the_table() -> None:
    """With WRITE_PAGES in the environment it is made to."""
    page = permissions_page.PAGE.read_text()
    if os.environ.get("WRITE_PAGES"):
        page = permissions_page.with_tables(page)
        permissions_page.PAGE.write_text(page)
    assert page == permissions_page.with_tables(page)


def test_a_guest_has_no_page_of_their_own() -> None:
    response = Client().get("/api/v1/users/me")
    assert told(response) == (401, "Cannot use 'me' userID with no authentication.")
