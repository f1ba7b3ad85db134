"""Words of addresses match in any case, parameters keep theirs: a table over all routes of the API."""

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
    """Addresses as `/api/v1/users/<user_id>/stats`."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif pattern.name != "unknown" and route.startswith(("api/v1/", "ir/")):
            yield PARAMETER.sub(r"<\1>", simplify_regex(route))


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


def test_the_table_is_whole() -> None:
    assert {"/api/v1/auth/login", "/ir/direct-manual/import", "/api/v1/games/<game>/<playtype>/charts"} < set(ROUTES)
    assert len(ROUTES) > 60


@pytest.mark.parametrize("change", [str.upper, str.title])
@pytest.mark.parametrize("route", ROUTES)
def test_every_word_of_an_address_matches_in_any_case(route: str, change: type[str]) -> None:
    words = [part if PARAMETER.fullmatch(part) else change(part) for part in route.split("/")]
    asked = PARAMETER.sub("MixedCase", "/".join(words))
    found, expected = resolve(canonical_path(asked)), resolve(PARAMETER.sub("MixedCase", route))
    assert (found.route, found.kwargs) == (expected.route, expected.kwargs)


@pytest.mark.parametrize(
    ("asked", "plain"),
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
def test_parameters_keep_their_case_and_slashes_are_forgiven(asked: str, plain: str) -> None:
    assert canonical_path(asked) == plain


@pytest.mark.django_db
def test_a_sign_in_is_known_in_any_case() -> None:
    address = "/API/V1/AUTH/LOGIN"
    credentials = {"username": "nobody", "!password": "correct horse battery"}
    answer = people.guest().post(address, credentials, content_type="application/json")
    assert summary(answer) == (404, "This user does not exist.")
