"""GET /api/v1/users: lists by last visit and by name, and updates of `lastSeen`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports.models import Permission, User
from tests import people
from tests.api import expected_documents
from tests.api.callers import BAD_TOKEN, BANNED
from tests.api.envelopes import body, summary

pytestmark = pytest.mark.django_db

USERS = "/api/v1/users"


def set_last_seen(user: User, minutes_ago: float) -> User:
    User.objects.filter(pk=user.pk).update(last_seen=timezone.now() - timedelta(minutes=minutes_ago))
    return user


def names(query: str = "") -> list[str]:
    return [user["username"] for user in body(people.guest(), USERS + query)]


def test_users_are_listed_by_last_visit_newest_first() -> None:
    for user, minutes in ((people.alice(), 20), (people.bob(), 1), (people.mo(), 500)):
        set_last_seen(user, minutes)
    assert names() == ["Bob", "Alice", "Mo_"]
    assert summary(people.guest().get(USERS)) == (200, "Returned 3 users.")


def test_a_user_without_a_visit_is_listed_by_sign_up() -> None:
    set_last_seen(people.alice(), 30)
    people.bob()
    User.objects.filter(pk=people.mo().pk).update(date_joined=timezone.now() - timedelta(days=1))
    assert names() == ["Bob", "Alice", "Mo_"]


@pytest.mark.parametrize("query", ["?online", "?online=false", "?online="])
def test_the_online_filter_lists_visits_of_the_last_five_minutes(query: str) -> None:
    for user, minutes in ((people.alice(), 4.9), (people.bob(), 5.1)):
        set_last_seen(user, minutes)
    assert names(query) == ["Alice"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("ali", ["Alice"]),
        ("LIC", ["Alice"]),
        ("b", ["Bob"]),
        ("", ["Alice", "Bob", "Mo_"]),
        ("_", ["Mo_"]),
        ("%25", []),
        ("%00", []),
        ("nobody", []),
    ],
)
def test_a_search_finds_users_by_a_part_of_their_name(search: str, expected: list[str]) -> None:
    for user in (people.alice(), people.bob(), people.mo()):
        set_last_seen(user, 60)
    assert sorted(names(f"?search={search}")) == expected
    assert names(f"?search={search}&online") == []


def test_a_search_returns_at_most_25_users_and_a_list_a_hundred() -> None:
    User.objects.bulk_create(User(username=f"player_{number:03}") for number in range(130))
    assert len(names("?search=player")) == 25
    assert len(names()) == 100
    pages, address = [], f"{USERS}?limit=50"
    while address:
        response = people.guest().get(address)
        pages += [user["username"] for user in response.json()["body"]]
        address = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert sorted(pages) == [f"player_{number:03}" for number in range(130)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?search=a&search=b", (400, "Search parameter was invalid.")),
        ("?limit=101", (400, "[limit] Expected an integer between 1 and 100. (Received 101)")),
        ("?anything=1", (200, "Returned 0 users.")),
    ],
)
def test_an_invalid_query_for_users_is_refused(query: str, expected: tuple[int, str]) -> None:
    assert summary(people.guest().get(USERS + query)) == expected


def test_the_list_of_users_refuses_a_bad_token_and_a_banned_player() -> None:
    assert summary(people.with_authorization("Bearer nobody's").get(USERS)) == BAD_TOKEN
    assert summary(people.bearer(people.eve()).get(USERS)) == BANNED


# --- last seen ------------------------------------------------------------------------------------------------------


def last_seen(user: User) -> datetime | None:
    user.refresh_from_db()
    return user.last_seen


def test_a_browser_updates_last_seen_and_a_token_does_not() -> None:
    alice = people.alice()
    people.bearer(alice, *Permission).get(f"{USERS}/me")
    people.guest().get(f"{USERS}/alice")
    assert last_seen(alice) is None
    people.session_of(alice).get(f"{USERS}/bob")
    at: Any = last_seen(alice)
    assert timezone.now() - at < timedelta(minutes=1)
    assert body(people.guest(), f"{USERS}/alice")["lastSeen"] == expected_documents.milliseconds(at)


@pytest.mark.parametrize(("minutes", "is_written"), [(0.5, False), (1.5, True)])
def test_last_seen_is_written_at_most_once_a_minute(minutes: float, is_written: bool) -> None:
    alice = people.alice()
    browser = people.session_of(alice)
    before: Any = last_seen(set_last_seen(alice, minutes))
    browser.get(f"{USERS}/me")
    assert (last_seen(alice) != before) is is_written
