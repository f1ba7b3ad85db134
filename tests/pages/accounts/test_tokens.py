"""Tokens: created, shown once, revoked."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from imports.models import APIToken, AuditEntry, Permission
from imports.pages.accounts import new_tokens
from imports.pages.texts import account_texts
from tests import people
from tests.pages.html_parsing import heading_of, messages_of, text_of

pytestmark = pytest.mark.django_db

FORM = {"name": "arcade tablet", "may": ["submit_score", "delete_score"], "lasts": "90"}


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def secret_in(response: Any) -> str:
    found = re.search(r'<code id="token">([0-9a-f]{40})</code>', response.content.decode())
    assert found
    return found[1]


def test_a_new_token_is_shown_once_and_works(alices: Client) -> None:
    made = alices.post("/tokens/", FORM)
    assert (made.status_code, made["Location"]) == (302, "/tokens/")
    made = alices.get("/tokens/")
    secret = secret_in(made)
    assert "Token “arcade tablet” created" in text_of(made)
    assert "no-store" in made["Cache-Control"]
    token = APIToken.objects.find(secret)
    assert token is not None
    assert (token.user, token.permissions) == (people.alice(), ["submit_score", "delete_score"])
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    again = alices.get("/tokens/")
    assert secret not in again.content.decode()
    assert "arcade tablet submit_score , delete_score" in text_of(again)


def test_neither_the_session_nor_the_cookie_contains_the_new_secret(alices: Client) -> None:
    alices.post("/tokens/", FORM)
    half, pad = alices.session[new_tokens.SESSION_KEY], alices.cookies[new_tokens.COOKIE]
    assert (pad["httponly"], pad["samesite"], pad["path"]) == (True, "Strict", "/tokens/")
    assert APIToken.objects.find(half) is None
    assert APIToken.objects.find(pad.value) is None
    secret = secret_in(alices.get("/tokens/"))
    assert secret not in (half, pad.value)
    assert not alices.cookies[new_tokens.COOKIE].value


@pytest.mark.parametrize("cookie", ["", "x", "00", "zz" * 20, "0" * 40])
def test_an_invalid_cookie_shows_no_secret(cookie: str, alices: Client) -> None:
    alices.post("/tokens/", FORM)
    alices.cookies[new_tokens.COOKIE] = cookie
    page = alices.get("/tokens/")
    assert page.status_code == 200
    assert 'id="token"' not in page.content.decode()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Phone"}, "You already have a token with this name."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"may": []}, "Choose at least one permission."),
        ({"may": ["everything"]}, "everything is not one of the available choices."),
        ({"lasts": "7"}, "7 is not one of the available choices."),
    ],
)
def test_an_invalid_token_form_shows_an_error_at_its_field(wrong: dict[str, Any], says: str, alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    APIToken.objects.update(identifier="phone")
    response = alices.post("/tokens/", {**FORM, **wrong})
    assert response.status_code == 400
    assert says in text_of(response)
    assert APIToken.objects.count() == 1


def test_a_revoked_token_is_no_longer_found(alices: Client) -> None:
    secret = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    token = APIToken.objects.get()
    page = alices.post(f"/tokens/{token.pk}/revoke/", follow=True)
    assert messages_of(page).startswith("Token “Custom Token” revoked.")
    assert APIToken.objects.find(secret) is None


def test_only_the_owner_sees_and_revokes_a_token(alices: Client) -> None:
    people.token_of(people.bob(), Permission.SUBMIT_SCORE)
    token = APIToken.objects.get()
    assert "Custom Token" not in text_of(alices.get("/tokens/"))
    for name in (people.alice, people.ada):
        assert people.session_of(name()).post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert people.guest().post(f"/tokens/{token.pk}/revoke/")["Location"].startswith("/login/")
    assert APIToken.objects.exists()


def test_a_revocation_asks_for_confirmation(alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    address = f"/tokens/{APIToken.objects.get().pk}/revoke/"
    page = alices.get(address)
    assert heading_of(page) == "Revoke this token?"
    assert "Custom Token created" in text_of(page)
    assert f'action="{address}" data-dialog-form' in page.content.decode()  # dialog.js shows it as a dialog
    assert f'href="{address}" data-dialog' in alices.get("/tokens/").content.decode()
    assert APIToken.objects.exists()


def test_a_token_that_can_submit_is_shown_with_a_curl_command(alices: Client, settings: Settings) -> None:
    settings.TACHI_PUBLIC_URL = "https://scores.example.org"
    made = alices.post("/tokens/", FORM, follow=True)
    line = re.search(r'<code id="curl">(.*?)</code>', made.content.decode())
    assert line
    assert html.unescape(line[1]) == (
        f'curl https://scores.example.org/ir/direct-manual/import -H "Authorization: Bearer {secret_in(made)}"'
        ' -H "Content-Type: application/json" --data-binary @scores.json'
    )
    other = alices.post("/tokens/", {**FORM, "name": "other", "may": ["delete_score"]}, follow=True)
    assert "curl" not in text_of(other)


def test_creating_and_revoking_a_token_are_audited(alices: Client) -> None:
    alices.post("/tokens/", FORM)
    alices.post(f"/tokens/{APIToken.objects.get().pk}/revoke/")
    entries = AuditEntry.objects.filter(subject=people.alice()).order_by("pk")
    assert [(entry.verb, entry.actor, entry.reason) for entry in entries] == [
        ("token made", people.alice(), "arcade tablet"),
        ("token revoked", people.alice(), "arcade tablet"),
    ]


def test_an_expired_token_is_marked_as_expired(alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    APIToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "expired" in text_of(alices.get("/tokens/"))


def test_every_permission_is_explained() -> None:
    assert set(account_texts.PERMISSION_TEXTS) == set(Permission.values)
