"""Signing up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from imports.access.rate_limits import ACCOUNT_LIMIT
from imports.models import User
from imports.models.accounts import is_reserved_name
from imports.pages.accounts.forms import SignUpForm
from tachi_imports import urls as addresses
from tests import people
from tests.pages.html_parsing import heading_of, messages_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]  # wrong passwords are counted there

GOOD = "correct horse battery"
FORM = {"username": "mirei", "password1": GOOD, "password2": GOOD}


def routes_of(entries: Iterable[Any], start: str = "") -> Iterator[str]:
    """Yields the routes of URL patterns, including nested ones."""
    for entry in entries:
        route = start + str(entry.pattern)
        yield route
        yield from routes_of(getattr(entry, "url_patterns", ()), route)


def test_first_path_segments_are_reserved_names() -> None:
    first_parts = {
        part[0] for part in (re.match(r"\w[\w-]+", route) for route in routes_of(addresses.urlpatterns)) if part
    }
    assert {"admin", "charts", "orphans"} <= first_parts
    assert {name for name in first_parts if not is_reserved_name(name)} == set()


def test_a_new_account_is_signed_in_and_redirected_to_the_upload_page() -> None:
    client = people.guest()
    page = client.post("/signup/", FORM, follow=True)
    mirei = User.objects.get(username="mirei")
    assert int(client.session["_auth_user_id"]) == mirei.pk
    assert page.redirect_chain == [("/", 302), ("/import/", 302)]
    assert messages_of(page).startswith("Welcome, mirei!")
    assert (mirei.is_staff, mirei.is_superuser, mirei.check_password(GOOD)) == (False, False, True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "ab"}, "username"),
        ({"password2": "another one"}, "password2"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"username": "ab", "password1": "short", "password2": "short"}, "username"),
    ],
)
def test_the_first_invalid_field_gets_the_focus(wrong: dict[str, Any], field: str) -> None:
    page = people.guest().post("/signup/", {**FORM, **wrong}).content.decode()
    assert re.findall(r'<input[^>]* name="(\w+)"[^>]* autofocus', page.replace("\n", " ")) == [field]


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"username": ""}, "This field is required."),
        ({"username": "ab"}, "A name has 3 to 21 letters, digits, _ or -"),
        ({"username": "1abc"}, "does not begin with a digit"),
        ({"username": "a b c"}, "A name has 3 to 21 letters"),
        ({"username": "みれい"}, "A name has 3 to 21 letters"),
        ({"username": "x" * 22}, "at most 21 characters"),
        ({"username": "Admin"}, "That name is reserved. Choose another one."),
        ({"username": "login"}, "That name is reserved. Choose another one."),
        ({"username": "aLICE"}, "That name is taken."),
        ({"password2": "another one"}, "The two password fields didn’t match."),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        ({"password1": "password", "password2": "password"}, "This password is too common."),
        ({"password1": "84738291", "password2": "84738291"}, "This password is entirely numeric."),
        ({"password1": "mirei123", "password2": "mirei123"}, "The password is too similar to the name."),
    ],
)
def test_an_invalid_sign_up_shows_an_error_at_its_field(wrong: dict[str, Any], says: str) -> None:
    people.alice()
    response = people.guest().post("/signup/", {**FORM, **wrong})
    page = response.content.decode()
    assert says in text_of(response)
    assert 'aria-invalid="true"' in page
    assert GOOD not in page  # a password is never sent back
    assert list(User.objects.values_list("username", flat=True)) == ["Alice"]


def test_a_name_taken_by_a_concurrent_sign_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sign-ups pass the form's check before either is stored, so the database constraint decides."""
    people.alice()
    monkeypatch.setattr(SignUpForm, "clean_username", lambda _: "aLICE")
    monkeypatch.setattr(User, "validate_constraints", lambda *_, **__: None)
    response = people.guest().post("/signup/", {**FORM, "username": "aLICE"})
    assert "That name is taken." in text_of(response)
    assert User.objects.count() == 1


def test_a_sign_up_redirects_to_the_requested_page() -> None:
    client = people.guest()
    page = client.get("/login/?next=/imports/%3Fstate%3Dfailed")
    assert 'href="/signup/?next=/imports/%3Fstate%3Dfailed"' in page.content.decode()
    assert client.post("/signup/", {**FORM, "next": "/imports/?state=failed"})["Location"] == "/imports/?state=failed"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "/\\elsewhere.example"]
)
def test_a_sign_up_never_redirects_to_another_host(target: str) -> None:
    assert people.guest().post("/signup/", {**FORM, "next": target})["Location"] == "/"
    assert people.guest().post(f"/signup/?next={target}", {**FORM, "username": "second"})["Location"] == "/"


def test_a_signed_in_user_cannot_sign_up() -> None:
    client = people.session_of(people.alice())
    assert client.get("/signup/")["Location"] == "/"
    assert client.post("/signup/", FORM)["Location"] == "/"
    assert User.objects.count() == 1


def test_sign_ups_can_be_closed(settings: Settings) -> None:
    settings.TACHI_SIGNUPS = False
    for response in (people.guest().get("/signup/"), people.guest().post("/signup/", FORM)):
        assert response.status_code == 403
        assert "Sign-ups are closed." in text_of(response)
    assert not User.objects.exists()
    for page in (people.guest().get("/"), people.guest().get("/login/")):
        assert "/signup/" not in page.content.decode()
        assert "server's administrator" in text_of(page)
    assert people.guest().get("/api/v1/config").json()["body"]["SIGNUPS_ENABLED"] is False


def test_open_sign_ups_are_linked() -> None:
    for address in ("/", "/login/"):
        assert 'href="/signup/' in people.guest().get(address).content.decode()


@pytest.mark.usefixtures("rate_limits")
def test_sign_ups_are_rate_limited() -> None:
    for number in range(ACCOUNT_LIMIT.max_requests):
        assert people.guest().post("/signup/", {**FORM, "username": f"bot-{number}"}).status_code == 302
    response = people.guest().post("/signup/", {**FORM, "username": "one-more"})
    assert response.status_code == 429
    assert ACCOUNT_LIMIT.seconds - 60 < int(response["Retry-After"]) <= ACCOUNT_LIMIT.seconds
    assert heading_of(response) == "Too many attempts"
    assert "Nothing was changed. Try again in" in text_of(response)
    assert not User.objects.filter(username="one-more").exists()
    assert people.guest().get("/signup/").status_code == 200
