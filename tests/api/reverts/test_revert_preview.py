"""GET /api/v1/imports/:importID/revert: permissions, and that the preview equals the result of the revert."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.api.imports import revert_changes
from imports.models import AuditEntry, Import, Permission, PersonalBest, Score, Session, State
from imports.pipeline.undo import preview as undo_preview
from tests import people
from tests.api import expected_documents
from tests.api.callers import GUEST, STRANGER, Caller, Outcome, table
from tests.api.envelopes import body, summary
from tests.factories import HOUR, MINUTE, NOON, charts, create_import, queued_import, score_on

pytestmark = pytest.mark.django_db

PREVIEWED = (200, "Previewed revert.")
UNKNOWN = (404, "This import does not exist.")
BUSY = (409, "You already have an import or a revert ongoing.")
GONE = (410, "This import has been reverted.")
MISSED = (409, "This import was never completed, so there is nothing to revert.")


def address(job: Import, query: str = "") -> str:
    return f"/api/v1/imports/{job.import_id}/revert{query}"


def preview(job: Import, query: str = "") -> Any:
    return body(people.session_of(people.alice()), address(job, query))


def revert_with_details(job: Import, **options: Any) -> Any:
    client = people.session_of(people.alice())
    response = client.post(address(job, "?details=true"), options, content_type="application/json")
    assert summary(response) == (200, "Reverted import.")
    return json.loads(response.content)["body"]


# --- permissions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "expected"), table(anybody=STRANGER, guest=GUEST, owner=PREVIEWED, admin=PREVIEWED, lacking=PREVIEWED)
)
def test_owners_and_administrators_may_preview_without_the_delete_permission(caller: Caller, expected: Outcome) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert summary(caller(Permission.DELETE_SCORE).get(address(job))) == expected
    assert Score.objects.count() == 1


@pytest.mark.parametrize(("caller", "expected"), table(anybody=GONE))
def test_a_preview_of_a_reverted_import_is_a_410(caller: Caller, expected: Outcome) -> None:
    job = create_import(people.alice())
    revert_with_details(job)
    assert summary(caller(Permission.DELETE_SCORE).get(address(job))) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.QUEUED, BUSY),
        (State.RUNNING, BUSY),
        (State.FAILED, MISSED),
        (State.CANCELLED, MISSED),
        (State.REVERTED, GONE),
    ],
)
def test_a_preview_is_refused_in_the_same_states_as_the_revert(state: State, expected: Outcome) -> None:
    job = queued_import(people.alice())
    now = people.alice().date_joined
    fields = {"error_message": "x", "status_code": 400, "time_finished": now, "reverted_at": now}
    Import.objects.filter(pk=job.pk).update(state=state, **fields)
    client = people.session_of(people.alice())
    assert summary(client.get(address(job))) == summary(client.post(address(job))) == expected


def test_a_preview_is_refused_while_another_import_runs() -> None:
    job = create_import(people.alice())
    Import.objects.filter(pk=queued_import(people.alice()).pk).update(state=State.RUNNING)
    assert summary(people.session_of(people.ada()).get(address(job))) == BUSY


NO_FLAG = "Expected any of true, false."


@pytest.mark.parametrize(
    ("method", "query", "expected"),
    [
        ("GET", "?keepShared=yes", (400, f"[keepShared] {NO_FLAG} (Received yes)")),
        ("GET", "?keepShared=", (400, f"[keepShared] {NO_FLAG}")),
        ("GET", "?keepShared=true&keepShared=true", (400, f"[keepShared] {NO_FLAG}")),
        ("GET", "?keepshared=true", (400, "[null] Unexpected properties inside object: keepshared.")),
        ("GET", "?keepShared=false", PREVIEWED),
        ("POST", "?details=1", (400, f"[details] {NO_FLAG} (Received 1)")),
        ("POST", "?details=false&whatever=1", (200, "Reverted import.")),
    ],
)
def test_an_invalid_preview_query_is_refused(method: str, query: str, expected: Outcome) -> None:
    job = create_import(people.alice())
    assert summary(people.session_of(people.alice()).generic(method, address(job, query))) == expected


# --- contents -----------------------------------------------------------------------------------------


def session(session: Session, count: int, start: float, end: float) -> dict[str, Any]:
    return {
        "sessionID": session.session_id,
        "game": "sdvx",
        "playtype": "Single",
        "name": session.name,
        "timeStarted": start,
        "timeEnded": end,
        "scoreCount": count,
        "calculatedData": {"ProfileVF6": None, "ProfileVF7": None},
    }


def best(row: PersonalBest, number: int, time: float, **members: Any) -> dict[str, Any]:
    return {
        "userID": people.alice().pk,
        "chartID": row.chart.chart_id,
        "songID": number,
        "game": "sdvx",
        "playtype": "Single",
        "isPrimary": True,
        "highlight": False,
        "timeAchieved": time,
        "composedFrom": row.composed_from,
        **members,
    }


LOW = {"scoreData": expected_documents.score_data(7_000_001, "C"), "calculatedData": {"VF6": 0.183, "VF7": 0.183}}
MIDDLE = {"scoreData": expected_documents.score_data(9_000_000, "A+"), "calculatedData": {"VF6": 0.262, "VF7": 0.262}}
HIGH = {"scoreData": expected_documents.score_data(9_500_000, "AA+"), "calculatedData": {"VF6": 0.294, "VF7": 0.294}}


@pytest.mark.usefixtures("documents_of_2025")
def test_a_preview_lists_all_changes_of_sessions_bests_ratings_and_classes() -> None:
    first, second = charts(2)
    alice = people.alice()
    create_import(alice, score_on(first, 9_000_000, timeAchieved=NOON))
    lowered = PersonalBest.objects.select_related("chart").get()
    job = create_import(
        alice,
        score_on(first, timeAchieved=NOON + MINUTE),
        score_on(second, 7_000_001, timeAchieved=NOON + 9 * HOUR),
        parts={"classes": {"dan": "DAN_3"}},
    )
    early, late = Session.objects.order_by("time_started")
    raised, new = PersonalBest.objects.select_related("chart").order_by("chart")
    actual = preview(job)
    assert actual == {
        "scores": 2,
        "kept": 0,
        "shared": [],
        "sessions": {
            "gone": [session(late, 1, NOON + 9 * HOUR, NOON + 9 * HOUR)],
            "shrunk": [
                {
                    "before": session(early, 2, NOON, NOON + MINUTE),
                    "after": session(early, 1, NOON, NOON),
                }
            ],
            "split": [],
            "made": [],
            "totals": {"gone": 1, "shrunk": 1, "split": 0, "made": 0},
        },
        "bests": {
            "falls": [
                {
                    "chartID": first.chart_id,
                    "before": best(raised, 1, NOON + MINUTE, **HIGH),
                    "after": best(lowered, 1, NOON, **MIDDLE),
                }
            ],
            "vanishes": [{"chartID": second.chart_id, "before": best(new, 2, NOON + 9 * HOUR, **LOW)}],
            "totals": {"falls": 1, "vanishes": 1},
        },
        "ratings": [
            {"game": "sdvx", "playtype": "Single", "rating": rating, "before": 0.477, "after": 0.262}
            for rating in ("VF6", "VF7")
        ],
        "classes": [],
        "classesStaying": [{"game": "sdvx", "playtype": "Single", "set": "dan", "old": None, "new": "DAN_3"}],
        "songs": [expected_documents.song(1), expected_documents.song(2)],
        "charts": [
            expected_documents.chart_at_shared_address(first, 1),
            expected_documents.chart_at_shared_address(second, 2),
        ],
    }
    assert revert_with_details(job) == actual


@pytest.mark.parametrize("were_separate", [True, False])
def test_a_preview_shows_the_split_of_a_session_that_the_import_joined(*, were_separate: bool) -> None:
    """A part that was a session before gets its ID and name back; those of a new session are not known yet."""
    (chart,) = charts(1)
    ends = [score_on(chart, score, timeAchieved=NOON + at) for score, at in ((1, 0), (2, 3 * HOUR))]
    between = score_on(chart, 3, timeAchieved=NOON + 90 * MINUTE)
    if were_separate:
        create_import(people.alice(), *ends)
    late = Session.objects.filter(time_started=NOON + 3 * HOUR).first()
    bridge = create_import(people.alice(), between)
    if not were_separate:
        create_import(people.alice(), *ends)
    whole = Session.objects.get()
    actual = preview(bridge)
    (split,) = actual["sessions"]["split"]
    unknown = {"sessionID": None, "name": None}
    parts = [session(whole, 1, NOON, NOON), session(late or whole, 1, NOON + 3 * HOUR, NOON + 3 * HOUR)]
    assert split["before"] == session(whole, 3, NOON, NOON + 3 * HOUR)
    assert split["after"] == (parts if were_separate else [parts[0], {**parts[1], **unknown}])
    assert revert_with_details(bridge) == actual


def test_a_preview_lists_imports_with_shared_scores_and_can_keep_these_scores() -> None:
    first, second = charts(2)
    job = create_import(people.alice(), score_on(first), score_on(second))
    other = create_import(people.alice(), score_on(second))
    without_shared, with_shared = preview(job), preview(job, "?keepShared=true")
    assert without_shared["shared"] == with_shared["shared"] == [{"importID": other.import_id, "count": 1}]
    assert [(actual["scores"], actual["kept"]) for actual in (without_shared, with_shared)] == [(2, 0), (1, 1)]
    assert revert_with_details(job, keepShared=True) == with_shared


def test_a_preview_lists_lowered_derived_classes() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert preview(job)["classes"] == [
        {"game": "sdvx", "playtype": "Single", "set": "vfClass", "before": "SIENNA_I", "after": None}
    ]


def test_a_preview_stores_nothing() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON))
    entries = AuditEntry.objects.count()
    assert preview(job) == preview(job)
    job.refresh_from_db()
    assert (job.state, AuditEntry.objects.count()) == (State.COMPLETED, entries)


def test_long_lists_of_a_preview_are_cut_and_counted() -> None:
    rows = [score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(charts(5))]
    job = create_import(people.alice(), *rows)
    with patch.object(revert_changes, "MAX_LISTED", 3), patch.object(undo_preview, "MAX_LISTED", 3):
        actual = preview(job)
    assert (len(actual["sessions"]["gone"]), actual["sessions"]["totals"]["gone"]) == (3, 5)
    assert (len(actual["bests"]["vanishes"]), actual["bests"]["totals"]["vanishes"]) == (3, 5)
    assert len(actual["charts"]) == 3


def _queries(client: Client, job: Import) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert summary(client.get(address(job))) == PREVIEWED
    return len(captured)


def test_a_preview_takes_a_constant_number_of_queries() -> None:
    some = charts(31)
    small = create_import(people.alice(), score_on(some[0], timeAchieved=NOON))
    large = create_import(
        people.alice(), *[score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(some[1:], 10)]
    )
    client = people.session_of(people.alice())
    # The class achievement of the small import passes to the large one, which takes two more queries.
    assert _queries(client, large) <= _queries(client, small)
