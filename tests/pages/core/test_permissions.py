"""The permission matrix of the pages: the status of each page and operation for each kind of reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoDbBlocker

from imports import jobs
from imports.access import email_links
from imports.models import APIClient, APIToken, OrphanScore, Session, State
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, text_of, url_of
from tests.sharing import shared
from tests.takeout.exported import export_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]  # wrong passwords are counted there

WHO = ("guest", "owner", "other", "moderator", "administrator", "banned")
LOGIN = "login"  # sent to sign in

# Address -> status for a guest, the owner, another player, a moderator, an administrator and a banned player.
PAGES: dict[str, tuple[int | str, ...]] = {
    "/": (200, 302, 302, 302, 302, 200),
    "/login/": (200, 302, 302, 302, 302, 302),
    "/signup/": (200, 302, 302, 302, 302, 302),
    "/account/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/profile/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/pinned/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/picture/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/hooks/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/delete/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/delete/everything/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/delete/{played}/": (LOGIN, 200, 404, 404, 404, 403),
    "/account/delete/nothing/": (LOGIN, 404, 404, 404, 404, 403),
    "/account/return/": (200, 302, 302, 302, 302, 302),
    "/client-file-flow/{client}/": (LOGIN, 200, 200, 200, 200, 403),
    "/client-file-flow/CInothing/": (LOGIN, 404, 404, 404, 404, 403),
    "/oauth/request-auth?clientID={client}": (LOGIN, 200, 200, 200, 200, 403),
    "/oauth/request-auth": (LOGIN, 404, 404, 404, 404, 403),
    "/account/clients/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/clients/{client}/": (LOGIN, 200, 404, 404, 404, 403),
    "/account/data/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/data/{export}/": (LOGIN, 200, 404, 404, 404, 403),
    f"/account/data/{40 * '0'}/": (LOGIN, 404, 404, 404, 404, 403),
    "/account/data/{played}/Single.csv": (LOGIN, 200, 404, 404, 404, 403),
    "/account/data/wacca/Single.csv": (LOGIN, 404, 404, 404, 404, 403),
    "/account/password/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/password/reset/": (200, 200, 200, 200, 200, 200),
    "/account/password/reset/x/y/": (200, 200, 200, 200, 200, 200),
    "/account/email/": (LOGIN, 200, 200, 200, 200, 403),
    "/account/email/confirm/{email}/": (200, 200, 200, 200, 200, 200),
    "/account/email/confirm/nothing/": (400, 400, 400, 400, 400, 400),
    "/account/sign-out-everywhere/": (LOGIN, 200, 200, 200, 200, 403),
    "/orphans/": (LOGIN, 200, 200, 200, 200, 403),
    "/orphans/{orphan}/delete/": (LOGIN, 200, 404, 200, 200, 403),
    "/orphans/?match=sure": (LOGIN, 200, 200, 200, 200, 403),
    "/orphans/delete/?title=sdvx+Nowhere": (LOGIN, 302, 302, 302, 302, 403),
    f"/orphans/O{64 * '0'}/delete/": (LOGIN, 404, 404, 404, 404, 403),
    "/tokens/{token}/revoke/": (LOGIN, 200, 404, 404, 404, 403),
    "/imports/revert/": (LOGIN, 302, 302, 302, 302, 403),
    "/imports/revert/?import={completed}": (LOGIN, 200, 403, 403, 200, 403),
    "/imports/revert/?import={failed}": (LOGIN, 302, 404, 403, 302, 403),
    "/imports/revert/?import=nonsense": (LOGIN, 404, 404, 404, 404, 403),
    "/imports/reverted/?import={reverted}": (LOGIN, 200, 404, 403, 200, 403),
    "/import/": (LOGIN, 200, 200, 200, 200, 403),
    f"/import/checked/{32 * '0'}/": (LOGIN, 410, 410, 410, 410, 403),
    f"/import/checked/{32 * '0'}/rows/0/": (LOGIN, 410, 410, 410, 410, 403),
    f"/import/checked/{32 * '0'}/left-out/": (LOGIN, 410, 410, 410, 410, 403),
    f"/import/checking/{32 * '0'}/": (LOGIN, 200, 200, 200, 200, 403),
    "/imports/{completed}/problems.csv": (LOGIN, 200, 200, 200, 200, 403),
    "/imports/{failed}/problems.csv": (LOGIN, 200, 404, 200, 200, 403),
    "/imports/{completed}/left-out.json": (LOGIN, 200, 403, 200, 200, 403),
    "/imports/{completed}/problems/0/": (LOGIN, 404, 403, 403, 403, 403),
    "/imports/{failed}/problems/0/": (LOGIN, 404, 404, 403, 403, 403),
    "/imports/": (LOGIN, 200, 200, 200, 200, 403),
    "/tools/": (LOGIN, 200, 200, 200, 200, 403),
    "/tools/kshook-sv6c/": (LOGIN, 200, 200, 200, 200, 403),
    "/tools/nothing/": (LOGIN, 404, 404, 404, 404, 403),
    "/tokens/{token}/": (LOGIN, 200, 404, 404, 404, 403),
    "/tokens/": (LOGIN, 200, 200, 200, 200, 403),
    "/games/": (200, 200, 200, 200, 200, 200),
    "/games/sdvx/": (200, 200, 200, 200, 200, 200),
    "/games/sdvx/charts/": (200, 200, 200, 200, 200, 200),
    "/api/docs/": (200, 200, 200, 200, 200, 200),
    "/api/docs/games/sdvx/": (200, 200, 200, 200, 200, 200),
    "/help/": (200, 200, 200, 200, 200, 200),
    "/games/nothing/": (404, 404, 404, 404, 404, 404),
    "/games/iidx-sp/": (302, 302, 302, 302, 302, 302),
    "/games/iidx-sp/songs/1/": (404, 404, 404, 404, 404, 404),
    "/games/sdvx/charts/none/": (404, 404, 404, 404, 404, 404),
    "/u/Alice": (302, 302, 302, 302, 302, 302),
    "/u/Alice/imports": (302, 302, 302, 302, 302, 302),
    "/u/Nobody": (404, 404, 404, 404, 404, 404),
    "/import/batch-manual": (302, 302, 302, 302, 302, 302),
    "/users/Alice/": (200, 200, 200, 200, 200, 200),
    "/users/aLICE/": (200, 200, 200, 200, 200, 200),
    "/users/Alice/imports/": (200, 302, 200, 200, 200, 200),
    "/users/Alice/games/{game}/": (200, 200, 200, 200, 200, 200),
    "/users/Alice/games/wacca/Single/": (200, 200, 200, 200, 200, 200),
    "/users/Alice/sessions/": (200, 200, 200, 200, 200, 200),
    "/users/Nobody/sessions/": (404, 404, 404, 404, 404, 404),
    "/users/Alice/games/sdvx/Double/": (404, 404, 404, 404, 404, 404),
    "/games/sdvx/Single/players/": (200, 200, 200, 200, 200, 200),
    "/games/sdvx/Single/compare/": (200, 200, 200, 200, 200, 200),
    "/users/Nobody/": (404, 404, 404, 404, 404, 404),
    "/sessions/{session}/": (200, 200, 200, 200, 200, 200),
    "/sessions/{session}/share/": (200, 200, 200, 200, 200, 200),
    "/imports/{completed}/share/": (200, 200, 200, 200, 200, 200),
    "/imports/{failed}/share/": (404, 404, 404, 404, 404, 404),
    f"/sessions/Q{40 * '0'}/": (404, 404, 404, 404, 404, 404),
    "/sessions/%00/": (404, 404, 404, 404, 404, 404),
    f"/imports/{40 * '0'}/": (404, 404, 404, 404, 404, 404),
    f"/imports/{40 * '0'}/revert/": (LOGIN, 404, 404, 404, 404, 403),
    "/imports/{queued}/": (200, 200, 200, 200, 200, 200),
    "/imports/{running}/": (200, 200, 200, 200, 200, 200),
    "/imports/{completed}/": (200, 200, 200, 200, 200, 200),
    "/imports/{failed}/": (404, 200, 404, 200, 200, 404),
    "/imports/{cancelled}/": (404, 200, 404, 200, 200, 404),
    "/imports/{reverted}/": (404, 200, 404, 200, 200, 404),
    "/imports/{completed}/?tab=input": (200, 200, 200, 200, 200, 200),
    "/imports/{completed}/input/": (LOGIN, 200, 403, 200, 200, 403),
    "/imports/{failed}/input/": (LOGIN, 200, 404, 200, 200, 403),
    "/imports/{completed}/revert/": (LOGIN, 200, 403, 403, 200, 403),
    "/imports/{failed}/revert/": (LOGIN, 302, 404, 403, 302, 403),
    "/imports/{reverted}/revert/": (LOGIN, 302, 404, 403, 302, 403),
    "/imports/{queued}/revert/": (LOGIN, 302, 403, 403, 302, 403),
}

# The same for POST requests.
OPERATIONS: dict[str, tuple[int | str, ...]] = {
    "/imports/{completed}/revert/": (LOGIN, 302, 403, 403, 302, 403),
    "/imports/{reverted}/revert/": (LOGIN, 302, 404, 403, 302, 403),
    "/imports/{queued}/cancel/": (LOGIN, 302, 403, 403, 302, 403),
    "/imports/{failed}/retry/": (LOGIN, 302, 404, 403, 302, 403),
    "/imports/{failed}/upload-as/": (LOGIN, 302, 404, 403, 403, 403),
    "/imports/{reverted}/restore/": (LOGIN, 302, 404, 403, 302, 403),
    f"/import/checked/{32 * '0'}/": (LOGIN, 410, 410, 410, 410, 403),
    f"/import/checked/{32 * '0'}/rows/0/": (LOGIN, 410, 410, 410, 410, 403),
    "/imports/{completed}/problems/0/": (LOGIN, 404, 403, 403, 403, 403),
    "/imports/revert/?import={completed}": (LOGIN, 302, 302, 302, 302, 403),  # only the form counts
    "/account/profile/": (LOGIN, 302, 302, 302, 302, 403),
    "/account/pinned/": (LOGIN, 302, 302, 302, 302, 403),
    "/account/picture/": (LOGIN, 400, 400, 400, 400, 403),
    "/account/picture/remove/": (LOGIN, 302, 302, 302, 302, 403),
    "/account/hooks/": (LOGIN, 302, 302, 302, 302, 403),
    "/client-file-flow/{client}/": (LOGIN, 302, 302, 302, 302, 403),
    "/tools/kshook-sv6c/": (LOGIN, 302, 302, 302, 302, 403),
    "/tools/nothing/": (LOGIN, 404, 404, 404, 404, 403),
    "/oauth/request-auth?clientID={client}": (LOGIN, 200, 200, 200, 200, 403),
    "/account/data/": (LOGIN, 302, 302, 302, 302, 403),
    "/account/delete/everything/": (LOGIN, 400, 400, 400, 400, 403),
    "/account/delete/{played}/": (LOGIN, 400, 404, 404, 404, 403),
    "/account/delete/{leaving}/cancel/": (LOGIN, 302, 404, 404, 404, 403),
    "/account/return/": (400, 302, 302, 302, 302, 302),
    "/account/password/": (LOGIN, 400, 400, 400, 400, 403),
    "/account/password/reset/": (200, 200, 200, 200, 200, 200),
    "/account/email/": (LOGIN, 400, 400, 400, 400, 403),
    "/account/email/remove/": (LOGIN, 302, 302, 302, 302, 403),
    "/account/email/confirm/{email}/": (302, 302, 302, 302, 302, 302),
    "/account/sign-out-everywhere/": (LOGIN, 400, 400, 400, 400, 403),
    "/orphans/retry/": (LOGIN, 302, 302, 302, 302, 403),
    "/orphans/{orphan}/delete/": (LOGIN, 302, 404, 302, 302, 403),
    "/orphans/delete/": (LOGIN, 302, 302, 302, 302, 403),
    "/tokens/{token}/revoke/": (LOGIN, 302, 404, 404, 404, 403),
    "/tokens/{token}/file/": (LOGIN, 404, 404, 404, 404, 403),  # no client asked for this token
    "/import/": (LOGIN, 400, 400, 400, 400, 403),
    "/tokens/": (LOGIN, 400, 400, 400, 400, 403),
    "/logout/": (302, 302, 302, 302, 302, 302),
}


@pytest.fixture(scope="module")
def cookies(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """The session cookies of every kind of reader except the guest."""
    cast = (people.alice, people.bob, people.mo, people.ada, people.eve)
    with shared(django_db_blocker):
        yield {who: people.session_of(person()).cookies for who, person in zip(WHO[1:], cast, strict=True)}


@pytest.fixture(autouse=True)
def with_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enables mail, because some pages exist only if mail can be sent."""
    monkeypatch.setattr(settings, "TACHI_MAIL", True)


@pytest.fixture
def clients(cookies: dict[str, Any]) -> dict[str, Client]:
    found = {who: people.guest() for who in WHO}
    for who, theirs in cookies.items():
        found[who].cookies = copy(theirs)
    return found


def filled(address: str) -> str:
    """The address with the IDs of Alice's things that it names: a session, an orphan, a token, a game that
    she plays, an import in a state."""
    named = re.findall(r"{(\w+)}", address)
    return address.format(**{name: _made(name) for name in named})


def _made(name: str) -> str:
    if name == "token":
        people.token_of(people.alice())
        return str(APIToken.objects.get().pk)
    if name == "orphan":
        factories.create_import(people.alice(), factories.unknown_score())
        return OrphanScore.objects.get().orphan_id
    if name == "client":
        fields = {"permissions": ["submit_score"], "redirect_uri": "https://tool.example.org/callback"}
        return APIClient.objects.create_for(people.alice(), name="A tool", **fields)[0].client_id
    if name == "email":
        return email_links.make_token(people.alice(), "alice@example.org")
    if name == "export":
        return export_of(people.alice()).export_id
    row = factories.score_on(factories.charts(1)[0], timeAchieved=factories.NOON)
    if name == "leaving":
        return jobs.start_departure(
            people.alice(), factories.create_import(people.alice(), row).game, by=people.alice()
        ).game
    if name == "played":
        return factories.create_import(people.alice(), row).game
    if name not in ("session", "completed", "game"):
        return in_state(people.alice(), State(name)).import_id
    job = factories.create_import(people.alice(), row)
    if name == "game":
        return "sdvx/Single"
    return Session.objects.get().session_id if name == "session" else job.import_id


def status_or_target(response: object) -> int | str:
    status: int = response.status_code  # type: ignore[attr-defined]
    target: str = getattr(response, "url", "")
    return LOGIN if status == 302 and target.startswith("/login/?next=") else status


@pytest.mark.parametrize(
    "readers",
    [
        pytest.param(WHO[:3], id="a guest, the owner and another player"),
        pytest.param(WHO[3:], id="the others", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("address", PAGES)
def test_each_page_has_the_expected_status_for_each_reader(
    address: str, readers: Sequence[str], clients: dict[str, Client]
) -> None:
    url = filled(address)
    got = {who: status_or_target(clients[who].get(url)) for who in readers}
    expected = dict(zip(WHO, PAGES[address], strict=True))
    assert got == {who: expected[who] for who in readers}


@pytest.mark.parametrize("address", OPERATIONS)
@pytest.mark.parametrize("who", WHO)
def test_each_operation_has_the_expected_status_for_each_reader(
    address: str, who: str, clients: dict[str, Client]
) -> None:
    response = clients[who].post(filled(address))
    assert status_or_target(response) == dict(zip(WHO, OPERATIONS[address], strict=True))[who]


@pytest.mark.parametrize(
    ("address", "name", "expected"),
    [
        ("/imports/revert/", "completed", (LOGIN, 302, 403, 403, 302, 403)),
        ("/imports/restore/", "reverted", (LOGIN, 302, 404, 403, 302, 403)),
    ],
)
@pytest.mark.parametrize("who", WHO)
def test_bulk_operations_require_the_permission_of_the_single_one(
    address: str, name: str, expected: tuple[int | str, ...], who: str, clients: dict[str, Client]
) -> None:
    response = clients[who].post(address, {"import": [_made(name)]})
    assert status_or_target(response) == dict(zip(WHO, expected, strict=True))[who]


@pytest.mark.parametrize(("operation", "state"), [("cancel", "queued"), ("retry", "failed"), ("restore", "reverted")])
def test_a_get_request_to_an_operation_is_refused(operation: str, state: str, clients: dict[str, Client]) -> None:
    job = in_state(people.alice(), State(state))
    assert clients["owner"].get(url_of(job, f"{operation}/")).status_code == 405
    job.refresh_from_db()
    assert job.state == state


def test_a_refused_user_sees_the_reason(clients: dict[str, Client]) -> None:
    refused = clients["other"].get(filled("/imports/{completed}/revert/"))
    assert heading_of(refused) == "You don't have permission"
    assert "Only the owner of this import or an administrator can do that." in text_of(refused)
    banned = clients["banned"].get("/imports/")
    assert "This account is banned." in text_of(banned)


def test_the_name_and_content_of_a_file_are_hidden_from_other_players(clients: dict[str, Client]) -> None:
    job = factories.create_import(people.alice(), factories.unknown_score(), file_name="my-real-name.json")
    for tab in ("", "?tab=problems", "?tab=history", "?tab=input"):
        for who in ("guest", "other", "banned"):
            text = text_of(clients[who].get(url_of(job, tab)))
            assert "my-real-name" not in text
            assert "identifier" not in text
        assert "my-real-name.json" in text_of(clients["moderator"].get(url_of(job, tab)))
    assert 'identifier: "999999"' in text_of(clients["owner"].get(url_of(job, "?tab=problems")))


def test_failed_and_reverted_imports_are_hidden_from_other_players(clients: dict[str, Client]) -> None:
    for state in (State.FAILED, State.REVERTED):
        in_state(people.alice(), state)
    listed = text_of(clients["other"].get("/users/Alice/imports/"))
    assert "Failed" not in listed
    assert "Reverted" not in listed
    assert "No scores." not in listed
    assert "No scores." in text_of(clients["moderator"].get("/users/Alice/imports/"))
