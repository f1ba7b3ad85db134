"""Many concurrent players, each with a score every two seconds: lost imports and waiting times."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg

from script.bench_parts.client import Client
from script.bench_parts.figures import Figure
from script.bench_parts.installation import BenchmarkError, Installation

PLAYERS = 50
SCORE_INTERVAL_SECONDS = 2.0  # between two scores of a player
UPDATE_INTERVAL_SECONDS = 0.01
LAST_IMPORTS_TIMEOUT_SECONDS = 30.0  # for the last imports


class Watch:
    """Watches imports until they are completed, over one connection."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database
        self._begun: dict[str, float] = {}
        self._lock = threading.Lock()
        self.passed: list[float] = []
        self.late = 0  # imports not completed within that time

    def expect(self, import_id: str, *, begun: float) -> None:
        with self._lock:
            self._begun[import_id] = begun

    def update(self) -> bool:
        """Records completed imports. Returns whether some are unfinished. Raises BenchmarkError if one failed."""
        with self._lock:
            waiting = list(self._begun)
        rows = self._database.execute(
            "SELECT import_id, state, score_count FROM imports_import WHERE import_id = ANY(%s)"
            " AND state NOT IN ('queued', 'running')",
            [waiting],
        ).fetchall()
        now = time.time()
        for import_id, state, count in rows:
            if (state, count) != ("completed", 1):
                raise BenchmarkError(f"An import of one score ended as {state} with {count} scores.")
            with self._lock:
                self.passed.append(now - self._begun.pop(import_id))
        with self._lock:
            return bool(self._begun)


def play(client: Client, singles: Iterator[bytes], watch: Watch, *, start_time: float, until: float) -> int:
    """Plays as one player; returns the number of sent scores."""
    sent = 0
    while (at := start_time + sent * SCORE_INTERVAL_SECONDS) < until:
        time.sleep(max(0.0, at - time.time()))
        begun = time.time()
        watch.expect(client.send(next(singles)), begun=begun)
        sent += 1
    client.close()
    return sent


def measure(made: Installation, clients: Sequence[Client], singles: Sequence[list[bytes]], *, seconds: float) -> Watch:
    """Runs all players, who start one after the other within the first two seconds."""
    with psycopg.connect(made.database_url, autocommit=True) as database, ThreadPoolExecutor(len(clients)) as pool:
        watch = Watch(database)
        start = time.time() + 0.5
        playing = [
            pool.submit(
                play,
                client,
                iter(scores),
                watch,
                start_time=start + SCORE_INTERVAL_SECONDS * number / len(clients),
                until=start + seconds,
            )
            for number, (client, scores) in enumerate(zip(clients, singles, strict=True))
        ]
        while any(not each.done() for each in playing):
            watch.update()
            time.sleep(UPDATE_INTERVAL_SECONDS)
        sent = sum(each.result() for each in playing)
        deadline = time.time() + LAST_IMPORTS_TIMEOUT_SECONDS
        while watch.update() and time.time() < deadline:
            time.sleep(UPDATE_INTERVAL_SECONDS)
    watch.late = sent - len(watch.passed)
    return watch


def figures(watch: Watch) -> list[Figure]:
    passed = sorted(watch.passed)
    text = f"not completed {LAST_IMPORTS_TIMEOUT_SECONDS:.0f} s after the last was sent"
    return [
        Figure(key="crowd.sent", text="imports of one score that completed", value=len(passed), unit=""),
        Figure(key="crowd.late", text=text, value=watch.late, unit="", aim=0),
        Figure(key="crowd.median", text="POST to completed, median", value=passed[len(passed) // 2], unit="s"),
        Figure(key="crowd.slowest", text="POST to completed, slowest", value=passed[-1], unit="s", aim=1.0),
    ]
