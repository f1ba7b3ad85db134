"""When a player was last seen: updated rarely, by visits in a browser."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from imports.models import User
from tests import people

pytestmark = pytest.mark.django_db


def last_seen(user: User) -> datetime | None:
    user.refresh_from_db()
    return user.last_seen


def here_since(user: User, *, seconds_ago: float | None) -> Client:
    browser = people.session_of(user)
    at = None if seconds_ago is None else timezone.now() - timedelta(seconds=seconds_ago)
    User.objects.filter(pk=user.pk).update(last_seen=at)
    return browser


@pytest.mark.parametrize("address", ["/", "/games/", "/imports/", "/users/Bob/", "/nowhere/", "/account/"])
def test_opening_a_page_is_a_visit(address: str) -> None:
    people.bob()
    alice = people.alice()
    here_since(alice, seconds_ago=None).get(address)
    at = last_seen(alice)
    assert at is not None
    assert timezone.now() - at < timedelta(minutes=1)


def test_opening_an_admin_page_is_a_visit() -> None:
    mo = people.mo()
    here_since(mo, seconds_ago=None).get("/admin/")
    assert last_seen(mo) is not None


@pytest.mark.parametrize(("seconds_ago", "is_written"), [(None, True), (30, False), (90, True)])
def test_a_visit_is_written_at_most_once_a_minute(seconds_ago: float | None, is_written: bool) -> None:
    alice = people.alice()
    browser = here_since(alice, seconds_ago=seconds_ago)
    before = last_seen(alice)
    browser.get("/games/")
    assert (last_seen(alice) != before) is is_written


def test_a_visit_within_a_minute_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    browser = here_since(people.alice(), seconds_ago=30)
    with django_assert_num_queries(3):  # the session, its user, and whether an import of theirs runs
        browser.get("/help/")


def test_visits_of_guests_and_banned_players_are_not_recorded() -> None:
    eve = people.eve()
    here_since(eve, seconds_ago=None).get("/games/")
    people.guest().get("/users/Eve/")
    assert last_seen(eve) is None
