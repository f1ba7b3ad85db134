"""Activity feeds and summaries of a player: sessions, highlighted scores and classes of one stretch of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.api.activity import GPT, Wish, feeds
from imports.models import ClassAchievement, Score, Session, User
from tests import people
from tests.api import expected
from tests.api.answers import body, outcome
from tests.builders import HOUR, MINUTE, NOON, an_import, charts, score_on
from tests.pipeline.world import EVENING, bring, catalogue

pytestmark = pytest.mark.django_db

FEED = "/api/v1/users/alice/games/sdvx/Single/activity"
SDVX = GPT("sdvx", "Single")
MEMBERS = {
    *("recentSessions", "recentlyHighlightedScores", "songs", "charts", "achievedClasses", "users"),
    *("goals", "goalSubs", "quests", "questSubs"),
}


def told(query: str = "") -> Any:
    return body(people.guest(), FEED + query)


def play(count: int, *, user: User | None = None) -> None:
    """So many sessions of one score each, nine hours apart."""
    chart = Score.objects.first()
    on = chart.chart if chart else charts(1)[0]
    rows = [score_on(on, 9_000_000 + i, timeAchieved=NOON + 9 * HOUR * i) for i in range(count)]
    an_import(user or people.alice(), *rows)
    # Classes are dated by the server's clock, which is not what these tests are about.
    ClassAchievement.objects.all().delete()


def achieve(user: User, at: float, value: str = "DAN_1") -> None:
    ClassAchievement.objects.create(
        user=user,
        game="sdvx",
        playtype="Single",
        class_set="dan",
        new_value=value,
        time_achieved=datetime.fromtimestamp(at / 1_000, UTC),
    )


def test_a_feed_tells_of_sessions_highlights_and_classes() -> None:
    play(2)
    Score.objects.filter(time_achieved=NOON).update(highlight=True)
    achieve(people.alice(), NOON + MINUTE)
    document = told()
    first, second = Session.objects.order_by("time_started")
    (highlighted,) = Score.objects.filter(highlight=True)
    assert set(document) == MEMBERS
    assert [each["sessionID"] for each in document["recentSessions"]] == [second.session_id, first.session_id]
    assert [each["scoreID"] for each in document["recentlyHighlightedScores"]] == [highlighted.score_id]
    assert document["songs"] == [expected.song(1)]
    assert document["charts"] == [expected.chart(highlighted.chart, 1)]
    assert document["achievedClasses"] == [
        {
            "userID": people.alice().pk,
            "game": "sdvx",
            "playtype": "Single",
            "classSet": "dan",
            "classOldValue": None,
            "classValue": "DAN_1",
            "timeAchieved": NOON + MINUTE,
        }
    ]
    assert document["users"] == [expected.user(people.alice())]
    assert [document[name] for name in ("goals", "goalSubs", "quests", "questSubs")] == [[]] * 4


def test_songs_and_charts_belong_to_the_highlights_alone() -> None:
    play(1)
    document = told()
    assert (document["songs"], document["charts"]) == ([], [])


def test_nothing_older_than_the_last_session_told_of_is_told() -> None:
    play(12)
    Score.objects.update(highlight=True)
    start = NOON + 2 * 9 * HOUR  # of the tenth session from the end
    for value, at in (("DAN_1", start - 1), ("DAN_2", start), ("DAN_3", start + HOUR)):
        achieve(people.alice(), at, value)
    document = told("?sessions=10")
    assert len(document["recentSessions"]) == 10
    assert [row["classValue"] for row in document["achievedClasses"]] == ["DAN_3", "DAN_2"]
    times = [score["timeAchieved"] for score in document["recentlyHighlightedScores"]]
    assert times == [NOON + 9 * HOUR * i for i in range(11, 1, -1)]


def test_the_next_page_begins_before_the_last_session_of_this_one() -> None:
    play(25)
    Score.objects.update(highlight=True)
    seen: list[float] = []
    query = "?sessions=10"
    for _ in range(3):
        document = told(query)
        starts = [each["timeStarted"] for each in document["recentSessions"]]
        assert [score["timeAchieved"] for score in document["recentlyHighlightedScores"]] == starts
        seen += starts
        query = f"?sessions=10&startTime={starts[-1]}"
    assert seen == [NOON + 9 * HOUR * i for i in range(24, -1, -1)]
    assert told(query)["recentSessions"] == []


def test_without_sessions_there_is_nothing_to_tell() -> None:
    an_import(people.alice(), score_on(charts(1)[0]), parts={"classes": {"dan": "DAN_1"}})
    document = told()
    assert {name: document[name] for name in document if document[name]} == {}


def test_a_feed_of_everybody_holds_all_players() -> None:
    play(1)
    play(1, user=people.bob())
    Score.objects.update(highlight=True)
    feed = feeds([SDVX], Wish())["sdvx:Single"]
    assert [len(feed[name]) for name in ("recentSessions", "recentlyHighlightedScores", "users")] == [2, 2, 2]
    assert len(told()["users"]) == 1


# --- over all games -------------------------------------------------------------------------------------------------


def row(**metrics: Any) -> dict[str, Any]:
    return {"matchType": "tachiSongID", "identifier": "1", "timeAchieved": EVENING, **metrics}


def played_three() -> None:
    catalogue()
    bring(people.alice(), "sdvx:Single", [row(difficulty="EXH", score=9_000_000, lamp="CLEAR")])
    for playtype in ("SP", "DP"):
        bring(people.alice(), f"iidx:{playtype}", [row(difficulty="HYPER", score=1_000, lamp="CLEAR")])


@pytest.mark.parametrize("query", ["", "?includeRivals=true&includeFollowers=false", "?startTime="])
def test_a_user_has_a_feed_for_every_game_they_played(query: str) -> None:
    played_three()
    document = body(people.guest(), f"/api/v1/users/alice/activity{query}")
    assert sorted(document) == ["iidx:DP", "iidx:SP", "sdvx:Single"]
    for feed in document.values():
        assert len(feed["recentSessions"]) == 1
        assert set(feed) == MEMBERS


def test_the_start_holds_for_every_game() -> None:
    played_three()
    document = body(people.guest(), f"/api/v1/users/alice/activity?startTime={EVENING:.0f}")
    assert [feed["recentSessions"] for feed in document.values()] == [[], [], []]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("includeRivals=1", "[includeRivals] Expected any of true, false. (Received 1)"),
        ("sessions=10", "[null] Unexpected properties inside object: sessions."),
        ("startTime=x", "Invalid startTime, got a non number."),
    ],
)
def test_the_query_of_all_games_is_strict(query: str, told: str) -> None:
    people.alice()
    assert outcome(people.guest().get(f"/api/v1/users/alice/activity?{query}")) == (400, told)


def test_who_played_nothing_has_no_feeds() -> None:
    people.alice()
    assert body(people.guest(), "/api/v1/users/alice/activity") == {}


def test_the_totals_are_over_all_games() -> None:
    played_three()
    assert body(people.guest(), "/api/v1/users/alice/stats") == {"scores": 3, "sessions": 3}


def test_the_summary_tells_of_the_last_sixteen_hours() -> None:
    now = time.time_ns() // 1_000_000
    (chart,) = charts(1)
    times = (now - HOUR, now - 2 * HOUR, now - 15 * HOUR, now - 17 * HOUR, None)
    an_import(people.alice(), *[score_on(chart, 9_000_000 + i, timeAchieved=t) for i, t in enumerate(times)])
    summary = body(people.guest(), "/api/v1/users/alice/recent-summary")
    assert summary.pop("recentPlaycount") == 3
    assert [len(session["scoreIDs"]) for session in summary.pop("recentSessions")] == [2, 2]
    assert summary == {
        "recentFolders": [],
        "recentFolderStats": {},
        "recentAchievedGoals": [],
        "recentGoals": [],
        "recentImprovedGoals": [],
    }


@pytest.mark.parametrize("number", [1, 25])
def test_the_queries_of_a_feed_do_not_grow(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    play(number)
    Score.objects.update(highlight=True)
    # user, stats; sessions, their scores, highlights, classes, charts, songs, users; savepoint and release
    with django_assert_num_queries(11):
        told()
