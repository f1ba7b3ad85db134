"""Accounts in the admin: administrators change them, moderators ban players."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from imports.models import APIToken, AuditEntry, Permission, User
from tests import factories, people

pytestmark = pytest.mark.django_db


def act(client: Client, name: str, *users: User, reason: str = "spam") -> list[str]:
    data: Any = {"action": name, "reason": reason, "_selected_action": [user.pk for user in users]}
    response = client.post(reverse("admin:imports_user_changelist"), data)
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_moderator_bans_a_player_and_lifts_the_ban() -> None:
    mo, bob = people.mo(), people.bob()

    assert act(people.session_of(mo), "ban", bob) == ["Banned: Bob."]
    assert User.objects.get(pk=bob.pk).is_banned
    assert act(people.session_of(mo), "unban", bob) == ["Ban lifted: Bob."]
    assert not User.objects.get(pk=bob.pk).is_banned
    entries = AuditEntry.objects.order_by("pk").values_list("verb", "actor", "subject", "reason")
    assert list(entries) == [("banned", mo.pk, bob.pk, "spam"), ("unbanned", mo.pk, bob.pk, "spam")]


def test_a_ban_needs_a_reason() -> None:
    assert act(people.session_of(people.mo()), "ban", people.bob(), reason=" ") == ["Give a reason; it is recorded."]
    assert not User.objects.get(pk=people.bob().pk).is_banned
    assert not AuditEntry.objects.exists()


def test_a_ban_ends_a_players_sessions_and_tokens_immediately() -> None:
    bob, browser = people.bob(), people.session_of(people.bob())
    program = people.bearer(bob, *Permission)
    before = [client.get("/api/v1/users/me").status_code for client in (browser, program)]

    act(people.session_of(people.mo()), "ban", bob)

    assert before == [200, 200]
    assert [client.get("/api/v1/users/me").status_code for client in (browser, program)] == [403, 403]
    assert [browser.get(url).status_code for url in ("/imports/", "/import/", "/tokens/")] == [403, 403, 403]
    upload = program.post("/ir/direct-manual/import", factories.batch_manual(), content_type="application/json")
    assert upload.status_code == 403


def test_a_ban_ends_a_moderators_session_immediately() -> None:
    browser = people.session_of(people.mo())
    index = reverse("admin:index")
    assert browser.get(index).status_code == 200

    act(people.session_of(people.ada()), "ban", people.mo())

    assert browser.get(index, follow=True).status_code == 403
    assert act(browser, "ban", people.bob()) == []
    assert not User.objects.get(pk=people.bob().pk).is_banned


def test_a_ban_on_the_page_of_a_player_redirects_back_to_it() -> None:
    bob, browser = people.bob(), people.session_of(people.mo())
    page = reverse("admin:imports_user_change", args=[bob.pk])
    assert "Ban</button>" in browser.get(page).content.decode()

    data = {"action": "ban", "reason": "spam", "_selected_action": bob.pk, "from": bob.pk}
    done = browser.post(reverse("admin:imports_user_changelist"), data)

    assert done.headers["Location"] == page
    assert "Lift the ban</button>" in browser.get(page).content.decode()


@pytest.mark.parametrize(("who", "expected"), [(people.mo, False), (people.ada, True)])
def test_only_administrators_see_the_password_field(who: Any, expected: bool) -> None:
    page = people.session_of(who()).get(reverse("admin:imports_user_change", args=[people.alice().pk]))

    assert ("field-password" in page.content.decode()) == expected


def test_a_moderators_page_of_an_administrator_has_no_ban_button() -> None:
    page = people.session_of(people.mo()).get(reverse("admin:imports_user_change", args=[people.ada().pk]))

    assert "Ban</button>" not in page.content.decode()


@pytest.mark.quick_rows(2)
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
def test_users_can_only_ban_users_of_a_lower_role(actor: Any, target: Any, allowed: bool) -> None:
    messages = act(people.session_of(actor()), "ban", target())

    assert messages[0].startswith("Banned:" if allowed else "Skipped, because you can't ban people with your own role:")
    assert User.objects.get(pk=target().pk).is_banned == allowed


def test_a_moderator_cannot_lift_the_ban_of_an_administrator() -> None:
    ada = people.ada()
    User.objects.filter(pk=ada.pk).update(is_banned=True)

    act(people.session_of(people.mo()), "unban", ada)

    assert User.objects.get(pk=ada.pk).is_banned


@pytest.mark.parametrize(
    ("actor", "owner", "may"),
    [
        (people.mo, people.alice, True),
        (people.ada, people.alice, True),
        (people.mo, people.mo, True),
        (people.mo, people.ada, False),
    ],
)
def test_moderators_revoke_tokens_of_users_of_lower_roles_with_an_audit_entry(
    actor: Any, owner: Any, may: bool
) -> None:
    people.token_of(owner())
    token = owner().tokens.get()

    url = reverse("admin:imports_apitoken_delete", args=[token.pk])
    people.session_of(actor()).post(url, {"post": "yes"})

    entries = AuditEntry.objects.filter(verb="token revoked").values_list("actor", "subject", "token", "reason")
    assert list(entries) == ([(actor().pk, owner().pk, token.pk, "Custom Token")] if may else [])
    assert owner().tokens.exists() != may


def create_token_on_page(owner: User) -> None:
    form = {"name": "arcade tablet", "may": ["submit_score"], "lasts": ""}
    people.session_of(owner).post(reverse("token-list"), form)


def create_token_by_command(owner: User) -> None:
    call_command("create_token", str(owner), stdout=StringIO())


@pytest.mark.parametrize(
    ("make", "name", "by_its_owner"),
    [
        (APIToken.objects.create_token, "Custom Token", True),
        (create_token_on_page, "arcade tablet", True),
        (create_token_by_command, "create_token", False),
    ],
)
def test_every_created_token_has_an_audit_entry(make: Any, name: str, by_its_owner: bool) -> None:
    alice = people.alice()

    make(alice)

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.subject, entry.token, entry.reason) == ("token made", alice, alice.tokens.get(), name)
    assert entry.actor == (alice if by_its_owner else None)


def test_revoking_a_players_own_token_writes_an_audit_entry() -> None:
    alice = people.alice()
    people.token_of(alice)

    people.session_of(alice).post(reverse("token-revoke", args=[alice.tokens.get().pk]))

    assert AuditEntry.objects.filter(verb="token revoked", actor=alice, subject=alice).exists()


def test_several_tokens_are_revoked_together() -> None:
    for owner in (people.alice(), people.bob()):
        people.token_of(owner)
    keys: Any = list(APIToken.objects.values_list("pk", flat=True))
    data = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}

    people.session_of(people.mo()).post(reverse("admin:imports_apitoken_changelist"), data)

    assert not APIToken.objects.exists()
    assert AuditEntry.objects.filter(verb="token revoked").count() == 2


def test_administrators_create_and_change_accounts() -> None:
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


def test_moderators_cannot_make_themselves_administrators() -> None:
    mo = people.mo()
    data = {"username": "Mo_", "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    refused = people.session_of(mo).post(reverse("admin:imports_user_change", args=[mo.pk]), data)

    mo.refresh_from_db()
    assert refused.status_code == 403
    assert not mo.is_superuser


def test_a_name_that_differs_only_in_case_is_taken() -> None:
    people.alice()
    passwords = {"password1": "correct horse battery", "password2": "correct horse battery"}

    page = people.session_of(people.ada()).post(
        reverse("admin:imports_user_add"), {"username": "ALICE", "usable_password": "true", **passwords}
    )

    assert page.status_code == 200
    assert User.objects.filter(username__iexact="alice").count() == 1
