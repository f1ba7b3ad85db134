"""Concurrent calls of the HTTP API, each in its own thread with its own connection."""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from imports import jobs
from imports.models import AuditEntry, Import, Permission, Score, State, User
from imports.pipeline.derived.integrity import check_player
from tests.people import token_of
from tests.pipeline.factories import player

ROUNDS = int(os.environ.get("TACHI_RACE_ROUNDS", "200" if os.environ.get("CI") else "10"))
FEW_ROUNDS = range(-(-ROUNDS // 4))
PART_ROUNDS = 50
MAX_CONCURRENT = 4  # concurrent operations
MAX_DELAY_SECONDS = 0.012  # about the duration of a small revert; each operation starts with a random delay up to this
WON = 200
LOST = {404, 409, 410}  # too late, or locked
BUSY = "You already have an import or a revert ongoing."

all_rounds = pytest.mark.parametrize(
    "calls",
    [range(first, min(first + PART_ROUNDS, ROUNDS)) for first in range(0, ROUNDS, PART_ROUNDS)],
    ids=lambda rounds: f"from round {rounds.start}",
    indirect=True,
)
"""Runs `calls` in all rounds, not a quarter of them, split into several tests so that pytest's workers share them."""

Outcome = tuple[int, str]
Operation = Callable[[], Any]


class ConcurrentCalls:
    """A pool of threads that keep their connections between rounds."""

    def __init__(self, pool: ThreadPoolExecutor, rounds: range) -> None:
        self._pool = pool
        self.rounds = rounds
        self._chance = Random(f"races from round {rounds.start}")

    def race(self, *operations: Operation) -> list[Any]:
        """Runs all operations concurrently; returns their results in order. Raises what an operation raised."""
        barrier = threading.Barrier(len(operations))
        waits = [self._chance.uniform(0, MAX_DELAY_SECONDS) for _ in operations]
        running = [
            self._pool.submit(_run_operation, operation, barrier, wait)
            for operation, wait in zip(operations, waits, strict=True)
        ]
        return [future.result(timeout=60) for future in running]


def _run_operation(operation: Operation, barrier: threading.Barrier, wait: float) -> Any:
    connection.ensure_connection()
    barrier.wait(timeout=60)
    time.sleep(wait)
    return operation()


@contextmanager
def concurrent_calls(rounds: range = FEW_ROUNDS) -> Iterator[ConcurrentCalls]:
    """Yields the calls, then closes the threads' connections so that the test database can be emptied."""
    with ThreadPoolExecutor(MAX_CONCURRENT) as pool:
        yield ConcurrentCalls(pool, rounds)
        barrier = threading.Barrier(MAX_CONCURRENT)
        for future in [pool.submit(_wait_at_end, barrier) for _ in range(MAX_CONCURRENT)]:
            future.result(timeout=60)


def _wait_at_end(barrier: threading.Barrier) -> None:
    barrier.wait(timeout=60)
    connections.close_all()


@functools.cache
def _client_of(_thread: int) -> Client:
    return Client(raise_request_exception=False)


def client() -> Client:
    """Returns the client of this thread: creating one costs more than its requests."""
    return _client_of(threading.get_ident())


class ConcurrentPlayer:
    """A player with a token that has all permissions."""

    def __init__(self) -> None:
        self.user: User = player()
        self._headers = {"Authorization": f"Bearer {token_of(self.user, *Permission)}"}

    def send(self, method: str, path: str, content: Any = None) -> Outcome:
        """Returns the status and the description of the response. Fails the test on a 5xx."""
        text = b"" if content is None else json.dumps(content).encode()
        response = client().generic(
            method, f"/api/v1/{path}", text, content_type="application/json", headers=self._headers
        )
        document = response.status_code, str(json.loads(response.content)["description"])
        assert document[0] < 500, document
        return document

    def revert(self, job: Import, *, keep_shared: bool = False) -> Operation:
        return lambda: self.send("POST", f"imports/{job.import_id}/revert", {"keepShared": keep_shared})

    def revert_all(self, selected: Sequence[Import]) -> Operation:
        content = {"importIDs": [job.import_id for job in selected]}
        return lambda: self.send("POST", "imports/revert", content)

    def restore(self, job: Import) -> Operation:
        """Restores an import and runs it at once, as a worker would."""

        def restored() -> Outcome:
            actual = self.send("POST", f"imports/{job.import_id}/restore")
            if actual[0] == 202:
                jobs.run_import(job.import_id)
            return actual

        return restored

    def delete(self, score: Score) -> Operation:
        return lambda: self.send("DELETE", f"scores/{score.score_id}")

    def edit(self, score: Score) -> Operation:
        return lambda: self.send("PATCH", f"scores/{score.score_id}", {"highlight": True})

    def retry_orphans(self) -> Operation:
        return lambda: self.send("POST", "import/orphans")

    def scores(self) -> list[Score]:
        return list(Score.objects.filter(user=self.user).order_by("time_achieved"))

    def assert_consistent(self) -> None:
        """Checks that no operation is half done or was done twice."""
        assert check_player(self.user) == []
        assert not Import.objects.filter(user=self.user, state=State.RUNNING).exists()
        done = AuditEntry.objects.filter(subject=self.user).values_list("job_id", "verb")
        undone = [job for job, verb in done if verb == AuditEntry.Verb.REVERTED]
        assert len(undone) - len([1 for _, verb in done if verb == AuditEntry.Verb.RESTORED]) <= len(set(undone))


def run_as_worker(job: Import) -> Operation:
    """Runs an import as a worker. Must not be interrupted: an import that had to start again would stay `running`."""
    return lambda: jobs.run_import(job.import_id)


def statuses(expected: Sequence[Outcome]) -> list[int]:
    return [status for status, _ in expected]


def state(job: Import) -> str:
    return Import.objects.values_list("state", flat=True).get(pk=job.pk)
