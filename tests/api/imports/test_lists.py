"""GET /api/v1/imports, …/users/:userID/imports, their `failed`, and …/recent-imports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports.models import Import, Permission, Score, Session, State
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.api import expected_documents
from tests.api.callers import Caller, Outcome, table
from tests.api.envelopes import body, summary
from tests.api.imports.import_factories import (
    ALL,
    ALL_FAILED,
    HERS,
    HERS_FAILED,
    LISTS,
    RECENT,
    START,
    finished,
    ids,
    in_state,
    some_failed,
    some_of,
)
from tests.factories import HOUR, NOON, charts, create_import, queued_import, score_on, unknown_score

pytestmark = pytest.mark.django_db

# --- without parameters -------------------------------------------------------------------------------


def test_a_listed_import_has_the_document_of_its_poll() -> None:
    first, second = charts(2)
    create_import(people.bob(), score_on(first, timeAchieved=NOON))
    create_import(people.alice(), score_on(first, timeAchieved=NOON + 9 * HOUR))
    job = create_import(
        people.alice(),
        unknown_score(),
        score_on(second, timeAchieved=NOON + 8 * HOUR),
        score_on(first, 7_000_001, timeAchieved=NOON),
        user_intent=True,
    )
    mine = Score.objects.filter(from_import=job).order_by("pk")
    created, appended = Session.objects.filter(user=people.alice()).order_by("time_started")
    document = expected_documents.an_import(
        job,
        userIntent=True,
        scoreIDs=[score.score_id for score in mine],
        errors=[{"type": "SongOrChartNotFound", "message": "Cannot find chart tachiSongID:999999.", "row": 0}],
        createdSessions=[
            {"sessionID": created.session_id, "type": "Created"},
            {"sessionID": appended.session_id, "type": "Appended"},
        ],
        classDeltas=job.class_deltas,
    )
    assert body(people.guest(), HERS)[0] == document
    assert body(people.guest(), ALL)["imports"][0] == document
    assert body(people.guest(), f"{ALL}/{job.import_id}/poll-status")["import"] == document


def test_the_list_of_all_imports_has_each_owner_once() -> None:
    for user in (people.bob(), people.alice(), people.bob()):
        create_import(user)
    document = body(people.guest(), ALL)
    assert [each["userID"] for each in document["imports"]] == [people.bob().pk, people.alice().pk, people.bob().pk]
    assert sorted(user["username"] for user in document["users"]) == ["Alice", "Bob"]
    assert expected_documents.user(people.alice()) in document["users"]


def test_the_list_of_a_player_has_only_the_imports_of_the_player() -> None:
    create_import(people.bob())
    job = create_import(people.alice())
    assert ids(body(people.guest(), HERS)) == [job.import_id]


def test_imports_are_listed_by_finish_time_then_by_creation() -> None:
    jobs = {minute: finished(minute) for minute in (2, 3, 1)}
    twin = finished(2)
    wanted = [jobs[3].import_id, twin.import_id, jobs[2].import_id, jobs[1].import_id]
    assert ids(body(people.guest(), ALL)) == ids(body(people.guest(), HERS)) == wanted


@pytest.mark.parametrize("address", [ALL, HERS])
@pytest.mark.parametrize("state", sorted(set(State) - {State.COMPLETED}))
def test_only_completed_imports_are_listed(state: State, address: str) -> None:
    in_state(state)
    for client in (people.guest(), people.session_of(people.alice()), people.session_of(people.mo())):
        assert summary(client.get(address)) == (200, "Found 0 imports.")


def test_a_reverted_import_leaves_the_lists() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    assert summary(people.guest().get(HERS)) == (200, "Found 1 imports.")
    revert(job, RevertRequest())
    assert summary(people.guest().get(HERS)) == (200, "Found 0 imports.")


def test_a_listed_failed_import_has_its_error_and_upload_time() -> None:
    job = create_import(people.alice(), {"matchType": "nonsense"}, user_intent=True)
    document = {
        "importID": job.import_id,
        "userID": people.alice().pk,
        "importType": "file/batch-manual",
        "userIntent": True,
        "timeStarted": expected_documents.milliseconds(job.time_queued),
        "type": "FAILED",
        "error": {"message": job.error_message, "statusCode": 400},
    }
    client = people.session_of(people.alice())
    assert body(client, HERS_FAILED) == [document]
    content = body(client, ALL_FAILED)
    assert content["failedImports"] == [document]
    assert [user["username"] for user in content["users"]] == ["Alice"]


def test_failed_imports_are_listed_by_upload_time() -> None:
    jobs = [in_state(State.FAILED) for _ in range(3)]
    for job, day in zip(jobs, (2, 3, 1), strict=True):
        Import.objects.filter(pk=job.pk).update(time_queued=START + timedelta(days=day))
    wanted = [jobs[1].import_id, jobs[0].import_id, jobs[2].import_id]
    for address in (HERS_FAILED, ALL_FAILED):
        assert ids(body(people.session_of(people.alice()), address)) == wanted


@pytest.mark.parametrize("address", LISTS)
def test_a_list_without_imports_is_empty(address: str) -> None:
    people.alice()
    document = body(people.session_of(people.mo()), address)
    assert document in ([], {"imports": [], "users": []}, {"failedImports": [], "users": []})


@pytest.mark.parametrize("address", [ALL, HERS, ALL.upper(), f"{HERS}/"])
def test_a_list_path_matches_in_any_case_and_with_a_trailing_slash(address: str) -> None:
    create_import(people.alice())
    assert summary(people.guest().get(address)) == (200, "Found 1 imports.")


def test_a_page_of_imports_has_at_most_500() -> None:
    model = create_import(people.alice())
    copies = [Import(user=model.user, state=State.COMPLETED, time_finished=START) for _ in range(500)]
    Import.objects.bulk_create(copies)
    response = people.guest().get(HERS)
    assert summary(response) == (200, "Found 500 imports.")
    assert "X-Next-Cursor" in response.headers


# --- visibility ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ALL, HERS])
@pytest.mark.parametrize(("caller", "expected"), table(anybody=some_of(1)))
def test_completed_imports_are_public(caller: Caller, expected: Outcome, address: str) -> None:
    create_import(people.alice())
    assert summary(caller(Permission.SUBMIT_SCORE).get(address)) == expected


@pytest.mark.parametrize("address", [ALL_FAILED, HERS_FAILED])
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=some_failed(1),
        guest=some_failed(0),
        stranger=some_failed(0),
    ),
)
def test_failed_imports_are_listed_for_owners_and_moderators(caller: Caller, expected: Outcome, address: str) -> None:
    in_state(State.FAILED)
    assert summary(caller(Permission.SUBMIT_SCORE).get(address)) == expected


@pytest.mark.parametrize("state", sorted(State))
@pytest.mark.parametrize("person", [None, people.alice, people.bob, people.mo, people.ada, people.eve])
def test_the_list_query_returns_exactly_the_visible_imports(person: Callable[[], Any] | None, state: State) -> None:
    """`in_state` states the rule of `visible_to` in a form for which PostgreSQL uses an index."""
    for each in State:
        in_state(each)
    user = person() if person else None
    visible = Import.objects.visible_to(user).filter(state=state)
    assert set(Import.objects.in_state(state, seen_by=user)) == set(visible)


# --- states -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ALL, HERS])
def test_a_list_can_be_filtered_by_each_state(address: str) -> None:
    jobs = {state: in_state(state) for state in State}
    client = people.session_of(people.alice())
    document = {state: ids(body(client, f"{address}?state={state}")) for state in State}
    assert document == {state: [job.import_id] for state, job in jobs.items()}


def test_listed_imports_that_are_not_completed_have_their_state() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    revert(job, RevertRequest(by=people.mo(), reason="cheated"))
    job.refresh_from_db()
    for state in (State.QUEUED, State.RUNNING, State.CANCELLED):
        in_state(state)
    client = people.session_of(people.alice())
    (reverted,) = body(client, f"{HERS}?state=reverted")
    assert reverted == {
        "importID": job.import_id,
        "userID": people.alice().pk,
        "importType": "file/batch-manual",
        "userIntent": False,
        "timeStarted": expected_documents.milliseconds(job.time_queued),
        "type": "REVERTED",
        "timeReverted": expected_documents.milliseconds(job.reverted_at),
        "revertedBy": people.mo().pk,
        "reason": "cheated",
    }
    types = {state: body(client, f"{HERS}?state={state}")[0]["type"] for state in ("queued", "running", "cancelled")}
    assert types == {"queued": "ONGOING", "running": "ONGOING", "cancelled": "CANCELLED"}


# --- recent imports -----------------------------------------------------------------------------------


def test_recent_imports_are_counted_by_type_most_used_first() -> None:
    day = timezone.now() - timedelta(days=27)
    for _ in range(2):
        Import.objects.filter(pk=in_state(State.COMPLETED, user_intent=True).pk).update(import_type="ir/direct-manual")
    Import.objects.filter(pk=in_state(State.COMPLETED, user_intent=True).pk).update(time_finished=day)
    assert body(people.guest(), RECENT) == [
        {"importType": "ir/direct-manual", "count": 2},
        {"importType": "file/batch-manual", "count": 1},
    ]
    assert summary(people.guest().get(RECENT)) == (200, "Found 2 imports.")


def test_old_unintended_and_unfinished_imports_are_not_recent_imports() -> None:
    create_import(people.bob(), user_intent=True)
    create_import(people.alice())
    queued_import(people.alice(), user_intent=True)
    for state in (State.FAILED, State.REVERTED):
        in_state(state, user_intent=True)
    old = in_state(State.COMPLETED, user_intent=True)
    Import.objects.filter(pk=old.pk).update(time_finished=timezone.now() - timedelta(days=28, seconds=1))
    assert body(people.guest(), RECENT) == []


@pytest.mark.parametrize(("caller", "expected"), table(anybody=some_of(1)))
def test_recent_imports_are_public(caller: Caller, expected: Outcome) -> None:
    in_state(State.COMPLETED, user_intent=True)
    assert summary(caller(Permission.SUBMIT_SCORE).get(RECENT)) == expected


@pytest.mark.parametrize("address", [*LISTS, RECENT])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_lists_of_imports_are_read_only(method: str, address: str) -> None:
    people.alice()
    client = people.bearer(people.alice(), *Permission)
    assert summary(getattr(client, method)(address)) == (404, "Endpoint Not Found.")
