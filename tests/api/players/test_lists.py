"""GET /api/v1/users: by last visit and by name; when `lastSeen` is updated."""

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


def seen(user: User, minutes_ago: float) -> User:
    User.objects.filter(pk=user.pk).update(last_seen=timezone.now() - timedelta(minutes=minutes_ago))
    return user


def names(query: str = "") -> list[str]:
    return [user["username"] for user in body(people.guest(), USERS + query)]


def test_the_user_seen_last_comes_first() -> None:
    for user, minutes in ((people.alice(), 20), (people.bob(), 1), (people.mo(), 500)):
        seen(user, minutes)
    assert names() == ["Bob", "Alice", "Mo_"]
    assert summary(people.guest().get(USERS)) == (200, "Returned 3 users.")


def test_a_user_never_seen_is_listed_by_sign_up_or_sign_in() -> None:
    seen(people.alice(), 30)
    people.bob()
    User.objects.filter(pk=people.mo().pk).update(date_joined=timezone.now() - timedelta(days=1))
    assert names() == ["Bob", "Alice", "Mo_"]


@pytest.mark.parametrize("query", ["?online", "?online=false", "?online="])
def test_users_online_were_seen_in_the_last_five_minutes(query: str) -> None:
    for user, minutes in ((people.alice(), 4.9), (people.bob(), 5.1)):
        seen(user, minutes)
    assert names(query) == ["Alice"]


@pytest.mark.parametrize(
    ("search", "found"),
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
def test_users_are_found_by_a_part_of_their_name(search: str, found: list[str]) -> None:
    for user in (people.alice(), people.bob(), people.mo()):
        seen(user, 60)
    assert sorted(names(f"?search={search}")) == found
    assert names(f"?search={search}&online") == []


def test_twenty_five_are_found_at_most_and_a_hundred_listed() -> None:
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
def test_a_search_is_one(query: str, expected: tuple[int, str]) -> None:
    assert summary(people.guest().get(USERS + query)) == expected


def test_the_list_is_for_everybody_who_is_not_refused() -> None:
    assert summary(people.with_authorization("Bearer nobody's").get(USERS)) == BAD_TOKEN
    assert summary(people.bearer(people.eve()).get(USERS)) == BANNED


# --- last seen ------------------------------------------------------------------------------------------------------


def last_seen(user: User) -> datetime | None:
    user.refresh_from_db()
    return user.last_seen


def test_a_browser_is_seen_and_a_program_is_not() -> None:
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
    before: Any = last_seen(seen(alice, minutes))
    browser.get(f"{USERS}/me")
    assert (last_seen(alice) != before) is is_written
