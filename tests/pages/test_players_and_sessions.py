"""Profiles and sessions, open to everybody."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, Session
from imports.pipeline.revert import Deed, revert
from tests import builders, people
from tests.pages.reading import heading_of, text_of, url_of

pytestmark = pytest.mark.django_db


def played(count: int, score: int = 9_500_000, *, day: int = 0) -> Import:
    """An import of so many scores of Alice's, a minute apart."""
    charts = list(Chart.objects.order_by("pk")) or builders.charts(count)
    start = builders.NOON + day * 24 * builders.HOUR
    rows = [
        builders.score_on(chart, score, timeAchieved=start + place * builders.MINUTE)
        for place, chart in enumerate(charts[:count])
    ]
    return builders.an_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})


@pytest.fixture
def anyone() -> Client:
    return people.guest()


def test_a_profile_shows_what_was_reached(anyone: Client) -> None:
    played(12)
    page = anyone.get("/users/alice/")
    said = text_of(page)
    assert heading_of(page) == "Alice"
    assert "SOUND VOLTEX LV.03, Sienna II 3.528 VOLFORCE 1.472 to Sienna III 12 charts" in said
    assert f"{Session.objects.get().name} SOUND VOLTEX" in said
    assert "12 scores" in said
    assert "Best in SOUND VOLTEX Song 1 EXH 16 CLEAR 9,500,000 0.294 AA+" in said
    assert 'href="/users/Alice/imports/"' in page.content.decode()


def test_a_class_without_scores_has_no_rating(anyone: Client) -> None:
    revert(played(1), Deed())
    assert "SOUND VOLTEX LV.03 – VOLFORCE 0 charts" in text_of(anyone.get("/users/alice/"))


def test_an_empty_profile_says_so(anyone: Client) -> None:
    alice = people.alice()
    assert "This player has no scores here." in text_of(anyone.get("/users/alice/"))
    own = people.session_of(alice).get("/users/alice/")
    assert "Upload your first scores" in text_of(own)
    assert 'href="/users/Alice/" aria-current="page"' in own.content.decode()


def test_a_session_holds_its_scores_against_what_came_before(anyone: Client) -> None:
    played(3, 9_000_000)
    played(4, 9_500_000, day=1)
    builders.an_import(people.alice(), builders.score_on(builders.a_chart(builders.a_song(9)), 1))  # untimed
    session = Session.objects.order_by("time_started").last()
    assert session
    page = anyone.get(f"/sessions/{session.session_id}/")
    said = text_of(page)
    assert heading_of(page) == session.name
    assert "from 1 import" in said
    assert "scores 3 better bests 3 first plays 0 VOLFORCE of the session –" in said
    assert said.count("New best +500,000") == 3
    assert said.index("Song 3") < said.index("Song 2") < said.index("Song 1")  # newest first


def test_a_session_of_ten_has_a_rating(anyone: Client) -> None:
    played(10)
    said = text_of(anyone.get(f"/sessions/{Session.objects.get().session_id}/"))
    assert "scores 10 better bests 0 first plays 10 VOLFORCE of the session 14.700" in said
    assert "14 Nov 2023, 22:13 UTC to 22:22 UTC 9 minutes" in said


def test_words_of_players_cannot_become_markup(anyone: Client) -> None:
    played(1)
    Session.objects.update(name="<i>夜更かし</i>", desc="<script>")
    page = anyone.get(f"/sessions/{Session.objects.get().session_id}/").content.decode()
    assert "<i>" not in page
    assert "<script>" not in page
    assert "&lt;i&gt;夜更かし&lt;/i&gt;" in page


@pytest.mark.parametrize("count", [5, 50])
def test_queries_do_not_grow(count: int, anyone: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    played(count)
    session = Session.objects.get()
    with django_assert_num_queries(8):
        anyone.get(f"/sessions/{session.session_id}/")
    with django_assert_num_queries(8):
        anyone.get("/users/alice/")


def test_a_session_leads_to_its_player_and_an_import_to_its_sessions(anyone: Client) -> None:
    job = played(2)
    session = Session.objects.get()
    assert f'href="/sessions/{session.session_id}/"' in anyone.get(url_of(job, "?tab=sessions")).content.decode()
    assert 'href="/users/Alice/"' in anyone.get(f"/sessions/{session.session_id}/").content.decode()
