"""The first page for guests: what this is, an example that says so, and the way to a player's page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from imports import jobs
from imports.games import BY_SLUG
from imports.models import User
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db
DAY = 24 * factories.HOUR


@pytest.fixture
def guest() -> Client:
    return people.guest()


def played(owner: User, *, days: int, first_song: int) -> None:
    """An import of one score a day."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    now = int(noon.timestamp() * 1_000)
    charts = [factories.a_chart(factories.a_song(first_song + number)) for number in range(days)]
    rows = [factories.score_on(chart, timeAchieved=now - number * DAY) for number, chart in enumerate(charts)]
    factories.an_import(owner, *rows)


def test_guests_are_told_what_this_is_and_which_games_it_takes(guest: Client) -> None:
    page = guest.get("/")
    said = text_of(page)
    assert heading_of(page) == "See every score count.Undo any import."
    assert "17 games: beatmania IIDX" in said
    assert "SOUND VOLTEX" in said
    assert 'href="/signup/"' in page.content.decode()


def test_the_picture_of_a_rating_says_that_it_is_an_example(guest: Client) -> None:
    page = guest.get("/")
    said = text_of(page)
    assert "Example: one evening of SOUND VOLTEX VOLFORCE 90 days before 17.482 17.614 +0.132" in said
    assert "214 new scores, 37 new bests" in said
    assert "Reverted. 17.614 17.482 214 scores removed, everything else kept Restore" in said
    assert 'aria-label="VOLFORCE from 16.860 to 17.614 in 90 days"' in page.content.decode()


def test_closed_sign_ups_lead_to_signing_in(guest: Client, settings: Any) -> None:
    settings.TACHI_SIGNUPS = False
    page = guest.get("/")
    assert "Ask the server's administrator for an account." in text_of(page)
    assert 'href="/signup/"' not in page.content.decode()


def test_an_empty_server_has_no_example_to_see(guest: Client) -> None:
    assert "See an example" not in text_of(guest.get("/"))


def test_the_example_is_whoever_was_rated_on_the_most_days_lately(guest: Client) -> None:
    played(people.alice(), days=3, first_song=1)
    played(people.bob(), days=2, first_song=11)
    page = guest.get("/").content.decode()
    assert 'href="/users/Alice/games/sdvx/Single/"' in page
    assert guest.get("/users/Alice/games/sdvx/Single/").status_code == 200


@pytest.mark.parametrize("change", [{"is_banned": True}, {"leaves_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_whom_nobody_may_know_of_is_no_example(guest: Client, change: dict[str, Any]) -> None:
    alice = people.alice()
    played(alice, days=2, first_song=1)
    User.objects.filter(pk=alice.pk).update(**change)
    assert "See an example" not in text_of(guest.get("/"))


def test_a_game_that_is_switched_off_is_no_example(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    played(people.alice(), days=2, first_song=1)
    monkeypatch.setattr(jobs, "enabled_games", lambda: (BY_SLUG["iidx"],))
    said = text_of(guest.get("/"))
    assert "See an example" not in said
    assert "1 game: beatmania IIDX ." in said


def test_the_page_costs_one_query(guest: Client, django_assert_num_queries: Any) -> None:
    played(people.alice(), days=3, first_song=1)
    with django_assert_num_queries(1):
        guest.get("/")
