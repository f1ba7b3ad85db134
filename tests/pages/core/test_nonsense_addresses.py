"""Addresses with a null character, which PostgreSQL refuses in a query: they are a 404, not a server error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from imports.pages.urls import urlpatterns
from tests import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
TEXT = re.compile(r"<\w+:\w+>")


def routes(patterns: Sequence[Any], prefix: str = "") -> Iterator[str]:
    for each in patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and TEXT.search(route):
            yield route


@pytest.mark.quick_rows(10)
@pytest.mark.parametrize("route", sorted(set(routes(urlpatterns))))
def test_a_null_character_in_an_address_is_not_found(route: str) -> None:
    response = people.session_of(people.alice()).get(f"/{TEXT.sub('%00', route)}")
    assert response.status_code in (400, 404), response.content[:200]


def test_a_null_character_in_the_name_of_a_client_is_not_found() -> None:
    assert people.session_of(people.alice()).get("/oauth/request-auth?clientID=%00").status_code == 404
