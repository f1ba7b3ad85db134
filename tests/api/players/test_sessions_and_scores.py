"""GET /api/v1/sessions/:sessionID and /api/v1/scores/:scoreID."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Score, Session
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import HOUR, MINUTE, NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("documents_of_2025")
def test_a_session_has_its_scores_in_chronological_order() -> None:
    first, second = charts(2)
    create_import(
        people.alice(),
        score_on(second, 9_000_000, timeAchieved=NOON + MINUTE),
        score_on(first, 9_000_000, timeAchieved=NOON),
        score_on(first, 9_500_000),
    )
    session = Session.objects.get()
    early, late = Score.objects.select_related("chart").exclude(time_achieved=None).order_by("time_achieved")
    address = f"/api/v1/sessions/{session.session_id}"
    data = expected_documents.score_data(9_000_000, "A+")
    more = {"calculatedData": {"VF6": 0.262, "VF7": 0.262}, "sessionID": session.session_id}
    assert summary(people.guest().get(address)) == (200, f"Successfully returned session {session.name}.")
    assert body(people.guest(), address) == {
        "session": expected_documents.session(
            session, [early.score_id, late.score_id], timeStarted=NOON, timeEnded=NOON + MINUTE
        ),
        "scores": [
            expected_documents.score(early, 1, data, timeAchieved=NOON, **more),
            expected_documents.score(late, 2, data, timeAchieved=NOON + MINUTE, **more),
        ],
        "songs": [expected_documents.song(1), expected_documents.song(2)],
        "charts": [
            expected_documents.chart_at_shared_address(first, 1),
            expected_documents.chart_at_shared_address(second, 2),
        ],
        "user": expected_documents.user(people.alice()),
        "scoreInfo": [
            {"scoreID": early.score_id, "isNewScore": True},
            {"scoreID": late.score_id, "isNewScore": True},
        ],
        "index": 0,
    }


def test_the_id_of_a_merged_session_leads_to_the_session_it_was_merged_into() -> None:
    (chart,) = charts(1)
    create_import(
        people.alice(), score_on(chart, 1, timeAchieved=NOON), score_on(chart, 2, timeAchieved=NOON + 3 * HOUR)
    )
    early, late = (f"/api/v1/sessions/{one.session_id}" for one in Session.objects.order_by("time_started"))
    create_import(people.alice(), score_on(chart, 3, timeAchieved=NOON + 90 * MINUTE))

    assert body(people.guest(), late) == body(people.guest(), early)

    client = people.session_of(people.alice())
    changed = client.patch(late, {"name": "The long night"}, content_type="application/json")
    assert (changed.status_code, body(client, early)["session"]["name"]) == (200, "The long night")
    assert summary(people.session_of(people.bob()).patch(late, {"name": "Mine"}, content_type="application/json")) == (
        403,
        "You are not authorised to modify this session.",
    )


def test_score_info_compares_each_score_with_the_best_before_the_session() -> None:
    """Untimed scores, later scores and those of other players are ignored; all scores have the same baseline."""
    (chart,) = charts(1)
    create_import(
        people.alice(),
        score_on(chart, 9_000_000, lamp="FAILED", timeAchieved=NOON - 9 * HOUR),
        score_on(chart, 8_000_000, lamp="EXCESSIVE CLEAR", timeAchieved=NOON - 8 * HOUR),
        score_on(chart, 10_000_000),
        score_on(chart, 9_500_000, timeAchieved=NOON),
        score_on(chart, 8_500_000, timeAchieved=NOON + 1),
        score_on(chart, 9_999_999, timeAchieved=NOON + 9 * HOUR),
    )
    create_import(people.bob(), score_on(chart, 9_900_000, timeAchieved=NOON - 9 * HOUR))
    session = Session.objects.get(time_started=NOON)
    document = body(people.guest(), f"/api/v1/sessions/{session.session_id}")["scoreInfo"]
    assert [info | {"scoreID": ""} for info in document] == [
        {"scoreID": "", "isNewScore": False, "deltas": {"score": 500_000, "lamp": -1, "grade": 2}},
        {"scoreID": "", "isNewScore": False, "deltas": {"score": -500_000, "lamp": -1, "grade": -2}},
    ]


@pytest.mark.parametrize("number", [1, 40])
def test_a_session_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [score_on(chart, timeAchieved=NOON + i) for i, chart in enumerate(charts(number))]
    create_import(people.alice(), *[dict(row, score=1_000, timeAchieved=NOON - 9 * HOUR) for row in rows], *rows)
    address = f"/api/v1/sessions/{Session.objects.get(time_started=NOON).session_id}"
    # session, scores, charts, songs, sessions; charts, songs, choice, scores; index; savepoint and release
    with django_assert_num_queries(13):
        assert len(body(people.guest(), address)["scoreInfo"]) == number


@pytest.mark.parametrize("kind", ["sessions", "scores"])
@pytest.mark.parametrize("key", ["Q" + "0" * 40, "T" + "0" * 64, "%00", "x", "' OR 1=1 --"])
def test_an_unknown_session_or_score_is_a_404(kind: str, key: str) -> None:
    assert summary(people.guest().get(f"/api/v1/{kind}/{key}")) == (404, f"This {kind[:-1]} does not exist.")


@pytest.mark.usefixtures("documents_of_2025")
@pytest.mark.parametrize("query", ["?getRelated", "?getRelated=false", "?getRelated=1&getRelated=2"])
def test_a_score_has_its_user_song_and_chart_on_request(query: str) -> None:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, timeAchieved=NOON))
    score = Score.objects.select_related("chart").get()
    address = f"/api/v1/scores/{score.score_id}"
    document = expected_documents.score(
        score,
        1,
        expected_documents.score_data(9_500_000, "AA+"),
        timeAchieved=NOON,
        calculatedData={"VF6": 0.294, "VF7": 0.294},
        sessionID=Session.objects.get().session_id,
    )
    assert summary(people.guest().get(address)) == (200, "Returned score.")
    assert body(people.guest(), address) == {"score": document}
    assert body(people.guest(), address + query) == {
        "score": document,
        "user": expected_documents.user(people.alice()),
        "song": expected_documents.song(1),
        "chart": expected_documents.chart_at_shared_address(chart, 1),
    }
