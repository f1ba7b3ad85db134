"""The landing page for guests: a description, an example, and a link to a player's page."""

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
    """Imports one score for each of `days` days."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    now = int(noon.timestamp() * 1_000)
    charts = [factories.create_chart(factories.create_song(first_song + number)) for number in range(days)]
    rows = [factories.score_on(chart, timeAchieved=now - number * DAY) for number, chart in enumerate(charts)]
    factories.create_import(owner, *rows)


def test_the_landing_page_describes_the_site_and_its_games(guest: Client) -> None:
    page = guest.get("/")
    text = text_of(page)
    assert heading_of(page) == "See every score count.Undo any import."
    assert "17 games: beatmania IIDX" in text
    assert "SOUND VOLTEX" in text
    assert 'href="/signup/"' in page.content.decode()


def test_the_rating_chart_is_labelled_as_an_example(guest: Client) -> None:
    page = guest.get("/")
    text = text_of(page)
    assert "Example: one evening of SOUND VOLTEX VOLFORCE 90 days before 17.482 17.614 +0.132" in text
    assert "214 new scores, 37 new bests" in text
    assert "Reverted. 17.614 17.482 214 scores removed, everything else kept Restore" in text
    assert 'aria-label="VOLFORCE from 16.860 to 17.614 in 90 days"' in page.content.decode()


def test_the_landing_page_hides_sign_up_if_sign_ups_are_closed(guest: Client, settings: Any) -> None:
    settings.TACHI_SIGNUPS = False
    page = guest.get("/")
    assert "Ask the server's administrator for an account." in text_of(page)
    assert 'href="/signup/"' not in page.content.decode()


def test_an_empty_instance_links_to_no_example(guest: Client) -> None:
    assert "See an example" not in text_of(guest.get("/"))


def test_the_example_player_has_the_most_recent_rated_days(guest: Client) -> None:
    played(people.alice(), days=3, first_song=1)
    played(people.bob(), days=2, first_song=11)
    page = guest.get("/").content.decode()
    assert 'href="/users/Alice/games/sdvx/Single/"' in page
    assert guest.get("/users/Alice/games/sdvx/Single/").status_code == 200


@pytest.mark.parametrize("change", [{"is_banned": True}, {"leaves_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_banned_and_leaving_players_are_no_example(guest: Client, change: dict[str, Any]) -> None:
    alice = people.alice()
    played(alice, days=2, first_song=1)
    User.objects.filter(pk=alice.pk).update(**change)
    assert "See an example" not in text_of(guest.get("/"))


def test_a_player_of_a_disabled_game_is_no_example(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    played(people.alice(), days=2, first_song=1)
    monkeypatch.setattr(jobs, "enabled_games", lambda: (BY_SLUG["iidx"],))
    text = text_of(guest.get("/"))
    assert "See an example" not in text
    assert "1 game: beatmania IIDX ." in text


def test_the_landing_page_costs_one_query(guest: Client, django_assert_num_queries: Any) -> None:
    played(people.alice(), days=3, first_song=1)
    with django_assert_num_queries(1):
        guest.get("/")
