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
from tests.factories import MINUTE, NOON, charts, create_import, queued_import, run_job, score_on, unknown_score

pytestmark = pytest.mark.django_db

SUBMIT = Permission.SUBMIT_SCORE
QUEUED = (202, "Import loaded into queue. You can poll the provided URL for information on when its complete.")
CANCELLED = (200, "Cancelled import.")
UNKNOWN = (404, "This import does not exist.")
NOT_NOW = (409, "This import cannot be run again in its current state.")
NOT_IN_PROGRESS = (409, "This import is neither queued nor running.")
INPUT_GONE = (410, "The input of this import is no longer stored.")


def post(client: Client, job: Import, verb: str, content: Any = b"") -> Any:
    return client.post(f"/api/v1/imports/{job.import_id}/{verb}", content, content_type="application/json")


def in_state(state: State) -> Import:
    job = queued_import(people.alice())
    now = timezone.now()
    fields = {"error_message": "x", "status_code": 400, "time_finished": now, "reverted_at": now}
    Import.objects.filter(pk=job.pk).update(state=state, **fields)
    return job


# --- permissions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "state"), [("restore", State.REVERTED), ("retry", State.FAILED)])
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=UNKNOWN, lacking=lacks(SUBMIT), owner=QUEUED, admin=QUEUED, moderator=STRANGER),
)
def test_owners_and_administrators_may_restore_and_retry_an_import(
    caller: Caller, expected: Outcome, verb: str, state: State
) -> None:
    """An import that is failed or reverted is a 404 for others than its owner and moderators."""
    job = in_state(state)
    assert summary(post(caller(SUBMIT), job, verb)) == expected
    job.refresh_from_db()
    assert job.state == (State.QUEUED if expected == QUEUED else state)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
@pytest.mark.parametrize(
    ("caller", "expected"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(SUBMIT), owner=CANCELLED, admin=CANCELLED),
)
def test_owners_and_administrators_may_cancel_an_import(caller: Caller, expected: Outcome, state: State) -> None:
    job = in_state(state)
    assert summary(post(caller(SUBMIT), job, "cancel")) == expected
    job.refresh_from_db()
    assert job.state == (State.CANCELLED if expected == CANCELLED else state)


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize(
    ("caller", "expected_outcome"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(SUBMIT), owner=NOT_NOW, admin=NOT_NOW),
)
def test_a_completed_import_cannot_be_restored_retried_or_cancelled(
    caller: Caller, expected_outcome: Outcome, verb: str
) -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    expected = NOT_IN_PROGRESS if (expected_outcome, verb) == (NOT_NOW, "cancel") else expected_outcome
    assert summary(post(caller(SUBMIT), job, verb)) == expected
    assert Score.objects.count() == 1


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize("import_id", ["0" * 40, "%00", "x", "' OR 1=1 --"])
def test_a_transition_of_an_unknown_import_is_a_404(verb: str, import_id: str) -> None:
    for client in (people.guest(), people.session_of(people.ada())):
        assert summary(client.post(f"/api/v1/imports/{import_id}/{verb}")) == UNKNOWN


# --- states -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "allowed_states"),
    [
        ("restore", {State.REVERTED}),
        ("retry", {State.FAILED, State.CANCELLED}),
        ("cancel", {State.QUEUED, State.RUNNING}),
    ],
)
@pytest.mark.parametrize("state", list(State))
def test_each_transition_is_allowed_in_its_states_only(verb: str, allowed_states: set[State], state: State) -> None:
    done, refused = (CANCELLED, NOT_IN_PROGRESS) if verb == "cancel" else (QUEUED, NOT_NOW)
    response = post(people.session_of(people.alice()), in_state(state), verb)
    assert summary(response) == (done if state in allowed_states else refused)


@pytest.mark.parametrize(("verb", "state"), [("restore", State.REVERTED), ("retry", State.FAILED)])
def test_an_import_without_its_input_cannot_be_restored_or_retried(verb: str, state: State) -> None:
    job = in_state(state)
    ImportInput.objects.filter(job=job).delete()
    assert summary(post(people.session_of(people.alice()), job, verb)) == INPUT_GONE


def test_a_second_restore_is_refused() -> None:
    job = in_state(State.REVERTED)
    client = people.session_of(people.alice())
    assert [summary(post(client, job, "restore")) for _ in range(2)] == [QUEUED, NOT_NOW]


# --- results ------------------------------------------------------------------------------------------


def documents(job: Import) -> list[Any]:
    """Returns the documents of the import, the bests and the stats, without the times at which rows were written."""
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
    job = create_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})
    client = people.session_of(people.alice())  # her document contains the time of her sign-in
    before = documents(job)
    assert summary(post(client, job, "revert")) == (200, "Reverted import.")

    response = post(client, job, "restore")
    document = json.loads(response.content)["body"]
    assert document == {
        "importID": job.import_id,
        "url": f"http://testserver/api/v1/imports/{job.import_id}/poll-status",
    }
    assert body(people.guest(), f"/api/v1/imports/{job.import_id}/poll-status")["importStatus"] == "ongoing"
    assert run_job(job).state == State.COMPLETED
    assert documents(job) == before


def test_a_retried_import_is_completed_once_the_cause_of_its_failure_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("imports.jobs.worker.run", explode)
        job = create_import(people.alice(), score_on(charts(1)[0]))
    assert summary(post(people.bearer(people.alice(), SUBMIT), job, "retry")) == QUEUED
    assert (run_job(job).state, Score.objects.count()) == (State.COMPLETED, 1)


def test_a_cancelled_import_stores_nothing() -> None:
    job = queued_import(people.alice(), score_on(charts(1)[0]))
    response = post(people.session_of(people.alice()), job, "cancel")
    assert json.loads(response.content)["body"] == {}
    assert (run_job(job).state, Score.objects.count()) == (State.CANCELLED, 0)
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
def test_a_transition_is_audited_with_its_actor_token_and_reason(verb: str, state: State, recorded: str) -> None:
    job = in_state(state)
    post(people.bearer(people.ada(), SUBMIT), job, verb, {"reason": " asked by mail "})
    entry = AuditEntry.objects.get(verb=recorded)
    assert (entry.job, entry.actor, entry.subject, entry.reason) == (job, people.ada(), people.alice(), "asked by mail")
    assert entry.token == people.ada().tokens.get()


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
def test_a_reason_that_is_not_a_string_is_refused(verb: str) -> None:
    expected = (400, "[reason] Expected a string with length between 0 and 500. (Received true)")
    response = post(people.session_of(people.alice()), in_state(State.QUEUED), verb, {"reason": True})
    assert summary(response) == expected


# --- retry without invalid rows -----------------------------------------------------------------------


def a_failed_import() -> Import:
    """Creates a failed import of three rows, of which one is invalid."""
    chart = charts(1)[0]
    rows = [score_on(chart, 9_000_000), score_on(chart, 9_100_000), score_on(chart, 1, lamp="IMPOSSIBLE")]
    job = create_import(people.alice(), *rows)
    assert job.state == State.FAILED
    return job


@pytest.mark.parametrize(("query", "sent"), [("?invalid=skip", b""), ("", {"invalid": "skip", "reason": "the rest"})])
def test_a_retry_may_skip_the_rows_that_violate_the_schema(query: str, sent: Any) -> None:
    job = a_failed_import()
    response = post(people.session_of(people.alice()), job, f"retry{query}", sent)
    assert summary(response) == QUEUED
    again = run_job(job)
    assert (again.state, again.score_count, again.problem_count) == (State.COMPLETED, 2, 1)
    assert again.problems.get().row == 2


def test_a_retry_without_options_fails_again() -> None:
    job = a_failed_import()
    assert summary(post(people.session_of(people.alice()), job, "retry")) == QUEUED
    assert run_job(job).state == State.FAILED


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize(
    ("query", "sent"),
    [("?more=1", b""), ("", {"more": 1}), ("?invalid=all", b""), ("", {"invalid": "all"}), ("?reason=x", b"")],
)
def test_a_transition_with_unknown_parameters_is_refused(verb: str, query: str, sent: Any) -> None:
    state = {"restore": State.REVERTED, "retry": State.FAILED, "cancel": State.QUEUED}[verb]
    job = in_state(state)
    assert post(people.session_of(people.alice()), job, f"{verb}{query}", sent).status_code == 400
    job.refresh_from_db()
    assert job.state == state


@pytest.mark.parametrize("verb", ["restore", "cancel"])
def test_a_restore_and_a_cancel_refuse_to_skip_rows(verb: str) -> None:
    state = {"restore": State.REVERTED, "cancel": State.QUEUED}[verb]
    response = post(people.session_of(people.alice()), in_state(state), f"{verb}?invalid=skip")
    assert response.status_code == 400
