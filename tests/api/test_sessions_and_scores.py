"""GET /api/v1/sessions/:sessionID and /api/v1/scores/:scoreID."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Score, Session
from tests import people
from tests.api import expected
from tests.api.answers import body, outcome
from tests.builders import HOUR, MINUTE, NOON, an_import, charts, score_on

pytestmark = pytest.mark.django_db


def test_a_session_is_told_with_its_scores_in_the_order_of_time() -> None:
    first, second = charts(2)
    an_import(
        people.alice(),
        score_on(second, 9_000_000, timeAchieved=NOON + MINUTE),
        score_on(first, 9_000_000, timeAchieved=NOON),
        score_on(first, 9_500_000),
    )
    session = Session.objects.get()
    early, late = Score.objects.select_related("chart").exclude(time_achieved=None).order_by("time_achieved")
    address = f"/api/v1/sessions/{session.session_id}"
    data = expected.score_data(9_000_000, "A+")
    assert outcome(people.guest().get(address)) == (200, f"Successfully returned session {session.name}.")
    assert body(people.guest(), address) == {
        "session": expected.session(
            session, [early.score_id, late.score_id], timeStarted=NOON, timeEnded=NOON + MINUTE
        ),
        "scores": [
            expected.score(early, 1, data, timeAchieved=NOON, calculatedData={"VF6": 0.262}),
            expected.score(late, 2, data, timeAchieved=NOON + MINUTE, calculatedData={"VF6": 0.262}),
        ],
        "songs": [expected.song(1), expected.song(2)],
        "charts": [expected.chart(first, 1), expected.chart(second, 2)],
        "user": expected.user(people.alice()),
        "scoreInfo": [
            {"scoreID": early.score_id, "isNewScore": True},
            {"scoreID": late.score_id, "isNewScore": True},
        ],
    }


def test_scores_are_held_against_the_best_before_the_session() -> None:
    """The untimed score, the later one and the one of another player do not count; two of one session compare alike."""
    (chart,) = charts(1)
    an_import(
        people.alice(),
        score_on(chart, 9_000_000, lamp="FAILED", timeAchieved=NOON - 9 * HOUR),
        score_on(chart, 8_000_000, lamp="EXCESSIVE CLEAR", timeAchieved=NOON - 8 * HOUR),
        score_on(chart, 10_000_000),
        score_on(chart, 9_500_000, timeAchieved=NOON),
        score_on(chart, 8_500_000, timeAchieved=NOON + 1),
        score_on(chart, 9_999_999, timeAchieved=NOON + 9 * HOUR),
    )
    an_import(people.bob(), score_on(chart, 9_900_000, timeAchieved=NOON - 9 * HOUR))
    session = Session.objects.get(time_started=NOON)
    told = body(people.guest(), f"/api/v1/sessions/{session.session_id}")["scoreInfo"]
    assert [info | {"scoreID": ""} for info in told] == [
        {"scoreID": "", "isNewScore": False, "deltas": {"score": 500_000, "lamp": -1, "grade": 2}},
        {"scoreID": "", "isNewScore": False, "deltas": {"score": -500_000, "lamp": -1, "grade": -2}},
    ]


@pytest.mark.parametrize("number", [1, 40])
def test_the_queries_of_a_session_do_not_grow(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = [score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(charts(number))]
    an_import(people.alice(), *[dict(row, score=1_000, timeAchieved=NOON - 9 * HOUR) for row in rows], *rows)
    address = f"/api/v1/sessions/{Session.objects.get(time_started=NOON).session_id}"
    with django_assert_num_queries(
        10
    ):  # session, scores, charts, songs; charts, songs, choice, scores; savepoint and release
        assert len(body(people.guest(), address)["scoreInfo"]) == number


@pytest.mark.parametrize("kind", ["sessions", "scores"])
@pytest.mark.parametrize("key", ["Q" + "0" * 40, "T" + "0" * 64, "%00", "x", "' OR 1=1 --"])
def test_what_does_not_exist_is_not_found(kind: str, key: str) -> None:
    assert outcome(people.guest().get(f"/api/v1/{kind}/{key}")) == (404, f"This {kind[:-1]} does not exist.")


@pytest.mark.parametrize("query", ["?getRelated", "?getRelated=false", "?getRelated=1&getRelated=2"])
def test_a_score_is_told_with_what_belongs_to_it_when_asked(query: str) -> None:
    (chart,) = charts(1)
    an_import(people.alice(), score_on(chart, timeAchieved=NOON))
    score = Score.objects.select_related("chart").get()
    address = f"/api/v1/scores/{score.score_id}"
    document = expected.score(
        score, 1, expected.score_data(9_500_000, "AA+"), timeAchieved=NOON, calculatedData={"VF6": 0.294}
    )
    assert outcome(people.guest().get(address)) == (200, "Returned score.")
    assert body(people.guest(), address) == {"score": document}
    assert body(people.guest(), address + query) == {
        "score": document,
        "user": expected.user(people.alice()),
        "song": expected.song(1),
        "chart": expected.chart(chart, 1),
    }
