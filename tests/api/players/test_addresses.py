"""Every path under a user: its permissions and the order of its checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests import people
from tests.api.callers import BAD_TOKEN, BANNED
from tests.api.envelopes import summary
from tests.factories import NOON, charts, create_import, score_on
from tests.sharing import shared

pytestmark = pytest.mark.django_db

DOCUMENTATION = Path(__file__).parents[3] / "docs/api-reads.md"
PLAYER = "/games/sdvx/Single"
CHART = f"{1:036x}_EXH"
OF_A_USER = {
    "": "Found user Alice.",
    "/game-stats": "Returned 1 stats objects.",
    "/stats": "Retrieved stats.",
    "/sessions/calendar": "Found 1 events.",
    "/recent-summary": "Retrieved information about Alice (#{alice}).",
    "/activity": "Retrieved recent activity.",
}
OF_A_PLAYER = {
    "": "Retrieved user statistics for Alice (sdvx Single)",
    "/history": "Successfully returned history for the past 0 days.",
    "/most-played": "Returned 1 scores.",
    "/leaderboard-adjacent": "Returned 0 nearby stats.",
    "/activity": "Retrieved activity.",
    "/pbs?search=song": "Retrieved 1 personal bests.",
    "/pbs/all": "Returned 1 PBs.",
    "/pbs/best": "Retrieved 1 personal bests.",
    f"/pbs/{CHART}": "Successfully retrieved PB for user.",
    f"/pbs/{CHART}/leaderboard-adjacent": "Successfully retrieved PB for user.",
    "/scores?search=song": "Retrieved 1 scores.",
    "/scores/recent": "Retrieved 1 scores.",
    "/scores/all": "Returned 1 PBs.",
    f"/scores/{CHART}": "Returned 1 scores.",
    "/sessions?search=": "Retrieved 1 sessions.",
    "/sessions/best": "Retrieved 1 sessions.",
    "/sessions/recent": "Returned 1 sessions.",
    "/sessions/highlighted": "Returned 0 sessions.",
    "/sessions/last": "Returned a session.",
    "/sessions/calendar": "Found 1 events.",
}
ALL = {**OF_A_USER, **{f"{PLAYER}{rest}": expected for rest, expected in OF_A_PLAYER.items()}}
OF_A_CHART = [rest for rest in OF_A_PLAYER if CHART in rest]
NOBODY = (404, "The user nobody does not exist.")
GUEST = (401, "Cannot use 'me' userID with no authentication.")


def fetch(rest: str, *, who: str = "alice", client: Client | None = None) -> tuple[int, str]:
    return summary((client or people.guest()).get(f"/api/v1/users/{who}{rest}"))


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with shared(django_db_blocker):
        create_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON))
        yield


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(("rest", "expected"), ALL.items())
@pytest.mark.parametrize("path_part", ["alice", "ALICE", "number"])
def test_a_guest_may_read_every_path_under_a_user(rest: str, expected: str, path_part: str) -> None:
    alice = people.alice().pk
    assert fetch(rest, who=path_part.replace("number", str(alice))) == (200, expected.format(alice=alice))


@pytest.mark.quick_rows(8)
@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("rest", ALL)
def test_the_caller_is_checked_first(rest: str) -> None:
    assert fetch(rest, client=people.with_authorization("Bearer nobody's")) == BAD_TOKEN
    assert fetch(rest, client=people.bearer(people.eve())) == BANNED
    assert fetch(rest, client=people.session_of(people.eve())) == BANNED
    assert fetch(rest, client=people.with_authorization("Basic x"))[0] == 400


@pytest.mark.quick_rows(8)
@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(("rest", "expected"), ALL.items())
def test_me_is_the_authenticated_user(rest: str, expected: str) -> None:
    alice = people.alice()
    assert fetch(rest, who="me") == GUEST
    for client in (people.bearer(alice), people.session_of(alice)):
        assert fetch(rest, who="me", client=client) == (200, expected.format(alice=alice.pk))


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize("rest", [*ALL, "/games/none/None/pbs?alg=none", "/games/sdvx/None/history?duration=x"])
def test_an_unknown_user_is_reported_before_other_errors(rest: str) -> None:
    assert fetch(rest, who="nobody") == NOBODY


WRONG_QUERIES = "duration=x&alg=x&sessions=x&startTime=x&limit=x&cursor=x&search=1&search=2"


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize("rest", OF_A_PLAYER)
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("none/None", (400, "The game none is not supported.")),
        ("SDVX/Single", (400, "The game SDVX is not supported.")),
        ("sdvx/Double", (400, "The game sdvx does not have a playtype called Double.")),
        ("sdvx/single", (400, "The game sdvx does not have a playtype called single.")),
        ("sdvx/Single", (404, "The user Bob has not played sdvx (Single)")),
    ],
)
def test_game_playtype_and_plays_are_checked_second(rest: str, place: str, expected: tuple[int, str]) -> None:
    people.bob()
    address = rest.partition("?")[0]
    assert fetch(f"/games/{place}{address}?{WRONG_QUERIES}", who="bob") == expected


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("rest", OF_A_CHART)
@pytest.mark.parametrize("chart", ["none", "%00", f"{CHART}x"])
def test_the_chart_is_checked_third(rest: str, chart: str) -> None:
    address = f"{PLAYER}{rest}".replace(CHART, chart)
    assert fetch(f"{address}?{WRONG_QUERIES}") == (404, "This chart does not exist.")


@pytest.mark.quick_rows(8)
@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("/history?duration=day", "[duration] Expected any of week, month, 3mo, year. (Received day)"),
        ("/history?duration=week&duration=year", "[duration] Expected any of week, month, 3mo, year."),
        ("/history?since=0", "[null] Unexpected properties inside object: since."),
        ("/leaderboard-adjacent?alg=x", "Invalid value of x for alg. Expected one of VF6, VF7"),
        ("/pbs", "Invalid value of for search parameter."),
        ("/pbs?search=1&search=2", "Invalid value of for search parameter."),
        ("/pbs/best?alg=x", "Invalid score algorithm. Expected any of VF6, VF7"),
        ("/pbs/best?alg=VF6&alg=VF6", "Invalid score algorithm. Expected any of VF6, VF7"),
        ("/pbs/best?x=1", "[null] Unexpected properties inside object: x."),
        ("/pbs/best?limit=101", "[limit] Expected an integer between 1 and 100. (Received 101)"),
        ("/pbs/best?cursor=x", "[cursor] Expected a cursor from another response of this list. (Received x)"),
        ("/scores", "Invalid value for search parameter."),
        ("/scores?search=1&search=2", "Invalid value for search parameter."),
        ("/scores/recent?limit=0", "[limit] Expected an integer between 1 and 100. (Received 0)"),
        (f"/scores/{CHART}?limit=no", "[limit] Expected an integer between 1 and 1000. (Received no)"),
        ("/sessions", "Invalid value for search parameter."),
        ("/sessions/best?alg=x", "Invalid algorithm 'x' provided. Expected any of ProfileVF6, ProfileVF7."),
        ("/sessions/recent?limit=x", "[limit] Expected an integer between 1 and 100. (Received x)"),
        ("/activity?sessions=9", "Invalid sessions, got 9, which wasn't between 10 and 100."),
        ("/activity?sessions=101", "Invalid sessions, got 101, which wasn't between 10 and 100."),
        ("/activity?sessions=x", "Invalid sessions, got NaN, which wasn't between 10 and 100."),
        ("/activity?sessions=10&sessions=10", "Invalid 'sessions'."),
        ("/activity?startTime=x", "Invalid startTime, got a non number."),
        ("/activity?startTime=1&startTime=2", "Invalid 'startTime'."),
    ],
)
def test_the_query_is_checked_last(rest: str, expected: str) -> None:
    assert fetch(f"{PLAYER}{rest}") == (400, expected)


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    "rest",
    [
        "/history?duration=year",
        "/leaderboard-adjacent?alg=VF6&alg=x&anything=1",
        "/pbs?search=&x=1",
        "/pbs/best?alg=VF6",
        "/scores/recent?anything=1",
        "/sessions/best?alg=x&alg=y",
        "/sessions/recent?anything=1",
        "/activity?sessions=&startTime=&x=1",
        "/activity?sessions=100&startTime=1e300",
    ],
)
def test_unknown_parameters_of_a_loose_query_are_ignored(rest: str) -> None:
    assert fetch(f"{PLAYER}{rest}")[0] == 200


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (f"{PLAYER.upper().replace('SDVX/SINGLE', 'sdvx/Single')}/PBS/Best/", 200),
        (f"{PLAYER}/Sessions/LAST", 200),
        (f"{PLAYER}/pbs/{CHART.upper()}x", 404),
        ("/Recent-Summary/", 200),
    ],
)
def test_literal_path_parts_under_a_user_match_in_any_case(rest: str, status: int) -> None:
    assert fetch(rest)[0] == status


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    "rest",
    [
        *("/banner", "/last-username-change"),
        *(f"{PLAYER}/{name}" for name in ("folders", "tables/1", "targets/goals", "showcase")),
        *(f"{PLAYER}/scores/{CHART}/x", f"{PLAYER}/sessions/none"),
        *("/games", "/games/iidx/SP/eamusement-csv"),
    ],
)
def test_an_unknown_path_under_a_user_is_a_404(rest: str) -> None:
    assert fetch(rest) == (404, "Endpoint Not Found.")


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("rest", ["/stats", f"{PLAYER}", f"{PLAYER}/pbs/best", f"{PLAYER}/scores/recent"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_paths_under_a_user_are_read_only(rest: str, method: str) -> None:
    client = people.bearer(people.alice())
    assert summary(getattr(client, method)(f"/api/v1/users/alice{rest}")) == (404, "Endpoint Not Found.")


def test_the_documentation_lists_every_path_under_a_user() -> None:
    documentation = DOCUMENTATION.read_text()
    for rest in (*OF_A_USER, *OF_A_PLAYER):
        address = rest.partition("?")[0].replace(CHART, ":chartID")
        assert address == "" or f"{address}`" in documentation, address
