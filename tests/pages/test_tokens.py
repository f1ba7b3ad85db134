"""Tokens: made, shown once, revoked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imports.models import APIToken, Permission
from tests import people
from tests.pages.reading import messages_of, text_of

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
    secret = secret_in(made)
    assert "Token “arcade tablet”: copy it now" in text_of(made)
    assert "no-store" in made["Cache-Control"]
    token = APIToken.objects.find(secret)
    assert token is not None
    assert (token.user, token.permissions) == (people.alice(), ["submit_score", "delete_score"])
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    again = alices.get("/tokens/")
    assert secret not in again.content.decode()
    assert "arcade tablet submit_score , delete_score" in text_of(again)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Phone"}, "You have a token of this name. Choose another."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"may": []}, "Choose what it may do"),
        ({"may": ["everything"]}, "everything is not one of the available choices."),
        ({"lasts": "7"}, "7 is not one of the available choices."),
    ],
)
def test_what_makes_no_token_is_said_at_its_field(wrong: dict[str, Any], says: str, alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    APIToken.objects.update(identifier="phone")
    response = alices.post("/tokens/", {**FORM, **wrong})
    assert response.status_code == 400
    assert says in text_of(response)
    assert APIToken.objects.count() == 1


def test_a_revoked_token_works_no_longer(alices: Client) -> None:
    secret = people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    token = APIToken.objects.get()
    page = alices.post(f"/tokens/{token.pk}/revoke/", follow=True)
    assert messages_of(page).startswith("The token “Custom Token” is revoked.")
    assert APIToken.objects.find(secret) is None


def test_nobody_sees_or_revokes_the_tokens_of_others(alices: Client) -> None:
    people.token_of(people.bob(), Permission.SUBMIT_SCORE)
    token = APIToken.objects.get()
    assert "Custom Token" not in text_of(alices.get("/tokens/"))
    for name in (people.alice, people.ada):
        assert people.session_of(name()).post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert people.guest().post(f"/tokens/{token.pk}/revoke/")["Location"].startswith("/login/")
    assert APIToken.objects.exists()


def test_looking_at_the_address_of_a_revocation_revokes_nothing(alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    assert alices.get(f"/tokens/{APIToken.objects.get().pk}/revoke/").status_code == 405
    assert APIToken.objects.exists()
