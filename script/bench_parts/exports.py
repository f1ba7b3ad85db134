"""The export of a player's data: the worker's time and its memory, compared with a smaller export."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from script.bench_parts.bulk import MEGABYTE, TIMEOUT_SECONDS, cpu_of, memory_of, wait_for
from script.bench_parts.client import Client
from script.bench_parts.figures import Figure
from script.bench_parts.installation import BenchmarkError, Installation

ADDRESS = "/api/v1/users/me/export"
POLL_INTERVAL_SECONDS = 0.25
SMALLER = 10  # an export of a tenth of the scores, for comparing memory


@dataclass(frozen=True)
class Written:
    """A finished export. CPU seconds; `peak` in bytes of the worker above its memory before."""

    seconds: float
    worker_cpu: float
    all_cpu: float
    peak: float
    size: int


def measure(made: Installation, client: Client, document: bytes) -> Written:
    """Imports the document and exports the data of its player."""
    wait_for(made.database, client.upload(document))
    made.rest()
    client.close()  # the server may have closed the idle connection
    before = _worker_seconds(made)
    with memory_of(made.workers()) as growth, cpu_of(made) as cpu:
        begun = time.time()
        client.post(ADDRESS, status=202)
        size = _size_once_ready(client)
        passed = time.time() - begun
    return Written(passed, _worker_seconds(made) - before, cpu[0], max(growth), size)


def _size_once_ready(client: Client) -> int:
    """Returns the size of the finished export in bytes. Raises BenchmarkError if it fails or takes too long."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        newest = json.loads(client.get(ADDRESS))["body"][0]
        if newest["state"] == "ready":
            return int(newest["size"])
        if newest["state"] == "failed":
            break
        time.sleep(POLL_INTERVAL_SECONDS)
    raise BenchmarkError("An export was not written.")


def _worker_seconds(made: Installation) -> float:
    found = 0.0
    for process in made.workers():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found += times.user + times.system
    return found


def figures(smaller: Written, larger: Written, *, count: int) -> list[Figure]:
    part = f"{count // SMALLER:,} scores"
    return [
        Figure(key="export.seconds", text="request to ready", value=larger.seconds, unit="s", aim=20),
        Figure(key="export.worker_cpu", text="CPU time of the worker", value=larger.worker_cpu, unit="s", aim=20),
        Figure(key="export.cpu", text="CPU time of workers and PostgreSQL", value=larger.all_cpu, unit="s"),
        Figure(key="export.size", text="file size", value=larger.size / MEGABYTE, unit="MB"),
        Figure(key="export.peak", text="peak memory of the worker above idle", value=larger.peak / MEGABYTE, unit="MB"),
        Figure(key="export.peak_small", text=f"the same for {part}", value=smaller.peak / MEGABYTE, unit="MB"),
    ]
