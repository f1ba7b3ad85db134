"""Two players of a game compared."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, User
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/games/sdvx/Single/compare/"


def played(owner: User, *scores: int | None, lamp: str = "CLEAR") -> Import:
    """An import of a score on each chart, but for those without one."""
    for number in range(Chart.objects.count() + 1, len(scores) + 1):
        factories.a_chart(factories.a_song(number))
    charts = list(Chart.objects.order_by("pk"))
    rows = [
        factories.score_on(chart, score, lamp=lamp, timeAchieved=factories.NOON)
        for chart, score in zip(charts, scores, strict=False)
        if score is not None
    ]
    return factories.an_import(owner, *rows)


def songs(which: str) -> list[str]:
    """The songs of the list, in order."""
    return re.findall(r"Song \d", text_of(people.guest().get(f"{PAGE}?one=alice&other=bob&which={which}")))


@pytest.fixture
def anyone() -> Client:
    return people.guest()


@pytest.fixture
def both() -> None:
    played(people.alice(), 9_000_000, 9_500_000, 9_000_000, 9_900_000, None)
    played(people.bob(), 9_100_000, 9_000_000, 9_000_000, None, 8_000_000, lamp="EXCESSIVE CLEAR")


@pytest.mark.usefixtures("both")
def test_the_page_tells_who_leads_on_how_many_charts(anyone: Client) -> None:
    page = anyone.get(f"{PAGE}?one=alice&other=bob")
    said = text_of(page)
    assert heading_of(page) == "Alice and Bob"
    assert "3 charts played by both" in said
    assert "Alice leads on 1 even on 1 Bob leads on 1" in said
    assert "4 charts played 4" in said
    assert "0 EXC 3" in said
    assert "3 CLEAR 0" in said


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("which", "wanted"),
    [
        ("close", ["Song 3", "Song 1", "Song 2"]), ("one", ["Song 2"]), ("other", ["Song 1"]), ("only-one", ["Song 4"]),
        ("only-other", ["Song 5"]), ("junk", ["Song 3", "Song 1", "Song 2"]),
    ],
)  # fmt: skip
def test_the_charts_are_chosen_and_ordered(which: str, wanted: list[str]) -> None:
    assert songs(which) == wanted


@pytest.mark.usefixtures("both")
def test_a_chart_shows_both_bests_and_by_how_much_one_leads(anyone: Client) -> None:
    said = text_of(anyone.get(f"{PAGE}?one=alice&other=bob"))
    assert "Song 2 EXH 16 9,500,000 CLEAR Alice +500,000 9,000,000 EXC" in said
    assert "not played" in text_of(anyone.get(f"{PAGE}?one=alice&other=bob&which=only-one"))


def test_the_page_asks_for_players_and_knows_the_reader(anyone: Client) -> None:
    assert "Whom to compare" in text_of(anyone.get(PAGE))
    assert 'value="Alice"' in people.session_of(people.alice()).get(PAGE).content.decode()
    page = anyone.get(f"{PAGE}?one=alice&other=nobody")
    assert page.status_code == 200
    assert "There is no player of this name." in text_of(page)


def test_whoever_does_not_play_the_game_is_named(anyone: Client) -> None:
    played(people.alice(), 9_000_000)
    people.bob()
    said = text_of(anyone.get(f"{PAGE}?one=alice&other=bob"))
    assert "Bob has no scores in SOUND VOLTEX." in said
    assert "Who leads" not in said


def test_a_player_compared_with_themselves_is_even(anyone: Client) -> None:
    played(people.alice(), 9_000_000)
    assert "even on 1" in text_of(anyone.get(f"{PAGE}?one=alice&other=ALICE"))


@pytest.mark.parametrize("count", [2, 20])
def test_the_number_of_queries_does_not_grow(
    count: int, anyone: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    played(people.alice(), *[9_000_000] * count)
    played(people.bob(), *[9_500_000] * count)
    with django_assert_num_queries(14):
        anyone.get(f"{PAGE}?one=alice&other=bob")
