"""A player's profile on a game: first and last score, totals, places, the most played, neighbours."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import GameStats, Score, User
from tests import people
from tests.api import expected
from tests.api.answers import body
from tests.builders import HOUR, MINUTE, NOON, an_import, charts, score_on

pytestmark = pytest.mark.django_db

PROFILE = "/api/v1/users/alice/games/sdvx/Single"
PLACE = {"ranking": 1, "outOf": 1}


def told(rest: str = "") -> Any:
    return body(people.guest(), PROFILE + rest)


def stats(user: User, rating: float | None) -> GameStats:
    return GameStats.objects.create(user=user, game="sdvx", playtype="Single", ratings={"VF6": rating})


def test_a_profile_holds_ends_totals_and_places() -> None:
    first, second = charts(2)
    an_import(
        people.alice(),
        score_on(second, 9_000_000, timeAchieved=NOON + 30 * MINUTE),
        score_on(first, 9_000_000, timeAchieved=NOON),
        score_on(second, 9_100_000, timeAchieved=NOON + 9 * HOUR),
        score_on(second, 9_200_000),
    )
    early, late = Score.objects.get(time_achieved=NOON), Score.objects.get(time_achieved=NOON + 9 * HOUR)
    document = told()
    ends = [document.pop(name) for name in ("firstScore", "mostRecentScore")]
    assert [end["scoreID"] for end in ends] == [early.score_id, late.score_id]
    data = expected.score_data(9_000_000, "A+")
    assert ends[0] == expected.score(early, 1, data, timeAchieved=NOON, calculatedData={"VF6": 0.262})
    ratings = GameStats.objects.get().ratings
    assert document == {
        "gameStats": {
            "userID": people.alice().pk,
            "game": "sdvx",
            "playtype": "Single",
            "ratings": ratings,
            "classes": {"vfClass": "SIENNA_I"},
        },
        "totalScores": 4,
        "rankingData": {"VF6": PLACE},
        "playtime": 30 * MINUTE,
    }


def test_a_player_of_untimed_scores_has_no_first_one_and_no_playtime() -> None:
    an_import(people.alice(), score_on(charts(1)[0]))
    document = told()
    assert [document[name] for name in ("firstScore", "mostRecentScore", "totalScores", "playtime")] == [
        *(None, None),
        *(1, 0),
    ]


def test_a_player_who_only_gave_a_class_has_a_profile() -> None:
    an_import(people.alice(), parts={"classes": {"dan": "DAN_1"}})
    document = told()
    assert (document["totalScores"], document["gameStats"]["classes"]) == (0, {"dan": "DAN_1"})


@pytest.mark.parametrize("query", ["", "?duration=week", "?duration=year"])
def test_history_knows_today_alone(query: str) -> None:
    an_import(people.alice(), score_on(charts(1)[0]))
    stats(people.bob(), 20.0)
    (today,) = told(f"/history{query}")
    assert abs(today.pop("timestamp") - time.time() * 1_000) < 60_000
    assert today == {
        "ratings": {"VF6": 0.294},
        "classes": {"vfClass": "SIENNA_I"},
        "playcount": 1,
        "rankings": {"VF6": {"ranking": 2, "outOf": 2}},
    }


def test_the_most_played_charts_come_with_their_counts() -> None:
    seldom, often, never = charts(3)
    an_import(people.alice(), score_on(seldom), *[score_on(often, 9_000_000 + i) for i in range(3)])
    an_import(people.bob(), *[score_on(chart, 8_000_000 + i) for chart in (seldom, never) for i in range(5)])
    document = told("/most-played")
    counts = [(best["chartID"], best["__playcount"]) for best in document["pbs"]]
    assert counts == [(often.chart_id, 3), (seldom.chart_id, 1)]
    assert document["pbs"][1]["rankingData"] == {"rank": 1, "outOf": 2, "rivalRank": None}
    assert {chart["chartID"] for chart in document["charts"]} == {often.chart_id, seldom.chart_id}
    assert {song["id"] for song in document["songs"]} == {1, 2}


def test_a_hundred_of_the_most_played_are_told() -> None:
    an_import(people.alice(), *[score_on(chart) for chart in charts(101)])
    assert len(told("/most-played")["pbs"]) == 100


# --- neighbours -----------------------------------------------------------------------------------------------------


def crowd(*ratings: float | None) -> None:
    for number, rating in enumerate(ratings):
        stats(User.objects.create_user(f"player_{number}"), rating)


def neighbours() -> tuple[list[float | None], list[float | None]]:
    document = told("/leaderboard-adjacent")
    above, below = ([row["ratings"]["VF6"] for row in document[side]] for side in ("above", "below"))
    return above, below


@pytest.mark.parametrize(
    ("own", "others", "above", "below"),
    [
        (5.0, (), [], []),
        (5.0, (9.0, 6.0, 7.0, 8.0, 5.5, 10.0, 11.0), [9.0, 8.0, 7.0, 6.0, 5.5], []),
        (5.0, (4.0, 1.0, 2.0, 3.0, 0.5, 0.2, 5.0), [], [5.0, 4.0, 3.0, 2.0, 1.0]),
        (5.0, (None, 6.0, 4.0), [6.0], [4.0]),
        (None, (None, 6.0, None), [], [None, None]),
    ],
)
def test_neighbours_are_five_on_each_side_best_first(
    own: float | None, others: tuple[float | None, ...], above: list[float], below: list[float | None]
) -> None:
    stats(people.alice(), own)
    crowd(*others)
    assert neighbours() == (above, below)


def test_neighbours_are_told_with_who_they_are() -> None:
    mine = stats(people.alice(), 5.0)
    stats(people.bob(), 6.0)
    document = told("/leaderboard-adjacent?alg=VF6")
    assert document["thisUsersStats"] == {
        "userID": people.alice().pk,
        "game": "sdvx",
        "playtype": "Single",
        "ratings": mine.ratings,
        "classes": {},
    }
    assert document["thisUsersRanking"] == {"ranking": 2, "outOf": 2}
    assert [user["username"] for user in document["users"]] == ["Bob"]
    assert set(document) == {"above", "below", "users", "thisUsersStats", "thisUsersRanking"}


@pytest.mark.parametrize("number", [2, 30])
@pytest.mark.parametrize(
    ("rest", "queries"),
    [
        ("", 12),  # user, stats (twice), first, last, charts, songs, count, ranking, playtime; savepoint and release
        ("/most-played", 9),  # user, stats, counts, bests, charts, songs, ranks; savepoint and release
        ("/leaderboard-adjacent", 8),  # user, stats (twice), above, below, ranking; savepoint and release
    ],
)
def test_the_queries_do_not_grow(
    number: int, rest: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    an_import(people.alice(), *[score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(charts(number))])
    crowd(*[float(i) for i in range(number)])
    with django_assert_num_queries(queries):
        told(rest)
