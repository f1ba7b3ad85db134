"""Administrators have accounts and profiles deleted and restore them; moderators cannot."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from imports.models import AuditEntry, Departure, GameStats, Score, User
from tests import factories, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


def act(client: Client, model: str, name: str, key: int, reason: str = "asked by mail") -> list[str]:
    data: Any = {"action": name, "reason": reason, "_selected_action": [key]}
    response = client.post(reverse(f"admin:imports_{model}_changelist"), data)
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def alice() -> User:
    factories.create_import(people.alice(), factories.score_on(factories.charts(1)[0]))
    return people.alice()


def test_an_administrator_deletes_and_restores_an_account(alice: User) -> None:
    browser = people.session_of(people.ada())
    assert act(browser, "user", "delete_accounts", alice.pk) == ["Hidden, and deleted in 30 days: Alice."]
    assert not Score.objects.exists()
    entry = AuditEntry.objects.get(verb="leaving")
    assert (entry.actor, entry.reason) == (people.ada(), "asked by mail")
    assert "the account" in browser.get(reverse("admin:imports_departure_changelist")).content.decode()
    assert act(browser, "departure", "restore", Departure.objects.get().pk) == ["Restored: Alice."]
    assert Score.objects.count() == 1


def test_an_administrator_deletes_one_game(alice: User) -> None:
    browser = people.session_of(people.ada())
    messages = act(browser, "gamestats", "delete_profiles", GameStats.objects.get().pk)
    assert messages == ["Hidden, and deleted in 30 days: Alice, SOUND VOLTEX."]
    assert Departure.objects.get().game == "sdvx"


def test_a_deletion_needs_a_reason(alice: User) -> None:
    messages = act(people.session_of(people.ada()), "user", "delete_accounts", alice.pk, reason=" ")
    assert messages == ["Give a reason; it is recorded."]
    assert not Departure.objects.exists()


@pytest.mark.parametrize(("model", "name"), [("user", "delete_accounts"), ("gamestats", "delete_profiles")])
def test_moderators_cannot_delete_accounts_or_profiles(model: str, name: str, alice: User) -> None:
    key = alice.pk if model == "user" else GameStats.objects.get().pk
    act(people.session_of(people.mo()), model, name, key)
    assert not Departure.objects.exists()
    assert Score.objects.exists()


def test_the_only_administrator_cannot_be_deleted() -> None:
    ada = people.ada()
    messages = act(people.session_of(ada), "user", "delete_accounts", ada.pk)
    assert messages == ["Ada: You are the only administrator. Make somebody else one first."]
