"""Files of many players, uploaded first and then imported concurrently: the cost of each part of an installation."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from script.bench_parts import catalogue
from script.bench_parts.client import Client
from script.bench_parts.installation import BenchmarkError, Installation, cpu_seconds

PLAYERS = 40
TIMEOUT_SECONDS = 600.0
BESIDE = {"sweep", "tachi_imports.streams"}  # words in the command lines of processes that do not depend on imports
STATE = """
    SELECT count(*) FILTER (WHERE state IN ('queued', 'running')), count(*) FILTER (WHERE state = 'completed'),
           (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock')
    FROM imports_import WHERE import_id = ANY(%s)
"""


@dataclass(frozen=True)
class Cost:
    """The cost of all files: seconds from the start of the first import to the end of the last, CPU seconds from the
    first upload, and the share of the workers' time in which a connection waited for another's lock."""

    seconds: float
    cpu_of_instances: Sequence[float]  # web and workers of each host
    cpu_of_servers: float  # PostgreSQL and Redis
    cpu_beside: float  # sweeper, streams and supervisor of one host, per second, independent of imports
    waiting: float

    @property
    def cpu(self) -> float:
        return sum(self.cpu_of_instances) + self.cpu_of_servers


def measure(made: Installation, *, scores: int, players: int = PLAYERS) -> Cost:
    """Imports files of many players concurrently, uploaded to the web hosts alternately."""
    charts = catalogue.write_seeds(made.folder / "seeds")
    made.manage("load_seeds", str(made.folder / "seeds"))
    workers = len(made.workers())
    names = [f"bench_{number}" for number in range(players + 2 * workers)]
    tokens = made.manage("create_token", "--create-users", *names).splitlines()
    hosts = itertools.cycle(made.hosts)
    clients = [Client(made.port, line.split()[2], host=host) for line, host in zip(tokens, hosts, strict=False)]
    documents = [
        catalogue.scores("sdvx:Single", charts["sdvx"], scores, seed=f"player {number}") for number in range(players)
    ]
    wait_for_all(made, upload(clients[players:], documents[:1] * 2 * workers))  # each worker runs at least once
    made.rest()
    # Without the lock a worker would finish the first files before the last is uploaded.
    made.database.execute("BEGIN; LOCK TABLE imports_score IN SHARE MODE")
    before, uploaded = cpu(made), time.monotonic()
    ids = upload(clients[:players], documents)
    begun = time.monotonic()
    made.database.execute("COMMIT")
    waiting = wait_for_all(made, ids) / workers
    ended, after = time.monotonic(), cpu(made)
    return Cost(
        seconds=ended - begun,
        cpu_of_instances=[of_host - then for of_host, then in zip(after.instances, before.instances, strict=True)],
        cpu_of_servers=after.servers - before.servers,
        cpu_beside=(after.beside - before.beside) / len(made.hosts) / (ended - uploaded),
        waiting=waiting,
    )


def upload(clients: Sequence[Client], documents: Sequence[bytes]) -> list[str]:
    """Uploads a file of each player, one after the other. Returns the IDs of the imports."""
    ids = []
    for client, document in zip(clients, documents, strict=True):
        ids.append(client.upload(document))
        client.close()
    return ids


def wait_for_all(made: Installation, import_ids: Sequence[str]) -> float:
    """Waits for the imports. Returns the mean number of connections that waited for a lock meanwhile.

    Raises BenchmarkError if an import fails, or after ten minutes.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    waiting: list[int] = []
    while True:
        unfinished, completed, blocked = made.database.execute(STATE, [import_ids]).fetchone() or (0, 0, 0)
        if not unfinished:
            if completed != len(import_ids):
                raise BenchmarkError("Not every file was imported.")
            return statistics.mean(waiting) if waiting else 0.0
        if time.monotonic() > deadline:
            raise BenchmarkError("The files of all players were not imported in time.")
        waiting.append(blocked)
        time.sleep(0.05)


class CPU(NamedTuple):
    """CPU seconds so far; see `Cost`."""

    instances: Sequence[float]
    beside: float
    servers: float


def cpu(made: Installation) -> CPU:
    """Returns the CPU seconds so far, without this benchmark's own connection to PostgreSQL."""
    instances, beside = [], []
    for each in made.supervisors:
        supervisor = psutil.Process(each.pid)
        others = [child for child in supervisor.children() if not BESIDE.isdisjoint(child.cmdline())]
        beside += [supervisor, *others]
        instances.append(cpu_seconds(child for child in supervisor.children(recursive=True) if child not in others))
    own = made.database.info.backend_pid
    servers = [*(process for process in made.postgres() if process.pid != own), made.redis()]
    return CPU(instances, cpu_seconds(beside), cpu_seconds(servers))
