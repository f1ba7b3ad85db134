"""Authentication: a browser session, else a Bearer token, else a guest; invalid tokens are refused everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from imports.models import APIToken, Permission, User
from tests import people
from tests.api.envelopes import body, summary

pytestmark = pytest.mark.django_db

UNKNOWN = (401, "The provided API token does not correspond with any key in the database.")
WRONG_TYPE = (400, "Invalid Authorization Type - Expected Bearer.")
PUBLIC = ("/api/v1/status", "/api/v1/config", "/api/v1/users/1", "/api/v1/imports/0/poll-status", "/api/v1/nothing")


@pytest.mark.quick_rows(5)
@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Basic abc", WRONG_TYPE),
        ("bearer abc", WRONG_TYPE),
        ("nonsense", WRONG_TYPE),
        ("Bearer", (401, "Invalid token.")),
        ("Bearer ", (401, "Invalid token.")),
        ("Bearer 0123456789abcdef0123456789abcdef01234567", UNKNOWN),
        ("Bearer  two blanks", UNKNOWN),
        ("Bearer \N{LATIN SMALL LETTER U WITH DIAERESIS}", UNKNOWN),
    ],
)
def test_an_invalid_authorization_header_is_refused_on_public_endpoints(
    path: str, header: str, expected: tuple[int, str]
) -> None:
    assert summary(people.with_authorization(header).get(path)) == expected


def test_a_401_has_a_www_authenticate_header() -> None:
    assert people.with_authorization("Bearer x").get("/api/v1/status").headers["WWW-Authenticate"] == "Bearer"


def test_an_empty_authorization_header_counts_as_a_guest() -> None:
    assert body(people.with_authorization(""), "/api/v1/status")["whoami"] is None


def test_a_token_acts_for_its_user_with_its_permissions() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE, Permission.DELETE_SCORE)
    status = body(client, "/api/v1/status")
    assert (status["whoami"], status["permissions"]) == (people.alice().pk, ["delete_score", "submit_score"])


def test_a_session_has_all_permissions() -> None:
    status = body(people.session_of(people.alice()), "/api/v1/status")
    assert (status["whoami"], status["permissions"]) == (people.alice().pk, list(Permission.values))


@pytest.mark.parametrize("path", PUBLIC[:1] + PUBLIC[3:4])
def test_a_session_takes_precedence_over_the_authorization_header(path: str) -> None:
    client = people.session_of(people.alice())
    assert summary(client.get(path, headers={"Authorization": "Bearer nonsense"}))[0] != 401


def test_an_ended_session_does_not_take_precedence_over_a_token() -> None:
    client = people.session_of(people.alice())
    client.session.flush()
    assert summary(client.get("/api/v1/status", headers={"Authorization": "Bearer x"})) == UNKNOWN


@pytest.mark.parametrize("path", [*PUBLIC[:3], PUBLIC[4]])
def test_a_banned_player_is_refused_by_token_and_by_session(path: str, settings: Settings) -> None:
    settings.TACHI_NAME = "Our House"
    expected = (403, "You are banned from Our House")
    assert summary(people.bearer(people.eve(), *Permission).get(path)) == expected
    assert summary(people.session_of(people.eve()).get(path)) == expected


def test_a_token_of_a_banned_player_cannot_poll() -> None:
    assert summary(people.bearer(people.eve()).get("/api/v1/imports/0/poll-status"))[0] == 403


def test_an_expired_token_is_unknown() -> None:
    _, secret = APIToken.objects.create_token(people.alice(), expires_at=timezone.now() - timedelta(seconds=1))
    assert summary(people.with_authorization(f"Bearer {secret}").get("/api/v1/status")) == UNKNOWN


def test_a_token_of_an_inactive_account_is_unknown() -> None:
    alice = people.alice()
    client = people.bearer(alice)
    alice.is_active = False
    alice.save()
    assert summary(client.get("/api/v1/status")) == UNKNOWN


def test_the_last_use_of_a_token_is_written_at_most_once_a_minute() -> None:
    client = people.bearer(people.alice())
    seen = []
    for age in (timedelta(0), timedelta(0), timedelta(seconds=61)):
        APIToken.objects.exclude(last_used_at=None).update(last_used_at=timezone.now() - age)
        before = APIToken.objects.get().last_used_at
        client.get("/api/v1/status")
        seen.append(APIToken.objects.get().last_used_at != before)
    assert seen == [True, False, True]


def test_the_last_visit_in_a_browser_is_written_at_most_once_a_minute() -> None:
    client = Client()
    client.force_login(people.alice())
    seen = []
    for age in (timedelta(0), timedelta(0), timedelta(seconds=61)):
        User.objects.exclude(last_seen=None).update(last_seen=timezone.now() - age)
        before = User.objects.get().last_seen
        client.get("/api/v1/status")
        seen.append(User.objects.get().last_seen != before)
    assert seen == [True, False, True]


def test_a_request_with_a_token_does_not_count_as_a_visit() -> None:
    people.bearer(people.alice()).get("/api/v1/status")
    assert User.objects.get().last_seen is None


def browser(*, csrf: str = "") -> Client:
    client = Client(enforce_csrf_checks=True, headers={"X-CSRFToken": csrf} if csrf else {})
    client.force_login(people.alice())
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    return client


def test_a_session_needs_its_csrf_token_for_changes() -> None:
    refused = (403, "Requests with a browser session must include the CSRF token in the header X-CSRFToken.")
    assert summary(browser().post("/api/v1/status")) == refused
    assert summary(browser(csrf="b" * 32).post("/api/v1/status")) == refused
    assert summary(browser(csrf="a" * 32).post("/api/v1/status"))[0] == 200


def test_a_get_request_with_a_session_needs_no_csrf_token() -> None:
    assert json.loads(browser().get("/api/v1/status").content)["body"]["whoami"] == people.alice().pk


def test_a_token_needs_no_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {people.token_of(people.alice())}"})
    assert summary(client.post("/api/v1/status"))[0] == 200


@pytest.mark.parametrize(("client", "queries"), [(people.guest, 0), (lambda: people.bearer(people.alice()), 2)])
def test_authentication_takes_at_most_two_queries(
    client: Callable[[], Client], queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = client()
    with django_assert_num_queries(queries):
        caller.get("/api/v1/status")
