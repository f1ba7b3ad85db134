"""The player lock: imports of one player run one after the other, those of different players concurrently."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import django_rq
import pytest
from django.db import connection, connections
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from imports import jobs
from imports.models import Import, Score, State, User
from imports.pipeline import states
from imports.pipeline.undo.revert import NotRevertible, PlayerLocked, RevertRequest, revert
from tests.pipeline.factories import EVENING, HALF_HOUR, catalogue, import_rows, player, state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _catalogue(transactional_db: None, redis_clean: Redis) -> None:
    catalogue()


def document(count: int, *, start: int = 0) -> bytes:
    rows = [
        {
            "matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH", "score": 8_000_000 + start + i,
            "lamp": "CLEAR", "timeAchieved": EVENING + i * HALF_HOUR,
        }
        for i in range(count)
    ]  # fmt: skip
    meta = {"game": "sdvx", "playtype": "Single", "service": "World"}
    return json.dumps({"meta": meta, "scores": rows}).encode()


def submit(user: User, content: bytes = b"{}") -> Import:
    return jobs.submit(user, jobs.Upload(content=content, import_type="file/batch-manual"))


def forget_queue() -> None:
    """Empties Redis."""
    django_rq.get_connection("default").flushdb()


def queued_ids() -> list[str]:
    return [job_id[:40] for job_id in django_rq.get_queue("default").get_job_ids()]


def test_only_the_oldest_queued_import_of_a_player_can_start() -> None:
    user = player()
    first, second = submit(user), submit(user)

    assert not states.claim(second)
    assert states.claim(first)
    assert not states.claim(second), "one is running"


def test_imports_of_different_players_run_concurrently() -> None:
    assert states.claim(submit(player()))
    assert states.claim(submit(player()))


def test_a_finished_import_enqueues_the_next_import_of_the_player() -> None:
    user = player()
    first, second = submit(user, document(1)), submit(user, document(1, start=5))
    forget_queue()

    jobs.run_import(first.import_id)

    assert queued_ids() == [second.import_id]


def test_an_import_locked_by_another_process_is_skipped() -> None:
    job = submit(player(), document(1))
    with holding(job):
        jobs.run_import(job.import_id)

    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_the_sweeper_enqueues_imports_that_no_process_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.sweeper.ABANDONED_AFTER_SECONDS", 0)
    lost, waiting, held, running = (submit(player(), document(1)) for _ in range(4))
    forget_queue()
    jobs.enqueue(waiting.import_id)
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING)

    with holding(held):
        swept = jobs.sweep()

    assert swept == 2
    assert sorted(queued_ids()) == sorted([lost.import_id, waiting.import_id, running.import_id])


def test_the_sweeper_enqueues_one_import_per_player(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.sweeper.ABANDONED_AFTER_SECONDS", 0)
    user = player()
    first, _ = submit(user), submit(user)
    forget_queue()

    jobs.sweep()

    assert queued_ids() == [first.import_id]


def test_the_sweeper_skips_players_with_a_running_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.sweeper.ABANDONED_AFTER_SECONDS", 0)
    user = player()
    running, _ = submit(user), submit(user)
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING)
    forget_queue()

    with holding(running):
        assert jobs.sweep() == 0

    assert queued_ids() == []


def test_an_import_is_resumed_after_its_worker_died_and_applied_once() -> None:
    job = submit(player(), document(3))
    assert states.claim(job)

    jobs.run_import(job.import_id)
    jobs.run_import(job.import_id)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.score_count) == (State.COMPLETED, 2, 3)
    assert Score.objects.filter(from_import=job).count() == 3


def test_an_upload_without_redis_is_enqueued_by_the_sweeper(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_name: str, **_more: object) -> None:
        raise RedisConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(django_rq, "get_queue", gone)
        job = submit(player(), document(1))
    monkeypatch.setattr("imports.jobs.sweeper.ABANDONED_AFTER_SECONDS", 0)

    assert jobs.sweep() == 1
    assert queued_ids() == [job.import_id]


@pytest.mark.slow
def test_exactly_one_of_concurrent_reverts_of_an_import_succeeds() -> None:
    user = player()
    job = import_rows(user, "sdvx:Single", json.loads(document(5))["scores"])

    outcomes = race([lambda: _result_of(job)] * 4)

    assert outcomes.count("reverted") == 1
    assert set(outcomes) <= {"reverted", "busy", "gone"}
    assert state_of(user)["scores"] == []


@pytest.mark.slow
def test_a_concurrent_import_and_revert_are_applied_in_some_order() -> None:
    user = player()
    old = import_rows(user, "sdvx:Single", json.loads(document(5))["scores"])
    new = submit(user, document(5, start=100))

    outcomes = race([lambda: _result_of(old), lambda: jobs.run_import(new.import_id)])

    new.refresh_from_db()
    assert new.state == State.COMPLETED
    assert Score.objects.filter(user=user).count() == (5 if "reverted" in outcomes else 10)


def _result_of(job: Import) -> str:
    try:
        revert(job, RevertRequest(by=job.user))
    except PlayerLocked:
        return "busy"
    except NotRevertible:
        return "gone"
    return "reverted"


def race(operations: Sequence[Callable[[], Any]]) -> list[Any]:
    """Runs operations concurrently, each in its own thread and on its own connection, and returns their results."""
    barrier = threading.Barrier(len(operations))
    results: list[Any] = []

    def run(operation: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results.append(operation())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(operation,)) for operation in operations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == len(operations), "an operation raised or hung"
    return results


class holding:  # noqa: N801 - reads as a word in a with statement
    """Holds the lock of an import on another connection, as a worker would."""

    def __init__(self, job: Import) -> None:
        self._key = job.pk
        self._connection = connection.copy()

    def __enter__(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [self._key])

    def __exit__(self, *_: object) -> None:
        self._connection.close()
