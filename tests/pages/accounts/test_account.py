"""The account pages: password, other sessions, profile."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from imports.access.rate_limits import ACCOUNT_LIMIT
from imports.models import HookSettings, Permission, User
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]  # wrong passwords are counted there

NEW = "staple unlit house"
CHANGE = {"old_password": people.PASSWORD, "new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def is_signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_account_page_links_to_every_account_setting(alices: Client) -> None:
    people.token_of(people.alice(), Permission.SUBMIT_SCORE)
    factories.charts(1)
    factories.create_import(people.alice(), factories.unknown_score())
    page = alices.get("/account/")
    assert heading_of(page) == "Account"
    assert "1 token" in text_of(page)
    assert "1 score" in text_of(page)
    for address in (
        "/account/profile/",
        "/account/hooks/",
        "/tokens/",
        "/orphans/",
        "/account/data/",
        "/account/delete/",
        "/account/password/",
        "/account/sign-out-everywhere/",
    ):
        assert f'href="{address}"' in page.content.decode()
    assert 'href="/account/"' in alices.get("/users/Alice/").content.decode()


def test_a_new_password_ends_every_other_session(alices: Client) -> None:
    other_session = people.session_of(people.alice())
    page = alices.post("/account/password/", CHANGE, follow=True)
    assert messages_of(page) == "Password changed. All other browsers were signed out."
    assert (is_signed_in(alices), is_signed_in(other_session)) == (True, False)
    assert other_session.get("/api/v1/status").json()["body"]["whoami"] is None
    assert people.guest().post("/login/", {"username": "alice", "password": NEW}).status_code == 302
    assert people.guest().post("/login/", {"username": "alice", "password": people.PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"old_password": "wrong"}, "Wrong password."),
        ({"new_password2": "another"}, "The two password fields didn’t match."),
        ({"new_password1": "short", "new_password2": "short"}, "This password is too short."),
        ({"new_password1": "Alice1234", "new_password2": "Alice1234"}, "too similar to the name"),
    ],
)
def test_an_invalid_new_password_shows_an_error_at_its_field(wrong: dict[str, Any], says: str, alices: Client) -> None:
    other_session = people.session_of(people.alice())
    response = alices.post("/account/password/", {**CHANGE, **wrong})
    assert response.status_code == 400
    assert says in text_of(response)
    assert people.PASSWORD not in response.content.decode()
    assert User.objects.get().check_password(people.PASSWORD)
    assert is_signed_in(other_session)


def test_every_other_browser_can_be_signed_out(alices: Client) -> None:
    others = [people.session_of(people.alice()) for _ in range(3)]
    bobs = people.session_of(people.bob())
    token = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    page = alices.post("/account/sign-out-everywhere/", {"password": people.PASSWORD}, follow=True)
    assert messages_of(page) == "All other browsers were signed out."
    assert [is_signed_in(client) for client in (alices, *others, bobs)] == [True, False, False, False, True]
    assert User.objects.get(username="Alice").check_password(people.PASSWORD)
    assert token.get("/api/v1/status").json()["body"]["whoami"] == people.alice().pk  # tokens are revoked one by one


@pytest.mark.parametrize("password", ["", "wrong"])
def test_signing_out_other_browsers_requires_the_password(password: str, alices: Client) -> None:
    other_session = people.session_of(people.alice())
    response = alices.post("/account/sign-out-everywhere/", {"password": password})
    assert response.status_code == 400
    assert is_signed_in(other_session)


def test_signing_out_other_browsers_keeps_a_concurrently_changed_password(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password changes after the old one was checked: the old one must not be saved again."""
    changed = User(username="x")
    changed.set_password(NEW)

    def meanwhile(user: User, password: str) -> bool:
        User.objects.filter(pk=user.pk).update(password=changed.password)
        return True

    monkeypatch.setattr(User, "check_password", meanwhile)
    alices.post("/account/sign-out-everywhere/", {"password": people.PASSWORD})
    assert User.objects.get().password == changed.password


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/account/password/", {**CHANGE, "old_password": "guess"}),
        ("/account/sign-out-everywhere/", {"password": "guess"}),
    ],
)
@pytest.mark.usefixtures("rate_limits")
def test_password_guesses_of_a_signed_in_browser_are_limited(
    address: str, form: dict[str, str], alices: Client
) -> None:
    responses = [alices.post(address, form).status_code for _ in range(ACCOUNT_LIMIT.max_requests + 1)]
    assert responses == [400] * ACCOUNT_LIMIT.max_requests + [429]
    assert people.session_of(people.bob()).post(address, form).status_code == 400  # it is Alice's account that waits


def test_the_profile_shows_status_and_about_text_escaped(alices: Client) -> None:
    form = {"status": "夜更かし中", "about": "First line\n\n<b>Second</b>"}
    page = alices.post("/account/profile/", form, follow=True)
    assert page.redirect_chain == [("/users/Alice/", 302)]
    body = people.guest().get("/users/Alice/").content.decode()
    assert '<span lang="ja">夜更かし中</span>' in body
    assert "<p>First line</p>\n\n<p>&lt;b&gt;Second&lt;/b&gt;</p>" in body


def test_the_profile_form_limits_the_status_and_ignores_other_fields(alices: Client) -> None:
    assert "at most 140 characters" in text_of(alices.post("/account/profile/", {"status": "x" * 141}))
    alices.post("/account/profile/", {"status": "hi", "username": "Boss", "is_staff": "on", "is_superuser": "on"})
    alice = User.objects.get()
    assert (alice.username, alice.status, alice.is_staff, alice.is_superuser) == ("Alice", "hi", False, False)


def test_forms_without_a_csrf_token_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    for address in ("/account/password/", "/account/sign-out-everywhere/", "/account/profile/", "/orphans/retry/"):
        assert client.post(address, CHANGE).status_code == 403
    assert User.objects.get().check_password(people.PASSWORD)


@pytest.mark.parametrize("address", ["/account/password/", "/account/sign-out-everywhere/"])
def test_pages_that_ask_for_a_password_are_not_cached(address: str, alices: Client) -> None:
    assert "no-store" in alices.get(address)["Cache-Control"]


# --- hooks --------------------------------------------------------------------------------------------


def hook_settings() -> dict[str, tuple[list[str] | None, bool]]:
    return {each.hook: (each.cards, each.force_static_import) for each in people.alice().hook_settings.all()}


def test_hook_settings_are_saved_and_cleared(alices: Client) -> None:
    page = alices.post("/account/hooks/", {"cards": "E004A\r\n E004B ", "kshook": "on"}, follow=True)
    assert messages_of(page) == "Saved. Applies from the next score on."
    assert hook_settings() == {"fervidex": (["E004A", "E004B"], False), "kshook-sv6c": (None, True)}
    assert "E004A\nE004B" in page.content.decode()
    alices.post("/account/hooks/", {"fervidex": "on"})
    assert hook_settings() == {"fervidex": (None, True), "kshook-sv6c": (None, False)}


@pytest.mark.parametrize(
    ("cards", "says"), [("x " * 7, "No more than 6 cards."), ("x" * 101, "too long for a card ID")]
)
def test_invalid_cards_are_refused(alices: Client, cards: str, says: str) -> None:
    page = alices.post("/account/hooks/", {"cards": cards})
    assert page.status_code == 400
    assert says in text_of(page)
    assert not HookSettings.objects.exists()


def test_hook_settings_require_sign_in() -> None:
    assert people.guest().get("/account/hooks/").status_code == 302
