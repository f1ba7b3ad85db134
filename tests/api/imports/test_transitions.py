"""POST /api/v1/imports/:importID/restore, /retry and /cancel: permissions, states and results."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imports.models import AuditEntry, Import, ImportInput, Permission, Score, State
from tests import people
from tests.api.callers import GUEST, STRANGER, Caller, Outcome, lacks, table
from tests.api.envelopes import body, summary
from tests.factories import MINUTE, NOON, an_import, charts, process, queued_import, score_on, unknown_score

pytestmark = pytest.mark.django_db

SUBMIT = Permission.SUBMIT_SCORE
QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
CANCELLED = (200, "Cancelled import.")
UNKNOWN = (404, "This import does not exist.")
NOT_NOW = (409, "This import cannot be run again as it stands now.")
NOT_UNDER_WAY = (409, "This import is not under way.")
INPUT_GONE = (410, "The input of this import is no longer stored.")


def post(client: Client, job: Import, verb: str, content: Any = b"") -> Any:
    return client.post(f"/api/v1/imports/{job.import_id}/{verb}", content, content_type="application/json")


def in_state(state: State) -> Import:
    job = queued_import(people.alice())
    now = timezone.now()
    fields = {"error_message": "x", "status_code": 400, "time_finished": now, "reverted_at": now}
    Import.objects.filter(pk=job.pk).update(state=state, **fields)
    return job


# --- who ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "state"), [("restore", State.REVERTED), ("retry", State.FAILED)])
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=UNKNOWN, lacking=lacks(SUBMIT), owner=QUEUED, admin=QUEUED, moderator=STRANGER),
)
def test_owner_and_administrator_may_run_it_again(caller: Caller, expected: Outcome, verb: str, state: State) -> None:
    """What is not in any more is not there for others than its owner and moderators."""
    job = in_state(state)
    assert summary(post(caller(SUBMIT), job, verb)) == expected
    job.refresh_from_db()
    assert job.state == (State.QUEUED if expected == QUEUED else state)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(SUBMIT), owner=CANCELLED, admin=CANCELLED),
)
def test_owner_and_administrator_may_cancel(caller: Caller, expected: Outcome, state: State) -> None:
    job = in_state(state)
    assert summary(post(caller(SUBMIT), job, "cancel")) == expected
    job.refresh_from_db()
    assert job.state == (State.CANCELLED if expected == CANCELLED else state)


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize(
    ("caller", "expected_answer"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(SUBMIT), owner=NOT_NOW, admin=NOT_NOW),
)
def test_nobody_runs_or_cancels_what_is_completed(caller: Caller, expected_answer: Outcome, verb: str) -> None:
    job = an_import(people.alice(), score_on(charts(1)[0]))
    expected = NOT_UNDER_WAY if (expected_answer, verb) == (NOT_NOW, "cancel") else expected_answer
    assert summary(post(caller(SUBMIT), job, verb)) == expected
    assert Score.objects.count() == 1


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize("import_id", ["0" * 40, "%00", "x", "' OR 1=1 --"])
def test_unknown_objects_are_not_found(verb: str, import_id: str) -> None:
    for client in (people.guest(), people.session_of(people.ada())):
        assert summary(client.post(f"/api/v1/imports/{import_id}/{verb}")) == UNKNOWN


# --- from which state ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "fits"),
    [
        ("restore", {State.REVERTED}),
        ("retry", {State.FAILED, State.CANCELLED}),
        ("cancel", {State.QUEUED, State.RUNNING}),
    ],
)
@pytest.mark.parametrize("state", list(State))
def test_each_operation_has_its_states(verb: str, fits: set[State], state: State) -> None:
    done, refused = (CANCELLED, NOT_UNDER_WAY) if verb == "cancel" else (QUEUED, NOT_NOW)
    response = post(people.session_of(people.alice()), in_state(state), verb)
    assert summary(response) == (done if state in fits else refused)


@pytest.mark.parametrize(("verb", "state"), [("restore", State.REVERTED), ("retry", State.FAILED)])
def test_an_import_without_its_input_is_not_run_again(verb: str, state: State) -> None:
    job = in_state(state)
    ImportInput.objects.filter(job=job).delete()
    assert summary(post(people.session_of(people.alice()), job, verb)) == INPUT_GONE


def test_the_second_of_two_restores_comes_too_late() -> None:
    job = in_state(State.REVERTED)
    client = people.session_of(people.alice())
    assert [summary(post(client, job, "restore")) for _ in range(2)] == [QUEUED, NOT_NOW]


# --- what comes of it ---------------------------------------------------------------------------------


def documents(job: Import) -> list[Any]:
    """What the API says of the import, the bests and the stats, without the times at which rows were written."""
    document = body(people.guest(), f"/api/v1/imports/{job.import_id}")
    for score in document["scores"]:
        del score["timeAdded"]
    del document["import"]["timeStarted"], document["import"]["timeFinished"]
    document["import"]["classDeltas"].sort(key=str)  # a provided class survives a revert, and is listed last again
    bests = body(people.guest(), "/api/v1/users/Alice/games/sdvx/Single/pbs/all")
    return [document, bests, body(people.guest(), "/api/v1/users/Alice/game-stats")]


def test_a_restored_import_gives_the_same_documents() -> None:
    first, second = charts(2)
    rows = [score_on(first, timeAchieved=NOON), unknown_score(), score_on(second, timeAchieved=NOON + MINUTE)]
    job = an_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})
    client = people.session_of(people.alice())  # signing in is seen in her document
    before = documents(job)
    assert summary(post(client, job, "revert")) == (200, "Reverted import.")

    response = post(client, job, "restore")
    document = json.loads(response.content)["body"]
    assert document == {
        "importID": job.import_id,
        "url": f"http://testserver/api/v1/imports/{job.import_id}/poll-status",
    }
    assert body(people.guest(), f"/api/v1/imports/{job.import_id}/poll-status")["importStatus"] == "ongoing"
    assert process(job).state == State.COMPLETED
    assert documents(job) == before


def test_a_retried_import_goes_in_once_its_reason_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("imports.jobs.worker.run", explode)
        job = an_import(people.alice(), score_on(charts(1)[0]))
    assert summary(post(people.bearer(people.alice(), SUBMIT), job, "retry")) == QUEUED
    assert (process(job).state, Score.objects.count()) == (State.COMPLETED, 1)


def test_a_cancelled_import_stores_nothing() -> None:
    job = queued_import(people.alice(), score_on(charts(1)[0]))
    response = post(people.session_of(people.alice()), job, "cancel")
    assert json.loads(response.content)["body"] == {}
    assert (process(job).state, Score.objects.count()) == (State.CANCELLED, 0)
    polled = people.guest().get(f"/api/v1/imports/{job.import_id}/poll-status")
    assert summary(polled) == (410, "This import was cancelled.")


@pytest.mark.parametrize(
    ("verb", "state", "recorded"),
    [
        ("restore", State.REVERTED, "restored"),
        ("retry", State.CANCELLED, "retried"),
        ("cancel", State.QUEUED, "cancelled"),
    ],
)
def test_the_audit_keeps_who_did_it_with_which_token_and_why(verb: str, state: State, recorded: str) -> None:
    job = in_state(state)
    post(people.bearer(people.ada(), SUBMIT), job, verb, {"reason": " asked by mail "})
    entry = AuditEntry.objects.get(verb=recorded)
    assert (entry.job, entry.actor, entry.subject, entry.reason) == (job, people.ada(), people.alice(), "asked by mail")
    assert entry.token == people.ada().tokens.get()


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
def test_a_reason_that_is_no_text_is_refused(verb: str) -> None:
    expected = (400, "[reason] Expected a string with length between 0 and 500. (Received true)")
    response = post(people.session_of(people.alice()), in_state(State.QUEUED), verb, {"reason": True})
    assert summary(response) == expected


# --- without the rows that do not fit -----------------------------------------------------------------


def a_failed_import() -> Import:
    """Three rows, one of which cannot be."""
    chart = charts(1)[0]
    rows = [score_on(chart, 9_000_000), score_on(chart, 9_100_000), score_on(chart, 1, lamp="IMPOSSIBLE")]
    job = an_import(people.alice(), *rows)
    assert job.state == State.FAILED
    return job


@pytest.mark.parametrize(("query", "sent"), [("?invalid=skip", b""), ("", {"invalid": "skip", "reason": "the rest"})])
def test_a_retry_may_leave_out_the_rows_that_break_the_schema(query: str, sent: Any) -> None:
    job = a_failed_import()
    response = post(people.session_of(people.alice()), job, f"retry{query}", sent)
    assert summary(response) == QUEUED
    again = process(job)
    assert (again.state, again.score_count, again.problem_count) == (State.COMPLETED, 2, 1)
    assert again.problems.get().row == 2


def test_a_retry_without_a_wish_fails_as_before() -> None:
    job = a_failed_import()
    assert summary(post(people.session_of(people.alice()), job, "retry")) == QUEUED
    assert process(job).state == State.FAILED


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize(
    ("query", "sent"),
    [("?more=1", b""), ("", {"more": 1}), ("?invalid=all", b""), ("", {"invalid": "all"}), ("?reason=x", b"")],
)
def test_parameters_that_mean_nothing_are_refused(verb: str, query: str, sent: Any) -> None:
    state = {"restore": State.REVERTED, "retry": State.FAILED, "cancel": State.QUEUED}[verb]
    job = in_state(state)
    assert post(people.session_of(people.alice()), job, f"{verb}{query}", sent).status_code == 400
    job.refresh_from_db()
    assert job.state == state


@pytest.mark.parametrize("verb", ["restore", "cancel"])
def test_only_a_retry_can_leave_rows_out(verb: str) -> None:
    state = {"restore": State.REVERTED, "cancel": State.QUEUED}[verb]
    response = post(people.session_of(people.alice()), in_state(state), f"{verb}?invalid=skip")
    assert response.status_code == 400
