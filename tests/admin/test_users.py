"""Accounts in the admin: administrators change them, moderators ban players."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from imports.models import AuditEntry, User
from tests import people

pytestmark = pytest.mark.django_db


def act(client: Client, name: str, *users: User) -> list[str]:
    data: Any = {"action": name, "_selected_action": [user.pk for user in users]}
    response = client.post(reverse("admin:imports_user_changelist"), data)
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_moderator_bans_a_player_and_lifts_the_ban() -> None:
    mo, bob = people.mo(), people.bob()

    assert act(people.session_of(mo), "ban", bob) == ["Banned: Bob."]
    assert User.objects.get(pk=bob.pk).is_banned
    assert act(people.session_of(mo), "unban", bob) == ["Unbanned: Bob."]
    assert not User.objects.get(pk=bob.pk).is_banned
    entries = AuditEntry.objects.order_by("pk").values_list("verb", "actor", "subject")
    assert list(entries) == [("banned", mo.pk, bob.pk), ("unbanned", mo.pk, bob.pk)]


@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        (people.mo, people.alice, True),
        (people.ada, people.alice, True),
        (people.ada, people.mo, True),
        (people.mo, people.ada, False),
        (people.mo, people.mo, False),
        (people.ada, people.ada, False),
    ],
)
def test_nobody_bans_an_equal(actor: Any, target: Any, allowed: bool) -> None:
    said = act(people.session_of(actor()), "ban", target())

    assert said[0].startswith("Banned:" if allowed else "Left alone, as you may not judge your equals:")
    assert User.objects.get(pk=target().pk).is_banned == allowed


def test_a_moderator_cannot_lift_the_ban_of_an_administrator() -> None:
    ada = people.ada()
    User.objects.filter(pk=ada.pk).update(is_banned=True)

    act(people.session_of(people.mo()), "unban", ada)

    assert User.objects.get(pk=ada.pk).is_banned


def test_revoking_a_token_leaves_an_entry() -> None:
    ada, alice = people.ada(), people.alice()
    people.token_of(alice)
    token = alice.tokens.get()

    people.session_of(ada).post(reverse("admin:imports_apitoken_delete", args=[token.pk]), {"post": "yes"})

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor, entry.subject, entry.reason) == ("token revoked", ada, alice, "Custom Token")
    assert not alice.tokens.exists()


def test_administrators_make_and_change_accounts() -> None:
    ada = people.session_of(people.ada())
    passwords = {"password1": "correct horse battery", "password2": "correct horse battery"}

    ada.post(reverse("admin:imports_user_add"), {"username": "Zoe_", "usable_password": "true", **passwords})
    zoe = User.objects.get(username="Zoe_")
    ada.post(
        reverse("admin:imports_user_change", args=[zoe.pk]), {"username": "Zoe_", "is_active": "on", "is_staff": "on"}
    )

    zoe.refresh_from_db()
    assert zoe.check_password("correct horse battery")
    assert zoe.is_staff


def test_a_moderator_cannot_make_himself_an_administrator() -> None:
    mo = people.mo()
    data = {"username": "Mo_", "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    refused = people.session_of(mo).post(reverse("admin:imports_user_change", args=[mo.pk]), data)

    mo.refresh_from_db()
    assert refused.status_code == 403
    assert not mo.is_superuser


def test_a_name_that_differs_in_case_only_is_taken() -> None:
    people.alice()
    passwords = {"password1": "correct horse battery", "password2": "correct horse battery"}

    page = people.session_of(people.ada()).post(
        reverse("admin:imports_user_add"), {"username": "ALICE", "usable_password": "true", **passwords}
    )

    assert page.status_code == 200
    assert User.objects.filter(username__iexact="alice").count() == 1
