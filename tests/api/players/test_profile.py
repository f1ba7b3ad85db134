"""A player's profile on a game: first and last score, totals, ranks, most played charts, neighbours."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports import jobs
from imports.models import GameStats, Score, User
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.api import expected_documents
from tests.api.envelopes import body
from tests.factories import HOUR, MINUTE, NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

PROFILE = "/api/v1/users/alice/games/sdvx/Single"
PLACE = {"ranking": 1, "outOf": 1}


def fetch(rest: str = "") -> Any:
    return body(people.guest(), PROFILE + rest)


def stats(user: User, rating: float | None) -> GameStats:
    return factories.rated(user, {"VF7": rating})


def test_a_profile_has_first_and_last_score_totals_and_ranks() -> None:
    first, second = charts(2)
    create_import(
        people.alice(),
        score_on(second, 9_000_000, timeAchieved=NOON + 30 * MINUTE),
        score_on(first, 9_000_000, timeAchieved=NOON),
        score_on(second, 9_100_000, timeAchieved=NOON + 9 * HOUR),
        score_on(second, 9_200_000),
    )
    early, late = Score.objects.get(time_achieved=NOON), Score.objects.get(time_achieved=NOON + 9 * HOUR)
    document = fetch()
    ends = [document.pop(name) for name in ("firstScore", "mostRecentScore")]
    assert [end["scoreID"] for end in ends] == [early.score_id, late.score_id]
    data = expected_documents.score_data(9_000_000, "A+")
    assert ends[0] == expected_documents.score(
        early, 1, data, timeAchieved=NOON, calculatedData={"VF6": 0.262, "VF7": 0.262}
    )
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
        "rankingData": {"VF6": PLACE, "VF7": PLACE},
        "playtime": 30 * MINUTE,
    }


def test_a_revert_and_a_restore_keep_first_and_last_of_simultaneous_scores() -> None:
    """Of simultaneous scores the IDs decide, not the order of storage."""
    rows = [score_on(chart, timeAchieved=NOON) for chart in charts(6)]
    made = [create_import(people.alice(), row) for row in rows]
    ends = [fetch()[name]["scoreID"] for name in ("firstScore", "mostRecentScore")]
    for job in made:
        revert(job, RevertRequest(by=people.alice()))
        jobs.restore(job, by=people.alice())
        jobs.run_import(job.import_id)
        assert [fetch()[name]["scoreID"] for name in ("firstScore", "mostRecentScore")] == ends


def test_a_profile_of_untimed_scores_has_no_first_score_and_no_playtime() -> None:
    create_import(people.alice(), score_on(charts(1)[0]))
    document = fetch()
    assert [document[name] for name in ("firstScore", "mostRecentScore", "totalScores", "playtime")] == [
        *(None, None),
        *(1, 0),
    ]


def test_a_player_with_a_class_and_no_scores_has_a_profile() -> None:
    create_import(people.alice(), parts={"classes": {"dan": "DAN_1"}})
    document = fetch()
    assert (document["totalScores"], document["gameStats"]["classes"]) == (0, {"dan": "DAN_1"})


@pytest.mark.parametrize("query", ["", "?duration=week", "?duration=year"])
def test_the_history_of_a_new_player_has_only_today(query: str) -> None:
    create_import(people.alice(), score_on(charts(1)[0]))
    stats(people.bob(), 20.0)
    (today,) = fetch(f"/history{query}")
    assert abs(today.pop("timestamp") - time.time() * 1_000) < 60_000
    assert today == {
        "ratings": {"VF6": 0.294, "VF7": 0.294},
        "classes": {"vfClass": "SIENNA_I"},
        "playcount": 1,
        "rankings": {"VF6": {"ranking": 1, "outOf": 2}, "VF7": {"ranking": 2, "outOf": 2}},
    }


def test_the_most_played_charts_have_their_playcounts() -> None:
    seldom, often, never = charts(3)
    create_import(people.alice(), score_on(seldom), *[score_on(often, 9_000_000 + i) for i in range(3)])
    create_import(people.bob(), *[score_on(chart, 8_000_000 + i) for chart in (seldom, never) for i in range(5)])
    document = fetch("/most-played")
    counts = [(best["chartID"], best["__playcount"]) for best in document["pbs"]]
    assert counts == [(often.chart_id, 3), (seldom.chart_id, 1)]
    assert document["pbs"][1]["rankingData"] == {"rank": 1, "outOf": 2, "rivalRank": None}
    assert {chart["chartID"] for chart in document["charts"]} == {often.chart_id, seldom.chart_id}
    assert {song["id"] for song in document["songs"]} == {1, 2}


def test_the_most_played_charts_are_at_most_a_hundred() -> None:
    create_import(people.alice(), *[score_on(chart) for chart in charts(101)])
    assert len(fetch("/most-played")["pbs"]) == 100


# --- neighbours -----------------------------------------------------------------------------------------------------


def crowd(*ratings: float | None) -> None:
    for number, rating in enumerate(ratings):
        stats(User.objects.create_user(f"player_{number}"), rating)


def neighbours() -> tuple[list[float | None], list[float | None]]:
    document = fetch("/leaderboard-adjacent")
    above, below = ([row["ratings"]["VF7"] for row in document[side]] for side in ("above", "below"))
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
def test_neighbours_of_a_player_are_at_most_five_on_each_side_best_first(
    own: float | None, others: tuple[float | None, ...], above: list[float], below: list[float | None]
) -> None:
    stats(people.alice(), own)
    crowd(*others)
    assert neighbours() == (above, below)


def test_neighbours_of_a_player_are_returned_with_their_users() -> None:
    mine = stats(people.alice(), 5.0)
    stats(people.bob(), 6.0)
    document = fetch("/leaderboard-adjacent?alg=VF7")
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
def test_a_profile_takes_a_constant_number_of_queries(
    number: int, rest: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_import(people.alice(), *[score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(charts(number))])
    crowd(*[float(i) for i in range(number)])
    with django_assert_num_queries(queries):
        fetch(rest)
