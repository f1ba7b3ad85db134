"""GET …/poll-status: never a 404 after a 202, never decreasing progress, and few queries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from redis import Redis

from imports import jobs
from imports.models import APIToken, Import, Permission, State
from imports.pipeline import progress
from imports.pipeline.progress import Snapshot, Stage
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import HOUR, NOON, batch_manual, charts, create_import, queued_import, score_on, unknown_score

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

WAITING = {"description": "Starting up import.", "stage": "queued", "percent": 0, "stages": []}


def address(job: Import) -> str:
    return f"/api/v1/imports/{job.import_id}/poll-status"


def running(attempts: int = 1) -> Import:
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=attempts)
    return job


def test_a_queued_import_has_its_position_among_those_of_its_player() -> None:
    queued_import(people.bob())
    waiting = [queued_import(people.alice()) for _ in range(3)]
    document = [body(people.guest(), address(job)) for job in waiting]
    assert document == [
        {"importStatus": "ongoing", "progress": {**WAITING, "queuePosition": position}} for position in range(3)
    ]


def test_a_running_import_counts_in_the_queue_position() -> None:
    running()
    document = body(people.guest(), address(queued_import(people.alice())))
    assert document["progress"]["queuePosition"] == 1


def test_a_running_import_without_reported_progress_is_starting_up() -> None:
    assert body(people.guest(), address(running())) == {"importStatus": "ongoing", "progress": WAITING}


def test_a_running_import_has_all_members_of_its_reported_progress(redis_clean: Redis) -> None:
    job = running()
    snapshot = Snapshot(
        attempt=1, stage=Stage.CHECKING, percent=24, processed=50, total=100, eta=1.5, seconds={"reading": 0.25}
    )
    progress.writer(redis_clean, job.import_id)(snapshot)
    assert body(people.guest(), address(job))["progress"] == {
        "description": "Imported 50 scores.",
        "stage": "checking",
        "percent": 24,
        "processed": 50,
        "total": 100,
        "etaSeconds": 1.5,
        "stages": [{"name": "reading", "seconds": 0.25}],
    }


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_description_without_counts(stage: Stage, redis_clean: Redis) -> None:
    job = running()
    progress.writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=stage))
    document = body(people.guest(), address(job))["progress"]
    assert document["description"].endswith(".")
    assert set(document) == {"description", "stage", "percent", "stages"}


def test_a_second_attempt_starts_at_the_percentage_of_the_first(redis_clean: Redis) -> None:
    job = running(attempts=2)
    progress.writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    assert body(people.guest(), address(job))["progress"] == {**WAITING, "percent": 85}


def test_a_second_attempt_never_reports_less_progress_than_before(
    redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WRITE_INTERVAL_SECONDS", 0)
    job = running()
    progress.writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
    written: list[Snapshot] = []
    monkeypatch.setattr("imports.jobs.progress_status.progress_writer", lambda _import_id: written.append)
    jobs.run_import(job.import_id)
    percents = [snapshot.percent for snapshot in written]
    assert percents[0] == 60
    assert percents == sorted(percents)
    assert {snapshot.attempt for snapshot in written} == {2}


def test_a_retried_import_starts_at_zero_progress(
    redis_clean: Redis, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    job = create_import(people.alice(), {"matchType": "nonsense"})
    progress.writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.READING, percent=5))
    with django_capture_on_commit_callbacks(execute=True):
        jobs.retry(job, by=people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=1)
    assert body(people.guest(), address(job))["progress"] == WAITING


def test_progress_never_decreases_within_an_attempt(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls once for each snapshot that a real import writes."""
    monkeypatch.setattr(progress, "WRITE_INTERVAL_SECONDS", 0)
    written: list[Snapshot] = []
    monkeypatch.setattr("imports.jobs.progress_status.progress_writer", lambda _import_id: written.append)
    job = create_import(people.alice(), *[score_on(chart, timeAchieved=NOON) for chart in charts(20)])
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING)
    actual = []
    for snapshot in written:
        progress.writer(redis_clean, job.import_id)(snapshot)
        actual.append(body(people.guest(), address(job))["progress"])
    stages = [list(Stage).index(Stage(each["stage"])) for each in actual]
    percents = [each["percent"] for each in actual]
    assert stages == sorted(stages)
    assert percents == sorted(percents)
    assert percents[0] < percents[-1] <= 100


def test_a_poll_of_a_completed_import_returns_its_document() -> None:
    job = create_import(people.alice())
    assert summary(people.guest().get(address(job))) == (200, "Import was completed!")
    assert body(people.guest(), address(job)) == {
        "importStatus": "completed",
        "import": expected_documents.an_import(job, scoreIDs=[], playtypes=[], gptStrings=[], games=[]),
    }


def test_the_polled_document_equals_the_import_document() -> None:
    job = create_import(people.alice(), *[score_on(chart, timeAchieved=NOON) for chart in charts(3)])
    document = body(people.guest(), f"/api/v1/imports/{job.import_id}")
    assert body(people.guest(), address(job))["import"] == document["import"]


def test_a_poll_of_a_failed_import_returns_its_status_and_message() -> None:
    job = create_import(people.alice(), {"matchType": "nonsense"})
    status, description = summary(people.guest().get(address(job)))
    assert status == 400
    assert description.startswith("Invalid BATCH-MANUAL: scores[0].score | Expected an integer.")


@pytest.mark.parametrize(
    ("reader", "seconds_ago", "has_reason"),
    [("guest", 30, True), ("guest", 61, False), ("bob", 61, False), ("alice", 61, True), ("mo", 61, True)],
)
def test_a_poll_shows_the_reason_of_a_failure_to_others_for_a_minute(
    reader: str, seconds_ago: int, has_reason: bool
) -> None:
    job = create_import(people.alice(), {"matchType": "nonsense"})
    Import.objects.filter(pk=job.pk).update(time_finished=now() - timedelta(seconds=seconds_ago))
    client = people.guest() if reader == "guest" else people.bearer(getattr(people, reader)())
    status, description = summary(client.get(address(job)))
    assert status == 400
    assert description.startswith(
        "Invalid BATCH-MANUAL:" if has_reason else "This import failed. Its owner can see why."
    )


def test_a_poll_of_a_reverted_import_is_a_410() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0]))
    revert(job, RevertRequest())
    assert summary(people.guest().get(address(job))) == (410, "This import has been reverted.")


def test_a_poll_of_a_cancelled_import_is_a_410() -> None:
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    assert summary(people.guest().get(address(job))) == (410, "This import was cancelled.")


def test_a_poll_of_an_unknown_import_is_a_404() -> None:
    assert summary(people.guest().get("/api/v1/imports/" + "0" * 40 + "/poll-status")) == (
        404,
        "There is no ongoing import here.",
    )


def test_the_first_poll_after_a_202_finds_the_import() -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    response = client.post("/ir/direct-manual/import", batch_manual(), content_type="application/json")
    assert summary(client.get(json.loads(response.content)["body"]["url"])) == (200, "Import is ongoing.")


@pytest.mark.parametrize(("state", "retry_after"), [(State.QUEUED, "1"), (State.RUNNING, "1"), (State.COMPLETED, None)])
def test_a_poll_has_a_retry_after_header_while_the_import_is_unfinished(state: State, retry_after: str | None) -> None:
    job = create_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=state)
    assert people.guest().get(address(job)).headers.get("Retry-After") == retry_after


@pytest.fixture
def counted_redis(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns a list that collects the import IDs whose progress is read from Redis."""
    read: list[str] = []
    real = progress.read

    def counting(redis: Any, import_id: str) -> Snapshot | None:
        read.append(import_id)
        return real(redis, import_id)

    monkeypatch.setattr("imports.jobs.progress_status.read", counting)
    return read


def in_state(state: State) -> Import:
    """Creates an import of forty scores and a problem in a state."""
    rows = [score_on(chart, timeAchieved=NOON + i * 3 * HOUR) for i, chart in enumerate(charts(40))]
    job = create_import(people.alice(), *rows, unknown_score())
    fields: dict[State, dict[str, Any]] = {
        State.FAILED: {"status_code": 400, "error_message": "Nonsense."},
        State.REVERTED: {"reverted_at": job.time_finished},
    }
    Import.objects.filter(pk=job.pk).update(state=state, **fields.get(state, {}))
    return job


CALLERS: dict[str, Callable[[], Client]] = {
    "a guest": people.guest,
    "a token": lambda: people.bearer(people.bob()),
    "a browser": lambda: people.session_of(people.bob()),
}


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("caller", CALLERS)
def test_a_poll_is_one_statement_in_every_state(
    caller: str, state: State, django_assert_num_queries: DjangoAssertNumQueries, counted_redis: list[str]
) -> None:
    """A running import takes one read from Redis in addition."""
    job = in_state(state)
    client = CALLERS[caller]()
    client.get(address(job))  # the first request in a minute updates the last use of the token
    counted_redis.clear()
    with django_assert_num_queries(1):
        client.get(address(job))
    assert counted_redis == ([job.import_id] if state == State.RUNNING else [])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer nobody's", (401, "The provided API token does not correspond with any key in the database.")),
        ("Bearer ", (401, "Invalid token.")),
        ("Basic x", (400, "Invalid Authorization Type - Expected Bearer.")),
    ],
)
def test_a_poll_with_an_invalid_token_is_refused_whether_or_not_the_import_exists(
    header: str, expected: tuple[int, str]
) -> None:
    for import_id in (in_state(State.COMPLETED).import_id, "0" * 40):
        client = people.with_authorization(header)
        assert summary(client.get(f"/api/v1/imports/{import_id}/poll-status")) == expected


def test_a_poll_with_a_banned_or_an_expired_token_is_refused() -> None:
    job = in_state(State.COMPLETED)
    assert summary(people.bearer(people.eve()).get(address(job))) == (403, "You are banned from Tachi Imports")
    client = people.bearer(people.bob())
    APIToken.objects.filter(user=people.bob()).update(expires_at=job.time_finished)
    assert summary(client.get(address(job)))[0] == 401


def test_a_poll_updates_the_last_use_of_the_token() -> None:
    people.bearer(people.bob()).get(address(in_state(State.COMPLETED)))
    assert APIToken.objects.get(user=people.bob()).last_used_at is not None


@pytest.mark.parametrize("state", State)
def test_a_poll_without_a_token_has_the_headers_of_one_with_a_token(state: State) -> None:
    job = in_state(state)
    short = people.guest().get(address(job))
    long = people.bearer(people.bob()).get(address(job))
    assert short.content == long.content
    of_sessions = {"Vary", "X-Request-ID"}
    assert {**short.headers, **dict.fromkeys(of_sessions)} == {**long.headers, **dict.fromkeys(of_sessions)}


def test_a_poll_for_an_unknown_host_is_refused() -> None:
    client = Client(headers={"Host": "elsewhere.example"})
    assert client.get(address(running())).status_code == 400


def prepared_polls() -> list[int]:
    """Returns the number of executions of each prepared statement of polls on this connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE strpos(statement, 'long_lists') > 0"
        )
        return [runs for (runs,) in cursor.fetchall()]


@pytest.mark.parametrize("caller", ["a guest", "a token"])
def test_the_query_of_a_poll_is_prepared_once(caller: str) -> None:
    job, client = running(), CALLERS[caller]()
    before = sum(prepared_polls())
    for _ in range(4):
        client.get(address(job))
    runs = prepared_polls()
    assert sum(runs) - before >= 3, "all but the first"
    assert len(runs) <= 2, "one for guests, one for tokens"


def test_an_import_document_does_not_use_prepared_statements() -> None:
    """A query with many keys needs a plan for its values."""
    job = create_import(people.alice(), score_on(charts(1)[0]))
    for _ in range(3):
        people.guest().get(f"/api/v1/imports/{job.import_id}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%%long_lists%%'")
        assert cursor.fetchall() == []


def execute_on_other_connection(statement: str, *values: Any) -> None:
    """Executes a statement on another connection than that of the polls."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute(statement, values)


@pytest.mark.django_db(transaction=True)
def test_a_poll_reconnects_after_its_connection_was_closed() -> None:
    job = running()
    connection.ensure_connection()
    execute_on_other_connection("SELECT pg_terminate_backend(%s)", connection.connection.info.backend_pid)
    assert summary(people.guest().get(address(job))) == (200, "Import is ongoing.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        ("ADD COLUMN surplus int", "DROP COLUMN surplus"),
        ("ALTER COLUMN revert_reason TYPE varchar(9000)", "ALTER COLUMN revert_reason TYPE text"),
    ],
)
@pytest.mark.parametrize("caller", ["a guest", "a token"])
def test_polls_work_after_a_migration(caller: str, forward: str, backward: str) -> None:
    job, client = running(), CALLERS[caller]()
    for change in (forward, backward):
        for _ in range(7):  # prepared from the second execution on, with a generic plan from the seventh on
            client.get(address(job))
        execute_on_other_connection(f"ALTER TABLE imports_import {change}")
        assert summary(client.get(address(job))) == (200, "Import is ongoing.")


@pytest.mark.django_db(transaction=True)
def test_polls_work_after_prepared_statements_were_discarded() -> None:
    """A connection pooler discards them between two of its clients."""
    job = running()
    for _ in range(3):
        people.guest().get(address(job))
    connection.connection.pgconn.exec_(b"DISCARD ALL")
    assert summary(people.guest().get(address(job))) == (200, "Import is ongoing.")
