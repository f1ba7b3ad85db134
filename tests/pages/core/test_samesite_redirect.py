"""Links from other sites: the first request has no session cookie, so the page makes the browser repeat it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests import people

pytestmark = pytest.mark.django_db

FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def known_here() -> Client:
    """Returns a browser with a CSRF cookie from an earlier visit."""
    client = people.guest()
    client.get("/login/")
    assert settings.CSRF_COOKIE_NAME in client.cookies
    return client


def test_a_link_from_another_site_is_repeated_by_the_page() -> None:
    response = known_here().get("/imports/?state=failed&x=%22%3E", headers=FOLLOWED)
    assert response.status_code == 200
    target = "/imports/?state=failed&amp;x=%22%3E"
    assert f'<meta http-equiv="refresh" content="0;url={target}">' in response.content.decode()
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
def test_other_requests_are_not_repeated(headers: dict[str, str]) -> None:
    assert "refresh" not in known_here().get("/", headers=headers).content.decode()


def test_a_link_from_another_site_to_the_api_is_not_repeated() -> None:
    assert known_here().get("/API/v1/status", headers=FOLLOWED).json()["success"] is True


def test_requests_of_new_visitors_and_with_a_session_are_not_repeated() -> None:
    for client in (people.guest(), people.session_of(people.alice())):
        client.cookies.pop(settings.CSRF_COOKIE_NAME, None)
        assert 'http-equiv="refresh"' not in client.get("/", headers=FOLLOWED).content.decode()


def test_a_post_request_is_not_repeated() -> None:
    response = known_here().post("/login/", {"username": "", "password": ""}, headers=FOLLOWED)
    assert 'http-equiv="refresh"' not in response.content.decode()


@pytest.mark.parametrize("path", ["/%2Felsewhere.example/", "//elsewhere.example/"])
def test_a_repeated_request_stays_on_this_host(path: str) -> None:
    page = known_here().get(path, headers=FOLLOWED).content.decode()
    assert "url=//" not in page
