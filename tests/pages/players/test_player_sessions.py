"""The list of a player's sessions in all games."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Session
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/users/alice/sessions/"
DAY = 24 * factories.HOUR


def played_on(days: range) -> None:
    (chart,) = factories.charts(1)
    rows = [factories.score_on(chart, 9_000_000 + day, timeAchieved=factories.NOON + day * DAY) for day in days]
    factories.create_import(people.alice(), *rows)


def create_session_of_another_game(days: int) -> Session:
    """Creates a session of IIDX, `days` after the first one."""
    start = factories.NOON + days * DAY
    return Session.objects.create(
        session_id=f"Q{days:040}", user=people.alice(), game="iidx", playtype="SP", name="Two Towers", score_count=3,
        time_started=start, time_ended=start + 1, calculated_data={},
    )  # fmt: skip


@pytest.fixture
def anyone() -> Client:
    return people.guest()


def test_the_sessions_of_all_games_are_listed_newest_first(anyone: Client) -> None:
    played_on(range(2))
    create_session_of_another_game(1)
    Session.objects.filter(time_started=factories.NOON).update(name="First Light")
    page = anyone.get(PAGE)
    text = text_of(page)
    assert heading_of(page) == "Sessions"
    assert "Alice 3 sessions" in text
    assert "All games 3 SOUND VOLTEX 2 beatmania IIDX (SP) 1" in text
    assert text.index("Two Towers beatmania IIDX (SP),") < text.index("First Light SOUND VOLTEX,")


def test_the_list_is_filtered_by_game_and_ignores_unknown_games(anyone: Client) -> None:
    played_on(range(2))
    create_session_of_another_game(5)
    listed = text_of(anyone.get(f"{PAGE}?game=iidx/SP"))
    assert "Two Towers" in listed
    assert "1 score" not in listed
    for wrong in ("iidx/DP", "nothing", "\0"):
        assert "Two Towers" in text_of(anyone.get(PAGE, {"game": wrong}))
        assert "1 score" in text_of(anyone.get(PAGE, {"game": wrong}))


def test_sessions_of_a_removed_game_are_omitted(anyone: Client) -> None:
    played_on(range(1))
    create_session_of_another_game(1)
    Session.objects.filter(game="iidx").update(game="gone")
    text = text_of(anyone.get(PAGE))
    assert "Alice 1 session" in text
    assert "Two Towers" not in text


def test_the_list_is_paginated_with_a_constant_number_of_queries(
    anyone: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    played_on(range(52))
    with django_assert_num_queries(7):
        first = text_of(anyone.get(PAGE))
    assert "1 to 50 of 52" in first
    assert "51 to 52 of 52" in text_of(anyone.get(f"{PAGE}?page=2"))
    Session.objects.filter(time_started__gte=factories.NOON + 2 * DAY).delete()
    with django_assert_num_queries(7):
        anyone.get(PAGE)


def test_an_empty_list_links_to_the_tools_only_for_the_player(anyone: Client) -> None:
    people.alice()
    own = people.session_of(people.alice()).get(PAGE)
    assert "No sessions yet" in text_of(own)
    assert 'href="/tools/"' in own.content.decode().split("<main")[1].split("</main")[0]
    others = anyone.get(PAGE).content.decode().split("<main")[1].split("</main")[0]
    assert 'href="/tools/"' not in others


def test_the_profile_links_to_the_list_of_sessions(anyone: Client) -> None:
    played_on(range(2))
    assert 'href="/users/Alice/sessions/"' in anyone.get("/users/alice/").content.decode()


@pytest.mark.parametrize("who", ["alice", "bob", "mo", "ada", "eve", None])
def test_everybody_can_open_the_list_of_a_known_player(who: str | None) -> None:
    played_on(range(1))
    reader = people.session_of(getattr(people, who)()) if who else people.guest()
    assert reader.get(PAGE).status_code == 200
    assert reader.get("/users/nobody/sessions/").status_code == 404
