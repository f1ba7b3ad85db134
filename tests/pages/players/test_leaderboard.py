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
from imports.pipeline.rankings import standings
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import text_of

pytestmark = pytest.mark.django_db
PAGE = "/games/sdvx/Single/players/"


def played(owner: User, score: int) -> Import:
    chart = Chart.objects.first() or factories.a_chart(factories.a_song(1))
    return factories.an_import(owner, factories.score_on(chart, score, timeAchieved=factories.NOON))


def rank_of_each(client: Client, query: str = "") -> list[tuple[str, str]]:
    """Rank and name of the listed players."""
    content = client.get(f"{PAGE}{query}").content.decode()
    return re.findall(
        r'<span class="board-rank">([\d,]+)</span></td>\s*<th class="b-name".*?>\s*<a class="song"[^>]*>(\w+)</a>',
        content,
    )


def some_players(count: int) -> list[User]:
    """Players with a rating each, the first one best."""
    users = User.objects.bulk_create(User(username=f"player_{number:02}") for number in range(count))
    for number, user in enumerate(users):
        factories.rated(user, {"VF6": 1, "VF7": 20 - number / 100})
    return users


def rate(user: User, ratings: dict[str, float | None]) -> None:
    GameStats.objects.filter(user=user).update(ratings=ratings)
    standings.refresh(user.pk, "sdvx", "Single", ratings)


def test_players_are_listed_by_rating_and_equal_ratings_share_a_rank() -> None:
    players = some_players(3)
    rate(players[1], {"VF7": 20})
    assert rank_of_each(people.guest()) == [("1", "player_00"), ("1", "player_01"), ("3", "player_02")]


def test_a_search_keeps_the_ranks_among_all() -> None:
    some_players(12)
    assert rank_of_each(people.guest(), "?q=_1") == [("11", "player_10"), ("12", "player_11")]
    assert rank_of_each(people.guest(), "?q=PLAYER_03") == [("4", "player_03")]
    assert rank_of_each(people.guest(), "?q=%25") == []  # no pattern
    assert "No player’s name contains “zz”." in text_of(people.guest().get(f"{PAGE}?q=zz"))


def test_the_list_has_pages_and_one_beyond_the_end_leads_to_the_beginning() -> None:
    some_players(30)
    assert [rank for rank, _ in rank_of_each(people.guest(), "?page=2")] == ["26", "27", "28", "29", "30"]
    assert people.guest().get(f"{PAGE}?page=9").headers["Location"] == PAGE
    assert people.guest().get(f"{PAGE}?page=junk").status_code == 200


def test_the_reader_sees_their_place_and_who_is_around_them() -> None:
    players = some_players(40)
    said = text_of(people.session_of(players[33]).get(PAGE))
    assert "Your place #34 of 40 players, ahead of 15%. 0.010 behind player_32." in said
    assert rank_of_each(people.session_of(players[33]))[:7] == [
        (str(rank), f"player_{rank - 1}") for rank in range(31, 38)
    ]
    assert "Your place" not in text_of(people.guest().get(PAGE))
    assert "Your place" not in text_of(people.session_of(people.alice()).get(PAGE)), "has no rating there"


def test_a_row_tells_class_charts_and_gain() -> None:
    played(people.alice(), 9_500_000)
    said = text_of(people.guest().get(PAGE))
    assert re.search(r"1 Alice 0\.\d+ Sienna I none 1 Compare Alice", said)


def test_whoever_has_no_rating_is_not_ranked() -> None:
    revert(played(people.alice(), 9_500_000), RevertRequest())
    factories.rated(people.alice(), {}, classes={"dan": "DAN_3"})
    assert "Nobody here yet" in text_of(people.guest().get(PAGE))


def test_the_songs_of_the_game_are_one_step_away() -> None:
    assert 'href="/games/sdvx/songs/"' in people.guest().get(PAGE).content.decode()


def test_playtypes_are_tabs() -> None:
    content = people.guest().get("/games/iidx/SP/players/").content.decode()
    assert 'href="/games/iidx/DP/players/"' in content
    assert people.guest().get("/games/iidx/Single/players/").status_code == 404


@pytest.mark.parametrize("count", [5, 20])
def test_the_number_of_queries_does_not_grow(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    some_players(count)
    client = people.guest()
    with django_assert_num_queries(5):
        client.get(PAGE)


def rated_before(stats: GameStats, value: float) -> None:
    """A rating that the player had before the last ninety days, and the one of today."""
    for days, ratings in ((120, {"VF7": value}), (1, stats.ratings)):
        day = timezone.now().date() - timedelta(days=days)
        DailyRatings.objects.create(
            user=stats.user, game="sdvx", playtype="Single", day=day, score_count=1, ratings=ratings
        )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (19.795, "up 9 places by the gain of 90 days"), (19.9, "down 1 place by the loss of 90 days"),
        (19.885, ""), (19.875, "up 1 place by the gain of 90 days"),
    ],
)  # fmt: skip
def test_the_reader_sees_how_far_their_gain_moved_them(before: float, said: str) -> None:
    # Player 11 is the twelfth, with 19.89; the twenty-first has 19.80.
    stats = GameStats.objects.get(user=some_players(30)[11])
    rated_before(stats, before)
    shown = text_of(people.session_of(stats.user).get(PAGE))
    assert "#12 " in shown
    assert said in shown
    assert said in text_of(people.guest().get(f"/users/{stats.user.username}/games/sdvx/Single/"))
    if not said:
        assert "of 90 days" not in shown


def test_whoever_had_no_rating_ninety_days_ago_did_not_move() -> None:
    played(people.alice(), 9_500_000)
    assert "of 90 days" not in text_of(people.session_of(people.alice()).get(PAGE))


def test_another_rating_ranks_the_players() -> None:
    players = some_players(3)
    other = next(iter(name for name in BY_SLUG["sdvx"].by_name["Single"].profile_ratings if name != "VF7"))
    rate(players[2], {other: 7, "VF7": 1})
    assert [name for _, name in rank_of_each(people.guest())] == ["player_00", "player_01", "player_02"]
    assert rank_of_each(people.guest(), f"?by={other}")[0] == ("1", "player_02")
    assert [name for _, name in rank_of_each(people.guest(), "?by=junk")] == ["player_00", "player_01", "player_02"]


def test_players_are_ranked_by_what_they_gained_in_ninety_days() -> None:
    players = some_players(3)
    for user, before in zip(players, (19.5, 19.99, 18), strict=True):
        stats = GameStats.objects.get(user=user)
        rated_before(stats, before)
        standings.refresh(user.pk, "sdvx", "Single", stats.ratings)
    # 20.00 − 19.50, 19.98 − 18.00; the second one lost.
    assert rank_of_each(people.guest(), "?by=gain") == [("1", "player_02"), ("2", "player_00")]
    said = text_of(people.session_of(players[0]).get(f"{PAGE}?by=gain"))
    assert "#2 of 2 players, ahead of 0%. 1.480 behind player_02." in said
    assert re.search(r"2 player_00 You 20\.000 .* \+0\.500 ", said)


def test_players_are_ranked_by_the_charts_that_they_played() -> None:
    charts = factories.charts(3)
    for owner, count in ((people.alice(), 1), (people.bob(), 3), (people.kay(), 1)):
        rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts[:count]]
        factories.an_import(owner, *rows)
    assert rank_of_each(people.guest(), "?by=charts") == [("1", "Bob"), ("2", "Alice"), ("2", "Kay")]
    assert rank_of_each(people.guest(), "?by=charts&q=a") == [("2", "Alice"), ("2", "Kay")]
    said = text_of(people.session_of(people.alice()).get(f"{PAGE}?by=charts"))
    assert "#2 of 3 players, ahead of 33%. 2 charts behind Bob." in said
    assert "Players by Charts played" in said
    revert(Import.objects.get(user=people.bob()), RevertRequest())
    assert rank_of_each(people.guest(), "?by=charts") == [("1", "Alice"), ("1", "Kay")]


@pytest.mark.parametrize("by", ["VF6", "gain", "charts", "junk", ""])
def test_everybody_may_read_every_ranking(by: str) -> None:
    for client in (people.guest(), people.session_of(people.alice()), people.session_of(people.eve())):
        assert client.get(f"{PAGE}?by={by}").status_code == 200


def test_another_game_is_chosen_in_the_form() -> None:
    chosen = people.guest().get(f"{PAGE}?game=iidx%2FSP&q=ko")
    assert chosen.headers["Location"] == "/games/iidx/SP/players/?q=ko"
    assert people.guest().get(f"{PAGE}?game=sdvx%2FSingle").status_code == 200
    assert people.guest().get(f"{PAGE}?game=junk").status_code == 200
