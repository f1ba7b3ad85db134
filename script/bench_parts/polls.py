"""Polls per second, compared with a trivial view on the same server."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from imports.pipeline.progress import Progress, Stage, writer
from script.bench_parts.bulk import wait_for
from script.bench_parts.client import TRIVIAL, Client
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import BenchmarkError, Installation

CONNECTIONS = 16  # enough for the kernel to distribute them over all web processes
WARM_UP = 0.5  # seconds
MIN_SECONDS = 3.0  # seconds: shorter than a large import takes


def rate(port: int, path: str, *, seconds: float) -> float:
    """Returns the number of responses per second."""
    argv = [sys.executable, "-P", "-m", "script.bench_parts.hammer", str(port), path, str(seconds), str(CONNECTIONS)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"GET {path} could not be measured: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    return float(found["requests"] / found["seconds"])


@contextmanager
def marked_as_running(made: Installation, import_id: str) -> Iterator[None]:
    """Marks a completed import as running: holds its lock and leaves its progress unchanged."""
    row = made.database.execute("SELECT id FROM imports_import WHERE import_id = %s", [import_id]).fetchone()
    made.database.execute("SELECT pg_advisory_lock(%s)", row)
    made.database.execute("UPDATE imports_import SET state = 'running' WHERE id = %s", row)
    with Redis.from_url(made.redis_url) as redis:
        Progress(writer(redis, import_id)).stage(Stage.CHECKING, total=100_000)
    yield
    made.database.execute("UPDATE imports_import SET state = 'completed' WHERE id = %s", row)
    made.database.execute("SELECT pg_advisory_unlock(%s)", row)


def rate_beside_an_import(made: Installation, path: str, *, client: Client, document: bytes, seconds: float) -> float:
    """Returns responses per second while a worker runs a large import. Any unexpected response ends the run."""
    uploaded = client.upload(document)
    found = rate(made.port, path, seconds=seconds)
    wait_for(made.database, uploaded)
    return found


def figures(
    made: Installation, import_id: str, *, client: Client, document: bytes, rounds: int, seconds: float
) -> list[Figure]:
    """Returns polls per second. `import_id`: a completed import of one score. Ratios: of consecutive measurements."""
    trivial: list[float] = []
    ongoing: list[float] = []
    completed: list[float] = []
    poll = f"/api/v1/imports/{import_id}/poll-status"
    for number in range(rounds + 1):
        length = seconds if number else WARM_UP
        responses = [rate(made.port, TRIVIAL, seconds=length)]
        with marked_as_running(made, import_id):
            responses.append(rate(made.port, poll, seconds=length))
        responses.append(rate(made.port, poll, seconds=length))
        if number:
            for found, measured in zip((trivial, ongoing, completed), responses, strict=True):
                found.append(measured)
    with marked_as_running(made, import_id):
        beside = rate_beside_an_import(made, poll, client=client, document=document, seconds=max(seconds, MIN_SECONDS))
    return [
        Figure(
            key="polls.beside",
            text="poll-status without errors during an import of 100,000 scores",
            value=beside,
            unit="/s",
            aim=3_000,
            at_least=True,
        ),
        middle("polls.trivial", "a trivial view", trivial, "/s"),
        middle("polls.ongoing", "poll-status of a running import", ongoing, "/s"),
        middle("polls.completed", "poll-status of a completed import of one score", completed, "/s"),
        _ratio("polls.ratio", "running / trivial", ongoing, trivial, aim=1.3),
        _ratio("polls.completed_ratio", "completed / trivial", completed, trivial),
    ]


def _ratio(key: str, text: str, found: list[float], trivial: list[float], *, aim: float | None = None) -> Figure:
    ratios = [a / b for a, b in zip(found, trivial, strict=True)]
    value = statistics.median(ratios)
    return Figure(key=key, text=text, value=value, unit="x", aim=aim, at_least=True, rounds=tuple(ratios))
