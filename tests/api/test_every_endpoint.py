"""Every endpoint × every caller: the status and message of each response, as in docs/permissions.md."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from imports.api.imports.poll_status import poll_status
from imports.models import APIToken, Permission
from tests import people
from tests.api import permissions_page
from tests.api.api_client import filled, send
from tests.api.callers import CALLERS, Outcome
from tests.api.endpoint import Endpoint
from tests.api.endpoints import ENDPOINTS

pytestmark = pytest.mark.django_db


def outcome_of(response: Any) -> Outcome:
    if response.headers["Content-Type"] != "application/json":
        return response.status_code, ""
    reply = json.loads(response.content if not response.streaming else b"".join(response.streaming_content))
    if "statusCode" in reply:  # the IR of USC has the status in the body
        return reply["statusCode"], reply["description"]
    assert reply["success"] is (response.status_code < 400)
    assert ("body" in reply) is (response.status_code < 400)
    return response.status_code, reply.get("description") or reply["error"]


# The callers that `--quick` tests at every endpoint; in other tables it tests four.
FIRST = ("a guest", "the owner's session")


@pytest.mark.parametrize(
    "callers",
    [
        pytest.param(FIRST, id="a guest and the owner"),
        pytest.param(set(CALLERS).difference(FIRST), id="all others", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_each_caller_gets_the_response_of_the_table(
    endpoint: Endpoint, callers: Iterable[str], names: dict[str, str]
) -> None:
    responses, expected = {}, {}
    for name in callers:
        with transaction.atomic():
            client = CALLERS[name](endpoint.permission or Permission.SUBMIT_SCORE)
            fields = {**names, "alice_tokens": str(APIToken.objects.filter(user=people.alice()).count())}
            responses[name] = outcome_of(send(client, endpoint, fields))
            status, description = endpoint.expected()[name]
            expected[name] = (status, filled(description, fields))
            transaction.set_rollback(True)
    assert responses == expected


OF_ALICE = re.compile(r"/users/(?:alice|\{alice\})(?=/|$|\?)")
OWN = [
    replace(endpoint, path=OF_ALICE.sub("/users/me", endpoint.path))
    for endpoint in ENDPOINTS
    if OF_ALICE.search(endpoint.path)
]


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize("endpoint", OWN, ids=lambda endpoint: endpoint.name)
def test_a_player_may_do_the_same_at_users_me(endpoint: Endpoint, names: dict[str, str]) -> None:
    test_each_caller_gets_the_response_of_the_table(
        endpoint, [name for name in CALLERS if name.startswith("the owner's")], names
    )


# --- the table is complete --------------------------------------------------------------------------


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    """Yields the method and route of each API view, without the alternative paths of a view."""
    for pattern in patterns:
        part = str(pattern.pattern)
        route = f"{before}{part.removeprefix('^') if before else part}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif pattern.callback is poll_status:
            yield "GET", route
        elif getattr(pattern.callback, "initkwargs", {}).get("is_other_address"):
            continue
        elif pattern.name != "unknown" and hasattr(pattern.callback, "actions"):
            yield from ((verb.upper(), route) for verb in pattern.callback.actions)


def test_every_endpoint_has_a_row_in_the_table(names: dict[str, str]) -> None:
    expected = {
        (method, route)
        for method, route in routes(get_resolver().url_patterns)
        if route.startswith(("api/v1/", "ir/")) and method != "HEAD"
    }
    rows = {(endpoint.method, resolve(filled(endpoint.name.split(" ")[1], names)).route) for endpoint in ENDPOINTS}
    assert rows == expected


def test_no_endpoint_has_two_rows_in_the_table() -> None:
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_the_permissions_page_is_up_to_date() -> None:
    """With WRITE_PAGES in the environment the page is rewritten."""
    page = permissions_page.PAGE.read_text()
    if os.environ.get("WRITE_PAGES"):
        page = permissions_page.with_tables(page)
        permissions_page.PAGE.write_text(page)
    assert page == permissions_page.with_tables(page)


def test_a_guest_gets_a_401_for_users_me() -> None:
    response = Client().get("/api/v1/users/me")
    assert outcome_of(response) == (401, "Cannot use 'me' userID with no authentication.")
