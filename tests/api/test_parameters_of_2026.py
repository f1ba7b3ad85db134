"""Invalid parameters at the paths of 2026: the messages of zod, for every problem of a request (spec: api-v3 §2.0)."""

from __future__ import annotations

from typing import Any

import pytest

from imports.models import Chart, Permission
from tests import people
from tests.api.envelopes import summary
from tests.factories import NOON, charts, create_import, score_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

GAME, PLAYER = "/api/v1/games/sdvx", "/api/v1/users/alice/games/sdvx"
NO_TEXT = "Invalid input: expected string, received"
NO_NUMBER = "limit Invalid input: expected number, received NaN"
NO_INTEGER = "limit Invalid input: expected int, received number"


@pytest.fixture(autouse=True)
def played() -> str:
    """Creates Alice's only score and returns the ID of its chart."""
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, timeAchieved=NOON))
    return Chart.objects.get(pk=chart.pk).v3_id  # the database derives it


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (f"{GAME}/players", f"search {NO_TEXT} undefined"),
        (f"{GAME}/players?search=a&search=b", f"search {NO_TEXT} array"),
        (
            f"{PLAYER}/history?duration=ever",
            'duration Invalid option: expected one of "week"|"month"|"3mo"|"year"|"all"',
        ),
        (f"{GAME}/leaderboard?limit=501", "limit Too big: expected number to be <=500"),
        (f"{GAME}/leaderboard?limit=0", "limit Too small: expected number to be >=1"),
        (f"{GAME}/leaderboard?limit=-5", "limit Too small: expected number to be >=1"),
        (f"{GAME}/leaderboard?limit=", "limit Too small: expected number to be >=1"),
        (f"{GAME}/leaderboard?limit=ten", NO_NUMBER),
        (f"{GAME}/leaderboard?limit=1&limit=2", NO_NUMBER),
        (f"{GAME}/leaderboard?limit=1.5", NO_INTEGER),
        (f"{GAME}/pb-leaderboard?limit=51", "limit Too big: expected number to be <=50"),
        (f"{GAME}/pb-leaderboard?limit=ten", NO_NUMBER),
        (f"{GAME}/charts/{{chart}}/pbs?startRanking=0", "startRanking Too small: expected number to be >=1"),
    ],
)
def test_an_invalid_query_is_refused_with_the_message_of_zod(path: str, problem: str, played: str) -> None:
    response = people.guest().get(path.format(chart=played))
    assert summary(response) == (400, f"Invalid request: {problem}")


@pytest.mark.parametrize("limit", ["1", "0x1", "1e0", " 1 "])
def test_numbers_of_a_query_are_read_as_in_javascript(limit: str) -> None:
    response = people.guest().get(f"{GAME}/leaderboard", {"limit": limit})
    assert summary(response) == (200, "Returned 1 user's game stats.")


@pytest.mark.parametrize("path", [f"{GAME}/charts/resolve", f"{PLAYER}/pbs/resolve"])
@pytest.mark.parametrize(
    ("members", "problems"),
    [
        ({"matchType": "songTitle"}, f"identifier {NO_TEXT} undefined"),
        ({}, f"identifier {NO_TEXT} undefined, matchType {NO_TEXT} undefined"),
        (
            {"matchType": ["a"], "identifier": 1, "difficulty": None, "artist": {}, "version": True},
            ", ".join(
                f"{name} {NO_TEXT} {kind}"
                for name, kind in (
                    ("identifier", "number"),
                    ("matchType", "array"),
                    ("difficulty", "null"),
                    ("artist", "object"),
                    ("version", "boolean"),
                )
            ),
        ),
    ],
)
def test_every_problem_of_a_body_is_named(path: str, members: dict[str, Any], problems: str) -> None:
    response = people.guest().post(path, members, content_type="application/json")
    assert summary(response) == (400, f"Invalid request: {problems}")


def test_every_problem_of_a_class_import_is_named() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/api/v1/import/class", {}, content_type="application/json")
    expected = f"game {NO_TEXT} undefined, classes Invalid input: expected object, received undefined"
    assert summary(response) == (400, f"Invalid request: {expected}")


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/{start}/{rest}"
        for start in ("games/iidx-sp", "games/sdvx", "users/alice/games/iidx-sp", "users/alice/games/sdvx")
        for rest in ("folders", "tables", "custom-tables")
    ]
    + [f"{PLAYER}/{rest}" for rest in ("showcase", "targets", "eamusement-csv")]
    + [f"/api/v1/{start}/nonsense" for start in ("games/iidx-sp", "users/alice/games/iidx-sp")],
)
def test_an_address_of_2026_that_does_not_exist_is_a_404(path: str, method: str) -> None:
    assert summary(getattr(people.guest(), method)(path)) == (404, "Endpoint Not Found.")
