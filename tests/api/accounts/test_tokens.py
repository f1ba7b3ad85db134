"""/api/v1/users/:userID/api-tokens: only for the player in a browser, and without secrets."""

from __future__ import annotations

import json
import re
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from imports.models import APIToken, AuditEntry, Permission, User, tokens
from tests import people
from tests.api import callers
from tests.api.envelopes import body, summary

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/users/alice/api-tokens"
NEEDS_SESSION = (401, "This endpoint requires session-level authentication.")
NOT_THEIRS = (403, "This request cannot be performed by an API key, and requires authentication.")
NO_KEY = (404, "This key does not exist.")
TWO_WAYS = (400, "Cannot use ClientID creation and permissions creation at the same time!")
NO_WAY = (400, "Invalid request, must specify either clientID or permissions.")
WHICH = f"[permissions[0]] Expected any of {', '.join(Permission.values)}."
LONG = "[identifier] Expected a string of at most 100 characters."
WHEN = "[expiresAt] Expected a time in Unix milliseconds."


@pytest.fixture
def client_of_alice() -> Client:
    return people.session_of(people.alice())


def create(client: Client, options: Any, *, path: str = TOKENS) -> Any:
    return client.post(f"{path}/create", options, content_type="application/json")


def create_token(client: Client, *, path: str = TOKENS, **options: Any) -> dict[str, Any]:
    response = create(client, {"permissions": ["submit_score"], **options}, path=path)
    assert response.status_code == 200, response.content
    token: dict[str, Any] = json.loads(response.content)["body"]
    return token


# --- who --------------------------------------------------------------------------------------------


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize(
    ("caller", "expected"),
    callers.table(anybody=NOT_THEIRS, a_guest=NEEDS_SESSION, the_owners_session=(200, "")),
)
@pytest.mark.parametrize("action", ["list", "create", "delete"])
def test_only_the_player_in_a_browser_manages_tokens(
    action: str, caller: callers.Caller, expected: callers.Outcome
) -> None:
    token, _ = APIToken.build(people.alice())
    token.save()
    client = caller(Permission.SUBMIT_SCORE)
    before = set(people.alice().tokens.values_list("pk", flat=True))
    if action == "list":
        response = client.get(TOKENS)
    elif action == "create":
        response = create(client, {"permissions": []})
    else:
        response = client.delete(f"{TOKENS}/{token.pk}")
    if expected[0] == 200:
        assert response.status_code == 200
        return
    assert summary(response) == expected
    assert set(people.alice().tokens.values_list("pk", flat=True)) == before


@pytest.mark.parametrize("path_part", ["me", "Alice", "ALICE", "number"])
def test_the_token_list_accepts_me_a_name_and_a_number(path_part: str, client_of_alice: Client) -> None:
    path_part = str(people.alice().pk) if path_part == "number" else path_part
    assert summary(client_of_alice.get(f"/api/v1/users/{path_part}/api-tokens")) == (200, "Returned 0 keys.")


def test_an_unknown_user_is_reported_before_missing_authentication() -> None:
    assert summary(people.guest().get("/api/v1/users/nobody/api-tokens")) == (404, "The user nobody does not exist.")
    expected = (401, "Cannot use 'me' userID with no authentication.")
    assert summary(people.guest().get("/api/v1/users/me/api-tokens")) == expected


def test_a_token_cannot_list_tokens_of_me() -> None:
    assert summary(people.bearer(people.alice(), *Permission).get("/api/v1/users/me/api-tokens")) == NOT_THEIRS


def test_creating_and_revoking_a_token_need_the_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    people.token_of(people.alice())
    assert create(client, {"permissions": []}).status_code == 403
    assert client.delete(f"{TOKENS}/{APIToken.objects.get().pk}").status_code == 403
    assert APIToken.objects.count() == 1


# --- the list ---------------------------------------------------------------------------------------


def test_the_token_list_has_all_members_but_no_secret(client_of_alice: Client) -> None:
    alice = people.alice()
    token, secret = APIToken.build(
        alice,
        identifier="arcade tablet",
        permissions=["delete_score", "submit_score"],
        created_at=datetime.fromisoformat("2026-01-02T03:04:05.678+00:00"),
        expires_at=datetime.fromisoformat("2036-01-02T03:04:05.678+00:00"),
    )
    token.save()
    response = client_of_alice.get(TOKENS)
    assert secret not in response.content.decode()
    assert summary(response) == (200, "Returned 1 keys.")
    assert json.loads(response.content)["body"] == [
        {
            "tokenID": token.pk,
            "userID": alice.pk,
            "token": None,
            "identifier": "arcade tablet",
            "permissions": {"delete_score": True, "submit_score": True},
            "fromAPIClient": None,
            "createdAt": 1767323045678,
            "lastUsedAt": None,
            "expiresAt": 2082855845678,
        }
    ]


def test_the_token_list_has_only_own_tokens_newest_first(client_of_alice: Client) -> None:
    people.token_of(people.bob())
    names = [create_token(client_of_alice, identifier=name)["identifier"] for name in ("first", "second")]
    assert [token["identifier"] for token in body(client_of_alice, TOKENS)] == names[::-1]


def test_the_token_list_has_the_time_of_the_last_use(client_of_alice: Client) -> None:
    secret = create_token(client_of_alice)["token"]
    before = timezone.now()
    people.with_authorization(f"Bearer {secret}").get("/api/v1/status")
    (token,) = body(client_of_alice, TOKENS)
    assert before.timestamp() * 1000 - 1 <= token["lastUsedAt"] <= timezone.now().timestamp() * 1000


def test_token_responses_are_never_cached(client_of_alice: Client) -> None:
    assert client_of_alice.get(TOKENS).headers["Cache-Control"] == "no-store"
    assert create(client_of_alice, {"permissions": []}).headers["Cache-Control"] == "no-store"


# --- creation ---------------------------------------------------------------------------------------


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize("permission", Permission.values)
def test_a_token_can_have_each_of_the_eight_permissions(permission: str, client_of_alice: Client) -> None:
    made = create_token(client_of_alice, permissions=[permission])
    assert made["permissions"] == {permission: True}
    status = body(people.with_authorization(f"Bearer {made['token']}"), "/api/v1/status")
    assert (status["whoami"], status["permissions"]) == (people.alice().pk, [permission])


def test_the_secret_of_a_token_is_returned_only_at_its_creation(client_of_alice: Client) -> None:
    made = create_token(client_of_alice)
    assert re.fullmatch("[0-9a-f]{40}", made["token"])
    assert summary(create(client_of_alice, {"permissions": []})) == (200, "Successfully created new API Token.")
    assert body(client_of_alice, TOKENS)[1] == {**made, "token": None}


@pytest.mark.parametrize(
    ("options", "identifier", "permissions"),
    [
        ({"permissions": []}, "Custom Token", {}),
        ({"permissions": ["submit_score"], "identifier": "my bot"}, "my bot", {"submit_score": True}),
        ({"permissions": ["submit_score", "submit_score"], "identifier": ""}, "", {"submit_score": True}),
        ({"permissions": ["submit_score"], "identifier": "あ" * 100}, "あ" * 100, {"submit_score": True}),
    ],
)
def test_a_new_token_has_the_requested_name_and_permissions(
    options: Any, identifier: str, permissions: dict[str, bool], client_of_alice: Client
) -> None:
    made = json.loads(create(client_of_alice, options).content)["body"]
    assert (made["identifier"], made["permissions"], made["expiresAt"]) == (identifier, permissions, None)


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, NO_WAY),
        ({"identifier": "x"}, NO_WAY),
        ({"clientID": "CI1"}, (404, "This client does not exist.")),
        ({"clientID": "CI1", "permissions": []}, TWO_WAYS),
        ({"permissions": "submit_score"}, (400, "[permissions] Value was not an array. (Received submit_score)")),
        ({"permissions": None}, (400, "[permissions] Value was not an array. (Received null)")),
        ({"permissions": ["everything"]}, (400, f"{WHICH} (Received everything)")),
        ({"permissions": [], "identifier": 5}, (400, "[identifier] Expected *string or no value. (Received 5)")),
        ({"permissions": [], "identifier": "x" * 101}, (400, f"{LONG} (Received {'x' * 97}...)")),
        ({"permissions": [], "clientID": None}, (400, "[clientID] Expected *string or no value. (Received null)")),
        ({"permissions": [], "expiresAt": 1}, (400, "[expiresAt] Expected a time in the future. (Received 1)")),
        ({"permissions": [], "expiresAt": "tomorrow"}, (400, f"{WHEN} (Received tomorrow)")),
        ({"permissions": [], "expiresAt": 1.5}, (400, f"{WHEN} (Received 1.5)")),
        ({"permissions": [], "expiresAt": 9e15}, (400, f"{WHEN} (Received 9000000000000000)")),
        ({"permissions": [], "token": "0"}, (400, "[null] Unexpected properties inside object: token.")),
        ([], (400, "[null] Object does not match structure of schema, expected this location to have an object.")),
    ],
)
def test_an_invalid_token_request_is_refused_with_a_reason(
    options: Any, expected: tuple[int, str], client_of_alice: Client
) -> None:
    assert summary(create(client_of_alice, options)) == expected
    assert not APIToken.objects.exists()


@pytest.mark.parametrize("options", [{}, {"expiresAt": None}])
def test_a_token_may_have_no_expiry(options: dict[str, Any], client_of_alice: Client) -> None:
    assert create_token(client_of_alice, **options)["expiresAt"] is None


def test_a_token_stops_working_when_it_expires(client_of_alice: Client) -> None:
    soon = int(timezone.now().timestamp() * 1000) + 60_000
    made = create_token(client_of_alice, expiresAt=soon)
    program = people.with_authorization(f"Bearer {made['token']}")
    assert made["expiresAt"] == soon
    assert program.get("/api/v1/status").status_code == 200
    APIToken.objects.update(expires_at=timezone.now() - timedelta(milliseconds=1))
    assert summary(program.get("/api/v1/status")) == callers.BAD_TOKEN
    assert len(body(client_of_alice, TOKENS)) == 1  # an expired token stays listed and can be revoked


@pytest.mark.slow
def test_a_player_has_at_most_a_hundred_tokens(client_of_alice: Client) -> None:
    for _ in range(tokens.MAX_TOKENS_PER_USER):
        create_token(client_of_alice)
    expected = (400, "You have 100 tokens already. Revoke one first.")
    assert summary(create(client_of_alice, {"permissions": []})) == expected
    create_token(people.session_of(people.bob()), path="/api/v1/users/bob/api-tokens")


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_cannot_exceed_the_maximum_number_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_TOKENS_PER_USER", 1)
    alice = people.alice()
    actual: list[int] = []

    def request_token() -> None:
        try:
            actual.append(create(people.session_of(alice), {"permissions": []}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=request_token) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(actual) == [200, 400, 400, 400]
    assert APIToken.objects.count() == 1


# --- revocation -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tokenID", "token"])
def test_a_token_is_revoked_by_its_id_or_its_secret(name: str, client_of_alice: Client) -> None:
    made = create_token(client_of_alice)
    other = create_token(client_of_alice)
    response = client_of_alice.delete(f"{TOKENS}/{made[name]}")
    assert summary(response) == (200, "Removed Token.")
    assert json.loads(response.content)["body"] == {}
    assert summary(people.with_authorization(f"Bearer {made['token']}").get("/api/v1/status")) == callers.BAD_TOKEN
    assert people.with_authorization(f"Bearer {other['token']}").get("/api/v1/status").status_code == 200
    assert summary(client_of_alice.delete(f"{TOKENS}/{made[name]}")) == NO_KEY


@pytest.mark.parametrize("name", ["0", "nonsense", "f" * 40, "9" * 40, "9" * 5_000, "%00", "１", "-1"])
def test_revoking_an_unknown_token_is_a_404(name: str, client_of_alice: Client) -> None:
    assert summary(client_of_alice.delete(f"{TOKENS}/{name}")) == NO_KEY


def test_revoking_a_token_of_another_player_is_a_404(client_of_alice: Client) -> None:
    secret = people.token_of(people.bob())
    assert summary(client_of_alice.delete(f"{TOKENS}/{secret}")) == NO_KEY
    assert summary(client_of_alice.delete(f"{TOKENS}/{APIToken.objects.get().pk}")) == NO_KEY
    assert APIToken.objects.exists()


# --- audit ------------------------------------------------------------------------------------------


def audit_entries() -> list[tuple[Any, ...]]:
    return list(AuditEntry.objects.order_by("pk").values_list("verb", "subject", "actor", "reason", "counts"))


def test_creating_and_revoking_tokens_are_audited_for_the_api_and_the_page(client_of_alice: Client) -> None:
    alice: User = people.alice()
    by_api = create_token(client_of_alice, identifier="by API")
    client_of_alice.delete(f"{TOKENS}/{by_api['tokenID']}")
    client_of_alice.post("/tokens/", {"name": "by page", "may": ["submit_score"], "lasts": ""})
    client_of_alice.post(f"/tokens/{APIToken.objects.get().pk}/revoke/")
    assert audit_entries() == [
        (verb, alice.pk, alice.pk, source, {"permissions": ["submit_score"]})
        for source in ("by API", "by page")
        for verb in ("token made", "token revoked")
    ]


def test_no_audit_entry_contains_the_secret(client_of_alice: Client) -> None:
    secret = create_token(client_of_alice)["token"]
    actual = [str(getattr(entry, field.attname)) for entry in AuditEntry.objects.all() for field in entry._meta.fields]
    assert not any(secret in text or tokens.digest_of(secret) in text for text in actual)


def test_a_refused_request_leaves_no_audit_entry(client_of_alice: Client) -> None:
    create(client_of_alice, {})
    create(people.guest(), {"permissions": []})
    client_of_alice.delete(f"{TOKENS}/0")
    assert audit_entries() == []


# --- the API of 2026 ------------------------------------------------------------------------------------


NOT_BY_A_KEY = "This request cannot be performed by an API key and requires session authentication as this user."
NOT_FOR_THIS_USER = "You are not permitted to perform this action for this user."


@pytest.mark.parametrize(
    ("given", "status", "description"),
    [
        ({"permissions": [], "clientID": "x"}, 400, "Cannot use clientID and permissions at the same time."),
        ({"permissions": ["submit_score", "fly", "swim"]}, 400, "Invalid permissions: fly, swim"),
        ({"clientID": "x"}, 404, "This client does not exist."),
        ({}, 400, "Invalid request, must specify either clientID or permissions."),
        ({"permissions": ["submit_score"], "more": 1}, 200, "Successfully created new API Token."),
        (
            {"permissions": "submit_score", "identifier": 5, "clientID": None},
            400,
            (
                "Invalid request: permissions Invalid input: expected array, received string, "
                "identifier Invalid input: expected string, received number, "
                "clientID Invalid input: expected string, received null"
            ),
        ),
        (
            {"permissions": ["submit_score", 1]},
            400,
            "Invalid request: permissions[1] Invalid input: expected string, received number",
        ),
    ],
)
def test_with_documents_of_2026_a_token_request_has_the_messages_of_2026(
    settings: Settings, given: dict[str, Any], status: int, description: str
) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    client = people.session_of(people.alice())
    response = client.post("/api/v1/users/me/api-tokens/create", given, content_type="application/json")
    assert summary(response) == (status, description)


def test_with_documents_of_2026_tokens_are_listed_by_number_or_me_for_the_player_only(settings: Settings) -> None:
    settings.TACHI_API_DOCUMENTS = "2026"
    alice, number = people.session_of(people.alice()), people.alice().pk
    responses = {
        who: summary(client.get(f"/api/v1/users/{name}/api-tokens"))
        for who, client, name in (
            ("me", alice, "me"),
            ("by number", alice, number),
            ("by name", alice, "alice"),
            ("token", people.bearer(people.alice(), *Permission), number),
            ("other", people.session_of(people.ada()), number),
            ("guest", people.guest(), number),
        )
    }
    assert responses == {
        "me": (200, "Returned 1 keys."),
        "by number": (200, "Returned 1 keys."),
        "by name": (403, NOT_FOR_THIS_USER),
        "token": (403, NOT_BY_A_KEY),
        "other": (403, NOT_FOR_THIS_USER),
        "guest": (401, "This endpoint requires session-level authentication."),
    }
