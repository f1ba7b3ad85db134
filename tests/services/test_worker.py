"""The worker process: what monitoring sees while it is busy."""

from __future__ import annotations

import time

import pytest
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as NoConnectionError
from rq import Queue, SimpleWorker, get_current_job
from rq.serializers import JSONSerializer

from imports import jobs
from imports.jobs import queue

HEARTBEATS = "test:heartbeats"
ENOUGH = 4
MARK = "test:worked"


def collect_heartbeats() -> None:
    """A job that records the worker's heartbeats until there are enough, or a minute is over."""
    job = get_current_job()
    assert job is not None
    deadline = time.monotonic() + 60
    while job.connection.scard(HEARTBEATS) < ENOUGH and time.monotonic() < deadline:
        time.sleep(0.05)
        job.connection.sadd(HEARTBEATS, str(job.connection.hget(f"rq:worker:{job.worker_name}", "last_heartbeat")))


def leave_a_mark() -> None:
    job = get_current_job()
    assert job is not None
    job.connection.set(MARK, 1)


def test_a_busy_worker_sends_heartbeats(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "HEARTBEAT_SECONDS", 0.05)
    waiting = Queue("default", connection=redis_clean, serializer=JSONSerializer)
    waiting.enqueue_call(f"{__name__}.{collect_heartbeats.__name__}", result_ttl=0)
    jobs.work(burst=True)
    assert redis_clean.scard(HEARTBEATS) == ENOUGH


def test_a_worker_with_many_small_jobs_limits_its_heartbeats(
    redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bool] = []  # whether with other commands, which costs no round trip
    send = SimpleWorker.heartbeat

    def note(worker: SimpleWorker, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        sent.append(pipeline is not None)
        send(worker, timeout, pipeline)

    monkeypatch.setattr(SimpleWorker, "heartbeat", note)
    monkeypatch.setattr(queue, "HEARTBEAT_RARELY_SECONDS", 1_000)
    waiting = Queue("default", connection=redis_clean, serializer=JSONSerializer)
    for _ in range(5):
        waiting.enqueue_call(f"{__name__}.{leave_a_mark.__name__}", result_ttl=0)

    jobs.work(burst=True)

    assert sent.count(True) >= 5  # as each job begins
    assert sent.count(False) <= 1


def test_a_worker_waits_for_redis_before_running_jobs(
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


def test_a_worker_that_loses_redis_stops_without_a_traceback(
    redis_clean: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NoConnectionError("it is gone")

    monkeypatch.setattr(queue.HeartbeatWorker, "register_birth", fail)
    with pytest.raises(SystemExit) as ended:
        jobs.work(burst=True)
    assert ended.value.code == 1
    [line] = [record for record in caplog.records if record.name == "imports.jobs.queue"]
    assert (line.getMessage(), line.exc_info) == ("the worker stops: Redis is not available (it is gone)", None)
