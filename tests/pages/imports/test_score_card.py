"""The page of an import that brought a single score."""

from __future__ import annotations

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
    return factories.an_import(user, factories.score_on(chart, points, timeAchieved=factories.NOON + points, **fields))


def test_a_new_best_says_what_it_changed(alices: Client, chart: Chart) -> None:
    for user, points in ((people.bob(), 9_400_000), (people.mo(), 9_900_000), (people.alice(), 9_000_000)):
        play(user, chart, points)
    page = alices.get(url_of(play(people.alice(), chart, 9_500_000, lamp="ULTIMATE CHAIN")))
    said = text_of(page)
    assert heading_of(page) == "New best: +500,000"
    assert "Best 9,000,000 9,500,000 +500,000" in said
    assert "Lamp CLEAR ULTIMATE CHAIN UC 3 up" in said
    assert "Grade A+ AA+ 2 up" in said
    assert "VOLFORCE of this chart 0.262 0.312 +0.050" in said
    assert "VOLFORCE 0.262 0.312 +0.050" in said
    assert "Rank #3 #2 of 3 1 up" in said
    assert "#3 before, of 3" in said
    assert (
        "Reverting removes this score only: the best returns to 9,000,000 CLEAR, and the rating to VOLFORCE 0.262."
        in said
    )


def test_a_first_play_has_nothing_to_be_held_against(alices: Client, chart: Chart) -> None:
    page = alices.get(url_of(play(people.alice(), chart, 9_000_000)))
    said = text_of(page)
    assert heading_of(page) == "First play"
    assert "VOLFORCE of this chart 0.262 VOLFORCE 0.262" in said
    assert "Rank #1 of 1" in said
    assert "The chart will have no score" in said


def test_a_score_below_the_best_says_how_far(alices: Client, chart: Chart) -> None:
    play(people.alice(), chart, 9_500_000)
    page = alices.get(url_of(play(people.alice(), chart, 9_400_000)))
    assert heading_of(page) == "1 new score, no new best"
    assert "Your best 9,500,000 CLEAR −100,000" in text_of(page)
    assert "Rank #" not in text_of(page)  # that of another score


def test_a_best_that_was_beaten_since_does_not_claim_the_rank(alices: Client, chart: Chart) -> None:
    play(people.alice(), chart, 9_000_000)
    job = play(people.alice(), chart, 9_400_000)
    play(people.alice(), chart, 9_500_000)
    said = text_of(alices.get(url_of(job)))
    assert "Best 9,000,000 9,400,000 +400,000" in said
    assert "Rank #" not in said
    assert "best returns to" not in said


def test_a_score_that_was_there_leads_to_the_import_that_brought_it(alices: Client, chart: Chart) -> None:
    first = play(people.alice(), chart, 9_000_000)
    page = alices.get(url_of(play(people.alice(), chart, 9_000_000)))
    assert heading_of(page) == "Already imported"
    assert "You have this score already." in text_of(page)
    assert f'href="{url_of(first)}">View that import' in page.content.decode()


def test_others_see_the_card_without_what_is_private(chart: Chart) -> None:
    job = play(people.alice(), chart, 9_000_000)
    for reader in (people.guest(), people.session_of(people.bob())):
        said = text_of(reader.get(url_of(job)))
        assert "First play" in said
        assert "File and history" not in said
        assert "Revert" not in said


def test_a_row_that_was_left_out_has_the_page_of_problems(alices: Client) -> None:
    job = factories.an_import(people.alice(), factories.unknown_score())
    assert "1 row" in text_of(alices.get(url_of(job)))


def test_the_page_of_a_deleted_score_still_opens(alices: Client, chart: Chart) -> None:
    job = play(people.alice(), chart, 9_000_000)
    alices.post(f"/scores/{job.scores.get().score_id}/delete/")
    assert alices.get(url_of(job)).status_code == 200
