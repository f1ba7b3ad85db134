"""Imports of a banned player wait: none starts, a running one goes back to the queue, all continue after the ban."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django_rq
import pytest
from django.db import connections
from redis import Redis

from imports import jobs, monitoring
from imports.models import AuditEntry, Import, Score, State, User
from imports.pipeline import run as running
from imports.pipeline import states
from imports.pipeline.scoring import convert
from tests.pipeline.factories import EVENING_ROWS, catalogue, import_rows, player, submit_rows

pytestmark = pytest.mark.django_db(transaction=True)
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(transactional_db: None, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue()
    monkeypatch.setattr(convert, "CHUNK_ROWS", 4)
    monkeypatch.setattr("imports.jobs.sweeper.ABANDONED_AFTER_SECONDS", 0)


def ban(user: User, *, banned: bool = True) -> None:
    User.objects.filter(pk=user.pk).update(is_banned=banned)


def run_on_another_connection(action: Callable[[], None]) -> None:
    """Runs an action on a separate connection, so that it is committed while an import's transaction is open."""

    def run() -> None:
        try:
            action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def queued_ids() -> list[str]:
    return [job_id[:40] for job_id in django_rq.get_queue("default").get_job_ids()]


def state_and_score_count(job: Import) -> tuple[str, int]:
    job.refresh_from_db()
    return job.state, Score.objects.filter(from_import=job).count()


def test_a_queued_import_of_a_banned_player_does_not_run() -> None:
    user = player()
    job = submit_rows(user, SDVX, EVENING_ROWS)
    ban(user)

    jobs.run_import(job.import_id)

    assert state_and_score_count(job) == (State.QUEUED, 0)
    assert not states.claim(job)


def test_the_sweeper_and_the_queue_depth_ignore_imports_of_banned_players() -> None:
    user, other = player(), player()
    submit_rows(user, SDVX, EVENING_ROWS)
    waiting = submit_rows(other, SDVX, EVENING_ROWS)
    ban(user)
    jobs.queue.redis().flushdb()

    assert jobs.sweep() == 1
    assert queued_ids() == [waiting.import_id]
    assert monitoring.queue_depth()["queued"] == 1


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("stage", ["judge", "finish", "refresh"])
def test_a_running_import_of_a_banned_player_returns_to_the_queue(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user = player()
    import_rows(user, SDVX, EVENING_ROWS[:1])
    job = submit_rows(user, SDVX, EVENING_ROWS)
    with monkeypatch.context() as patched:
        part = getattr(running, stage)

        def banned(*args: Any, **more: Any) -> Any:
            run_on_another_connection(lambda: ban(user))
            return part(*args, **more)

        patched.setattr(running, stage, banned)
        jobs.run_import(job.import_id)

    assert state_and_score_count(job) == (State.QUEUED, 0)
    assert job.attempts == 0, "a ban is not a failed attempt"
    assert not AuditEntry.objects.filter(job=job, verb__in=["failed", "cancelled"]).exists()


def test_the_sweeper_queues_imports_once_the_ban_is_lifted() -> None:
    user = player()
    first, second = submit_rows(user, SDVX, EVENING_ROWS[:2]), submit_rows(user, SDVX, EVENING_ROWS[:4])
    ban(user)
    jobs.run_import(first.import_id)
    jobs.queue.redis().flushdb()
    ban(user, banned=False)

    jobs.sweep()
    assert queued_ids() == [first.import_id]
    for job in (first, second):
        jobs.run_import(job.import_id)

    assert [state_and_score_count(job) for job in (first, second)] == [(State.COMPLETED, 2), (State.COMPLETED, 2)]


def test_an_abandoned_import_of_a_banned_player_returns_to_the_queue() -> None:
    user = player()
    job = submit_rows(user, SDVX, EVENING_ROWS)
    assert states.claim(job)
    ban(user)

    jobs.run_import(job.import_id)

    assert state_and_score_count(job) == (State.QUEUED, 0)


def test_a_banned_players_queued_import_can_still_be_cancelled() -> None:
    user = player()
    job = submit_rows(user, SDVX, EVENING_ROWS)
    ban(user)

    jobs.cancel(job, by=player())

    assert state_and_score_count(job) == (State.CANCELLED, 0)
