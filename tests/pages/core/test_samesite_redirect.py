"""Links from other sites: the first request has no session cookie, so the page makes the browser repeat it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests import people

pytestmark = pytest.mark.django_db

FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def known_here() -> Client:
    """A browser that was given a form before."""
    client = people.guest()
    client.get("/login/")
    assert settings.CSRF_COOKIE_NAME in client.cookies
    return client


def test_a_followed_link_is_followed_once_more_from_here() -> None:
    response = known_here().get("/imports/?state=failed&x=%22%3E", headers=FOLLOWED)
    assert response.status_code == 200
    there = "/imports/?state=failed&amp;x=%22%3E"
    assert f'<meta http-equiv="refresh" content="0;url={there}">' in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**FOLLOWED, "Sec-Fetch-Site": "same-origin"},  # as it then comes from here
        {**FOLLOWED, "Sec-Fetch-Site": "none"},  # typed, or a bookmark
        {**FOLLOWED, "Sec-Fetch-Mode": "no-cors"},
        {**FOLLOWED, "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_nothing_else_is_asked_for_twice(headers: dict[str, str]) -> None:
    assert "refresh" not in known_here().get("/", headers=headers).content.decode()


def test_a_followed_link_to_the_api_is_answered_at_once() -> None:
    assert known_here().get("/API/v1/status", headers=FOLLOWED).json()["success"] is True


def test_a_new_visitor_and_a_request_with_a_session_get_the_page_at_once() -> None:
    for client in (people.guest(), people.session_of(people.alice())):
        client.cookies.pop(settings.CSRF_COOKIE_NAME, None)
        assert 'http-equiv="refresh"' not in client.get("/", headers=FOLLOWED).content.decode()


def test_nothing_that_changes_something_is_repeated() -> None:
    response = known_here().post("/login/", {"username": "", "password": ""}, headers=FOLLOWED)
    assert 'http-equiv="refresh"' not in response.content.decode()


@pytest.mark.parametrize("path", ["/%2Felsewhere.example/", "//elsewhere.example/"])
def test_nobody_is_sent_elsewhere(path: str) -> None:
    page = known_here().get(path, headers=FOLLOWED).content.decode()
    assert "url=//" not in page
