"""The same documents through this service and through other ways of storing scores, on the same PostgreSQL.

The others store into tables of a separate schema, created from the definitions of the product's tables.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import psycopg
from redis import Redis

from script.bench_parts import catalogue
from script.bench_parts.bulk import MEGABYTE, memory_of, wait_for
from script.bench_parts.client import Client
from script.bench_parts.figures import Curve, Table
from script.bench_parts.installation import BenchmarkError, Installation
from script.bench_parts.small import POLL_INTERVAL_SECONDS, singles
from tachi_imports import env

PYTHON = env.BASE_DIR / ".venv-peers" / "bin" / "python"
GPT = "sdvx:Single"
SIZES = (1, 1_000, 10_000)
SMALL_BYTES = 2_000  # of a document that is sent as a hook sends it
WARM_UP_SCORES = 200
SINGLES = 25  # documents of one score per round
OURS, FLOOR = "this service", "bare COPY"
NAMES = {
    OURS: OURS,
    "import_export_bulk": "django-import-export, bulk",
    "import_export": "django-import-export",
    "bulk_create": "bulk_create, full_clean",
    "orm_loop": "ORM, a row at a time",
    FLOOR: FLOOR,
}
ONLY_SCORES = "no bests, sessions, ratings, undo, progress or retry after a crash"
LEFT_UNDONE = {
    OURS: "nothing; includes HTTP, queue and worker",
    "import_export_bulk": ONLY_SCORES,
    "import_export": ONLY_SCORES,
    "bulk_create": ONLY_SCORES,
    "orm_loop": "bests by one metric only; no sessions, ratings, undo, progress or retry after a crash",
    FLOOR: "everything: the rows are given, not read, judged or compared with stored ones",
}
HEADING = "The same documents in other ways"


@dataclass
class Cost:
    """The cost of a document in a round: seconds, CPU seconds of all processes involved, and peak bytes above idle."""

    seconds: float
    cpu: float
    peak: float


Costs = dict[tuple[str, int], list[Cost]]
"""Way and scores in a document -> its rounds."""


@dataclass
class Peer:
    """A process that stores documents in one way."""

    way: str
    process: subprocess.Popen[str]
    asked: dict[str, int]

    def store(self, document: Path) -> None:
        """Stores a document. Raises BenchmarkError if that fails."""
        print(json.dumps({"document": str(document), **self.asked}), file=self.process.stdin, flush=True)
        self.expect("stored")

    def expect(self, text: str) -> None:
        """Waits for a line of output. Raises BenchmarkError if the process prints something else or ends."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if line.strip() != text:
            raise BenchmarkError(f"{NAMES[self.way]} said {line!r} instead of {text!r}; its errors are above.")


class Comparison:
    """A comparison of the ways."""

    def __init__(self, made: Installation, clients: Iterator[Client], charts: list[catalogue.Row]) -> None:
        self._made, self._clients, self._charts = made, clients, charts
        self._peers: dict[str, Peer] = {}
        self._floor = psycopg.connect(made.database_url, application_name="bench copy")
        self._folder = made.folder / "peers"
        self._folder.mkdir()
        self.costs: Costs = {}

    def run(self, *, rounds: int, sizes: Sequence[int], status: Callable[[str], None]) -> None:
        create_tables(self._made.database)
        # The other ways' scores refer to this player and this import.
        import_id = next(self._clients).upload(self._document(10, "references"))
        key = wait_for(self._made.database, import_id).key
        row = self._made.database.execute("SELECT user_id FROM imports_import WHERE id = %s", [key]).fetchone()
        with peers({"user": row[0] if row else 0, "import": key}) as self._peers:
            status("Warming up all ways ...")
            self._round(WARM_UP_SCORES, 0)
            for count in sizes:
                for number in range(1, rounds + 1):
                    status(f"{count:,} scores in {len(NAMES)} ways, round {number} of {rounds} ...")
                    self._round(count, number)

    def _round(self, count: int, number: int) -> None:
        """Stores a document in every way; each round begins with another way."""
        whole = self._document(SINGLES if count == 1 else count, f"peers {count} {number}")
        documents = list(singles(whole)) if count == 1 else [whole]
        ways = list(NAMES)
        for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
            self._made.database.execute("TRUNCATE peers.score, peers.best RESTART IDENTITY")
            self._made.rest()
            cost = self._measure(way, documents)
            if number:
                self.costs.setdefault((way, count), []).append(cost)

    def _measure(self, way: str, documents: list[bytes]) -> Cost:
        if way == OURS:
            client = next(self._clients)
            web = [*self._made.workers(), *self._made.web(), redis_process(self._made)]
            return self._cost(web, [partial(self._ours, client, content) for content in documents])
        if way == FLOOR:
            texts = self._texts(documents)
            return self._cost([psutil.Process()], [partial(self._copy, text) for text in texts])
        peer, paths = self._peers[way], [self._folder / f"{number}.json" for number in range(len(documents))]
        for path, content in zip(paths, documents, strict=True):
            path.write_bytes(content)
        process = psutil.Process(peer.process.pid)
        cost = self._cost([process], [partial(peer.store, path) for path in paths])
        found = self._made.database.execute("SELECT count(*) FROM peers.score").fetchone()
        expected = len(documents) if len(documents) > 1 else len(json.loads(documents[0])["scores"])
        if found is None or found[0] != expected:
            raise BenchmarkError(f"{NAMES[way]} stored {found} of {expected:,} scores.")
        return cost

    def _cost(self, processes: list[psutil.Process], actions: Sequence[Callable[[], None]]) -> Cost:
        """Returns the mean cost of these actions. CPU: of the processes and PostgreSQL, without our own polling."""
        mine = self._made.database.info.backend_pid
        counted = [*processes, *(each for each in self._made.postgres() if each.pid != mine)]
        with memory_of(processes) as growth:
            before, begun = cpu_of(counted), time.monotonic()
            for action in actions:
                action()
            seconds, cpu = time.monotonic() - begun, cpu_of(counted) - before
        return Cost(seconds / len(actions), cpu / len(actions), sum(growth))

    def _ours(self, client: Client, content: bytes) -> None:
        if len(content) < SMALL_BYTES:
            wait_for(self._made.database, client.send(content), poll_interval=POLL_INTERVAL_SECONDS)
        else:
            wait_for(self._made.database, client.upload(content))

    def _copy(self, text: bytes) -> None:
        with self._floor.cursor().copy("COPY peers.score FROM STDIN") as copy:
            copy.write(text)
        self._floor.commit()

    def _texts(self, documents: Sequence[bytes]) -> list[bytes]:
        """Returns the rows of these documents in COPY's text format, as the product stores them for another player."""
        client, texts = next(self._clients), []
        for content in documents:
            key = wait_for(self._made.database, client.upload(content)).key
            with self._made.database.cursor().copy(
                "COPY (SELECT * FROM imports_score WHERE from_import_id = %s ORDER BY id) TO STDOUT", [key]
            ) as copy:
                texts.append(b"".join(bytes(part) for part in copy))
        self._made.rest()
        return texts

    def _document(self, count: int, seed: str) -> bytes:
        return catalogue.scores(GPT, self._charts, count, seed=seed)


def create_tables(database: psycopg.Connection) -> None:
    """Creates the peers' tables with the columns, defaults, constraints, indexes and foreign keys of the product's."""
    database.execute("CREATE SCHEMA peers")
    for name, original in (("score", "imports_score"), ("best", "imports_personalbest")):
        database.execute(f"CREATE TABLE peers.{name} (LIKE {original} INCLUDING ALL)")
        keys = database.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [original],
        )
        for (definition,) in keys.fetchall():
            database.execute(f"ALTER TABLE peers.{name} ADD {definition}")


@contextmanager
def peers(asked: dict[str, int]) -> Iterator[dict[str, Peer]]:
    """Runs a process for each way that needs one, for the duration of the block."""
    started: dict[str, Peer] = {}
    try:
        for way in NAMES.keys() - {OURS, FLOOR}:
            argv = [str(PYTHON), "-P", "-m", "script.bench_parts.peer_process", way]
            process = subprocess.Popen(argv, cwd=env.BASE_DIR, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            started[way] = Peer(way, process, asked)
        for peer in started.values():
            peer.expect("ready")
        yield started
    finally:
        for peer in started.values():
            peer.process.kill()
            peer.process.wait()


def redis_process(made: Installation) -> psutil.Process:
    with Redis.from_url(made.redis_url) as redis:
        return psutil.Process(redis.info("server")["process_id"])


def cpu_of(processes: Sequence[psutil.Process]) -> float:
    """Returns the CPU seconds of these processes so far."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:2])
    return total


# --- figures --------------------------------------------------------------------------------------


def table_of(costs: Costs, count: int) -> Table:
    """Returns a table of the ways with the median of their rounds, for documents of this many scores."""
    rows = []
    for way, name in NAMES.items():
        rounds = costs[way, count]
        seconds = statistics.median(cost.seconds for cost in rounds)
        cpu = statistics.median(cost.cpu for cost in rounds)
        # The ratio of each round, as other load changes from one to the next.
        ratios = [cost.seconds / base.seconds for cost, base in zip(rounds, costs[OURS, count], strict=True)]
        row = {
            "ms": 1_000 * seconds,
            "to ours": statistics.median(ratios),
            "CPU ms": 1_000 * cpu,
            "scores/s": count / seconds,
            "peak MB": max(cost.peak for cost in rounds) / MEGABYTE,
        }
        rows.append((name, row, LEFT_UNDONE[way]))
    return Table(rows)


def curves(costs: Costs) -> list[Curve]:
    """Returns curves of the seconds of each way by the size of the document."""
    sizes = sorted({count for _, count in costs})
    return [
        Curve("peers", "scores in the document", "seconds", points, label=name)
        for way, name in NAMES.items()
        if (points := [(count, statistics.median(cost.seconds for cost in costs[way, count])) for count in sizes])
    ]
