"""The worker process: what monitoring sees while it is busy."""

from __future__ import annotations

import time

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoConnectionError
from rq import Queue, get_current_job
from rq.serializers import JSONSerializer

from imports import jobs
from imports.jobs import queue

HEARTBEATS = "test:heartbeats"
MARK = "test:worked"


def collect_heartbeats() -> None:
    """A job that takes half a second and records the worker's heartbeats meanwhile."""
    job = get_current_job()
    assert job is not None
    for _ in range(10):
        time.sleep(0.05)
        job.connection.sadd(HEARTBEATS, str(job.connection.hget(f"rq:worker:{job.worker_name}", "last_heartbeat")))


def leave_a_mark() -> None:
    job = get_current_job()
    assert job is not None
    job.connection.set(MARK, 1)


def test_a_busy_worker_shows_itself_again_and_again(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "HEARTBEAT_SECONDS", 0.05)
    waiting = Queue("default", connection=redis_clean, serializer=JSONSerializer)
    waiting.enqueue_call(f"{__name__}.{collect_heartbeats.__name__}", result_ttl=0)
    jobs.work(burst=True)
    assert redis_clean.scard(HEARTBEATS) > 3


def test_a_worker_waits_for_redis_and_then_works(
    redis_clean: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: list[int] = []

    class Returning(Redis):
        """A server that is back at the third attempt."""

        def ping(self, **_: object) -> bool:
            attempts.append(1)
            if len(attempts) < 3:
                raise NoConnectionError("nobody listens")
            return bool(redis_clean.ping())

    monkeypatch.setattr(queue, "redis", Returning)
    monkeypatch.setattr(queue, "WAIT_SECONDS", 0.0)
    Queue("default", connection=redis_clean, serializer=JSONSerializer).enqueue_call(
        f"{__name__}.{leave_a_mark.__name__}", result_ttl=0
    )

    jobs.work(burst=True)

    assert redis_clean.get(MARK) == b"1"
    waited = [record for record in caplog.records if "the worker waits" in record.getMessage()]
    assert [record.is_repeated for record in waited] == [True, True]  # type: ignore[attr-defined]


def test_a_worker_whose_redis_goes_away_stops_without_a_traceback(
    redis_clean: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NoConnectionError("it is gone")

    monkeypatch.setattr(queue.HeartbeatWorker, "register_birth", fail)
    with pytest.raises(SystemExit) as ended:
        jobs.work(burst=True)
    assert ended.value.code == 1
    [line] = [record for record in caplog.records if record.name == "imports.jobs.queue"]
    assert (line.getMessage(), line.exc_info) == ("the worker stops: Redis does not answer (it is gone)", None)
