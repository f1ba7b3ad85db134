"""GET /api/v1/status/worker-stream: a snapshot, then started and ended imports and the queue's depth."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from imports import jobs
from imports.models import Import, State
from tachi_imports.streams import server
from tests import people
from tests.factories import run_job
from tests.streams.conftest import Open
from tests.streams.event_stream import EventStream

pytestmark = pytest.mark.django_db(transaction=True)


def names(events: EventStream) -> list[str]:
    return [name for name, _ in events.events]


def identity(job: Import) -> dict[str, Any]:
    alice = people.alice()
    return {
        "jobId": job.import_id,
        "userId": alice.pk,
        "username": alice.username,
        "importType": "file/batch-manual",
        "importId": job.import_id,
    }


def test_the_worker_stream_begins_with_a_snapshot(watch: Open, job: Import, redis_clean: Redis) -> None:
    redis_clean.sadd("rq:workers", "one", "two")
    begun = timezone.now()
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, time_started=begun)
    with watch() as events:
        started = {"startedAt": int(begun.timestamp() * 1000)}
        assert events.until("snapshot") == {
            "activeJobs": [identity(job) | started], "queueDepth": 0, "workerCount": 2,
        }  # fmt: skip
        assert names(events) == ["snapshot"]


@pytest.mark.parametrize("succeeds", [True, False], ids=["completed", "failed"])
def test_a_short_import_has_start_and_done_events(watch: Open, job: Import, succeeds: bool) -> None:
    if not succeeds:
        Import.objects.filter(pk=job.pk).update(import_type="file/of-another-release")
    with watch() as events:
        assert events.until("snapshot")["queueDepth"] == 1
        run_job(job)
        result = events.until("job:done")
        assert events.until("queue:depth") == {"queueDepth": 0}
    assert [name for name in names(events) if name != "queue:depth"] == ["snapshot", "job:start", "job:done"]
    if succeeds:
        assert events.until("job:start") == {"type": "job:start", **identity(job)}
    assert result.pop("durationMs") >= 0
    assert result == {"type": "job:done", "jobId": job.import_id, "success": succeeds}


def test_the_end_of_an_import_without_a_notice_is_detected(watch: Open, job: Import) -> None:
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, time_started=timezone.now())
    with watch() as events:
        events.until("snapshot")
        Import.objects.filter(pk=job.pk).update(state=State.COMPLETED, time_finished=timezone.now())
        assert events.until("job:done")["success"]


def test_an_import_cancelled_in_the_queue_has_no_done_event(watch: Open, job: Import) -> None:
    with watch() as events:
        events.until("snapshot")
        jobs.cancel(job, by=job.user)
        events.until("queue:depth")
    assert names(events) == ["snapshot", "queue:depth"]


def test_a_worker_stream_ends_after_its_lifetime_and_can_be_reopened(
    watch: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LIFETIME_SECONDS", 0.5)
    for _ in range(2):
        with watch() as events:
            assert events.end()[0] == "snapshot"


def test_a_late_reader_gets_a_current_snapshot(watch: Open, job: Import) -> None:
    with watch() as first:
        assert first.until("snapshot")["queueDepth"] == 1
        run_job(job)
        first.until("queue:depth")
        with watch() as second:
            assert second.until("snapshot")["queueDepth"] == 0
            assert names(second) == ["snapshot"]
