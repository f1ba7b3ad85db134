"""Literal parts of URL paths match in any case and parameters keep their case, for all routes of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from imports.api.core.middleware import canonical_path
from tests import people
from tests.api.envelopes import summary

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Yields paths as `/api/v1/users/<user_id>/stats`."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif pattern.name != "unknown" and route.startswith(("api/v1/", "ir/")):
            yield PARAMETER.sub(r"<\1>", simplify_regex(route))


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


def test_the_list_of_routes_is_complete() -> None:
    assert {"/api/v1/auth/login", "/ir/direct-manual/import", "/api/v1/games/<game>/<playtype>/charts"} < set(ROUTES)
    assert len(ROUTES) > 60


@pytest.mark.parametrize("change", [str.upper, str.title])
@pytest.mark.parametrize("route", ROUTES)
def test_every_literal_path_part_matches_in_any_case(route: str, change: type[str]) -> None:
    words = [part if PARAMETER.fullmatch(part) else change(part) for part in route.split("/")]
    requested = PARAMETER.sub("MixedCase", "/".join(words))
    match, expected = resolve(canonical_path(requested)), resolve(PARAMETER.sub("MixedCase", route))
    assert (match.route, match.kwargs) == (expected.route, expected.kwargs)


@pytest.mark.parametrize(
    ("requested", "canonical"),
    [
        ("//API//v1/Games/SDVX/Single/Charts/", "/api/v1/games/SDVX/Single/charts"),
        ("/api/v1/users/Single/games/bms/7K", "/api/v1/users/Single/games/bms/7K"),
        ("/api/v1/users/LOGIN/games/BMS/7k/pbs/ALL", "/api/v1/users/LOGIN/games/BMS/7k/pbs/all"),
        ("/api/v1/USERS/x/games/BMS/7K/Best-Score/ABC", "/api/v1/users/x/games/bms/7K/best-score/ABC"),
        ("/API/V1/Nothing/Here", "/api/v1/Nothing/Here"),
        ("/Api/V1/", "/api/v1"),
        ("/IR/", "/ir"),
    ],
)
def test_a_canonical_path_keeps_the_case_of_parameters_and_drops_extra_slashes(requested: str, canonical: str) -> None:
    assert canonical_path(requested) == canonical


@pytest.mark.django_db
def test_the_sign_in_endpoint_matches_in_any_case() -> None:
    address = "/API/V1/AUTH/LOGIN"
    credentials = {"username": "nobody", "!password": "correct horse battery"}
    response = people.guest().post(address, credentials, content_type="application/json")
    assert summary(response) == (404, "This user does not exist.")
