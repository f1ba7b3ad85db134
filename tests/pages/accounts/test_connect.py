"""Connecting a tool: the file with the token filled in, and OAuth 2 with PKCE."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from imports import jobs
from imports.models import APIClient, APIToken, AuthorizationCode, Import, State
from tests import factories, people
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


def test_the_client_file_has_a_token_with_the_client_s_permissions(alices: Client, client: APIClient) -> None:
    address = f"/client-file-flow/{client.client_id}/"
    page = alices.get(address)
    assert heading_of(page) == "Allow Night Logger to use your account?"
    assert "submit_score" in text_of(page)
    assert not APIToken.objects.exists()
    page = alices.post(address, follow=True)
    assert heading_of(page) == "Night Logger is ready to connect"
    assert "1. Download the file Put tool.json into the folder of Night Logger." in text_of(page)
    assert "data-start" in page.content.decode()
    file = downloaded(alices, page)
    assert file.headers["Content-Disposition"] == 'attachment; filename="tool.json"'
    content = json.loads(file.getvalue())
    assert content["note"] == "%%TACHI_KEY%%"
    token = APIToken.objects.find(content["token"])
    assert token is not None
    assert (token.user, token.permissions, token.client) == (people.alice(), ["submit_score"], client)
    assert "connected tool" in text_of(alices.get("/tokens/"))


def downloaded(browser: Client, page: Any) -> Any:
    """Returns the response to the download form on the page of a connection."""
    [action] = re.findall(r'action="(/tokens/\d+/file/)"', page.content.decode())
    [secret] = re.findall(r'name="secret" value="([0-9a-f]{40})"', page.content.decode())
    return browser.post(action, {"secret": secret})


def test_a_client_file_can_be_downloaded_repeatedly_until_its_page_is_left(alices: Client, client: APIClient) -> None:
    page = alices.post(f"/client-file-flow/{client.client_id}/", follow=True)
    assert downloaded(alices, page).getvalue() == downloaded(alices, page).getvalue()
    token = APIToken.objects.get()
    again = alices.get(f"/tokens/{token.pk}/").content.decode()
    assert "/file/" not in again


@pytest.mark.parametrize("secret", ["", "0" * 40, "é", "\x00"])
def test_a_client_file_requires_the_secret_of_its_token(secret: str, alices: Client, client: APIClient) -> None:
    alices.post(f"/client-file-flow/{client.client_id}/")
    token = APIToken.objects.get()
    _, another = APIToken.objects.create_for(people.alice(), permissions=[], identifier="another")
    for given in (secret, another):
        answer = alices.post(f"/tokens/{token.pk}/file/", {"secret": given})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/tokens/{token.pk}/")


def test_only_the_owner_of_a_token_can_download_its_client_file(alices: Client, client: APIClient) -> None:
    page = alices.post(f"/client-file-flow/{client.client_id}/", follow=True)
    assert downloaded(people.session_of(people.bob()), page).status_code == 404
    assert downloaded(people.guest(), page).headers["Location"].startswith("/login/")
    APIToken.objects.revoke(APIToken.objects.all(), by=people.alice())
    assert downloaded(alices, page).status_code == 404


def test_a_client_file_can_be_shown_and_without_a_template_the_token_is(alices: Client, client: APIClient) -> None:
    address = f"/client-file-flow/{client.client_id}/"
    shown = text_of(alices.post(address, {"show": "1"}, follow=True))
    assert "1. Download the file" in shown
    assert '"url": "https://scores.example.org"' in shown
    APIClient.objects.update(key_template="", key_filename="")
    assert "1. Enter this in Night Logger" in text_of(alices.post(address, follow=True))
    assert alices.get("/client-file-flow/CInothing/").status_code == 404


# --- programs that this server supports, and their first score --------------------------------------------


def connected(browser: Client) -> tuple[APIToken, str]:
    """Connects KsHook and returns its token and the secret that the page shows."""
    page = browser.post("/tools/kshook-sv6c/", follow=True)
    token = APIToken.objects.latest("pk")
    assert page.redirect_chain == [(f"/tokens/{token.pk}/", 302)]
    [secret] = re.findall(r"\b[0-9a-f]{40}\b", text_of(page))
    return token, secret


def test_a_supported_program_asks_for_consent_and_then_shows_its_setup(alices: Client) -> None:
    page = alices.get("/tools/kshook-sv6c/")
    assert heading_of(page) == "Allow KsHook to use your account?"
    assert "A tool that this server supports." in text_of(page)
    assert not APIToken.objects.exists()
    page = alices.post("/tools/kshook-sv6c/", follow=True)
    assert heading_of(page) == "KsHook is ready to connect"
    assert "http://testserver/ir/kshook/sv6c" in text_of(page)
    assert "Waiting for the first score" in text_of(page)
    token = APIToken.objects.get()
    assert (token.user, token.identifier, token.permissions) == (people.alice(), "KsHook", ["submit_score"])
    assert "Set up again" in text_of(alices.get("/tools/"))


def test_a_reload_neither_shows_the_token_again_nor_creates_another(alices: Client) -> None:
    token, secret = connected(alices)
    page = alices.get(f"/tokens/{token.pk}/")
    assert secret not in page.content.decode()
    assert "can't be shown again" in text_of(page)
    assert APIToken.objects.count() == 1


def test_the_connection_page_shows_the_first_score(alices: Client) -> None:
    token, secret = connected(alices)
    row = factories.score_on(factories.charts(1)[0])
    tool = people.with_authorization(f"Bearer {secret}")
    tool.post("/ir/direct-manual/import", factories.batch_manual(row), content_type="application/json")
    job = Import.objects.get()
    assert heading_of(alices.get(f"/tokens/{token.pk}/")) == "KsHook is ready to connect"  # it waits in the queue
    factories.run_job(job)
    page = alices.get(f"/tokens/{token.pk}/")
    assert heading_of(page) == "KsHook is connected"
    assert "<b>The first score has arrived.</b> You can close this page" in page.content.decode()
    assert f'href="/imports/{job.import_id}/"' in page.content.decode()
    assert "Song 1 EXH 16 SOUND VOLTEX CLEAR 9,500,000 AA+ First play" in text_of(page)


def test_the_connection_page_shows_why_an_import_failed(alices: Client) -> None:
    token, _ = connected(alices)
    failed = factories.create_import(people.alice(), parts={"meta": {"game": "sdvx"}})
    assert failed.state == State.FAILED
    Import.objects.update(token=token)
    page = alices.get(f"/tokens/{token.pk}/")
    assert heading_of(page) == "KsHook could not send a score"
    assert str(escape(failed.error_message.splitlines()[0])) in page.content.decode()


def test_only_the_owner_sees_a_connection_page(alices: Client) -> None:
    token, _ = connected(alices)
    assert people.session_of(people.bob()).get(f"/tokens/{token.pk}/").status_code == 404
    assert people.guest().get(f"/tokens/{token.pk}/").status_code == 302


@pytest.mark.parametrize("hook", ["nothing", "batch-manual", "direct-manual"])
def test_an_unsupported_program_cannot_be_connected(alices: Client, hook: str) -> None:
    assert alices.get(f"/tools/{hook}/").status_code == 404
    assert alices.post(f"/tools/{hook}/").status_code == 404


def test_connecting_a_program_beyond_the_token_limit_is_refused(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.models.tokens.MAX_TOKENS_PER_USER", 0)
    page = alices.post("/tools/kshook-sv6c/")
    assert page.status_code == 400
    assert not APIToken.objects.exists()


# --- OAuth 2 ----------------------------------------------------------------------------------------------


def test_a_tool_exchanges_an_authorization_code_once(alices: Client, client: APIClient) -> None:
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
    token = exchange(**given, code_verifier=VERIFIER).json()["body"]
    assert (token["userID"], token["identifier"], token["permissions"], token["fromAPIClient"]) == (
        people.alice().pk,
        "Night Logger Token",
        {"submit_score": True},
        client.client_id,
    )
    assert people.with_authorization(f"Bearer {token['token']}").get("/api/v1/users/me").status_code == 200
    assert exchange(**given, code_verifier=VERIFIER).json()["description"] == "This code does not exist."


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
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
def test_an_invalid_exchange_is_refused_and_the_code_stays_valid(
    changes: dict[str, str], status: int, expected: str, client: APIClient
) -> None:
    secret = client.reset_secret()
    _, code = AuthorizationCode.objects.create_code(people.alice(), client=client)
    right = {"client_id": client.client_id, "client_secret": secret, "code": code}
    answer = exchange(**{**right, **changes})
    assert (answer.status_code, answer.json()["description"]) == (status, expected)
    assert exchange(**right).status_code == 200


def test_a_code_expires_after_ten_minutes_and_needs_its_client_and_an_active_player(client: APIClient) -> None:
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
    ("query", "expected"),
    [
        ({"redirect_uri": "http://localhost:9998/cb"}, "redirect_uri http://localhost:9998/cb is not registered"),
        ({"code_challenge": CHALLENGE}, "go together"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "code_challenge_method must be S256"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "code_challenge_method must be S256"),
        ({"state": "x" * 2_001}, "state is longer"),
    ],
)
def test_an_invalid_authorization_request_creates_no_code(
    query: dict[str, str], expected: str, alices: Client, client: APIClient
) -> None:
    for ask in (alices.get, alices.post):
        page = ask(f"/oauth/request-auth?{urlencode({'clientID': client.client_id, **query})}")
        assert page.status_code == 400
        assert expected in text_of(page)
        assert heading_of(page) == "This request can't be completed"
        assert "Nothing was allowed." in text_of(page)
    assert not AuthorizationCode.objects.exists()


def test_the_consent_pages_have_no_bottom_bar(alices: Client, client: APIClient) -> None:
    address = f"/oauth/request-auth?clientID={client.client_id}"
    assert 'class="tabbar"' in alices.get("/tokens/").content.decode()
    for page in (alices.get(address), alices.post(address), alices.get(f"{address}&code_challenge=short")):
        assert heading_of(page) in {
            "Allow Night Logger to use your account?",
            "Night Logger is connected",
            "This request can't be completed",
        }
        assert 'class="tabbar"' not in page.content.decode()


def test_switching_accounts_returns_to_the_authorization_request_after_sign_in(
    alices: Client, client: APIClient
) -> None:
    address = f"/oauth/request-auth?clientID={client.client_id}&state=1"
    answer = alices.post("/logout/", {"next": address})
    assert answer.headers["Location"] == address
    page = alices.get(address)
    assert page.status_code == 302
    assert parse_qs(urlsplit(page.headers["Location"]).query)["next"] == [address]


@pytest.mark.parametrize("address", ["https://evil.example.org/", "//evil.example.org/", "javascript:alert(1)", ""])
def test_signing_out_redirects_to_pages_of_this_site_only(address: str, alices: Client) -> None:
    assert alices.post("/logout/", {"next": address}).headers["Location"] == "/"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "https://", "https://a b", "https://a#b"]
)
def test_a_redirect_uri_must_be_an_http_address(address: str, alices: Client) -> None:
    given = {"name": "Tool", "permissions": ["submit_score"], "redirectUri": address}
    answer = alices.post("/api/v1/clients/create", given, content_type="application/json")
    assert "This is not an http or https URL." in answer.json()["description"]
    assert not APIClient.objects.exists()


def test_a_client_is_hidden_while_its_author_s_account_is_being_deleted(alices: Client, client: APIClient) -> None:
    secret = client.reset_secret()
    _, code = AuthorizationCode.objects.create_code(people.alice())
    pages = (
        f"/client-file-flow/{client.client_id}/",
        f"/oauth/request-auth?clientID={client.client_id}",
        f"/api/v1/clients/{client.client_id}",
    )
    given = {"clientID": client.client_id}
    departure = jobs.start_departure(people.bob(), by=people.bob())
    assert [alices.get(page).status_code for page in pages] == [404, 404, 404]
    assert exchange(client_id=client.client_id, client_secret=secret, code=code).status_code == 404
    assert alices.post("/api/v1/oauth/create-code", given, content_type="application/json").status_code == 404
    jobs.cancel_departure(departure, by=people.bob())
    assert [alices.get(page).status_code for page in pages] == [200, 200, 200]
    assert exchange(client_id=client.client_id, client_secret=secret, code=code).status_code == 200


def test_the_page_of_a_revoked_token_shows_the_date_and_how_to_reconnect(alices: Client) -> None:
    token, _ = connected(alices)
    alices.post(f"/tokens/{token.pk}/revoke/")
    page = alices.get(f"/tokens/{token.pk}/")
    assert page.status_code == 410
    assert heading_of(page) == "KsHook can't send scores"
    assert re.search(r"Its token is no longer valid\. It was revoked on \d+ \w+ \d+ ?\.", text_of(page))
    assert 'href="/tools/kshook-sv6c/"' in page.content.decode()
    assert people.session_of(people.bob()).get(f"/tokens/{token.pk}/").status_code == 404
    assert people.guest().get(f"/tokens/{token.pk}/").status_code == 302


def test_the_page_of_a_revoked_token_of_an_operator_s_client_offers_its_file(alices: Client) -> None:
    fields = {"name": "Score bot", "permissions": ["submit_score"], "key_template": "%%TACHI_KEY%%"}
    client = APIClient.objects.create(client_id="CIbot", author=None, key_filename="bot.txt", **fields)
    alices.post(f"/client-file-flow/{client.client_id}/")
    token = APIToken.objects.get()
    alices.post(f"/tokens/{token.pk}/revoke/")
    page = alices.get(f"/tokens/{token.pk}/")
    assert heading_of(page) == "Score bot can't send scores"
    assert "Download a new bot.txt" in text_of(page)
    assert 'href="/client-file-flow/CIbot/"' in page.content.decode()


def test_the_page_of_an_expired_token_shows_the_date(alices: Client) -> None:
    token, _ = connected(alices)
    APIToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    page = alices.get(f"/tokens/{token.pk}/")
    assert page.status_code == 410
    assert "It expired on" in text_of(page)


def test_the_permissions_of_a_tool_start_with_score_imports() -> None:
    client = APIClient.objects.create_for(
        people.bob(),
        name="Night Logger",
        permissions=["customise_session", "submit_score"],
        redirect_uri="",
        key_filename="",
    )[0]
    text = text_of(people.session_of(people.alice()).get(f"/client-file-flow/{client.client_id}/"))
    assert text.index("Import scores") < text.index("Edit sessions")
