"""GET /api/v1/imports/:importID/stream: its events for early and late readers, and its end in every state."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web
from django.db import connections
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from imports import jobs
from imports.access import rate_limits
from imports.api.core.throttling import DEFAULT_LIMIT
from imports.jobs import notices, queue
from imports.models import Import, State
from imports.pipeline.progress import Progress, Snapshot, Stage, key_of, writer
from tachi_imports.streams import admission, import_streams, server
from tachi_imports.streams.routes import UnixConnection
from tests import people
from tests.factories import charts, queued_import, run_job, score_on
from tests.streams.conftest import Open
from tests.streams.event_stream import TIMEOUT_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

DONE: tuple[str, Any] = ("done", {})
UNKNOWN = "0" * 40
LONG_AGO = timedelta(hours=1)


def failed(description: str) -> tuple[str, Any]:
    return "import:failed", {"description": description}


def set_running(job: Import, *, attempts: int = 1) -> None:
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=attempts, time_started=timezone.now())


def set_ended(job: Import, state: State, *, ago: timedelta = timedelta(0), message: str = "") -> None:
    """Sets a final state without a notice."""
    at = timezone.now() - ago
    facts = {"time_finished": at, "reverted_at": at, "status_code": 400, "error_message": message or "x"}
    Import.objects.filter(pk=job.pk).update(state=state, **facts)


@pytest.fixture
def without_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_streams, "POLL_INTERVAL_SECONDS", 2 * TIMEOUT_SECONDS)


# --- events ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_polling")
def test_a_stream_follows_an_import_from_the_queue_to_its_end(stream: Open, job: Import) -> None:
    with stream(job.import_id) as events:
        assert events.until("progress") == {
            "description": "Starting up import.", "stage": "queued", "percent": 0, "queuePosition": 0, "stages": [],
        }  # fmt: skip
        run_job(job)
        assert events.end() == DONE


def test_a_stream_is_an_uncached_event_stream(stream: Open, job: Import) -> None:
    with stream(job.import_id) as events:
        headers = {name: events.response.headers[name] for name in ("Content-Type", "Cache-Control", "Connection")}
        assert (events.response.status, headers) == (
            200,
            {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "Connection": "keep-alive"},
        )
        assert events.response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_progress_event_contains_the_workers_progress_with_its_description_first(stream: Open, job: Import) -> None:
    set_running(job)
    with stream(job.import_id) as events:
        events.until("progress")
        progress = Progress(writer(queue.redis(), job.import_id))
        progress.stage(Stage.CHECKING, total=40)
        progress._written = 0
        progress.tick(12, 40)
        events.wait_for(lambda: "Imported 12 scores." in events.descriptions)
    progress_data = events.events[-1][1]
    assert next(iter(progress_data)) == "description"
    assert {name: progress_data[name] for name in ("description", "stage", "processed", "total")} == {
        "description": "Imported 12 scores.",
        "stage": "checking",
        "processed": 12,
        "total": 40,
    }


@pytest.mark.usefixtures("without_polling")
@pytest.mark.parametrize("is_followed", [True, False], ids=["while others follow it", "as the first one"])
def test_a_late_reader_gets_the_last_progress_immediately(stream: Open, job: Import, is_followed: bool) -> None:
    set_running(job)
    writer(queue.redis(), job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    with stream(job.import_id if is_followed else UNKNOWN) as first:
        if is_followed:
            first.until("progress")
        with stream(job.import_id) as late:
            assert late.until("progress")["stage"] == "bests"


def test_the_percentage_of_a_stream_never_decreases(stream: Open, job: Import) -> None:
    set_running(job, attempts=2)
    write = writer(queue.redis(), job.import_id)
    write(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
    with stream(job.import_id) as events:
        events.until("progress")
        write(Snapshot(attempt=2, stage=Stage.READING, percent=60))
        write(Snapshot(attempt=2, stage=Stage.BESTS, percent=85))
        queue.redis().delete(key_of(job.import_id))
        notices.publish(job.import_id)
        set_ended(job, State.COMPLETED)
        notices.publish(job.import_id)
        events.end()
    percents = [data["percent"] for name, data in events.events if name == "progress"]
    assert percents == sorted(percents)
    assert percents[0] == 60


def test_the_percentage_stays_while_an_import_waits_for_its_next_attempt(stream: Open, job: Import) -> None:
    set_running(job)
    writer(queue.redis(), job.import_id)(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
    with stream(job.import_id) as events:
        events.until("progress")
        Import.objects.filter(pk=job.pk).update(state=State.QUEUED)
        notices.publish(job.import_id)
        events.wait_for(lambda: len(events.descriptions) > 1)
    progress_data = [(data["stage"], data["percent"]) for name, data in events.events if name == "progress"]
    assert progress_data == [("saving", 60), ("queued", 60)]


def test_the_progress_of_orphan_retries_is_not_streamed(stream: Open) -> None:
    with stream("orphans:1") as events:
        time.sleep(0.1)
        writer(queue.redis(), "orphans:1")(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
        time.sleep(0.2)
    assert events.events == []


def test_progress_of_another_release_is_skipped(stream: Open, job: Import) -> None:
    set_running(job)
    with stream(job.import_id) as events:
        events.until("progress")
        queue.redis().publish(key_of(job.import_id), b'{"stage": "of tomorrow"}')
        run_job(job)
        set_ended(job, State.COMPLETED)
        notices.publish(job.import_id)
        assert events.end() == DONE


# --- end of the stream ------------------------------------------------------------------------------------------------

WRONG = "Invalid BATCH-MANUAL: scores[0].score"
ENDS = [
    (State.COMPLETED, {}, DONE),
    (State.FAILED, {"message": WRONG}, failed(WRONG)),
    (State.FAILED, {"message": WRONG, "ago": LONG_AGO}, failed("This import failed. Its owner can see why.")),
    (State.CANCELLED, {}, failed("This import was cancelled.")),
    (State.REVERTED, {}, failed("This import has been reverted.")),
]
END_IDS = ["completed", "failed", "failed long ago", "cancelled", "reverted"]


@pytest.mark.usefixtures("without_polling")
@pytest.mark.parametrize(("state", "facts", "end"), ENDS, ids=END_IDS)
def test_the_stream_of_an_ended_import_ends_immediately(
    stream: Open, job: Import, state: State, facts: dict[str, Any], end: tuple[str, Any]
) -> None:
    set_ended(job, state, **facts)
    with stream(job.import_id) as events:
        assert events.end() == end
    assert len(events.events) == 1


@pytest.fixture
def frequent_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_streams, "POLL_INTERVAL_SECONDS", 0.1)


@pytest.mark.usefixtures("frequent_polling")
@pytest.mark.parametrize(("state", "facts", "end"), ENDS, ids=END_IDS)
def test_an_end_without_a_notice_is_detected(
    stream: Open, job: Import, state: State, facts: dict[str, Any], end: tuple[str, Any]
) -> None:
    with stream(job.import_id) as events:
        events.until("progress")
        set_ended(job, state, **facts)
        assert events.end() == end


@pytest.mark.usefixtures("without_polling")
def test_cancelling_an_import_ends_its_stream_immediately(stream: Open, job: Import) -> None:
    with stream(job.import_id) as events:
        events.until("progress")
        jobs.cancel(job, by=job.user)
        assert events.end() == failed("This import was cancelled.")


@pytest.mark.usefixtures("without_polling")
def test_the_failure_of_an_import_ends_its_stream_immediately(stream: Open) -> None:
    job = queued_import(people.alice(), {"matchType": "no such type"})
    with stream(job.import_id) as events:
        events.until("progress")
        job = run_job(job)
        assert events.end() == failed(job.error_message)


@pytest.mark.usefixtures("without_polling")
def test_a_stream_opened_at_any_time_ends_with_its_import(stream: Open) -> None:
    """Opened before, during or after the import, with notices only."""
    alice, [chart] = people.alice(), charts(1)
    chance = Random("streams")
    with ThreadPoolExecutor(1) as worker:
        for number in range(15):
            job = queued_import(alice, score_on(chart, 1_000 + number))
            working = worker.submit(jobs.run_import, job.import_id)
            time.sleep(chance.uniform(0, 0.06))
            with stream(job.import_id) as events:
                assert events.end() == DONE
            working.result()
        worker.submit(connections.close_all).result()


# --- waiting ------------------------------------------------------------------------------------------------


def test_the_stream_of_an_unknown_import_waits_until_its_timeout(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LIFETIME_SECONDS", 0.2)
    for import_id in (UNKNOWN, "x", "%00", "%ff%fe", "a" * 4_000, "..."):
        with stream(import_id) as events:
            assert events.response.status == 200
            assert events.end() == failed("Import timed out waiting for the worker.")


def test_a_stream_that_times_out_during_a_write_still_reports_it(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def write_slowly(response: web.StreamResponse, data: bytes) -> None:
        await write(response, data)
        await asyncio.sleep(0.3)

    write = web.StreamResponse.write
    monkeypatch.setattr(web.StreamResponse, "write", write_slowly)
    monkeypatch.setattr(server, "LIFETIME_SECONDS", 0.2)
    monkeypatch.setattr(server, "KEEPALIVE_SECONDS", 0.1)
    with stream(UNKNOWN) as events:
        assert events.end() == failed("Import timed out waiting for the worker.")


def test_a_quiet_stream_gets_keepalive_comments(stream: Open, job: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "KEEPALIVE_SECONDS", 0.1)
    begun = time.monotonic()
    with stream(job.import_id) as events:
        events.until("progress")
        events.wait_for(lambda: len(events.comments) > 1)
        run_job(job)
        events.end()
    assert len(events.comments) <= (time.monotonic() - begun) / 0.1
    assert set(events.comments) == {"keepalive"}


# --- refused requests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"/api/v1/imports/{UNKNOWN}/stream", 404),
        ("GET", "/api/v1/imports/stream", 404),
        ("GET", "/api/v1/status", 404),
        ("OPTIONS", f"/api/v1/imports/{UNKNOWN}/stream", 200),
        ("HEAD", f"/api/v1/imports/{UNKNOWN}/stream", 200),
        ("HEAD", f"//API/v1/imports/{UNKNOWN}/STREAM/", 200),
    ],
)
def test_other_requests_get_the_usual_responses(socket: Path, method: str, path: str, status: int) -> None:
    connection = UnixConnection(socket, timeout=5)
    connection.request(method, path)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status == status
    if status == 404:
        assert content == b'{"success":false,"description":"Endpoint Not Found."}'


def test_streams_count_against_the_rate_limit(
    socket: Path, stream: Open, settings: Settings, redis_clean: Redis, job: Import
) -> None:
    settings.TACHI_RATE_LIMITS = True
    set_ended(job, State.COMPLETED)
    for _ in range(DEFAULT_LIMIT.max_requests - 3):
        rate_limits.consume(DEFAULT_LIMIT, "10.0.0.1")
    for import_id in (job.import_id, UNKNOWN, job.import_id):
        with stream(import_id, **{"X-Forwarded-For": "10.0.0.1"}) as events:
            assert events.response.status == 200
    assert events.response.headers["X-RateLimit-Remaining"] == "0"
    with stream(job.import_id, **{"X-Forwarded-For": "10.0.0.1"}) as events:
        assert events.response.status == 429
        assert events.response.headers["Retry-After"]
    with stream(job.import_id, **{"X-Forwarded-For": "10.0.0.2"}) as events:
        assert events.response.status == 200


def test_the_number_of_open_streams_per_client_is_limited(
    stream: Open, settings: Settings, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TACHI_RATE_LIMITS = True
    monkeypatch.setattr(admission, "MAX_STREAMS_PER_CLIENT", 2)
    one, another = {"X-Forwarded-For": "10.0.0.3"}, {"X-Forwarded-For": "8.8.8.8, 10.0.0.4"}
    with stream(UNKNOWN, **one), stream(UNKNOWN, **one):
        with stream(UNKNOWN, **one) as third:
            assert third.response.status == 429
        with stream(UNKNOWN, **another) as others:
            assert others.response.status == 200
    deadline = time.monotonic() + 60
    is_admitted = False
    while not is_admitted:  # until the server has detected that they are closed
        assert time.monotonic() < deadline
        with stream(UNKNOWN, **one) as again:
            is_admitted = again.response.status == 200
        time.sleep(0.05)


def test_the_total_number_of_open_streams_is_limited(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_STREAMS", 1)
    with stream(UNKNOWN), stream(UNKNOWN) as second:
        assert (second.response.status, second.response.headers["Retry-After"]) == (503, "5")
