"""The set-up steps of tools that players use: the file flow of each known client, and the OAuth of a bot."""

from __future__ import annotations

import json
import re
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.management import call_command

from imports.models import APIClient, APIToken
from tests import factories, people
from tests.pages.html_parsing import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]
FIXTURE = Path(__file__).parents[3] / "imports" / "fixtures" / "known_clients.json"
KNOWN = [row["fields"] for row in json.loads(FIXTURE.read_bytes())]
CALLBACK = "http://localhost:8910/callback"


@pytest.fixture
def known_clients() -> None:
    call_command("loaddata", "known_clients", verbosity=0)


@pytest.mark.quick_rows(3)
@pytest.mark.usefixtures("known_clients")
@pytest.mark.parametrize("known", KNOWN, ids=[known["client_id"] for known in KNOWN])
def test_a_known_client_gets_a_token_that_sends_scores(known: dict[str, Any]) -> None:
    browser = people.session_of(people.alice())
    address = f"/client-file-flow/{known['client_id']}"
    page = browser.get(address, follow=True)
    assert f"Allow {known['name']} to use your account?" in text_of(page)
    shown = text_of(browser.post(f"{address}/", follow=True))
    [secret] = re.findall(r"\b[0-9a-f]{40}\b", shown)

    tool = people.with_authorization(f"Bearer {secret}")
    status = tool.get("/api/v1/status").json()["body"]
    assert (status["whoami"], status["permissions"]) == (people.alice().pk, ["submit_score"])
    row = factories.score_on(factories.charts(1)[0])
    sent = tool.post("/ir/direct-manual/import", factories.batch_manual(row), content_type="application/json")
    assert sent.status_code == 202
    assert APIToken.objects.get(client__client_id=known["client_id"]).identifier == f"{known['name']} Token"
    assert known["name"] in text_of(browser.get("/tokens/"))


@pytest.mark.usefixtures("known_clients")
def test_reloading_the_known_clients_resets_their_fields_and_keeps_their_tokens() -> None:
    client = APIClient.objects.get(client_id="CXBarbatos")
    token, _ = APIToken.objects.create_for(people.alice(), permissions=["submit_score"], identifier="x", client=client)
    APIClient.objects.filter(pk=client.pk).update(name="Other")
    call_command("loaddata", "known_clients", verbosity=0)
    token.refresh_from_db()
    assert (token.client, APIClient.objects.count()) == (client, len(KNOWN))
    assert APIClient.objects.get(pk=client.pk).name == "Barbatos"
    assert not any(client.author_id or client.redirect_uri for client in APIClient.objects.all())


def test_a_bot_uses_its_oauth_token_until_the_player_revokes_it() -> None:
    author, browser = people.session_of(people.bob()), people.session_of(people.alice())
    wanted = {"name": "Score bot", "redirectUri": CALLBACK, "permissions": ["submit_score", "customise_score"]}
    made = author.post("/api/v1/clients/create", wanted, content_type="application/json").json()["body"]
    assert len(made["clientSecret"]) == 40

    verifier = secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters = {"clientID": made["clientID"], "redirect_uri": CALLBACK, "state": "xyz"}
    query = urlencode({**parameters, "code_challenge": challenge, "code_challenge_method": "S256"})
    assert "Score bot" in text_of(browser.get(f"/oauth/request-auth?{query}"))
    allowed = browser.post(f"/oauth/request-auth?{query}").content.decode()
    target = urlsplit(allowed.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&"))
    answer = parse_qs(target.query)
    assert (f"{target.scheme}://{target.netloc}{target.path}", answer["state"]) == (CALLBACK, ["xyz"])

    given = {
        "client_id": made["clientID"],
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": answer["code"][0],
        "code_verifier": verifier,
    }
    token = people.guest().post("/api/v1/oauth/token", given, content_type="application/json").json()["body"]
    assert (token["userID"], token["identifier"]) == (people.alice().pk, "Score bot Token")

    bot = people.with_authorization(f"Bearer {token['token']}")
    assert bot.get("/api/v1/users/me").json()["body"]["username"] == "Alice"
    row = factories.score_on(factories.charts(1)[0])
    sent = bot.post("/ir/direct-manual/import", factories.batch_manual(row), content_type="application/json")
    assert sent.status_code == 202
    browser.post(f"/tokens/{APIToken.objects.get(client__name='Score bot').pk}/revoke/")
    assert bot.get("/api/v1/users/me").status_code == 401
