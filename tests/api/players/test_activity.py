"""Activity feeds and summaries of a player: sessions, highlighted scores and classes in a time range."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.api.common.activity import FeedParams, FeedScope, feeds
from imports.models import ClassAchievement, Score, Session, User
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import HOUR, MINUTE, NOON, charts, create_import, score_on
from tests.pipeline.factories import EVENING, catalogue, import_rows

pytestmark = pytest.mark.django_db

FEED = "/api/v1/users/alice/games/sdvx/Single/activity"
SDVX = FeedScope("sdvx", "Single")
MEMBERS = {
    *("recentSessions", "recentlyHighlightedScores", "songs", "charts", "achievedClasses", "users"),
    *("goals", "goalSubs", "quests", "questSubs"),
}


def fetch(query: str = "") -> Any:
    return body(people.guest(), FEED + query)


def play(count: int, *, user: User | None = None) -> None:
    """Imports `count` sessions of one score each, nine hours apart."""
    chart = Score.objects.first()
    on = chart.chart if chart else charts(1)[0]
    rows = [score_on(on, 9_000_000 + i, timeAchieved=NOON + 9 * HOUR * i) for i in range(count)]
    create_import(user or people.alice(), *rows)
    # Classes have the time of the server's clock, which these tests do not cover.
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


def test_a_feed_contains_sessions_highlights_and_classes() -> None:
    play(2)
    Score.objects.filter(time_achieved=NOON).update(highlight=True)
    achieve(people.alice(), NOON + MINUTE)
    document = fetch()
    first, second = Session.objects.order_by("time_started")
    (highlighted,) = Score.objects.filter(highlight=True)
    assert set(document) == MEMBERS
    assert [each["sessionID"] for each in document["recentSessions"]] == [second.session_id, first.session_id]
    assert [each["scoreID"] for each in document["recentlyHighlightedScores"]] == [highlighted.score_id]
    assert document["songs"] == [expected_documents.song(1)]
    assert document["charts"] == [expected_documents.chart(highlighted.chart, 1)]
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
    assert document["users"] == [expected_documents.user(people.alice())]
    assert [document[name] for name in ("goals", "goalSubs", "quests", "questSubs")] == [[]] * 4


def test_a_feed_has_songs_and_charts_of_highlights_only() -> None:
    play(1)
    document = fetch()
    assert (document["songs"], document["charts"]) == ([], [])


def test_a_feed_has_nothing_older_than_its_oldest_session() -> None:
    play(12)
    Score.objects.update(highlight=True)
    start = NOON + 2 * 9 * HOUR  # the start of the tenth session from the end
    for value, at in (("DAN_1", start - 1), ("DAN_2", start), ("DAN_3", start + HOUR)):
        achieve(people.alice(), at, value)
    document = fetch("?sessions=10")
    assert len(document["recentSessions"]) == 10
    assert [row["classValue"] for row in document["achievedClasses"]] == ["DAN_3", "DAN_2"]
    times = [score["timeAchieved"] for score in document["recentlyHighlightedScores"]]
    assert times == [NOON + 9 * HOUR * i for i in range(11, 1, -1)]


def test_the_next_page_of_a_feed_starts_before_its_oldest_session() -> None:
    play(25)
    Score.objects.update(highlight=True)
    seen: list[float] = []
    query = "?sessions=10"
    for _ in range(3):
        document = fetch(query)
        starts = [each["timeStarted"] for each in document["recentSessions"]]
        assert [score["timeAchieved"] for score in document["recentlyHighlightedScores"]] == starts
        seen += starts
        query = f"?sessions=10&startTime={starts[-1]}"
    assert seen == [NOON + 9 * HOUR * i for i in range(24, -1, -1)]
    assert fetch(query)["recentSessions"] == []


def test_a_feed_without_sessions_is_empty() -> None:
    create_import(people.alice(), score_on(charts(1)[0]), parts={"classes": {"dan": "DAN_1"}})
    document = fetch()
    assert {name: document[name] for name in document if document[name]} == {}


def test_a_feed_of_a_game_contains_all_players() -> None:
    play(1)
    play(1, user=people.bob())
    Score.objects.update(highlight=True)
    feed = feeds([SDVX], FeedParams())[SDVX]
    assert [len(feed.recent_sessions), len(feed.recently_highlighted_scores), len(feed.users)] == [2, 2, 2]
    assert len(fetch()["users"]) == 1


# --- all games ------------------------------------------------------------------------------------------------------


def row(**metrics: Any) -> dict[str, Any]:
    return {"matchType": "tachiSongID", "identifier": "1", "timeAchieved": EVENING, **metrics}


def play_three_games() -> None:
    catalogue()
    import_rows(people.alice(), "sdvx:Single", [row(difficulty="EXH", score=9_000_000, lamp="CLEAR")])
    for playtype in ("SP", "DP"):
        import_rows(people.alice(), f"iidx:{playtype}", [row(difficulty="HYPER", score=1_000, lamp="CLEAR")])


@pytest.mark.usefixtures("documents_of_2025")
@pytest.mark.parametrize("query", ["", "?includeRivals=true&includeFollowers=false", "?startTime="])
def test_the_activity_of_a_user_has_a_feed_for_each_played_game(query: str) -> None:
    play_three_games()
    document = body(people.guest(), f"/api/v1/users/alice/activity{query}")
    assert sorted(document) == ["iidx:DP", "iidx:SP", "sdvx:Single"]
    for feed in document.values():
        assert len(feed["recentSessions"]) == 1
        assert set(feed) == MEMBERS


def test_the_start_time_applies_to_the_feed_of_each_game() -> None:
    play_three_games()
    document = body(people.guest(), f"/api/v1/users/alice/activity?startTime={EVENING:.0f}")
    assert [feed["recentSessions"] for feed in document.values()] == [[], [], []]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("includeRivals=1", "[includeRivals] Expected any of true, false. (Received 1)"),
        ("sessions=10", "[null] Unexpected properties inside object: sessions."),
        ("startTime=x", "Invalid startTime, got a non number."),
    ],
)
def test_an_invalid_query_for_feeds_of_all_games_is_refused(query: str, expected: str) -> None:
    people.alice()
    assert summary(people.guest().get(f"/api/v1/users/alice/activity?{query}")) == (400, expected)


def test_a_user_without_plays_has_no_feeds() -> None:
    people.alice()
    assert body(people.guest(), "/api/v1/users/alice/activity") == {}


def test_the_stats_of_a_user_count_all_games() -> None:
    play_three_games()
    assert body(people.guest(), "/api/v1/users/alice/stats") == {"scores": 3, "sessions": 3}


def test_the_recent_summary_covers_the_last_sixteen_hours() -> None:
    now = time.time_ns() // 1_000_000
    (chart,) = charts(1)
    times = (now - HOUR, now - 2 * HOUR, now - 15 * HOUR, now - 17 * HOUR, None)
    create_import(people.alice(), *[score_on(chart, 9_000_000 + i, timeAchieved=t) for i, t in enumerate(times)])
    recent = body(people.guest(), "/api/v1/users/alice/recent-summary")
    assert recent.pop("recentPlaycount") == 3
    assert [len(session["scoreIDs"]) for session in recent.pop("recentSessions")] == [2, 2]
    assert recent == {
        "recentFolders": [],
        "recentFolderStats": {},
        "recentAchievedGoals": [],
        "recentGoals": [],
        "recentImprovedGoals": [],
    }


@pytest.mark.parametrize("number", [1, 25])
def test_a_feed_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    play(number)
    Score.objects.update(highlight=True)
    # user, stats; sessions, their scores, highlights, classes, charts, songs, users; savepoint and release
    with django_assert_num_queries(11):
        fetch()
