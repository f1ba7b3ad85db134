"""A player's sessions: by time, by rating, by name, highlighted ones, the last one, and the calendar."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Session
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import HOUR, MINUTE, NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/users/alice/games/sdvx/Single/sessions"


def fetch(rest: str = "") -> Any:
    return body(people.guest(), SESSIONS + rest)


def play(count: int) -> list[Session]:
    """Imports `count` sessions of one score each, nine hours apart, and returns them earliest first."""
    (chart,) = charts(1)
    create_import(
        people.alice(),
        *[score_on(chart, 9_000_000 + 10_000 * i, timeAchieved=NOON + 9 * HOUR * i) for i in range(count)],
    )
    return list(Session.objects.order_by("time_started"))


def rename(session: Session, text: str) -> None:
    Session.objects.filter(pk=session.pk).update(name=text)


def test_recent_sessions_are_listed_newest_first_with_their_score_info() -> None:
    first, second = play(2)
    latest, earliest = fetch("/recent")
    info = latest.pop("__scoreInfo")
    (score,) = info
    assert latest == expected_documents.session(
        second, [score["scoreID"]], timeStarted=NOON + 9 * HOUR, timeEnded=NOON + 9 * HOUR
    )
    assert score | {"scoreID": ""} == {
        "scoreID": "",
        "isNewScore": False,
        "deltas": {"score": 10_000, "lamp": 0, "grade": 0},
    }
    assert earliest["sessionID"] == first.session_id
    assert [each["isNewScore"] for each in earliest["__scoreInfo"]] == [True]


def test_the_score_info_of_a_session_compares_with_the_bests_before_it() -> None:
    """The score info equals that of the single session."""
    one, two = charts(2)
    create_import(
        people.alice(),
        *[score_on(one, s, timeAchieved=NOON + 9 * HOUR * i) for i, s in enumerate((9_500_000, 9_000_000, 9_700_000))],
        score_on(two, 9_000_000, lamp="EXCESSIVE CLEAR", timeAchieved=NOON + MINUTE),
        score_on(two, 9_900_000, lamp="FAILED", timeAchieved=NOON + 9 * HOUR + MINUTE),
        score_on(two, 9_950_000, lamp="FAILED", timeAchieved=NOON + 9 * HOUR + 2 * MINUTE),
        score_on(two, 9_100_000, timeAchieved=NOON + 18 * HOUR + MINUTE),
    )
    create_import(people.bob(), score_on(one, 10_000_000, lamp="PERFECT ULTIMATE CHAIN", timeAchieved=NOON - HOUR))
    sessions = fetch("/recent")
    assert [len(session["__scoreInfo"]) for session in sessions] == [2, 3, 2]
    for session in sessions:
        page = body(people.guest(), f"/api/v1/sessions/{session['sessionID']}")
        assert session["__scoreInfo"] == page["scoreInfo"]
    deltas = [info["deltas"] for info in sessions[0]["__scoreInfo"]]
    assert deltas == [
        {"score": 200_000, "lamp": 0, "grade": 1},
        {"score": -850_000, "lamp": -1, "grade": -5},
    ]


def test_the_best_sessions_are_ordered_by_rating_and_unrated_ones_come_last() -> None:
    low, unrated, high = play(3)
    for session, rating in ((low, 1.0), (unrated, None), (high, 2.0)):
        Session.objects.filter(pk=session.pk).update(calculated_data={"ProfileVF7": rating})
    for query in ("", "?alg=ProfileVF7"):
        assert [each["sessionID"] for each in fetch(f"/best{query}")] == [
            high.session_id,
            low.session_id,
            unrated.session_id,
        ]
    assert all("__scoreInfo" in each for each in fetch("/best"))


def test_highlighted_sessions_have_their_own_list() -> None:
    first, _, third = play(3)
    Session.objects.filter(pk__in=[first.pk, third.pk]).update(highlight=True)
    assert [each["sessionID"] for each in fetch("/highlighted")] == [third.session_id, first.session_id]


def test_the_last_session_has_its_score_info() -> None:
    _, last = play(2)
    document = fetch("/last")
    assert set(document) == {"session", "scoreInfo"}
    assert document["session"]["sessionID"] == last.session_id
    assert "__scoreInfo" not in document["session"]
    assert len(document["scoreInfo"]) == 1


def test_a_player_of_untimed_scores_has_no_sessions() -> None:
    create_import(people.alice(), score_on(charts(1)[0]))
    assert summary(people.guest().get(f"{SESSIONS}/last")) == (404, "This user has not got any sessions!")
    assert [fetch(rest) for rest in ("/recent", "/best", "/highlighted", "/calendar", "?search=x")] == [[]] * 5


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("evening", ["Evening Run", "Late Evening"]),
        ("EVENING RUN", ["Evening Run"]),
        ("elan", ["Élan vital"]),
        ("zzz", []),
        ("%00", []),
    ],
)
def test_a_search_finds_sessions_by_name_best_match_first(search: str, expected: list[str]) -> None:
    names = ("Élan vital", "Late Evening", "Evening Run")
    for session, text in zip(play(3), names, strict=True):
        rename(session, text)
    sessions = fetch(f"?search={search}")
    assert sorted(each["name"] for each in sessions) == expected
    scores = [each["__textScore"] for each in sessions]
    assert scores == sorted(scores, reverse=True)
    assert all(len(each["scoreIDs"]) == 1 for each in sessions)


def test_an_empty_search_lists_the_latest_sessions() -> None:
    sessions = play(2)
    assert [(each["sessionID"], each["__textScore"]) for each in fetch("?search=")] == [
        (session.session_id, 0) for session in reversed(sessions)
    ]


def test_the_calendar_has_the_short_form_of_every_session() -> None:
    session, _ = play(2)
    assert fetch("/calendar")[1] == {
        "sessionID": session.session_id,
        "name": session.name,
        "desc": None,
        "highlight": False,
        "timeStarted": NOON,
        "timeEnded": NOON,
        "game": "sdvx",
        "playtype": "Single",
    }
    assert body(people.guest(), "/api/v1/users/alice/sessions/calendar") == fetch("/calendar")


@pytest.mark.parametrize("rest", ["/recent", "/best", "/calendar"])
def test_lists_of_sessions_can_be_paginated(rest: str) -> None:
    sessions = [session.session_id for session in play(5)]
    Session.objects.update(calculated_data={"ProfileVF7": None})
    session_ids, address = [], f"{SESSIONS}{rest}?limit=2"
    while address:
        response = people.guest().get(address)
        page = [session["sessionID"] for session in response.json()["body"]]
        assert len(page) <= 2
        session_ids += page
        address = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert sorted(session_ids) == sorted(sessions)
    assert rest == "/best" or session_ids == sessions[::-1]


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("number", [2, 20])
@pytest.mark.parametrize(
    ("rest", "queries"),
    [
        # user, stats, sessions, scores; earlier bests, choice, charts, songs and scores of the others;
        # savepoint and release
        ("/recent", 11),
        ("/best", 12),  # unrated ones too
        ("/last", 11),
        ("?search=", 7),  # user, stats, names, sessions, scores; savepoint and release
        ("/calendar", 3),
    ],
)
def test_lists_of_sessions_take_a_constant_number_of_queries(
    number: int, rest: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    play(number)
    with django_assert_num_queries(queries):
        fetch(rest)
