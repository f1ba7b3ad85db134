"""POST /api/v1/imports/:importID/restore, /retry and /cancel: who may, from which state, and what comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imports.models import AuditEntry, Import, ImportInput, Permission, Score, State
from tests import people
from tests.api.answers import body, outcome
from tests.api.callers import GUEST, STRANGER, Caller, Told, lacks, table
from tests.builders import MINUTE, NOON, an_import, charts, dealt_with, queued_import, score_on, unknown_score

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
    facts = {"error_message": "x", "status_code": 400, "time_finished": now, "reverted_at": now}
    Import.objects.filter(pk=job.pk).update(state=state, **facts)
    return job


# --- who ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "state"), [("restore", State.REVERTED), ("retry", State.FAILED)])
@pytest.mark.parametrize(
    ("caller", "told"),
    table(anybody=UNKNOWN, lacking=lacks(SUBMIT), owner=QUEUED, admin=QUEUED, moderator=STRANGER),
)
def test_owner_and_administrator_may_run_it_again(caller: Caller, told: Told, verb: str, state: State) -> None:
    """What is not in any more is not there for others than its owner and moderators."""
    job = in_state(state)
    assert outcome(post(caller(SUBMIT), job, verb)) == told
    job.refresh_from_db()
    assert job.state == (State.QUEUED if told == QUEUED else state)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
@pytest.mark.parametrize(
    ("caller", "told"), table(anybody=STRANGER, guest=GUEST, lacking=lacks(SUBMIT), owner=CANCELLED, admin=CANCELLED)
)
def test_owner_and_administrator_may_cancel(caller: Caller, told: Told, state: State) -> None:
    job = in_state(state)
    assert outcome(post(caller(SUBMIT), job, "cancel")) == told
    job.refresh_from_db()
    assert job.state == (State.CANCELLED if told == CANCELLED else state)


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize(
    ("caller", "told"),
    table(anybody=STRANGER, guest=GUEST, lacking=lacks(SUBMIT), owner=NOT_NOW, admin=NOT_NOW),
)
def test_nobody_runs_or_cancels_what_is_completed(caller: Caller, told: Told, verb: str) -> None:
    job = an_import(people.alice(), score_on(charts(1)[0]))
    expected = NOT_UNDER_WAY if (told, verb) == (NOT_NOW, "cancel") else told
    assert outcome(post(caller(SUBMIT), job, verb)) == expected
    assert Score.objects.count() == 1


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
@pytest.mark.parametrize("import_id", ["0" * 40, "%00", "x", "' OR 1=1 --"])
def test_what_does_not_exist_is_not_found(verb: str, import_id: str) -> None:
    for client in (people.guest(), people.session_of(people.ada())):
        assert outcome(client.post(f"/api/v1/imports/{import_id}/{verb}")) == UNKNOWN


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
def test_each_deed_has_its_states(verb: str, fits: set[State], state: State) -> None:
    done, refused = (CANCELLED, NOT_UNDER_WAY) if verb == "cancel" else (QUEUED, NOT_NOW)
    answer = post(people.session_of(people.alice()), in_state(state), verb)
    assert outcome(answer) == (done if state in fits else refused)


@pytest.mark.parametrize(("verb", "state"), [("restore", State.REVERTED), ("retry", State.FAILED)])
def test_without_its_input_nothing_is_run_again(verb: str, state: State) -> None:
    job = in_state(state)
    ImportInput.objects.filter(job=job).delete()
    assert outcome(post(people.session_of(people.alice()), job, verb)) == INPUT_GONE


def test_the_second_of_two_restores_comes_too_late() -> None:
    job = in_state(State.REVERTED)
    client = people.session_of(people.alice())
    assert [outcome(post(client, job, "restore")) for _ in range(2)] == [QUEUED, NOT_NOW]


# --- what comes of it ---------------------------------------------------------------------------------


def documents(job: Import) -> list[Any]:
    """What the API says of the import, the bests and the stats, without the times at which rows were written."""
    told = body(people.guest(), f"/api/v1/imports/{job.import_id}")
    for score in told["scores"]:
        del score["timeAdded"]
    del told["import"]["timeStarted"], told["import"]["timeFinished"]
    told["import"]["classDeltas"].sort(key=str)  # a provided class stays through a revert, and is told last again
    bests = body(people.guest(), "/api/v1/users/Alice/games/sdvx/Single/pbs/all")
    return [told, bests, body(people.guest(), "/api/v1/users/Alice/game-stats")]


def test_a_restored_import_gives_the_same_documents() -> None:
    first, second = charts(2)
    rows = [score_on(first, timeAchieved=NOON), unknown_score(), score_on(second, timeAchieved=NOON + MINUTE)]
    job = an_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_3"}})
    client = people.session_of(people.alice())  # signing in is seen in her document
    before = documents(job)
    assert outcome(post(client, job, "revert")) == (200, "Reverted import.")

    answer = post(client, job, "restore")
    told = json.loads(answer.content)["body"]
    assert told == {"importID": job.import_id, "url": f"http://testserver/api/v1/imports/{job.import_id}/poll-status"}
    assert body(people.guest(), f"/api/v1/imports/{job.import_id}/poll-status")["importStatus"] == "ongoing"
    assert dealt_with(job).state == State.COMPLETED
    assert documents(job) == before


def test_a_retried_import_goes_in_once_its_reason_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("imports.jobs.working.run", explode)
        job = an_import(people.alice(), score_on(charts(1)[0]))
    assert outcome(post(people.bearer(people.alice(), SUBMIT), job, "retry")) == QUEUED
    assert (dealt_with(job).state, Score.objects.count()) == (State.COMPLETED, 1)


def test_of_a_cancelled_import_nothing_goes_in() -> None:
    job = queued_import(people.alice(), score_on(charts(1)[0]))
    answer = post(people.session_of(people.alice()), job, "cancel")
    assert json.loads(answer.content)["body"] == {}
    assert (dealt_with(job).state, Score.objects.count()) == (State.CANCELLED, 0)
    polled = people.guest().get(f"/api/v1/imports/{job.import_id}/poll-status")
    assert outcome(polled) == (410, "This import was cancelled.")


@pytest.mark.parametrize(
    ("verb", "state", "recorded"),
    [
        ("restore", State.REVERTED, "restored"),
        ("retry", State.CANCELLED, "retried"),
        ("cancel", State.QUEUED, "cancelled"),
    ],
)
def test_who_did_it_with_which_token_and_why_is_kept(verb: str, state: State, recorded: str) -> None:
    job = in_state(state)
    post(people.bearer(people.ada(), SUBMIT), job, verb, {"reason": " asked by mail ", "more": 1})
    entry = AuditEntry.objects.get(verb=recorded)
    assert (entry.job, entry.actor, entry.subject, entry.reason) == (job, people.ada(), people.alice(), "asked by mail")
    assert entry.token == people.ada().tokens.get()


@pytest.mark.parametrize("verb", ["restore", "retry", "cancel"])
def test_a_reason_that_is_no_text_is_refused(verb: str) -> None:
    told = (400, "[reason] Expected a string with length between 0 and 500. (Received true)")
    answer = post(people.session_of(people.alice()), in_state(State.QUEUED), verb, {"reason": True})
    assert outcome(answer) == told
