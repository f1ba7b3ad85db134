"""Signing in and out."""

from __future__ import annotations

import pytest

from imports.access.login_throttling import SIGN_IN_LIMIT
from tests import people
from tests.pages.html_parsing import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]  # wrong passwords are counted there

RIGHT = "correct horse battery"


@pytest.mark.parametrize("name", ["Alice", "alice", "ALICE", " Alice "])
def test_names_are_case_insensitive(name: str) -> None:
    alice, client = people.alice(), people.guest()
    response = client.post("/login/", {"username": name, "password": RIGHT})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert int(client.session["_auth_user_id"]) == alice.pk


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [
        ("Alice", "wrong", "Wrong name or password."),
        ("Alice", RIGHT.upper(), "Wrong name or password."),
        ("Nobody", RIGHT, "Wrong name or password."),
        ("Eve", "wrong", "Wrong name or password."),  # nor does a ban tell that the name is right
        ("Eve", RIGHT, "This account is banned."),
        ("", "", "This field is required."),
        ("Al\0ice", RIGHT, "Null characters are not allowed."),
        ("A" * 5_000, RIGHT, "Wrong name or password."),
    ],
)
def test_a_refused_sign_in_shows_the_reason(name: str, password: str, says: str) -> None:
    people.alice(), people.eve()
    client = people.guest()
    response = client.post("/login/", {"username": name, "password": password})
    assert response.status_code == 200
    assert says in text_of(response)
    assert "_auth_user_id" not in client.session


def test_a_sign_in_redirects_to_the_requested_page() -> None:
    people.alice()
    client = people.guest()
    response = client.get("/imports/?state=failed")
    assert response["Location"] == "/login/?next=/imports/%3Fstate%3Dfailed"
    assert 'name="next" value="/imports/?state=failed"' in client.get(response["Location"]).content.decode()
    form = {"username": "alice", "password": RIGHT, "next": "/imports/?state=failed"}
    assert client.post("/login/", form)["Location"] == "/imports/?state=failed"


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_a_sign_in_never_redirects_to_another_host(target: str) -> None:
    people.alice()
    form = {"username": "alice", "password": RIGHT, "next": target}
    assert people.guest().post("/login/", form)["Location"] == "/"


def test_signing_out_requires_a_post() -> None:
    client = people.session_of(people.alice())
    assert client.get("/logout/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("rate_limits")
def test_wrong_passwords_are_rate_limited() -> None:
    people.alice()
    wrong, right = ({"username": "alice", "password": each} for each in ("guess", RIGHT))
    for _ in range(3):  # who knows it is not counted
        assert people.guest().post("/login/", right).status_code == 302
    responses = [people.guest().post("/login/", wrong).status_code for _ in range(SIGN_IN_LIMIT.max_requests + 1)]
    assert responses == [200] * SIGN_IN_LIMIT.max_requests + [429]
    assert people.guest().post("/login/", right).status_code == 429
    assert people.guest().get("/login/").status_code == 200
