"""Two players of a game compared."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, User
from imports.pages.components.rating_history import RatedDay
from imports.pages.players import comparison
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


def test_numbers_of_both_stand_side_by_side(anyone: Client) -> None:
    played(people.alice(), 9_950_000, 9_900_000, lamp="ULTIMATE CHAIN")
    played(people.bob(), 10_000_000, 9_000_000, None, lamp="CLEAR")
    said = text_of(anyone.get(f"{PAGE}?one=alice&other=bob")).split("Both players in numbers")[1]
    assert "2 charts played 2 0 PERFECT ULTIMATE CHAIN 0 2 ULTIMATE CHAIN 0 0 MAXXIVE CLEAR 0" in said
    assert "2 grade S or better 1" in said
    assert re.search(r"0\.\d+ best VOLFORCE 0\.\d+ 0 sessions in 90 days 0", said)


def test_the_page_says_who_took_the_lead_and_when(anyone: Client) -> None:
    chart = factories.a_chart(factories.a_song(1))
    now = int(datetime.now(UTC).timestamp() * 1_000)
    for owner, points, days in ((people.alice(), 9_000_000, 30), (people.bob(), 9_500_000, 20)):
        for more, ago in ((0, days), (10_000, days - 1)):
            time = now - ago * 24 * factories.HOUR
            factories.an_import(owner, factories.score_on(chart, points + more, timeAchieved=time))
    day = datetime.fromtimestamp(now / 1_000, UTC) - timedelta(days=20)
    for page in (f"{PAGE}?one=alice&other=bob", f"{PAGE}?one=bob&other=alice"):
        assert f"Bob took the lead on {day:%-d %b %Y}" in text_of(anyone.get(page))


def test_one_who_always_led_took_no_lead() -> None:
    day = date(2026, 1, 1)
    ahead, behind = ([RatedDay(day + timedelta(days=place), value) for place in range(3)] for value in (2.0, 1.0))
    assert comparison.lead_taken((ahead, behind)) is None
    level = [RatedDay(day, 1.0), RatedDay(day + timedelta(days=2), 2.0)]
    assert comparison.lead_taken((ahead, level)) is None


def test_another_game_is_chosen_in_the_form(anyone: Client) -> None:
    found = anyone.get(f"{PAGE}?one=alice&other=bob&game=iidx%2FSP")
    assert found.headers["Location"] == "/games/iidx/SP/compare/?one=alice&other=bob"
    assert anyone.get(f"{PAGE}?game=junk").status_code == 200


@pytest.mark.usefixtures("both")
def test_a_comparison_can_be_shared_and_a_profile_compared(anyone: Client) -> None:
    assert "data-share>" in anyone.get(f"{PAGE}?one=alice&other=bob").content.decode()
    assert "data-share>" not in anyone.get(PAGE).content.decode()
    assert f'href="{PAGE}?other=Bob"' in anyone.get("/users/bob/").content.decode()
    assert f'href="{PAGE}?one=Bob"' in people.session_of(people.bob()).get("/users/bob/").content.decode()


def test_a_player_compared_with_themselves_is_even(anyone: Client) -> None:
    played(people.alice(), 9_000_000)
    assert "even on 1" in text_of(anyone.get(f"{PAGE}?one=alice&other=ALICE"))


@pytest.mark.parametrize("count", [2, 20])
def test_the_number_of_queries_does_not_grow(
    count: int, anyone: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    played(people.alice(), *[9_000_000] * count)
    played(people.bob(), *[9_500_000] * count)
    with django_assert_num_queries(16):
        anyone.get(f"{PAGE}?one=alice&other=bob")
