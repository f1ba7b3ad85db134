"""A large import against a bare COPY of the same rows, its memory, its repeat and its revert."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
import psycopg

from script.bench_parts.client import Client
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import BenchmarkError, Installation

POLL_INTERVAL_SECONDS = 0.01  # between two checks of an import's row, which take CPU time from the import
TIMEOUT_SECONDS = 180.0
MEGABYTE = 1_000_000


@dataclass
class Round:
    """Seconds, unless a name says otherwise. `copy` is COPY with COMMIT; CPU is that of workers and PostgreSQL."""

    posted: float = 0.0  # from the first byte sent to `completed` seen
    queued: float = 0.0  # from the row's time_queued to `completed` seen
    by_row: float = 0.0  # from the row's time_queued to its time_finished, which is before COMMIT
    copy: float = 0.0
    copy_without_commit: float = 0.0
    repeat: float = 0.0
    preview: float = 0.0
    revert: float = 0.0
    import_cpu: float = 0.0
    copy_cpu: float = 0.0
    peak: float = 0.0  # bytes of the worker above its memory before
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CompletedImport:
    """A completed import. Times of this machine's clock, in seconds."""

    key: int
    at: float
    queued: float
    finished: float
    scores: int
    duplicates: int
    stages: dict[str, float]


def measure(made: Installation, client: Client, document: bytes, *, count: int, revert: bool = True) -> Round:
    """Measures a round with a document of new scores; without `revert` the import stays completed."""
    measured = Round()
    made.rest()
    with memory_of(made.workers()) as growth, cpu_of(made) as cpu:
        begun = time.time()
        import_id = client.upload(document)
        imported = wait_for(made.database, import_id)
    if imported.scores != count:
        raise BenchmarkError(f"{imported.scores:,} of {count:,} scores came in.")
    measured.posted, measured.queued, measured.by_row = (
        imported.at - begun,
        imported.at - imported.queued,
        imported.finished - imported.queued,
    )
    measured.stages = imported.stages | {"commit": imported.at - imported.finished}
    measured.import_cpu, measured.peak = cpu[0], max(growth)
    measured.copy_without_commit, measured.copy, measured.copy_cpu = bare_copy(made, imported.key)
    made.rest()
    begun = time.time()
    again = wait_for(made.database, client.upload(document))
    measured.repeat = again.at - begun
    if again.duplicates != count:
        raise BenchmarkError(f"{again.duplicates:,} of {count:,} scores were known the second time.")
    if revert:
        measured.preview = seconds_of(made, lambda: client.preview_revert(import_id))
        measured.revert = seconds_of(made, lambda: client.revert(import_id))
    return measured


def seconds_of(made: Installation, action: Callable[[], object]) -> float:
    made.rest()
    begun = time.time()
    action()
    return time.time() - begun


def wait_for(
    database: psycopg.Connection, import_id: str, *, poll_interval: float = POLL_INTERVAL_SECONDS
) -> CompletedImport:
    """Waits until the import is completed. Raises BenchmarkError if it fails or takes too long."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        row = database.execute("SELECT state FROM imports_import WHERE import_id = %s", [import_id]).fetchone()
        at = time.time()
        if row is None or row[0] not in {"queued", "running"}:
            break
        time.sleep(poll_interval)
    return completed(database, import_id, at=at)


def completed(database: psycopg.Connection, import_id: str, *, at: float) -> CompletedImport:
    """Returns the row of a completed import. Raises BenchmarkError for any other state."""
    row = database.execute(
        "SELECT id, state, time_queued, time_finished, score_count, duplicate_count, stage_seconds, error_message"
        " FROM imports_import WHERE import_id = %s",
        [import_id],
    ).fetchone()
    if row is None or row[1] != "completed":
        raise BenchmarkError(f"An import did not complete: {row}")
    queued, finished = (moment.timestamp() for moment in row[2:4] if isinstance(moment, datetime))
    stages = dict(sorted(row[6].items(), key=lambda item: STAGES.index(item[0])))
    return CompletedImport(row[0], at, queued, finished, scores=row[4], duplicates=row[5], stages=stages)


STAGES = ("reading", "finding_charts", "checking", "saving", "sessions", "bests", "ratings", "finishing")


def bare_copy(made: Installation, key: int) -> tuple[float, float, float]:
    """Deletes an import's scores and stores them with one COPY. Returns seconds without and with COMMIT, and of CPU."""
    with psycopg.connect(made.database_url, application_name="bench copy") as connection:
        with connection.cursor().copy(
            "COPY (SELECT * FROM imports_score WHERE from_import_id = %s ORDER BY id) TO STDOUT", [key]
        ) as copy:
            text = b"".join(bytes(part) for part in copy)
        connection.execute("DELETE FROM imports_score WHERE from_import_id = %s", [key])
        connection.commit()
        made.rest()
        with cpu_of(made) as cpu:
            begun = time.monotonic()
            with connection.cursor().copy("COPY imports_score FROM STDIN") as copy:
                copy.write(text)
            copied = time.monotonic() - begun
            connection.commit()
            done = time.monotonic() - begun
    return copied, done, cpu[0]


@contextmanager
def memory_of(processes: Sequence[psutil.Process]) -> Iterator[list[float]]:
    """Yields a list; after the block it has the peak growth of each process in bytes, 0 if the system has no figure."""
    idle = [process.memory_info().rss for process in processes]
    for process in processes:
        with suppress(OSError):
            Path(f"/proc/{process.pid}/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    growth: list[float] = []
    yield growth
    growth += [max(0, largest(process) - before) for process, before in zip(processes, idle, strict=True)]


def largest(process: psutil.Process) -> int:
    """Returns the peak resident memory of a process, in bytes."""
    with suppress(OSError):
        lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024
    return 0


@contextmanager
def cpu_of(made: Installation) -> Iterator[list[float]]:
    """Yields a list; after the block it has the CPU seconds of workers and PostgreSQL, nearly independent of load."""
    before = cpu_seconds(made)
    passed: list[float] = []
    yield passed
    passed.append(sum(seconds - before.get(pid, 0) for pid, seconds in cpu_seconds(made).items()))


def cpu_seconds(made: Installation) -> dict[int, float]:
    found = {}
    for process in (*made.workers(), *made.postgres()):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


# --- figures --------------------------------------------------------------------------------------


def figures(gpt: str, rounds: Sequence[Round]) -> list[Figure]:
    """Returns the figures of several rounds: ratios are computed per round, then their median."""
    key = f"bulk.{gpt}"
    found = [
        middle(f"{key}.posted", "upload to completed", [r.posted for r in rounds], "s"),
        middle(
            f"{key}.by_row", "queued to finished, by the row's times (before COMMIT)", [r.by_row for r in rounds], "s"
        ),
        middle(f"{key}.copy", "bare COPY with COMMIT", [r.copy for r in rounds], "s"),
        middle(f"{key}.copy_alone", "bare COPY without COMMIT", [r.copy_without_commit for r in rounds], "s"),
        middle(f"{key}.ratio", "upload to completed / bare COPY", [r.posted / r.copy for r in rounds], "x", aim=1.4),
        middle(f"{key}.queued_ratio", "queued to completed / bare COPY", [r.queued / r.copy for r in rounds], "x"),
        middle(
            f"{key}.cpu_ratio",
            "CPU of workers and PostgreSQL / that of the bare COPY",
            [r.import_cpu / r.copy_cpu for r in rounds],
            "x",
        ),
        middle(f"{key}.repeat_ratio", "the same again / import", [r.repeat / r.posted for r in rounds], "x", aim=0.4),
        middle(f"{key}.revert_ratio", "revert / import", [r.revert / r.posted for r in rounds], "x", aim=0.25),
        middle(f"{key}.preview_ratio", "its preview / revert", [r.preview / r.revert for r in rounds], "x", aim=1.1),
    ]
    peak = max(r.peak for r in rounds) / MEGABYTE
    if peak:
        text = "peak memory of the worker above idle"
        rounds_mb = tuple(r.peak / MEGABYTE for r in rounds)
        found.append(Figure(key=f"{key}.peak", text=text, value=peak, unit="MB", aim=200, rounds=rounds_mb))
    return found


def middle_stages(rounds: Sequence[Round]) -> dict[str, float]:
    """Returns the stages of the round with the median time."""
    return sorted(rounds, key=lambda r: r.posted)[len(rounds) // 2].stages
