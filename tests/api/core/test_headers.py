"""The CORS headers, the cache headers and the request ID of every response."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests import people
from tests.api.envelopes import summary
from tests.factories import create_import

pytestmark = pytest.mark.django_db

API = ["/api/v1/status", "/api/v1/nothing", "/api/v1/imports/0/poll-status", "/ir/nothing", "/api/v1/users/me"]
PAGES = ["/", "/login/", "/nowhere/", "/imports/", "/healthz", "/admin/"]
ALLOWED = "Content-Type, X-User-Intent, Authorization"


# --- CORS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/import/file", "/ir/anything", "/api/v1/nothing", "/ir"])
def test_an_options_request_is_an_empty_200_for_every_caller(path: str) -> None:
    for client in (people.guest(), people.with_authorization("Bearer x"), people.session_of(people.eve())):
        response = client.options(path)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Access-Control-Allow-Headers"] == ALLOWED
        assert response.headers["Access-Control-Allow-Methods"] == "GET,POST,PATCH,PUT,DELETE,OPTIONS"
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_an_options_request_is_not_rate_limited(redis_clean: object, settings: Settings) -> None:
    settings.TACHI_RATE_LIMITS = True
    assert "X-RateLimit-Limit" not in people.guest().options("/api/v1/status").headers


@pytest.mark.parametrize(
    ("requested", "allowed"),
    [
        ("", ALLOWED),
        ("authorization,content-type", ALLOWED),
        ("idempotency-key", f"{ALLOWED}, Idempotency-Key"),
        ("content-type, x-infer-score-timeachieved", f"{ALLOWED}, X-Infer-Score-TimeAchieved"),
        ("x-idempotency-key-not", ALLOWED),
        ("x-csrftoken", ALLOWED),  # no page of another site has it
    ],
)
def test_a_preflight_allows_the_requested_headers_of_this_api(requested: str, allowed: str) -> None:
    response = people.guest().options("/ir/direct-manual/import", headers={"Access-Control-Request-Headers": requested})
    assert response.headers["Access-Control-Allow-Headers"] == allowed


@pytest.mark.parametrize(
    ("requested", "allowed"), [({"Access-Control-Request-Private-Network": "true"}, "true"), ({}, None)]
)
def test_a_preflight_allows_private_network_access_on_request(requested: dict[str, str], allowed: str | None) -> None:
    headers = {"Origin": "https://tachi.example", "Access-Control-Request-Method": "POST", **requested}
    response = people.guest().options("/ir/direct-manual/import", headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers.get("Access-Control-Allow-Private-Network") == allowed
    assert "Access-Control-Allow-Private-Network" not in people.guest().get("/api/v1/status", headers=requested).headers


@pytest.mark.parametrize("path", API)
def test_an_api_response_exposes_its_headers_to_every_origin(path: str) -> None:
    headers = people.guest().get(path, headers={"Origin": "https://elsewhere.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    exposed = set(headers["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {
        *("Link", "Location", "Retry-After", "X-Next-Cursor", "X-Request-ID"),
        *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_cors_headers(path: str) -> None:
    client = people.session_of(people.alice())
    assert not [name for name in client.get(path).headers if name.lower().startswith("access-control-")]


# --- caches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", [people.guest, lambda: people.session_of(people.alice())])
@pytest.mark.parametrize("path", API)
def test_an_api_response_is_not_cached(path: str, client: object) -> None:
    assert client().get(path).headers["Cache-Control"] == "no-store"  # type: ignore[operator]


@pytest.mark.parametrize("path", ["/imports/", "/import/", "/users/Alice/", "/games/"])
def test_a_page_is_cached_privately_only(path: str) -> None:
    actual = people.session_of(people.alice()).get(path).headers["Cache-Control"]
    assert "private" in actual
    assert "public" not in actual


@pytest.mark.parametrize("path", ["/tokens/", "/login/"])
def test_secret_responses_are_never_cached(path: str) -> None:
    client = people.guest() if path == "/login/" else people.session_of(people.alice())
    assert "no-store" in client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/api/v1/imports/{}/input", "/imports/{}/input/"])
def test_the_input_of_an_import_is_never_cached(path: str) -> None:
    alice = people.alice()
    response = people.session_of(alice).get(path.format(create_import(alice).import_id))
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


# --- the request's ID -------------------------------------------------------------------------------


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize("path", [*API, *PAGES])
def test_every_response_has_a_unique_request_id(path: str) -> None:
    client = people.session_of(people.alice())
    ids = {client.get(path).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(each) == 32 for each in ids)


def test_a_preflight_response_has_a_request_id() -> None:
    assert people.guest().options("/api/v1/status").headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("given", "is_returned"),
    [("abc-123", True), ("4bf92f3577b34da6", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("é", False)],
)
@pytest.mark.parametrize("path", ["/api/v1/status", "/login/"])
def test_a_valid_request_id_of_the_client_is_returned(path: str, given: str, *, is_returned: bool) -> None:
    actual = people.guest().get(path, headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (actual == given) is is_returned


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Returns a buffer with the output of the log handler that the settings configure."""
    (handler,) = [each for each in logging.getLogger().handlers if each.get_name() == "stderr"]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_an_unexpected_error_is_logged_with_the_request_id(monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    def broken() -> str:
        raise RuntimeError("the inner workings")

    monkeypatch.setattr("imports.api.instance.views.commit", broken)
    response = people.guest().get("/api/v1/status", headers={"X-Request-ID": "find-me"})
    assert summary(response)[0] == 500
    logged = log.getvalue()
    assert "the inner workings" in logged
    assert logged.count("[request=find-me]") == 2  # logged by the exception handler and by Django


def test_a_log_line_outside_a_request_has_no_request_id(log: io.StringIO) -> None:
    people.guest().get("/api/v1/status", headers={"X-Request-ID": "gone-by-now"})
    logging.getLogger("imports").info("afterwards")
    logged = log.getvalue()
    assert "afterwards" in logged
    assert "gone-by-now" not in logged


def test_an_api_response_is_not_cached_with_a_session_or_a_token() -> None:
    """The session middleware must not weaken the `no-store` of the API."""
    for client in (people.session_of(people.alice()), people.bearer(people.alice())):
        assert client.get("/api/v1/users/me").headers["Cache-Control"] == "no-store"
