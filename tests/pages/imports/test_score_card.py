"""The page of an import of a single score."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from imports.models import Chart, Import, User
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chart() -> Chart:
    return factories.charts(1)[0]


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def play(user: User, chart: Chart, points: int, **fields: Any) -> Import:
    return factories.create_import(
        user, factories.score_on(chart, points, timeAchieved=factories.NOON + points, **fields)
    )


def test_the_page_of_a_new_best_shows_its_changes(alices: Client, chart: Chart) -> None:
    for user, points in ((people.bob(), 9_400_000), (people.mo(), 9_900_000), (people.alice(), 9_000_000)):
        play(user, chart, points)
    page = alices.get(url_of(play(people.alice(), chart, 9_500_000, lamp="ULTIMATE CHAIN")))
    text = text_of(page)
    assert heading_of(page) == "New best: +500,000"
    assert "Best 9,000,000 9,500,000 +500,000" in text
    assert "Lamp CLEAR ULTIMATE CHAIN UC 3 up" in text
    assert "Grade A+ AA+ 2 up" in text
    assert "Chart VOLFORCE 0.262 0.312 +0.050" in text
    assert "VOLFORCE 0.262 0.312 +0.050" in text
    assert "Rank #3 #2 of 3 1 up" in text
    assert "#3 before, of 3" in text
    assert (
        "Reverting removes this score only: the best returns to 9,000,000 CLEAR, and the rating to VOLFORCE 0.262."
        in text
    )


def test_the_page_of_a_first_play_has_no_comparison(alices: Client, chart: Chart) -> None:
    page = alices.get(url_of(play(people.alice(), chart, 9_000_000)))
    text = text_of(page)
    assert heading_of(page) == "First play"
    assert "Chart VOLFORCE 0.262 VOLFORCE 0.262" in text
    assert "Rank #1 of 1" in text
    assert "The chart will have no score" in text


def test_a_score_below_the_best_shows_the_difference(alices: Client, chart: Chart) -> None:
    play(people.alice(), chart, 9_500_000)
    page = alices.get(url_of(play(people.alice(), chart, 9_400_000)))
    assert heading_of(page) == "1 new score, no new best"
    assert "9,400,000 AA CLEAR #2 of 2 plays Your best 9,500,000 CLEAR −100,000" in text_of(page)
    assert re.search(r"VOLFORCE [0-9.]+ no change", text_of(page))
    assert "Rank #" not in text_of(page)  # that of another score


def test_a_best_that_was_beaten_later_shows_no_rank(alices: Client, chart: Chart) -> None:
    play(people.alice(), chart, 9_000_000)
    job = play(people.alice(), chart, 9_400_000)
    play(people.alice(), chart, 9_500_000)
    text = text_of(alices.get(url_of(job)))
    assert "Best 9,000,000 9,400,000 +400,000" in text
    assert "Rank #" not in text
    assert "best returns to" not in text


def test_a_duplicate_score_links_to_its_first_import(alices: Client, chart: Chart) -> None:
    first = play(people.alice(), chart, 9_000_000)
    page = alices.get(url_of(play(people.alice(), chart, 9_000_000)))
    assert heading_of(page) == "Already imported"
    assert "You have this score already." in text_of(page)
    assert f'href="{url_of(first)}">View that import' in page.content.decode()


def test_other_players_see_the_page_without_private_parts(chart: Chart) -> None:
    job = play(people.alice(), chart, 9_000_000)
    for reader in (people.guest(), people.session_of(people.bob())):
        text = text_of(reader.get(url_of(job)))
        assert "First play" in text
        assert "File and history" not in text
        assert "Revert" not in text


def test_an_import_of_a_single_problem_row_shows_the_problem(alices: Client) -> None:
    job = factories.create_import(people.alice(), factories.unknown_score())
    assert "1 row" in text_of(alices.get(url_of(job)))


def test_the_page_of_a_deleted_score_still_opens(alices: Client, chart: Chart) -> None:
    job = play(people.alice(), chart, 9_000_000)
    alices.post(f"/scores/{job.scores.get().score_id}/delete/")
    assert alices.get(url_of(job)).status_code == 200


def test_a_score_below_the_best_is_compared_with_the_last_five_plays(alices: Client, chart: Chart) -> None:
    scores = (9_900_000, 9_100_000, 9_200_000, 9_300_000, 9_000_000, 9_400_000, 9_350_000)
    for place, score in enumerate(scores):
        row = factories.score_on(chart, score, timeAchieved=factories.NOON + place)
        job = factories.create_import(people.alice(), row)
    text = text_of(alices.get(url_of(job)))
    assert "#3 of 7 plays" in text
    assert "Best of the last 5 9,400,000 −50,000" in text
