"""The players of a game by rating."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from imports.games import BY_SLUG
from imports.models import Chart, DailyRatings, GameStats, Import, User
from imports.pipeline.rankings import ranking_entries
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import text_of

pytestmark = pytest.mark.django_db
PAGE = "/games/sdvx/Single/players/"


def played(owner: User, score: int) -> Import:
    chart = Chart.objects.first() or factories.create_chart(factories.create_song(1))
    return factories.create_import(owner, factories.score_on(chart, score, timeAchieved=factories.NOON))


def rank_of_each(client: Client, query: str = "") -> list[tuple[str, str]]:
    """Returns rank and name of each listed player."""
    content = client.get(f"{PAGE}{query}").content.decode()
    return re.findall(
        r'<span class="board-rank">([\d,]+)</span></td>\s*<th class="b-name".*?>\s*<a class="song"[^>]*>(\w+)</a>',
        content,
    )


def some_players(count: int) -> list[User]:
    """Creates `count` players with a rating, highest first."""
    users = User.objects.bulk_create(User(username=f"player_{number:02}") for number in range(count))
    for number, user in enumerate(users):
        factories.rated(user, {"VF6": 1, "VF7": 20 - number / 100})
    return users


def rate(user: User, ratings: dict[str, float | None]) -> None:
    GameStats.objects.filter(user=user).update(ratings=ratings)
    ranking_entries.refresh(user.pk, "sdvx", "Single", ratings)


def test_players_are_listed_by_rating_and_equal_ratings_share_a_rank() -> None:
    players = some_players(3)
    rate(players[1], {"VF7": 20})
    assert rank_of_each(people.guest()) == [("1", "player_00"), ("1", "player_01"), ("3", "player_02")]


def test_a_player_search_keeps_the_ranks_among_all_players() -> None:
    some_players(12)
    assert rank_of_each(people.guest(), "?q=_1") == [("11", "player_10"), ("12", "player_11")]
    assert rank_of_each(people.guest(), "?q=PLAYER_03") == [("4", "player_03")]
    assert rank_of_each(people.guest(), "?q=%25") == []  # no pattern
    assert "No player's name contains “zz”." in text_of(people.guest().get(f"{PAGE}?q=zz"))


def test_the_player_list_is_paginated_and_redirects_from_beyond_the_end() -> None:
    some_players(30)
    assert [rank for rank, _ in rank_of_each(people.guest(), "?page=2")] == ["26", "27", "28", "29", "30"]
    assert people.guest().get(f"{PAGE}?page=9").headers["Location"] == PAGE
    assert people.guest().get(f"{PAGE}?page=junk").status_code == 200


def test_a_viewer_sees_their_rank_and_the_players_around_it() -> None:
    players = some_players(40)
    text = text_of(people.session_of(players[33]).get(PAGE))
    assert "Your place #34 of 40 players, ahead of 15%. 0.010 behind player_32." in text
    assert rank_of_each(people.session_of(players[33])) == [
        (str(rank), f"player_{rank - 1:02}") for rank in (*range(1, 6), *range(31, 38))
    ]
    assert "Your place" not in text_of(people.guest().get(PAGE))
    assert "Your place" not in text_of(people.session_of(people.alice()).get(PAGE)), "has no rating there"


def test_the_top_five_link_to_the_full_ranking_and_to_the_viewer_s_row() -> None:
    reader = people.session_of(some_players(40)[33])
    page = reader.get(PAGE)
    assert "Top 5 Full ranking" in text_of(page)
    assert 'href="?page=1#players"' in page.content.decode()
    assert 'href="#you"' in page.content.decode()
    assert page.content.decode().count('id="you"') == 1
    full = reader.get(f"{PAGE}?page=1")
    assert "Top 5" not in text_of(full)
    assert "1 to 25 of 40" in text_of(full)
    assert full.content.decode().count('id="you"') == 1  # among those around them


def test_the_only_player_is_not_compared_with_others() -> None:
    played(people.alice(), 9_500_000)
    page = people.session_of(people.alice()).get(PAGE)
    text = text_of(page)
    assert "#1 The only player so far." in text
    assert "ahead of" not in text
    assert 'class="histo"' not in page.content.decode()
    played(people.bob(), 9_600_000)
    page = people.session_of(people.alice()).get(PAGE)
    assert "of 2 players, ahead of 0%." in text_of(page)
    assert 'class="histo"' in page.content.decode()


def test_a_viewer_ranked_on_the_first_page_sees_the_whole_page() -> None:
    page = people.session_of(some_players(40)[3]).get(PAGE)
    assert "Top 5" not in text_of(page)
    assert "player_03 You " in text_of(page)
    assert page.content.decode().count('id="you"') == 1


def test_a_player_row_shows_class_charts_and_gain() -> None:
    played(people.alice(), 9_500_000)
    text = text_of(people.guest().get(PAGE))
    assert re.search(r"1 Alice 0\.\d+ Sienna I none 1 Compare Alice", text)


def test_a_player_without_a_rating_is_not_ranked() -> None:
    revert(played(people.alice(), 9_500_000), RevertRequest())
    factories.rated(people.alice(), {}, classes={"dan": "DAN_3"})
    assert "Nobody here yet" in text_of(people.guest().get(PAGE))


def test_the_player_list_links_to_the_songs_of_the_game() -> None:
    assert 'href="/games/sdvx/songs/"' in people.guest().get(PAGE).content.decode()


def test_the_player_list_links_to_the_other_playtypes() -> None:
    content = people.guest().get("/games/iidx/SP/players/").content.decode()
    assert 'href="/games/iidx/DP/players/"' in content
    assert people.guest().get("/games/iidx/Single/players/").status_code == 404


@pytest.mark.parametrize("count", [5, 20])
def test_queries_of_the_player_list_do_not_grow(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    some_players(count)
    client = people.guest()
    with django_assert_num_queries(5):
        client.get(PAGE)


def rated_before(stats: GameStats, value: float) -> None:
    """Stores a daily rating of 120 days ago, and the current one as of yesterday."""
    for days, ratings in ((120, {"VF7": value}), (1, stats.ratings)):
        day = timezone.now().date() - timedelta(days=days)
        DailyRatings.objects.create(
            user=stats.user, game="sdvx", playtype="Single", day=day, score_count=1, ratings=ratings
        )


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (19.795, "up 9 places by the gain of 90 days"), (19.9, "down 1 place by the loss of 90 days"),
        (19.885, ""), (19.875, "up 1 place by the gain of 90 days"),
    ],
)  # fmt: skip
def test_a_viewer_sees_their_rank_change_over_ninety_days(before: float, expected: str) -> None:
    # Player 11 is the twelfth, with 19.89; the twenty-first has 19.80.
    stats = GameStats.objects.get(user=some_players(30)[11])
    rated_before(stats, before)
    shown = text_of(people.session_of(stats.user).get(PAGE))
    assert "#12 " in shown
    assert expected in shown
    assert expected in text_of(people.guest().get(f"/users/{stats.user.username}/games/sdvx/Single/"))
    if not expected:
        assert "of 90 days" not in shown


def test_a_viewer_without_an_earlier_rating_sees_no_rank_change() -> None:
    played(people.alice(), 9_500_000)
    assert "of 90 days" not in text_of(people.session_of(people.alice()).get(PAGE))


def test_players_can_be_ranked_by_another_rating() -> None:
    players = some_players(3)
    other = next(iter(name for name in BY_SLUG["sdvx"].by_name["Single"].profile_ratings if name != "VF7"))
    rate(players[2], {other: 7, "VF7": 1})
    assert [name for _, name in rank_of_each(people.guest())] == ["player_00", "player_01", "player_02"]
    assert rank_of_each(people.guest(), f"?by={other}")[0] == ("1", "player_02")
    assert [name for _, name in rank_of_each(people.guest(), "?by=junk")] == ["player_00", "player_01", "player_02"]


def test_players_can_be_ranked_by_their_gain_of_ninety_days() -> None:
    players = some_players(3)
    for user, before in zip(players, (19.5, 19.99, 18), strict=True):
        stats = GameStats.objects.get(user=user)
        rated_before(stats, before)
        ranking_entries.refresh(user.pk, "sdvx", "Single", stats.ratings)
    # 20.00 − 19.50, 19.98 − 18.00; the second one lost.
    assert rank_of_each(people.guest(), "?by=gain") == [("1", "player_02"), ("2", "player_00")]
    text = text_of(people.session_of(players[0]).get(f"{PAGE}?by=gain"))
    assert "#2 of 2 players, ahead of 0%. 1.480 behind player_02." in text
    assert re.search(r"2 player_00 You 20\.000 .* \+0\.500 ", text)


def test_players_can_be_ranked_by_charts_played() -> None:
    charts = factories.charts(3)
    for owner, count in ((people.alice(), 1), (people.bob(), 3), (people.kay(), 1)):
        rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts[:count]]
        factories.create_import(owner, *rows)
    assert rank_of_each(people.guest(), "?by=charts") == [("1", "Bob"), ("2", "Alice"), ("2", "Kay")]
    assert rank_of_each(people.guest(), "?by=charts&q=a") == [("2", "Alice"), ("2", "Kay")]
    text = text_of(people.session_of(people.alice()).get(f"{PAGE}?by=charts"))
    assert "#2 of 3 players, ahead of 33%. 2 charts behind Bob." in text
    assert "Players by Charts played" in text
    revert(Import.objects.get(user=people.bob()), RevertRequest())
    assert rank_of_each(people.guest(), "?by=charts") == [("1", "Alice"), ("1", "Kay")]


@pytest.mark.parametrize("by", ["VF6", "gain", "charts", "junk", ""])
def test_everybody_can_open_every_ranking(by: str) -> None:
    for client in (people.guest(), people.session_of(people.alice()), people.session_of(people.eve())):
        assert client.get(f"{PAGE}?by={by}").status_code == 200


def test_choosing_another_game_redirects_to_its_ranking() -> None:
    chosen = people.guest().get(f"{PAGE}?game=iidx%2FSP&q=ko")
    assert chosen.headers["Location"] == "/games/iidx/SP/players/?q=ko"
    assert people.guest().get(f"{PAGE}?game=sdvx%2FSingle").status_code == 200
    assert people.guest().get(f"{PAGE}?game=junk").status_code == 200
