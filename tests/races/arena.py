"""Deeds at the same moment: each in a thread and on a connection of its own, over the HTTP API."""

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

from django.db import connection, connections
from django.test import Client

from imports import jobs
from imports.models import AuditEntry, Import, Permission, Score, State, User
from imports.pipeline.integrity import check_player
from tests.people import token_of
from tests.pipeline.world import player

ROUNDS = int(os.environ.get("TACHI_RACE_ROUNDS", "200" if os.environ.get("CI") else "10"))
SEATS = 4  # deeds at once
HEAD_START = 0.012  # seconds, about as long as a small revert takes; each deed waits up to so long by chance
WON = 200
LOST = {404, 409, 410}  # too late, or not its turn
BUSY = "You already have an import or a revert ongoing."

Told = tuple[int, str]
Deed = Callable[[], Any]


class Arena:
    """Threads that stay, so that a round costs no new connections."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._chance = Random("races")

    def race(self, *deeds: Deed) -> list[Any]:
        """Does all deeds at once; what each returned, in the same order. Raises what a deed raised."""
        barrier = threading.Barrier(len(deeds))
        waits = [self._chance.uniform(0, HEAD_START) for _ in deeds]
        running = [self._pool.submit(_do, deed, barrier, wait) for deed, wait in zip(deeds, waits, strict=True)]
        return [future.result(timeout=30) for future in running]

    def rounds(self, *, share: int = 1) -> Iterator[int]:
        """Counts rounds; one in `share` of them."""
        yield from range(-(-ROUNDS // share))


def _do(deed: Deed, barrier: threading.Barrier, wait: float) -> Any:
    connection.ensure_connection()
    barrier.wait(timeout=30)
    time.sleep(wait)
    return deed()


@contextmanager
def arena() -> Iterator[Arena]:
    """Closes the threads' connections in the end, without which the test database could not be emptied."""
    with ThreadPoolExecutor(SEATS) as pool:
        yield Arena(pool)
        everybody = threading.Barrier(SEATS)
        for future in [pool.submit(_leave, everybody) for _ in range(SEATS)]:
            future.result(timeout=30)


def _leave(everybody: threading.Barrier) -> None:
    everybody.wait(timeout=30)
    connections.close_all()


@functools.cache
def _client_of(_thread: int) -> Client:
    return Client(raise_request_exception=False)


def client() -> Client:
    """One a thread: making one costs more than what it then asks."""
    return _client_of(threading.get_ident())


class Racer:
    """A player whose program may do everything."""

    def __init__(self) -> None:
        self.user: User = player()
        self._headers = {"Authorization": f"Bearer {token_of(self.user, *Permission)}"}

    def send(self, method: str, path: str, content: Any = None) -> Told:
        """Status and description. An answer of 5xx ends the test."""
        text = b"" if content is None else json.dumps(content).encode()
        answer = client().generic(
            method, f"/api/v1/{path}", text, content_type="application/json", headers=self._headers
        )
        told = answer.status_code, str(json.loads(answer.content)["description"])
        assert told[0] < 500, told
        return told

    def revert(self, job: Import, *, keep_shared: bool = False) -> Deed:
        return lambda: self.send("POST", f"imports/{job.import_id}/revert", {"keepShared": keep_shared})

    def revert_all(self, chosen: Sequence[Import]) -> Deed:
        content = {"importIDs": [job.import_id for job in chosen]}
        return lambda: self.send("POST", "imports/revert", content)

    def restore(self, job: Import) -> Deed:
        """And a worker runs it at once."""

        def restored() -> Told:
            told = self.send("POST", f"imports/{job.import_id}/restore")
            if told[0] == 202:
                jobs.run_import(job.import_id)
            return told

        return restored

    def delete(self, score: Score) -> Deed:
        return lambda: self.send("DELETE", f"scores/{score.score_id}")

    def edit(self, score: Score) -> Deed:
        return lambda: self.send("PATCH", f"scores/{score.score_id}", {"highlight": True})

    def rescue(self) -> Deed:
        return lambda: self.send("POST", "import/orphans")

    def scores(self) -> list[Score]:
        return list(Score.objects.filter(user=self.user).order_by("time_achieved"))

    def assert_whole(self) -> None:
        """Nothing is half done, and nothing was done twice."""
        assert check_player(self.user) == []
        assert not Import.objects.filter(user=self.user, state=State.RUNNING).exists()
        done = AuditEntry.objects.filter(subject=self.user).values_list("job_id", "verb")
        undone = [job for job, verb in done if verb == AuditEntry.Verb.REVERTED]
        assert len(undone) - len([1 for _, verb in done if verb == AuditEntry.Verb.RESTORED]) <= len(set(undone))


def work(job: Import) -> Deed:
    """What a worker does. It must not be disturbed: an import that had to begin anew stays `running`."""
    return lambda: jobs.run_import(job.import_id)


def statuses(told: Sequence[Told]) -> list[int]:
    return [status for status, _ in told]


def state(job: Import) -> str:
    return Import.objects.values_list("state", flat=True).get(pk=job.pk)
