"""Searching songs, game by game."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Song
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db

SONGS = "/games/sdvx/songs/"


@pytest.fixture
def anyone() -> Client:
    for number, title in enumerate(("Saltwater Engine", "月面ラジオ放送局", "Salt & Iron"), start=1):
        factories.create_chart(factories.create_song(number, title))
    Song.objects.filter(song_id=2).update(search_terms=["getsumen radio"])
    return people.guest()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("saltwater", "Saltwater Engine"),
        ("SALT & IRON", "Salt & Iron"),
        ("月面", "月面ラジオ放送局"),
        ("getsumen", "月面ラジオ放送局"),
    ],
)
def test_a_song_is_found_by_any_of_its_names(anyone: Client, text: str, first: str) -> None:
    page = anyone.get(SONGS, {"q": text})
    assert f"Search {first} Somebody EXH 16" in text_of(page)
    assert f'value="{text.replace("&", "&amp;")}"' in page.content.decode()


def test_a_search_without_text_lists_the_songs(anyone: Client) -> None:
    page = anyone.get(SONGS)
    assert heading_of(page) == "SOUND VOLTEX songs"
    assert text_of(page).count("EXH 16") == 3


def test_results_link_to_song_and_charts_and_name_the_language(anyone: Client) -> None:
    body = anyone.get(SONGS, {"q": "月面"}).content.decode()
    assert '<a class="song" href="/games/sdvx/songs/2/" lang="ja" translate="no">月面ラジオ放送局</a>' in body
    assert f'href="/charts/{Song.objects.get(song_id=2).charts.get().chart_id}/"' in body


def test_results_beyond_the_limit_are_cut_with_a_notice(anyone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.pages.catalogue.views.MAX_LISTED_SONGS", 2)
    text = text_of(anyone.get(SONGS))
    assert text.count("EXH 16") == 2
    assert "There are more results. Refine your search." in text


@pytest.mark.parametrize("text", ["no such song at all", "\0", "%", "x" * 5_000, "\\"])
def test_a_search_for_odd_text_never_fails(anyone: Client, text: str) -> None:
    assert anyone.get(SONGS, {"q": text}).status_code == 200


def test_an_empty_result_shows_advice(anyone: Client) -> None:
    assert "No matching songs Try fewer letters" in text_of(anyone.get(SONGS, {"q": "zzzz"}))
    assert "No songs yet" in text_of(anyone.get("/games/museca/songs/"))


def test_search_text_is_escaped(anyone: Client) -> None:
    assert "<script>alert" not in anyone.get(SONGS, {"q": '"><script>alert(1)</script>'}).content.decode()


def test_queries_of_the_song_search_do_not_grow(
    anyone: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10, 50):
        factories.create_chart(factories.create_song(number))
    with django_assert_num_queries(5):
        anyone.get(SONGS)


def test_game_pages_link_to_the_song_search(anyone: Client) -> None:
    for address in ("/games/", "/games/sdvx/"):
        assert f'href="{SONGS}"' in anyone.get(address).content.decode()
