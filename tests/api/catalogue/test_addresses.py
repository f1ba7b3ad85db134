"""Paths under /api/v1/games and /api/v1/search: the order of checks, and permissions."""

from __future__ import annotations

import pytest

from imports.games import GAMES
from tests import people
from tests.api.callers import BAD_TOKEN, BANNED
from tests.api.envelopes import summary

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

SDVX = "/api/v1/games/sdvx/Single"
SUPPORTED = ", ".join(game.slug for game in GAMES)

# --- games --------------------------------------------------------------------------------------------

UNDER_A_PLAYTYPE = (
    "",
    "/leaderboard?limit=x",
    "/leaderboard?limit=501",
    "/pb-leaderboard?limit=51",
    "/players",
    "/activity?sessions=1",
    "/songs/x",
    "/charts?requesterHasPlayed=",
    "/charts/resolve",
    "/charts/none",
    "/charts/none/playcount",
    "/charts/none/pbs",
    "/charts/none/pbs/search",
)


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("rest", UNDER_A_PLAYTYPE)
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("none/None", f"Invalid/unsupported game none - Expected any of {SUPPORTED}"),
        ("SDVX/Single", f"Invalid/unsupported game SDVX - Expected any of {SUPPORTED}"),
        ("%00/Single", f"Invalid/unsupported game \0 - Expected any of {SUPPORTED}"),
        ("sdvx/single", "The playtype single is not supported."),
        ("sdvx/SP", "The playtype SP is not supported."),
    ],
)
def test_game_and_playtype_are_checked_before_anything_else(address: str, expected: str, rest: str) -> None:
    assert summary(people.guest().get(f"/api/v1/games/{address}{rest}")) == (400, expected)


ALL_PATHS = (
    "/api/v1/games",
    "/api/v1/games/sdvx",
    *(f"{SDVX}{rest.partition('?')[0]}" for rest in UNDER_A_PLAYTYPE),
    "/api/v1/games/bms/7K/sieglinde-charts",
    "/api/v1/activity",
    "/api/v1/search",
    "/api/v1/search/chart-hash",
    "/api/v1/config/max-rivals",
)


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("address", ALL_PATHS)
def test_a_bad_token_and_a_banned_player_are_refused_on_public_paths(address: str) -> None:
    assert summary(people.with_authorization("Bearer nobody's").get(address)) == BAD_TOKEN
    assert summary(people.bearer(people.eve()).get(address)) == BANNED
    assert summary(people.session_of(people.eve()).get(address)) == BANNED


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("address", ALL_PATHS)
def test_the_catalogue_may_be_read_by_other_origins_and_is_not_cached(address: str) -> None:
    preflight = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    for response in (people.guest().get(address), people.guest().options(address, headers=preflight)):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Request-ID"]
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ALL_PATHS)
def test_the_catalogue_is_read_only(address: str, method: str) -> None:
    if (method, address.rpartition("/")[2]) == ("post", "resolve"):
        pytest.skip("resolves a chart by POST and changes nothing")
    assert summary(getattr(people.guest(), method)(address)) == (404, "Endpoint Not Found.")


@pytest.mark.parametrize(
    "rest",
    [
        "/folders",
        "/folders/x",
        "/tables",
        "/targets",
        "/charts/x/folders",
        "/charts/x/leaderboard",
        "/songs",
        "/scores",
    ],
)
def test_paths_of_tachi_that_are_not_offered_are_a_404(rest: str) -> None:
    assert summary(people.guest().get(f"{SDVX}{rest}")) == (404, "Endpoint Not Found.")


@pytest.mark.parametrize("address", ["/API/V1/Games/sdvx/Single/LeaderBoard/", f"{SDVX}/leaderboard/"])
def test_literal_path_parts_of_the_catalogue_match_in_any_case_and_with_a_trailing_slash(address: str) -> None:
    assert summary(people.guest().get(address)) == (200, "Returned 0 user's game stats.")
