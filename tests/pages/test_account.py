"""The account's own pages: the password, the other browsers, the profile."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from imports.limits import ACCOUNT
from imports.models import Permission, User
from tests import builders, people
from tests.pages.reading import heading_of, messages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]  # wrong passwords are counted there

NEW = "staple unlit house"
CHANGE = {"old_password": people.PASSWORD, "new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_account_page_leads_to_all_of_it(alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    builders.charts(1)
    builders.an_import(people.alice(), builders.unknown_score())
    page = alices.get("/account/")
    assert heading_of(page) == "Account"
    assert "1 token" in text_of(page)
    assert "1 score" in text_of(page)
    for address in (
        "/account/profile/",
        "/tokens/",
        "/orphans/",
        "/account/password/",
        "/account/sign-out-everywhere/",
    ):
        assert f'href="{address}"' in page.content.decode()
    assert 'href="/account/"' in alices.get("/users/Alice/").content.decode()


def test_a_new_password_counts_and_ends_every_other_session(alices: Client) -> None:
    elsewhere = people.session_of(people.alice())
    page = alices.post("/account/password/", CHANGE, follow=True)
    assert messages_of(page) == "Your password is changed. Every other browser was signed out."
    assert (is_signed_in(alices), is_signed_in(elsewhere)) == (True, False)
    assert elsewhere.get("/api/v1/status").json()["body"]["whoami"] is None
    assert people.guest().post("/login/", {"username": "alice", "password": NEW}).status_code == 302
    assert people.guest().post("/login/", {"username": "alice", "password": people.PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"old_password": "wrong"}, "This is not your password."),
        ({"new_password2": "another"}, "The two password fields didn’t match."),
        ({"new_password1": "short", "new_password2": "short"}, "This password is too short."),
        ({"new_password1": "Alice1234", "new_password2": "Alice1234"}, "too similar to the name"),
    ],
)
def test_what_changes_no_password_is_said_at_its_field(wrong: dict[str, Any], says: str, alices: Client) -> None:
    elsewhere = people.session_of(people.alice())
    response = alices.post("/account/password/", {**CHANGE, **wrong})
    assert response.status_code == 400
    assert says in text_of(response)
    assert people.PASSWORD not in response.content.decode()
    assert User.objects.get().check_password(people.PASSWORD)
    assert is_signed_in(elsewhere)


def test_every_other_browser_can_be_signed_out(alices: Client) -> None:
    others = [people.session_of(people.alice()) for _ in range(3)]
    bobs = people.session_of(people.bob())
    token = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    page = alices.post("/account/sign-out-everywhere/", {"password": people.PASSWORD}, follow=True)
    assert messages_of(page) == "Every other browser was signed out. This one stays."
    assert [is_signed_in(client) for client in (alices, *others, bobs)] == [True, False, False, False, True]
    assert User.objects.get(username="Alice").check_password(people.PASSWORD)
    assert token.get("/api/v1/status").json()["body"]["whoami"] == people.alice().pk  # tokens are revoked one by one


@pytest.mark.parametrize("password", ["", "wrong"])
def test_only_who_knows_the_password_signs_the_others_out(password: str, alices: Client) -> None:
    elsewhere = people.session_of(people.alice())
    response = alices.post("/account/sign-out-everywhere/", {"password": password})
    assert response.status_code == 400
    assert is_signed_in(elsewhere)


def test_a_password_that_was_changed_meanwhile_stays_changed(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one was checked, then somebody stored a new one: it must not come back."""
    changed = User(username="x")
    changed.set_password(NEW)

    def meanwhile(user: User, password: str) -> bool:
        User.objects.filter(pk=user.pk).update(password=changed.password)
        return True

    monkeypatch.setattr(User, "check_password", meanwhile)
    alices.post("/account/sign-out-everywhere/", {"password": people.PASSWORD})
    assert User.objects.get().password == changed.password


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/account/password/", {**CHANGE, "old_password": "guess"}),
        ("/account/sign-out-everywhere/", {"password": "guess"}),
    ],
)
def test_a_found_browser_does_not_lead_to_the_password(address: str, form: dict[str, str], alices: Client) -> None:
    answers = [alices.post(address, form).status_code for _ in range(ACCOUNT.most + 1)]
    assert answers == [400] * ACCOUNT.most + [429]
    assert people.session_of(people.bob()).post(address, form).status_code == 400  # it is Alice's account that waits


def test_a_player_says_what_others_read(alices: Client) -> None:
    form = {"status": "夜更かし中", "about": "First line\n\n<b>Second</b>"}
    page = alices.post("/account/profile/", form, follow=True)
    assert page.redirect_chain == [("/users/Alice/", 302)]
    body = people.guest().get("/users/Alice/").content.decode()
    assert '<span lang="ja">夜更かし中</span>' in body
    assert "<p>First line</p>\n\n<p>&lt;b&gt;Second&lt;/b&gt;</p>" in body


def test_a_profile_has_its_limits_and_changes_nothing_else(alices: Client) -> None:
    assert "at most 140 characters" in text_of(alices.post("/account/profile/", {"status": "x" * 141}))
    alices.post("/account/profile/", {"status": "hi", "username": "Boss", "is_staff": "on", "is_superuser": "on"})
    alice = User.objects.get()
    assert (alice.username, alice.status, alice.is_staff, alice.is_superuser) == ("Alice", "hi", False, False)


def test_forms_from_elsewhere_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    for address in ("/account/password/", "/account/sign-out-everywhere/", "/account/profile/", "/orphans/retry/"):
        assert client.post(address, CHANGE).status_code == 403
    assert User.objects.get().check_password(people.PASSWORD)


@pytest.mark.parametrize("address", ["/account/password/", "/account/sign-out-everywhere/"])
def test_pages_that_ask_for_a_password_are_not_kept(address: str, alices: Client) -> None:
    assert "no-store" in alices.get(address)["Cache-Control"]
