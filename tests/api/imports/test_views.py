"""GET /api/v1/imports/:importID: the complete document, with a constant number of queries."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from imports.api.common.queries import read_snapshot
from imports.models import Import, Score, Session, State
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import HOUR, MINUTE, NOON, charts, create_import, queued_import, score_on, unknown_score

pytestmark = pytest.mark.django_db

UNKNOWN = (404, "This import does not exist.")


def address(job: Import) -> str:
    return f"/api/v1/imports/{job.import_id}"


@pytest.mark.usefixtures("documents_of_2025")
def test_an_import_document_contains_all_results_of_the_import() -> None:
    first, second = charts(2)
    job = create_import(
        people.alice(),
        unknown_score(),
        score_on(
            second, comment="at last", judgements={"miss": 3, "near": None}, optional={"exScore": None, "fast": 7}
        ),
        score_on(first, 7_000_001, timeAchieved=NOON),
        score_on(first, 7_000_001, timeAchieved=NOON + 1),
        score_on(first, 8_700_000, timeAchieved=NOON + MINUTE + 0.5),
        score_on(first, lamp="PERFECT ULTIMATE CHAIN"),
        user_intent=True,
    )
    with_extras, early, late = Score.objects.select_related("chart").order_by("pk")
    session = Session.objects.get()
    extras: dict[str, Any] = {"judgements": {"miss": 3, "near": None}, "optional": {"exScore": None, "fast": 7}}
    assert body(people.guest(), address(job)) == {
        "scores": [
            expected_documents.score(
                with_extras,
                2,
                expected_documents.score_data(9_500_000, "AA+", **extras),
                comment="at last",
                timeAchieved=None,
                sessionID=None,
                calculatedData={"VF6": 0.294, "VF7": 0.294},
            ),
            expected_documents.score(
                early,
                1,
                expected_documents.score_data(7_000_001, "C"),
                timeAchieved=NOON,
                sessionID=session.session_id,
                calculatedData={"VF6": 0.183, "VF7": 0.183},
            ),
            expected_documents.score(
                late,
                1,
                expected_documents.score_data(8_700_000, "A"),
                timeAchieved=NOON + MINUTE + 0.5,
                sessionID=session.session_id,
                calculatedData={"VF6": 0.244, "VF7": 0.244},
            ),
        ],
        "songs": [expected_documents.song(1), expected_documents.song(2)],
        "charts": [
            expected_documents.chart_at_shared_address(first, 1),
            expected_documents.chart_at_shared_address(second, 2),
        ],
        "sessions": [
            expected_documents.session(
                session, [early.score_id, late.score_id], timeStarted=NOON, timeEnded=NOON + MINUTE + 0.5
            )
        ],
        "import": expected_documents.an_import(
            job,
            userIntent=True,
            scoreIDs=[with_extras.score_id, early.score_id, late.score_id],
            errors=[
                {"type": "SongOrChartNotFound", "message": "Cannot find chart tachiSongID:999999.", "row": 0},
                {
                    "type": "InvalidDatapoint",
                    "message": "Got 1 error when validating score:\n"
                    "Cannot have a PERFECT ULTIMATE CHAIN without a perfect score.",
                    "row": 5,
                },
            ],
            createdSessions=[{"sessionID": session.session_id, "type": "Created"}],
            classDeltas=[{"game": "sdvx", "playtype": "Single", "set": "vfClass", "old": None, "new": "SIENNA_I"}],
        ),
        "user": expected_documents.user(people.alice()),
    }


def test_the_document_of_an_empty_import_has_empty_lists() -> None:
    job = create_import(people.alice())
    assert body(people.guest(), address(job)) == {
        "scores": [],
        "songs": [],
        "charts": [],
        "sessions": [],
        "import": expected_documents.an_import(job, scoreIDs=[], playtypes=[], gptStrings=[], games=[]),
        "user": expected_documents.user(people.alice()),
    }


def test_the_sessions_of_an_import_are_listed_by_start_and_included_if_created() -> None:
    a, b, c = charts(3)
    create_import(people.alice(), score_on(a, timeAchieved=NOON))
    job = create_import(
        people.alice(),
        score_on(b, timeAchieved=NOON + 50 * HOUR),
        score_on(b, 9_000_000, timeAchieved=NOON + HOUR),
        score_on(c, timeAchieved=NOON - HOUR),
        score_on(c, 9_000_000, timeAchieved=NOON - 50 * HOUR),
    )
    before, middle, after = Session.objects.order_by("time_started")
    document = body(people.guest(), address(job))
    assert document["import"]["createdSessions"] == [
        {"sessionID": before.session_id, "type": "Created"},
        {"sessionID": middle.session_id, "type": "Appended"},
        {"sessionID": after.session_id, "type": "Created"},
    ]
    assert [session["sessionID"] for session in document["sessions"]] == [before.session_id, after.session_id]


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_the_document_of_an_unfinished_import_is_a_404(state: State) -> None:
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=state)
    for client in (people.guest(), people.session_of(people.alice())):
        assert summary(client.get(address(job))) == UNKNOWN


def test_the_document_of_a_failed_import_is_a_404() -> None:
    job = create_import(people.alice(), {"not": "a score"})
    for client in (people.guest(), people.session_of(people.alice()), people.session_of(people.mo())):
        assert summary(client.get(address(job))) == UNKNOWN


@pytest.mark.parametrize("number", [1, 40])
def test_an_import_document_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(charts(number))]
    job = create_import(people.alice(), *rows, *[unknown_score(score=i) for i in range(number)])
    client = people.guest()
    # import, scores, their sessions, charts, songs, sessions, their scores, problems; savepoint and release
    with django_assert_num_queries(10):
        document = body(client, address(job))
    assert len(document["scores"]) == len(document["sessions"]) == len(document["import"]["errors"]) == number


@pytest.mark.django_db(transaction=True)
def test_a_read_snapshot_does_not_see_a_concurrent_revert() -> None:
    """A revert between two queries must not show half of an import."""
    (chart,) = charts(1)
    job = create_import(people.alice(), score_on(chart))

    def revert_it() -> None:
        revert(job, RevertRequest())
        connection.close()

    with read_snapshot():
        assert Import.objects.get().state == State.COMPLETED
        other = threading.Thread(target=revert_it)
        other.start()
        other.join()
        assert Score.objects.count() == 1
    assert Score.objects.count() == 0
