"""GET /api/v1/imports/:importID/stream: what it tells, to early and late readers, and that it ends in every state."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
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
from tests.factories import charts, process, queued_import, score_on
from tests.streams.conftest import Open
from tests.streams.event_stream import TIMEOUT_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

DONE: tuple[str, Any] = ("done", {})
UNKNOWN = "0" * 40
LONG_AGO = timedelta(hours=1)


def failed(description: str) -> tuple[str, Any]:
    return "import:failed", {"description": description}


def running(job: Import, *, attempts: int = 1) -> None:
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, attempts=attempts, time_started=timezone.now())


def ended(job: Import, state: State, *, ago: timedelta = timedelta(0), message: str = "") -> None:
    """Of this no notice comes."""
    at = timezone.now() - ago
    facts = {"time_finished": at, "reverted_at": at, "status_code": 400, "error_message": message or "x"}
    Import.objects.filter(pk=job.pk).update(state=state, **facts)


@pytest.fixture
def looks_only_on_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_streams, "POLL_INTERVAL_SECONDS", 2 * TIMEOUT_SECONDS)


# --- what it tells ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("looks_only_on_notice")
def test_an_import_is_followed_from_its_queue_to_its_end(stream: Open, job: Import) -> None:
    with stream(job.import_id) as events:
        assert events.until("progress") == {
            "description": "Starting up import.", "stage": "queued", "percent": 0, "queuePosition": 0, "stages": [],
        }  # fmt: skip
        process(job)
        assert events.end() == DONE


def test_the_answer_is_an_event_stream_that_nobody_keeps(stream: Open, job: Import) -> None:
    with stream(job.import_id) as events:
        headers = {name: events.answer.headers[name] for name in ("Content-Type", "Cache-Control", "Connection")}
        assert (events.answer.status, headers) == (
            200,
            {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "Connection": "keep-alive"},
        )
        assert events.answer.headers["Access-Control-Allow-Origin"] == "*"


def test_progress_is_told_as_workers_write_it_with_its_description_first(stream: Open, job: Import) -> None:
    running(job)
    with stream(job.import_id) as events:
        events.until("progress")
        progress = Progress(writer(queue.redis(), job.import_id))
        progress.stage(Stage.CHECKING, total=40)
        progress._written = 0
        progress.tick(12, 40)
        events.wait_for(lambda: "Imported 12 scores." in events.descriptions)
    told = events.events[-1][1]
    assert next(iter(told)) == "description"
    assert {name: told[name] for name in ("description", "stage", "processed", "total")} == {
        "description": "Imported 12 scores.",
        "stage": "checking",
        "processed": 12,
        "total": 40,
    }


@pytest.mark.usefixtures("looks_only_on_notice")
@pytest.mark.parametrize("is_followed", [True, False], ids=["while others follow it", "as the first one"])
def test_a_late_reader_gets_the_progress_at_once(stream: Open, job: Import, is_followed: bool) -> None:
    running(job)
    writer(queue.redis(), job.import_id)(Snapshot(attempt=1, stage=Stage.BESTS, percent=85))
    with stream(job.import_id if is_followed else UNKNOWN) as first:
        if is_followed:
            first.until("progress")
        with stream(job.import_id) as late:
            assert late.until("progress")["stage"] == "bests"


def test_a_bar_never_goes_back(stream: Open, job: Import) -> None:
    running(job, attempts=2)
    write = writer(queue.redis(), job.import_id)
    write(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
    with stream(job.import_id) as events:
        events.until("progress")
        write(Snapshot(attempt=2, stage=Stage.READING, percent=60))
        write(Snapshot(attempt=2, stage=Stage.BESTS, percent=85))
        queue.redis().delete(key_of(job.import_id))
        notices.publish(job.import_id)
        ended(job, State.COMPLETED)
        notices.publish(job.import_id)
        events.end()
    percents = [data["percent"] for name, data in events.events if name == "progress"]
    assert percents == sorted(percents)
    assert percents[0] == 60


def test_a_bar_stays_where_it_is_while_an_import_waits_for_its_next_attempt(stream: Open, job: Import) -> None:
    running(job)
    writer(queue.redis(), job.import_id)(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
    with stream(job.import_id) as events:
        events.until("progress")
        Import.objects.filter(pk=job.pk).update(state=State.QUEUED)
        notices.publish(job.import_id)
        events.wait_for(lambda: len(events.descriptions) > 1)
    told = [(data["stage"], data["percent"]) for name, data in events.events if name == "progress"]
    assert told == [("saving", 60), ("queued", 60)]


def test_progress_of_what_is_no_import_is_not_for_everybody(stream: Open) -> None:
    with stream("orphans:1") as events:
        time.sleep(0.1)
        writer(queue.redis(), "orphans:1")(Snapshot(attempt=1, stage=Stage.SAVING, percent=60))
        time.sleep(0.2)
    assert events.events == []


def test_progress_of_another_release_is_skipped(stream: Open, job: Import) -> None:
    running(job)
    with stream(job.import_id) as events:
        events.until("progress")
        queue.redis().publish(key_of(job.import_id), b'{"stage": "of tomorrow"}')
        process(job)
        ended(job, State.COMPLETED)
        notices.publish(job.import_id)
        assert events.end() == DONE


# --- its end ------------------------------------------------------------------------------------------------

WRONG = "Invalid BATCH-MANUAL: scores[0].score"
ENDS = [
    (State.COMPLETED, {}, DONE),
    (State.FAILED, {"message": WRONG}, failed(WRONG)),
    (State.FAILED, {"message": WRONG, "ago": LONG_AGO}, failed("This import failed. Its owner can see why.")),
    (State.CANCELLED, {}, failed("This import was cancelled.")),
    (State.REVERTED, {}, failed("This import has been reverted.")),
]
END_IDS = ["completed", "failed", "failed long ago", "cancelled", "reverted"]


@pytest.mark.usefixtures("looks_only_on_notice")
@pytest.mark.parametrize(("state", "facts", "end"), ENDS, ids=END_IDS)
def test_a_reader_of_an_ended_import_gets_the_end_at_once(
    stream: Open, job: Import, state: State, facts: dict[str, Any], end: tuple[str, Any]
) -> None:
    ended(job, state, **facts)
    with stream(job.import_id) as events:
        assert events.end() == end
    assert len(events.events) == 1


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_streams, "POLL_INTERVAL_SECONDS", 0.1)


@pytest.mark.usefixtures("looks_often")
@pytest.mark.parametrize(("state", "facts", "end"), ENDS, ids=END_IDS)
def test_an_end_of_which_no_notice_came_is_found(
    stream: Open, job: Import, state: State, facts: dict[str, Any], end: tuple[str, Any]
) -> None:
    with stream(job.import_id) as events:
        events.until("progress")
        ended(job, state, **facts)
        assert events.end() == end


@pytest.mark.usefixtures("looks_only_on_notice")
def test_cancelling_ends_it_at_once(stream: Open, job: Import) -> None:
    with stream(job.import_id) as events:
        events.until("progress")
        jobs.cancel(job, by=job.user)
        assert events.end() == failed("This import was cancelled.")


@pytest.mark.usefixtures("looks_only_on_notice")
def test_a_failure_ends_it_at_once(stream: Open) -> None:
    job = queued_import(people.alice(), {"matchType": "no such type"})
    with stream(job.import_id) as events:
        events.until("progress")
        job = process(job)
        assert events.end() == failed(job.error_message)


@pytest.mark.usefixtures("looks_only_on_notice")
def test_a_stream_ends_whenever_it_is_opened(stream: Open) -> None:
    """Before the import, during any part of it, or afterwards; with notices alone."""
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


def test_an_unknown_import_is_waited_for(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LIFETIME_SECONDS", 0.2)
    for import_id in (UNKNOWN, "x", "%00", "%ff%fe", "a" * 4_000, "..."):
        with stream(import_id) as events:
            assert events.answer.status == 200
            assert events.end() == failed("Import timed out waiting for the worker.")


def test_comments_keep_a_quiet_stream_alive(stream: Open, job: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "KEEPALIVE_SECONDS", 0.1)
    begun = time.monotonic()
    with stream(job.import_id) as events:
        events.until("progress")
        events.wait_for(lambda: len(events.comments) > 1)
        process(job)
        events.end()
    assert len(events.comments) <= (time.monotonic() - begun) / 0.1
    assert set(events.comments) == {"keepalive"}


# --- what is refused ----------------------------------------------------------------------------------------


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
def test_other_requests_are_answered_as_everywhere(socket: Path, method: str, path: str, status: int) -> None:
    connection = UnixConnection(socket, timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == status
    if status == 404:
        assert content == b'{"success":false,"description":"Endpoint Not Found."}'


def test_streams_count_as_requests(
    socket: Path, stream: Open, settings: Settings, redis_clean: Redis, job: Import
) -> None:
    settings.TACHI_RATE_LIMITS = True
    ended(job, State.COMPLETED)
    for _ in range(DEFAULT_LIMIT.max_requests - 3):
        rate_limits.consume(DEFAULT_LIMIT, "10.0.0.1")
    for import_id in (job.import_id, UNKNOWN, job.import_id):
        with stream(import_id, **{"X-Forwarded-For": "10.0.0.1"}) as events:
            assert events.answer.status == 200
    assert events.answer.headers["X-RateLimit-Remaining"] == "0"
    with stream(job.import_id, **{"X-Forwarded-For": "10.0.0.1"}) as events:
        assert events.answer.status == 429
        assert events.answer.headers["Retry-After"]
    with stream(job.import_id, **{"X-Forwarded-For": "10.0.0.2"}) as events:
        assert events.answer.status == 200


def test_one_client_has_so_many_at_once(
    stream: Open, settings: Settings, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TACHI_RATE_LIMITS = True
    monkeypatch.setattr(admission, "MAX_STREAMS_PER_CLIENT", 2)
    one, another = {"X-Forwarded-For": "10.0.0.3"}, {"X-Forwarded-For": "8.8.8.8, 10.0.0.4"}
    with stream(UNKNOWN, **one), stream(UNKNOWN, **one):
        with stream(UNKNOWN, **one) as third:
            assert third.answer.status == 429
        with stream(UNKNOWN, **another) as others:
            assert others.answer.status == 200
    for _ in range(100):  # until the server has noticed that they are gone
        with stream(UNKNOWN, **one) as again:
            if again.answer.status == 200:
                break
        time.sleep(0.05)
    assert again.answer.status == 200


def test_no_more_are_open_than_there_is_room_for(stream: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_STREAMS", 1)
    with stream(UNKNOWN), stream(UNKNOWN) as second:
        assert (second.answer.status, second.answer.headers["Retry-After"]) == (503, "5")
