"""Two players of a game compared."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, User
from imports.pages.components.rating_history import RatedDay
from imports.pages.players import comparison
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/games/sdvx/Single/compare/"


def played(owner: User, *scores: int | None, lamp: str = "CLEAR") -> Import:
    """Imports one score for each chart, in order; None leaves a chart out."""
    for number in range(Chart.objects.count() + 1, len(scores) + 1):
        factories.create_chart(factories.create_song(number))
    charts = list(Chart.objects.order_by("pk"))
    rows = [
        factories.score_on(chart, score, lamp=lamp, timeAchieved=factories.NOON)
        for chart, score in zip(charts, scores, strict=False)
        if score is not None
    ]
    return factories.create_import(owner, *rows)


def songs(which: str) -> list[str]:
    """Returns the songs of the compared charts, in order."""
    return re.findall(r"Song \d", text_of(people.guest().get(f"{PAGE}?one=alice&other=bob&which={which}")))


@pytest.fixture
def anyone() -> Client:
    return people.guest()


@pytest.fixture
def both() -> None:
    played(people.alice(), 9_000_000, 9_500_000, 9_000_000, 9_900_000, None)
    played(people.bob(), 9_100_000, 9_000_000, 9_000_000, None, 8_000_000, lamp="EXCESSIVE CLEAR")


@pytest.mark.usefixtures("both")
def test_the_comparison_shows_how_many_charts_each_player_leads(anyone: Client) -> None:
    page = anyone.get(f"{PAGE}?one=alice&other=bob")
    text = text_of(page)
    assert heading_of(page) == "Alice and Bob"
    assert "3 charts played by both" in text
    assert "Alice leads on 1 even on 1 Bob leads on 1" in text
    assert "4 charts played 4" in text
    assert "0 EXC 3" in text
    assert "3 CLEAR 0" in text


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("which", "wanted"),
    [
        ("close", ["Song 3", "Song 1", "Song 2"]), ("one", ["Song 2"]), ("other", ["Song 1"]), ("only-one", ["Song 4"]),
        ("even", ["Song 3"]), ("all", ["Song 4", "Song 2", "Song 1", "Song 3", "Song 5"]),
        ("only-other", ["Song 5"]), ("junk", ["Song 3", "Song 1", "Song 2"]),
    ],
)  # fmt: skip
def test_compared_charts_are_filtered_and_ordered(which: str, wanted: list[str]) -> None:
    assert songs(which) == wanted


@pytest.mark.usefixtures("both")
def test_a_compared_chart_shows_both_bests_and_the_difference(anyone: Client) -> None:
    text = text_of(anyone.get(f"{PAGE}?one=alice&other=bob"))
    assert "Song 2 EXH 16 Alice 9,500,000 CLEAR Alice +500,000 Bob 9,000,000 EXC" in text
    assert "not played" in text_of(anyone.get(f"{PAGE}?one=alice&other=bob&which=only-one"))


@pytest.mark.usefixtures("both")
def test_each_chart_filter_shows_its_count(anyone: Client) -> None:
    address = f"{PAGE}?one=alice&other=bob"
    choices = "Closest 3 Alice leads 1 Bob leads 1 Even 1 Only Alice played 1 Only Bob played 1 All 5"
    assert choices in text_of(anyone.get(address))
    own = text_of(people.session_of(people.alice()).get(address))
    assert "Closest 3 You lead 1 Bob leads 1 Even 1 Only you played 1 Only Bob played 1 All 5" in own


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("query", "wanted", "choices"),
    [
        ("level=17", ["Song 2"], "Closest 1 Alice leads 1 Bob leads 0 Even 0 Only Alice played 1"),
        ("level=17&which=all", ["Song 4", "Song 2"], "All 2"), ("level=18", [], "All 0"),
        (f"level={'1' * 51}", ["Song 3", "Song 1", "Song 2"], "All 5"),
    ],
)  # fmt: skip
def test_compared_charts_are_filtered_by_level(query: str, wanted: list[str], choices: str, anyone: Client) -> None:
    Chart.objects.filter(song__title__in=["Song 2", "Song 4"]).update(level="17", level_num=17)
    said = text_of(anyone.get(f"{PAGE}?one=alice&other=bob&{query}"))
    assert re.findall(r"Song \d", said) == wanted
    assert choices in said
    assert "Alice leads on 1 even on 1 Bob leads on 1" in said  # of all levels


@pytest.mark.usefixtures("both")
def test_the_level_filter_of_a_comparison_keeps_the_players_and_can_be_removed(anyone: Client) -> None:
    page = anyone.get(f"{PAGE}?one=alice&other=bob&which=all&level=16").content.decode()
    assert '<input type="hidden" name="other" value="Bob" id="filter_other">' in page
    assert 'href="?one=alice&amp;other=bob&amp;which=all#charts"' in page


def test_compared_charts_are_paginated_and_keep_the_filter(anyone: Client) -> None:
    played(people.alice(), *[9_000_000] * 30)
    played(people.bob(), *[9_500_000] * 30)
    page = anyone.get(f"{PAGE}?one=alice&other=bob&which=all&page=2")
    assert "26 to 30 of 30" in text_of(page)
    assert "which=all&amp;page=1#charts" in page.content.decode()


def test_the_comparison_form_is_filled_with_the_viewer(anyone: Client) -> None:
    assert "Choose players" in text_of(anyone.get(PAGE))
    assert 'value="Alice"' in people.session_of(people.alice()).get(PAGE).content.decode()
    page = anyone.get(f"{PAGE}?one=alice&other=nobody")
    assert page.status_code == 200
    assert "There is no player of this name." in text_of(page)


def test_a_misspelt_player_name_gets_a_suggestion(anyone: Client) -> None:
    people.alice()
    people.bob()
    page = anyone.get(f"{PAGE}?one=alicee&other=bob")
    assert re.search("There is no player of this name. Did you mean Alice ?[?]", text_of(page))
    assert 'href="?other=bob&amp;one=Alice"' in page.content.decode()
    dissimilar = text_of(anyone.get(f"{PAGE}?one=xyzzy&other=bob"))
    assert "There is no player of this name." in dissimilar
    assert "Did you mean" not in dissimilar


def test_a_player_who_is_leaving_is_not_suggested(anyone: Client) -> None:
    people.alice()
    User.objects.filter(username="Alice").update(leaves_at=timezone.now())
    assert "Did you mean" not in text_of(anyone.get(f"{PAGE}?one=alicee&other=bob"))


def test_a_comparison_without_a_shared_chart_shows_the_numbers_of_bests(anyone: Client) -> None:
    played(people.alice(), 9_000_000, 9_500_000, None)
    played(people.bob(), None, None, 9_100_000)
    text = text_of(anyone.get(f"{PAGE}?one=alice&other=bob"))
    assert "No chart played by both Alice has 2 bests and Bob 1, on different charts." in text
    assert "Who leads" not in text


def test_a_comparison_names_the_player_without_scores_in_the_game(anyone: Client) -> None:
    played(people.alice(), 9_000_000)
    people.bob()
    text = text_of(anyone.get(f"{PAGE}?one=alice&other=bob"))
    assert "Bob has no scores in SOUND VOLTEX." in text
    assert "Who leads" not in text


def test_the_comparison_lists_the_totals_of_both_players(anyone: Client) -> None:
    played(people.alice(), 9_950_000, 9_900_000, lamp="ULTIMATE CHAIN")
    played(people.bob(), 10_000_000, 9_000_000, None, lamp="CLEAR")
    text = text_of(anyone.get(f"{PAGE}?one=alice&other=bob")).split("Both players in numbers")[1]
    assert "2 charts played 2 0 PERFECT ULTIMATE CHAIN 0 2 ULTIMATE CHAIN 0 0 MAXXIVE CLEAR 0" in text
    assert "2 grade S or better 1" in text
    assert re.search(r"0\.\d+ best VOLFORCE 0\.\d+ 0 sessions in 90 days 0", text)


def test_the_comparison_shows_who_took_the_lead_and_when(anyone: Client) -> None:
    chart = factories.create_chart(factories.create_song(1))
    now = int(datetime.now(UTC).timestamp() * 1_000)
    for owner, points, days in ((people.alice(), 9_000_000, 30), (people.bob(), 9_500_000, 20)):
        for more, ago in ((0, days), (10_000, days - 1)):
            time = now - ago * 24 * factories.HOUR
            factories.create_import(owner, factories.score_on(chart, points + more, timeAchieved=time))
    day = datetime.fromtimestamp(now / 1_000, UTC) - timedelta(days=20)
    for page in (f"{PAGE}?one=alice&other=bob", f"{PAGE}?one=bob&other=alice"):
        assert f"Bob took the lead on {day:%-d %b %Y}" in text_of(anyone.get(page))


def test_a_player_who_always_led_did_not_take_the_lead() -> None:
    day = date(2026, 1, 1)
    ahead, behind = ([RatedDay(day + timedelta(days=place), value) for place in range(3)] for value in (2.0, 1.0))
    assert comparison.lead_taken((ahead, behind)) is None
    level = [RatedDay(day, 1.0), RatedDay(day + timedelta(days=2), 2.0)]
    assert comparison.lead_taken((ahead, level)) is None


def test_choosing_another_game_redirects_to_its_comparison(anyone: Client) -> None:
    found = anyone.get(f"{PAGE}?one=alice&other=bob&game=iidx%2FSP")
    assert found.headers["Location"] == "/games/iidx/SP/compare/?one=alice&other=bob"
    assert anyone.get(f"{PAGE}?game=junk").status_code == 200


@pytest.mark.usefixtures("both")
def test_a_comparison_can_be_shared_and_profiles_link_to_it(anyone: Client) -> None:
    assert "data-share>" in anyone.get(f"{PAGE}?one=alice&other=bob").content.decode()
    assert "data-share>" not in anyone.get(PAGE).content.decode()
    assert f'href="{PAGE}?other=Bob"' in anyone.get("/users/bob/").content.decode()
    assert f'href="{PAGE}?one=Bob"' in people.session_of(people.bob()).get("/users/bob/").content.decode()


def test_a_player_compared_with_themselves_is_even(anyone: Client) -> None:
    played(people.alice(), 9_000_000)
    assert "even on 1" in text_of(anyone.get(f"{PAGE}?one=alice&other=ALICE"))


@pytest.mark.parametrize("count", [2, 20])
def test_queries_of_the_comparison_do_not_grow(
    count: int, anyone: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    played(people.alice(), *[9_000_000] * count)
    played(people.bob(), *[9_500_000] * count)
    with django_assert_num_queries(16):
        anyone.get(f"{PAGE}?one=alice&other=bob")
    with django_assert_num_queries(17):
        anyone.get(f"{PAGE}?one=alice&other=bob&level=16")
