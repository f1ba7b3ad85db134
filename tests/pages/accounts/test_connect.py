"""Connecting a tool: the file with the token filled in, and OAuth 2 with PKCE."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from imports import jobs
from imports.models import APIClient, APIToken, AuthorizationCode
from tests import people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
CALLBACK = "https://tool.example.org/callback?kind=1"
TEMPLATE = '{"url": "https://scores.example.org", "token": "%%TACHI_KEY%%", "note": "%%TACHI_KEY%%"}'
VERIFIER = "v" * 50
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
TOKEN = "/api/v1/oauth/token"


@pytest.fixture
def client() -> APIClient:
    fields: dict[str, Any] = {"key_template": TEMPLATE, "key_filename": "tool.json", "redirect_uri": CALLBACK}
    made, _ = APIClient.objects.create_for(people.bob(), name="Night Logger", permissions=["submit_score"], **fields)
    return made


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def exchange(**members: str) -> Any:
    given = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, **members}
    return people.guest().post(TOKEN, given, content_type="application/json")


def test_a_file_comes_with_a_token_that_may_do_what_the_client_asks_for(alices: Client, client: APIClient) -> None:
    address = f"/client-file-flow/{client.client_id}/"
    page = alices.get(address)
    assert heading_of(page) == "Allow Night Logger to use your account?"
    assert "submit_score" in text_of(page)
    assert not APIToken.objects.exists()
    file = alices.post(address)
    assert file.headers["Content-Disposition"] == 'attachment; filename="tool.json"'
    content = json.loads(file.getvalue())
    assert content["note"] == "%%TACHI_KEY%%"
    token = APIToken.objects.find(content["token"])
    assert token is not None
    assert (token.user, token.permissions, token.client) == (people.alice(), ["submit_score"], client)
    assert "connected tool" in text_of(alices.get("/tokens/"))


def test_the_file_may_be_shown_and_without_a_template_it_is_the_token(alices: Client, client: APIClient) -> None:
    address = f"/client-file-flow/{client.client_id}/"
    assert "scores.example.org" in text_of(alices.post(address, {"show": "1"}))
    APIClient.objects.update(key_template="", key_filename="")
    assert "Copy your token" in text_of(alices.post(address))
    assert alices.get("/client-file-flow/CInothing/").status_code == 404


def test_a_tool_gets_a_token_by_a_code_once(alices: Client, client: APIClient) -> None:
    query = urlencode(
        {"clientID": client.client_id, "state": "s&1", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    )
    assert "Then you return to tool.example.org" in text_of(alices.get(f"/oauth/request-auth?{query}"))
    page = alices.post(f"/oauth/request-auth?{query}").content.decode()
    target = page.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&")
    answer = parse_qs(urlsplit(target).query)
    assert (answer["kind"], answer["state"]) == (["1"], ["s&1"])
    [code] = answer["code"]
    given = {"client_id": client.client_id, "code": code}
    assert exchange(**given).json()["description"] == "This authorization code requires PKCE. Provide code_verifier."
    assert exchange(**given, code_verifier="wrong").status_code == 403
    told = exchange(**given, code_verifier=VERIFIER).json()["body"]
    assert (told["userID"], told["identifier"], told["permissions"], told["fromAPIClient"]) == (
        people.alice().pk,
        "Night Logger Token",
        {"submit_score": True},
        client.client_id,
    )
    assert people.with_authorization(f"Bearer {told['token']}").get("/api/v1/users/me").status_code == 200
    assert exchange(**given, code_verifier=VERIFIER).json()["description"] == "This code does not exist."


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"client_id": "CInothing"}, 404, "This client does not exist."),
        (
            {"redirect_uri": "https://evil.example.org"},
            400,
            f"This redirect_uri does not match with your registered client redirect_uri {CALLBACK}.",
        ),
        ({"code": "0" * 40}, 404, "This code does not exist."),
        ({"client_secret": ""}, 400, "client_secret is required for non-PKCE authorization codes."),
        ({"client_secret": "wrong"}, 403, "Invalid secret."),
        ({"grant_type": "password"}, 400, "[grant_type] Expected authorization_code."),
    ],
)
def test_a_wrong_exchange_is_refused_and_the_code_stays(
    changes: dict[str, str], status: int, said: str, client: APIClient
) -> None:
    secret = client.reset_secret()
    _, code = AuthorizationCode.objects.create_code(people.alice(), client=client)
    right = {"client_id": client.client_id, "client_secret": secret, "code": code}
    answer = exchange(**{**right, **changes})
    assert (answer.status_code, answer.json()["description"]) == (status, said)
    assert exchange(**right).status_code == 200


def test_a_code_is_for_ten_minutes_and_for_its_client_and_a_player_who_may_sign_in(client: APIClient) -> None:
    secret = client.reset_secret()
    other, other_secret = APIClient.objects.create_for(people.bob(), name="Other", redirect_uri=CALLBACK)
    _, code = AuthorizationCode.objects.create_code(people.alice(), client=client)
    stolen = exchange(client_id=other.client_id, client_secret=other_secret, code=code)
    assert stolen.json()["description"] == "This code does not exist."
    AuthorizationCode.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    assert exchange(client_id=client.client_id, client_secret=secret, code=code).status_code == 404
    _, code = AuthorizationCode.objects.create_code(people.eve(), client=client)
    assert exchange(client_id=client.client_id, client_secret=secret, code=code).status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"redirect_uri": "http://localhost:9998/cb"}, "redirect_uri http://localhost:9998/cb is not registered"),
        ({"code_challenge": CHALLENGE}, "go together"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "code_challenge_method must be S256"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "code_challenge_method must be S256"),
        ({"state": "x" * 2_001}, "state is longer"),
    ],
)
def test_a_request_that_breaks_the_rules_leads_nowhere(
    query: dict[str, str], said: str, alices: Client, client: APIClient
) -> None:
    for ask in (alices.get, alices.post):
        page = ask(f"/oauth/request-auth?{urlencode({'clientID': client.client_id, **query})}")
        assert page.status_code == 400
        assert said in text_of(page)
        assert heading_of(page) == "This request can’t be completed"
        assert "Nothing was allowed." in text_of(page)
    assert not AuthorizationCode.objects.exists()


def test_whoever_is_not_the_one_who_is_signed_in_signs_in_and_is_asked_then(alices: Client, client: APIClient) -> None:
    address = f"/oauth/request-auth?clientID={client.client_id}&state=1"
    answer = alices.post("/logout/", {"next": address})
    assert answer.headers["Location"] == address
    page = alices.get(address)
    assert page.status_code == 302
    assert parse_qs(urlsplit(page.headers["Location"]).query)["next"] == [address]


@pytest.mark.parametrize("address", ["https://evil.example.org/", "//evil.example.org/", "javascript:alert(1)", ""])
def test_signing_out_leads_to_pages_of_ours_alone(address: str, alices: Client) -> None:
    assert alices.post("/logout/", {"next": address}).headers["Location"] == "/"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "https://", "https://a b", "https://a#b"]
)
def test_a_client_leads_back_to_web_addresses_alone(address: str, alices: Client) -> None:
    given = {"name": "Tool", "permissions": ["submit_score"], "redirectUri": address}
    answer = alices.post("/api/v1/clients/create", given, content_type="application/json")
    assert "This is no http or https address." in answer.json()["description"]
    assert not APIClient.objects.exists()


def test_the_tool_of_an_account_that_is_being_deleted_is_not_there_until_the_account_is_back(
    alices: Client, client: APIClient
) -> None:
    secret = client.reset_secret()
    _, code = AuthorizationCode.objects.create_code(people.alice())
    pages = (
        f"/client-file-flow/{client.client_id}/",
        f"/oauth/request-auth?clientID={client.client_id}",
        f"/api/v1/clients/{client.client_id}",
    )
    given = {"clientID": client.client_id}
    departure = jobs.leave(people.bob(), by=people.bob())
    assert [alices.get(page).status_code for page in pages] == [404, 404, 404]
    assert exchange(client_id=client.client_id, client_secret=secret, code=code).status_code == 404
    assert alices.post("/api/v1/oauth/create-code", given, content_type="application/json").status_code == 404
    jobs.stay(departure, by=people.bob())
    assert [alices.get(page).status_code for page in pages] == [200, 200, 200]
    assert exchange(client_id=client.client_id, client_secret=secret, code=code).status_code == 200
