"""POST /api/v1/auth/login and /logout: JSON sessions with limits on password guessing."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports.access import login_throttling
from imports.access.login_throttling import FAILED_SIGN_IN_LIMIT, SIGN_IN_LIMIT, ThrottledModelBackend
from imports.access.rate_limits import RateLimit, RateLimitExceeded
from tests import people
from tests.api.envelopes import body, summary

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

LOGIN, LOGOUT, STATUS = "/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/status"
BAD_TOKEN = (401, "The provided API token does not correspond with any key in the database.")
NO_CSRF = (403, "Requests with a browser session must include the CSRF token in the header X-CSRFToken.")
LENGTH = (400, "[!password] Expected a string with length between 8 and 4096. (Received ****)")
FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
FOREIGN = (403, "Signing in from another site is not allowed.")
RIGHT = {"username": "Alice", "!password": people.PASSWORD}


def sign_in(client: Client, given: Any = RIGHT, **extra: Any) -> Any:
    return client.post(LOGIN, given, content_type="application/json", **extra)


def without(key: str) -> dict[str, str]:
    return {name: value for name, value in RIGHT.items() if name != key}


# --- signing in -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Alice", "alice", "ALICE"])
def test_a_name_and_a_password_open_a_session(name: str) -> None:
    alice, client = people.alice(), people.guest()
    response = sign_in(client, {**RIGHT, "username": name, "captcha": "whatever another instance asks for"})
    assert summary(response) == (200, "Signed in as Alice.")
    assert json.loads(response.content)["body"] == {"userID": alice.pk}
    assert body(client, STATUS)["whoami"] == alice.pk


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({**RIGHT, "!password": "wrong password"}, (403, "Invalid password.")),
        ({**RIGHT, "username": "Nobody"}, (404, "This user does not exist.")),
        ({**RIGHT, "username": "Eve"}, (403, "You are banned from Tachi Imports")),
        ({**RIGHT, "username": "Eve", "!password": "wrong password"}, (403, "Invalid password.")),
        ({**RIGHT, "!password": "short"}, LENGTH),
        ({**RIGHT, "!password": "x" * 5_000}, LENGTH),
        ({**RIGHT, "!password": 12345678}, LENGTH),
        ({**RIGHT, "captcha": 5}, (400, "[captcha] Expected *string or no value. (Received 5)")),
        ({**RIGHT, "remember": "me"}, (400, "[null] Unexpected properties inside object: remember.")),
        ([], (400, "[null] Object does not match structure of schema, expected this location to have an object.")),
    ],
)
def test_a_refused_sign_in_has_a_reason(given: Any, expected: tuple[int, str]) -> None:
    people.alice(), people.eve()
    client = people.guest()
    assert summary(sign_in(client, given)) == expected
    assert client.cookies.keys().isdisjoint({people.SESSION_COOKIE})


@pytest.mark.parametrize("name", ["", "ab", "1abc", "a" * 22, "Al ice", "Alice\n", "Al\0ice", 5, None, ["Alice"]])
def test_a_sign_in_with_an_invalid_name_is_refused(name: Any) -> None:
    people.alice()
    status, description = summary(sign_in(people.guest(), {**RIGHT, "username": name}))
    assert status == 400
    assert description.startswith("[username] Expected a name: A name has 3 to 21 letters, digits, _ or -")


@pytest.mark.parametrize("key", ["username", "!password"])
def test_a_sign_in_needs_a_name_and_a_password(key: str) -> None:
    status, description = summary(sign_in(people.guest(), without(key)))
    assert status == 400
    assert description.startswith(f"[{key}] Expected")
    assert description.endswith("(Received nothing (undefined))")


def test_an_inactive_account_cannot_sign_in() -> None:
    alice = people.alice()
    alice.is_active = False
    alice.save()
    assert summary(sign_in(people.guest())) == (403, "Invalid password.")


def test_an_account_without_a_password_cannot_sign_in() -> None:
    alice = people.alice()
    alice.set_unusable_password()
    alice.save()
    assert summary(sign_in(people.guest())) == (403, "Invalid password.")


def test_a_signed_in_user_cannot_sign_in_as_another() -> None:
    bob = people.bob()
    people.alice()
    client = people.session_of(bob)
    assert summary(sign_in(client)) == (409, "You are signed in already.")
    assert body(client, STATUS)["whoami"] == bob.pk


def test_a_client_with_a_valid_token_may_sign_in() -> None:
    people.alice()
    assert summary(sign_in(people.bearer(people.bob())))[0] == 200
    assert summary(sign_in(people.with_authorization("Bearer x"))) == BAD_TOKEN


@pytest.mark.parametrize("path", [LOGIN, LOGOUT])
def test_a_get_request_to_login_or_logout_is_a_404(path: str) -> None:
    assert summary(people.guest().get(path)) == (404, "Endpoint Not Found.")


# --- cookies ----------------------------------------------------------------------------------------


def test_the_session_cookie_has_the_name_of_the_instance_and_is_strict_and_http_only() -> None:
    people.alice()
    cookies = sign_in(people.guest()).cookies
    session = cookies["Tachi_Imports_SESSION"]
    assert (session["samesite"], session["httponly"], session["path"]) == ("Strict", True, "/")
    assert len(session.value) == 32  # a random key of the stored session
    assert cookies["Tachi_Imports_CSRF"]["samesite"] == "Lax"


def test_a_sign_in_replaces_the_session_and_the_csrf_token() -> None:
    people.alice()
    client = people.guest()
    client.get("/login/")
    before = {name: cookie.value for name, cookie in client.cookies.items()}
    sign_in(client)
    assert all(client.cookies[name].value != value for name, value in before.items())


def test_a_session_of_a_json_sign_in_can_make_changes_with_its_csrf_cookie() -> None:
    people.alice()
    client = Client(enforce_csrf_checks=True)
    assert summary(sign_in(client))[0] == 200
    assert summary(client.post(STATUS)) == NO_CSRF
    token = client.cookies["Tachi_Imports_CSRF"].value
    assert summary(client.post(STATUS, headers={"X-CSRFToken": token}))[0] == 200


# --- cross-site requests ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver:8080"},
        {"Origin": "https://testserver"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_cross_site_sign_in_is_refused(headers: dict[str, str]) -> None:
    people.alice()
    client = people.guest()
    assert summary(sign_in(client, headers=headers)) == FOREIGN
    assert not client.cookies
    assert summary(sign_in(people.session_of(people.bob()), headers=headers)) == FOREIGN


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_a_same_origin_sign_in_and_one_without_an_origin_are_accepted(headers: dict[str, str]) -> None:
    people.alice()
    assert summary(sign_in(people.guest(), headers=headers))[0] == 200


@pytest.mark.parametrize("content_type", FORMS)
def test_a_sign_in_by_form_is_refused_as_another_site_could_send_it(content_type: str) -> None:
    people.alice()
    client = people.guest()
    response = client.post(LOGIN, json.dumps(RIGHT), content_type=content_type)
    assert summary(response)[0] == 400
    assert not client.cookies


# --- signing out ------------------------------------------------------------------------------------


def test_signing_out_ends_the_session() -> None:
    client = people.session_of(people.alice())
    copied = client.cookies[people.SESSION_COOKIE].value
    assert summary(client.post(LOGOUT)) == (200, "Signed out.")
    client.cookies[people.SESSION_COOKIE] = copied
    assert body(client, STATUS)["whoami"] is None


@pytest.mark.parametrize("who", [people.guest, lambda: people.bearer(people.alice())])
def test_a_sign_out_without_a_session_is_refused(who: Any) -> None:
    assert summary(who().post(LOGOUT)) == (409, "You are not signed in.")


def test_signing_out_needs_the_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    assert summary(client.post(LOGOUT)) == NO_CSRF


# --- password guessing ------------------------------------------------------------------------------


def fail_sign_in(client: Client, *, name: str = "Alice", address: str = "127.0.0.1") -> int:
    status: int = sign_in(client, {"username": name, "!password": "wrong password"}, REMOTE_ADDR=address).status_code
    return status


@pytest.mark.usefixtures("rate_limits")
def test_the_sixteenth_sign_in_request_in_ten_minutes_is_refused() -> None:
    client = people.guest()
    actual = [client.post(LOGIN).status_code for _ in range(15)] + [sign_in(client).status_code]
    assert actual == [400] * 15 + [429]
    refused = sign_in(client)
    assert json.loads(refused.content)["description"] == "You have exceeded 15 requests per 600 seconds. Please wait."
    assert refused.headers["X-RateLimit-Limit"] == "15"
    assert client.get(STATUS).status_code == 200


@pytest.mark.usefixtures("rate_limits")
def test_a_sign_in_does_not_count_towards_the_default_limit(redis_clean: Redis) -> None:
    sign_in(people.guest())
    assert redis_clean.keys("tachi:limit:normal:*") == []


@pytest.mark.usefixtures("rate_limits")
def test_failed_sign_ins_to_an_account_are_counted_across_addresses() -> None:
    people.alice()
    actual = [
        fail_sign_in(people.guest(), address=f"10.0.{number}.1")
        for number in range(FAILED_SIGN_IN_LIMIT.max_requests + 1)
    ]
    assert actual == [403] * FAILED_SIGN_IN_LIMIT.max_requests + [429]
    assert fail_sign_in(people.guest(), name="Nobody", address="10.0.0.1") == 404  # other names are not limited


@pytest.mark.usefixtures("rate_limits")
def test_failed_sign_ins_to_an_unknown_name_are_limited_too() -> None:
    actual = [
        fail_sign_in(people.guest(), name="Nobody", address=f"10.0.{number}.1")
        for number in range(FAILED_SIGN_IN_LIMIT.max_requests + 1)
    ]
    assert actual == [404] * FAILED_SIGN_IN_LIMIT.max_requests + [429]


@pytest.mark.usefixtures("rate_limits")
def test_a_player_can_sign_in_from_a_known_address_despite_failed_attempts() -> None:
    people.alice()
    known_address, new_address = "198.51.100.7", "203.0.113.9"
    assert sign_in(people.guest(), REMOTE_ADDR=known_address).status_code == 200
    for number in range(FAILED_SIGN_IN_LIMIT.max_requests):
        fail_sign_in(people.guest(), address=f"10.0.{number}.1")
    assert sign_in(people.guest(), REMOTE_ADDR=new_address).status_code == 429
    assert sign_in(people.guest(), REMOTE_ADDR=known_address).status_code == 200


@pytest.mark.usefixtures("rate_limits")
def test_a_successful_sign_in_is_not_counted_as_an_attempt(redis_clean: Redis) -> None:
    people.alice()
    sign_in(people.guest())
    counted = {key: redis_clean.get(key) for key in redis_clean.keys("tachi:limit:sign-in*")}
    assert set(counted.values()) == {b"0"}
    assert len(counted) == 2


@pytest.mark.usefixtures("rate_limits")
def test_the_sign_in_page_shares_the_counter_of_failed_sign_ins() -> None:
    people.ada()
    with patch.object(login_throttling, "FAILED_SIGN_IN_LIMIT", RateLimit("sign-in-failed", 3, 600)):
        for _ in range(3):
            fail_sign_in(people.guest(), name="ada")
        refused = people.guest().post("/login/", {"username": "Ada", "password": people.PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600


@pytest.mark.usefixtures("rate_limits")
def test_concurrent_sign_in_attempts_cannot_exceed_the_limit(settings: Settings) -> None:
    """Attempts are counted before the password is checked."""
    people.alice()
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "10.0.0.1"
    seen: list[int] = []

    def authenticate_again(*_args: Any, **_kwargs: Any) -> None:
        seen.append(len(seen))
        if len(seen) <= SIGN_IN_LIMIT.max_requests + 1:
            ThrottledModelBackend().authenticate(request, username="alice", password="wrong password")

    with (
        patch("django.contrib.auth.backends.ModelBackend.authenticate", authenticate_again),
        pytest.raises(RateLimitExceeded),
    ):
        ThrottledModelBackend().authenticate(request, username="alice", password="wrong password")
    assert len(seen) == SIGN_IN_LIMIT.max_requests


@pytest.mark.slow
def test_a_sign_in_hashes_once_for_an_unknown_name_as_for_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    people.alice()
    work: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: PBKDF2PasswordHasher, password: str, *args: Any, **kwargs: Any) -> str:
        work.append(password)
        return encode(self, password, *args, **kwargs)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counted)
    spent = []
    for name in ("Alice", "Nobody"):
        work.clear()
        fail_sign_in(people.guest(), name=name)
        spent.append(len(work))
    assert spent == [1, 1]


def test_users_can_sign_in_while_redis_is_down(settings: Settings) -> None:
    settings.TACHI_RATE_LIMITS = True
    settings.REDIS_URL = "unix:///nowhere/at/all.sock"
    people.alice()
    assert summary(sign_in(people.guest()))[0] == 200
