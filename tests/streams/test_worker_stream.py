"""GET /api/v1/status/worker-stream: a snapshot, then what begins and ends, and how many wait."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from imports import jobs
from imports.models import Import, State
from tachi_imports.streams import server
from tests import people
from tests.factories import process
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


def test_first_comes_a_snapshot(watch: Open, job: Import, redis_clean: Redis) -> None:
    redis_clean.sadd("rq:workers", "one", "two")
    begun = timezone.now()
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, time_started=begun)
    with watch() as events:
        started = {"startedAt": int(begun.timestamp() * 1000)}
        assert events.until("snapshot") == {
            "activeJobs": [identity(job) | started], "queueDepth": 0, "workerCount": 2,
        }  # fmt: skip
        assert names(events) == ["snapshot"]


@pytest.mark.parametrize("is_good", [True, False], ids=["completed", "failed"])
def test_even_a_short_import_is_seen_to_begin_and_to_end(watch: Open, job: Import, is_good: bool) -> None:
    if not is_good:
        Import.objects.filter(pk=job.pk).update(import_type="file/of-another-release")
    with watch() as events:
        assert events.until("snapshot")["queueDepth"] == 1
        process(job)
        result = events.until("job:done")
        assert events.until("queue:depth") == {"queueDepth": 0}
    assert [name for name in names(events) if name != "queue:depth"] == ["snapshot", "job:start", "job:done"]
    if is_good:
        assert events.until("job:start") == {"type": "job:start", **identity(job)}
    assert result.pop("durationMs") >= 0
    assert result == {"type": "job:done", "jobId": job.import_id, "success": is_good}


def test_an_import_that_ends_without_a_notice_is_found(watch: Open, job: Import) -> None:
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, time_started=timezone.now())
    with watch() as events:
        events.until("snapshot")
        Import.objects.filter(pk=job.pk).update(state=State.COMPLETED, time_finished=timezone.now())
        assert events.until("job:done")["success"]


def test_an_import_cancelled_in_the_queue_has_no_end(watch: Open, job: Import) -> None:
    with watch() as events:
        events.until("snapshot")
        jobs.cancel(job, by=job.user)
        events.until("queue:depth")
    assert names(events) == ["snapshot", "queue:depth"]


def test_a_stream_ends_in_time_and_may_be_opened_again(watch: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LIFETIME_SECONDS", 0.5)
    for _ in range(2):
        with watch() as events:
            assert events.end()[0] == "snapshot"


def test_a_late_reader_gets_the_state_of_then(watch: Open, job: Import) -> None:
    with watch() as first:
        assert first.until("snapshot")["queueDepth"] == 1
        process(job)
        first.until("queue:depth")
        with watch() as second:
            assert second.until("snapshot")["queueDepth"] == 0
            assert names(second) == ["snapshot"]
