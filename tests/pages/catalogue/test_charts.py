"""The page of a chart: the leaderboard and the viewer's own scores over time. The page of a song: its charts."""

from __future__ import annotations

import re
from itertools import chain

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import Chart, Import, PersonalBest, Score, User
from imports.pages.components.chart_plays.leaderboard import PER_PAGE
from imports.pipeline.derived import bests
from imports.pipeline.rankings.ranks import BY_RANK
from tests import factories, people
from tests.pages.html_parsing import heading_of, text_of

pytestmark = pytest.mark.django_db

DAY = 24 * factories.HOUR
ROW = re.compile(r'c-chart n" role="cell">#([\d,]+)</td>.*?/users/([^/]+)/', re.DOTALL)


@pytest.fixture
def chart() -> Chart:
    return factories.create_chart(factories.create_song(1, "月面ラジオ放送局"))


def board_of(page: object) -> list[tuple[int, str]]:
    """Returns the ranks and player names in the order of the page."""
    return [(int(rank), name) for rank, name in ROW.findall(page.content.decode())]  # type: ignore[attr-defined]


def crowd(chart: Chart, count: int, *, same: bool = False) -> None:
    """Creates `count` players with a best each, in falling order unless all are the `same`; every third untimed."""
    job = factories.create_import(people.alice(), factories.score_on(chart, 5_000_000))
    pattern = Score.objects.get(from_import=job)
    for number in range(count):
        player = User.objects.create(username=f"P{number:03}")
        time = None if number % 3 == 2 else float(factories.NOON + number)
        score = 9_000_000.0 if same else 9_000_000.0 - number
        pattern.pk, pattern.user, pattern.score_id = None, player, f"T{number:064}"
        pattern.time_achieved, pattern.best_keys = time, [score, *pattern.best_keys[1:]]
        pattern.score_data = {**pattern.score_data, "score": int(score)}
        pattern.save()
        bests.refresh(player.pk, [chart.pk])


def follow_links(client: Client, start: str, rel: str) -> list[list[tuple[int, str]]]:
    """Returns the leaderboards of this page and of those that its `rel` links lead to."""
    found, address = [], start
    while address:
        page = client.get(address)
        found.append(board_of(page))
        link = re.search(rf'rel="{rel}" href="([^"]+)"', page.content.decode())
        address = f"{start.partition('?')[0]}{link[1].replace('&amp;', '&')}" if link else ""
    return found


def test_the_leaderboard_ranks_players_by_their_best(chart: Chart) -> None:
    for player, score in ((people.alice(), 9_500_000), (people.bob(), 9_900_000), (people.mo(), 9_000_000)):
        factories.create_import(player, factories.score_on(chart, score, timeAchieved=factories.NOON))
    page = people.guest().get(f"/charts/{chart.chart_id}/")
    assert heading_of(page) == "月面ラジオ放送局 EXH 16"
    assert board_of(page) == [(1, "Bob"), (2, "Alice"), (3, "Mo_")]
    assert "EXH 16 Somebody SOUND VOLTEX" in text_of(page)
    assert "Leaderboard 3 players" in text_of(page)
    assert f'href="/scores/{Score.objects.get(user=people.bob()).score_id}/"' in page.content.decode()


@pytest.mark.parametrize("same", [False, True])
def test_leaderboard_pages_list_every_player_once_in_both_directions(chart: Chart, *, same: bool) -> None:
    """Including when all scores are equal, so that time and score ID decide."""
    crowd(chart, 2 * PER_PAGE + 3, same=same)
    leaderboard = PersonalBest.objects.filter(chart=chart).order_by(*BY_RANK)
    rows = list(leaderboard.values_list("rank_keys", "time_achieved", "user__username"))
    worths = [row[:2] for row in rows]
    expected = [(worths.index(row[:2]) + 1, row[2]) for row in rows]  # complete ties share a rank
    down = follow_links(people.guest(), f"/charts/{chart.chart_id}/", "next")
    assert [len(rows) for rows in down] == [PER_PAGE, PER_PAGE, 4]
    assert list(chain.from_iterable(down)) == expected
    last = PersonalBest.objects.filter(chart=chart).order_by(*BY_RANK).last()
    assert last
    up = follow_links(people.guest(), f"/charts/{chart.chart_id}/?above={last.score_id}", "prev")
    assert list(chain.from_iterable(reversed(up))) == expected[:-1]


@pytest.mark.parametrize("query", ["?below=T0", "?above=nonsense", "?below=%00", "?page=9"])
def test_an_invalid_cursor_shows_the_first_page(chart: Chart, query: str) -> None:
    factories.create_import(people.alice(), factories.score_on(chart))
    assert board_of(people.guest().get(f"/charts/{chart.chart_id}/{query}")) == [(1, "Alice")]


def test_a_viewer_s_own_rank_is_shown_on_every_page(chart: Chart) -> None:
    crowd(chart, PER_PAGE + 2)  # she is the last
    page = people.session_of(people.alice()).get(f"/charts/{chart.chart_id}/")
    assert f"You're #{PER_PAGE + 3} of {PER_PAGE + 3}" in text_of(page)
    assert (PER_PAGE + 3, "Alice") not in board_of(page)


def test_an_unplayed_chart_shows_an_empty_state(chart: Chart) -> None:
    text = text_of(people.session_of(people.alice()).get(f"/charts/{chart.chart_id}/"))
    assert "No scores yet" in text
    assert "Your scores" not in text


def history(chart: Chart, *scores: int) -> Import:
    rows = [
        factories.score_on(chart, score, timeAchieved=factories.NOON + place * DAY)
        for place, score in enumerate(scores)
    ]
    return factories.create_import(people.alice(), *rows)


def test_the_viewer_s_own_scores_are_drawn_and_listed(chart: Chart) -> None:
    history(chart, 9_000_000, 9_600_000, 9_500_000)
    page = people.session_of(people.alice()).get(f"/charts/{chart.chart_id}/")
    text, body = text_of(page), page.content.decode()
    assert "Your scores 3 scores" in text
    assert 'aria-label="3 scores over time, from 9,000,000 to 9,600,000; the table has the same numbers"' in body
    assert body.count('class="mark-at"') == 2  # were bests when they were played
    assert body.count('<circle class="dot" cx="9') == 1
    rows = ("9,500,000 AA+", "9,600,000 AA+ New best +600,000", "9,000,000 A+ First play")
    order = [text.index(row) for row in rows]
    assert order == sorted(order)  # newest first


@pytest.mark.parametrize("reader", [None, "bob"])
def test_viewers_without_scores_see_no_history(chart: Chart, reader: str | None) -> None:
    history(chart, 9_000_000, 9_600_000)
    client = people.session_of(people.bob()) if reader else people.guest()
    assert "Your scores" not in text_of(client.get(f"/charts/{chart.chart_id}/"))


def test_a_history_of_one_timed_score_is_not_drawn(chart: Chart) -> None:
    history(chart, 9_000_000)
    factories.create_import(people.alice(), factories.score_on(chart, 9_100_000))
    body = people.session_of(people.alice()).get(f"/charts/{chart.chart_id}/").content.decode()
    assert "Your scores" in body
    assert 'class="plot history"' not in body


def test_the_history_lists_the_latest_scores_up_to_its_limit(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.pages.components.chart_plays.history.MAX_SCORES", 3)
    history(chart, 9_900_000, 9_000_000, 9_100_000, 9_200_000, 9_950_000)
    text = text_of(people.session_of(people.alice()).get(f"/charts/{chart.chart_id}/"))
    assert "The latest 3 of 5" in text
    assert "9,950,000 S New best +50,000" in text  # held against one that is not shown
    assert "9,900,000" not in text


@pytest.mark.parametrize("count", [1, 30])
def test_queries_of_chart_and_song_pages_do_not_grow(
    chart: Chart, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    crowd(chart, count)
    history(chart, *range(9_000_000, 9_000_000 + count))
    client = people.session_of(people.alice())
    with django_assert_max_num_queries(13):
        client.get(f"/charts/{chart.chart_id}/")
    with django_assert_max_num_queries(10):
        client.get("/games/sdvx/songs/1/")


@pytest.mark.parametrize("address", ["/charts/nothing/", "/charts/%00/", "/charts/a/b/"])
def test_an_unknown_chart_is_not_found(address: str) -> None:
    assert people.guest().get(address).status_code == 404


# --- songs --------------------------------------------------------------------------------------------


def test_a_song_lists_its_charts_easiest_first_with_the_viewer_s_bests(chart: Chart) -> None:
    factories.create_chart(chart.song, "NOV", level=5)
    history(chart, 9_600_000)
    page = people.session_of(people.alice()).get("/games/sdvx/songs/1/")
    assert heading_of(page) == "月面ラジオ放送局"
    assert "Charts NOV 5 BOOTH EXH 16 BOOTH Your best: CLEAR 9,600,000 AA+" in text_of(page)
    assert "Your best" not in text_of(people.guest().get("/games/sdvx/songs/1/"))
    assert f'href="/charts/{chart.chart_id}/"' in page.content.decode()


@pytest.mark.parametrize("address", ["/games/sdvx/songs/404/", f"/games/sdvx/songs/{10**30}/", "/games/nothing/songs/"])
def test_an_unknown_song_is_not_found(address: str) -> None:
    assert people.guest().get(address).status_code == 404
