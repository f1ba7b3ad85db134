"""A temporary installation: embedded servers, web and sweeper under the real supervisor, workers under the test."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psutil
import psycopg
from redis import Redis

from tachi_imports import env
from tachi_imports.embedded import services
from tests.services.data_folders import copy_migrated
from tests.services.process_inspection import kill_all, users_of
from tests.workers import free_port

SEEDS = env.BASE_DIR / "imports" / "sample" / "seeds"
TIMEOUT_SECONDS = 90.0  # the machine may be busy
BOUNDARY = "a-fault"


@dataclass(frozen=True)
class Player:
    """A user with a token."""

    name: str
    key: int
    token: str


@dataclass
class Installation:
    """An installation under test."""

    folder: Path
    port: int
    servers: services.RunningServers
    variables: dict[str, str]
    redis: Redis
    players: Iterator[Player] = field(default_factory=lambda: iter(()))
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    worker: tuple[str, ...] = ("manage.py", "worker")
    supervisor: subprocess.Popen[bytes] | None = None
    _database: psycopg.Connection | None = None

    # --- processes ----------------------------------------------------------------------------------

    def manage(self, *command: str) -> str:
        """What a command of manage.py says."""
        argv = [sys.executable, "manage.py", *command]
        done = subprocess.run(argv, cwd=env.BASE_DIR, env=self.variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str, log: str) -> subprocess.Popen[bytes]:
        """A Python process of the installation."""
        with (self.folder / f"{log}.log").open("ab") as file:
            argv = [sys.executable, *arguments]
            return subprocess.Popen(argv, cwd=env.BASE_DIR, env=self.variables, stdout=file, stderr=file)

    @contextmanager
    def workers_running(self, count: int) -> Iterator[None]:
        """Workers for the length of a block. One that is killed in it is replaced while the test waits."""
        self.workers = [self._worker() for _ in range(count)]
        try:
            yield
        finally:
            for worker in self.workers:
                _stop(worker)
            self.workers = []

    def are_ready(self) -> bool:
        """Whether every worker listens, and is not still on its way up."""
        listening = (self.redis.hget(key, "pid") for key in self.redis.smembers("rq:workers"))
        return {worker.pid for worker in self.workers} <= {int(pid) for pid in listening if pid}

    def kill_worker(self, number: int) -> None:
        self.workers[number].kill()
        self.workers[number].wait()

    def restart_postgres(self, how: signal.Signals) -> None:
        """Stops PostgreSQL; the server daemon notices and starts it again."""
        os.kill(self.pid_of("postgres"), how)

    def pid_of(self, server: str) -> int:
        """The process ID of an embedded server, or of the server daemon."""
        if server == "postgres":
            pid_file = self.folder / "postgres" / "postmaster.pid"
            return int(pid_file.read_text(encoding="utf-8").split("\n")[0])
        if server == "valkey":
            return int(self.redis.info("server")["process_id"])
        return next(pid for pid, line in self._processes() if "tachi_imports.embedded.server_daemon" in line)

    def kill_web(self) -> None:
        """SIGKILL for those who answer requests, at once; the supervisor or granian itself begins new ones."""
        kill_all(
            [pid for pid, line in self._processes() if "tachi_imports.process.granian_server" in line]
        )  # listed before the first one dies

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        for pid in users_of(self.folder):
            with contextlib.suppress(psutil.NoSuchProcess):
                yield pid, psutil.Process(pid).cmdline()
        if self.supervisor is not None:
            for child in psutil.Process(self.supervisor.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    line = child.cmdline()
                    parent = child.parent()
                    yield child.pid, [*line, *(parent.cmdline() if parent else ())]

    @contextmanager
    def frozen(self, pid: int) -> Iterator[None]:
        """A process that does nothing for the length of a block."""
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def busy_worker(self) -> int:
        """The process ID of the one worker that is at an import, once it says so: the import's row may be quicker.

        Those who were killed in an earlier test said that they were busy, and Redis remembers it for a while.
        """
        living = {worker.pid for worker in self.workers}
        found: list[int] = []

        def has_busy_worker() -> bool:
            workers = [self.redis.hgetall(key) for key in self.redis.smembers("rq:workers")]
            found.extend(int(worker[b"pid"]) for worker in workers if worker.get(b"state") == b"busy")
            found[:] = [pid for pid in found if pid in living]
            return bool(found)

        self.until(has_busy_worker)
        return found[0]

    def _worker(self) -> subprocess.Popen[bytes]:
        return self.start(*self.worker, log="workers")

    # --- waiting ------------------------------------------------------------------------------------

    def until(self, what: Callable[[], bool], *, seconds: float = TIMEOUT_SECONDS) -> None:
        """Keeps the workers alive until something is true; fails with the logs' ends when it does not become so."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.workers = [self._worker() if worker.poll() is not None else worker for worker in self.workers]
            # While PostgreSQL restarts nothing can be known.
            with contextlib.suppress(psycopg.OperationalError):
                if what():
                    return
            time.sleep(0.02)
        raise AssertionError(f"It did not come true in {seconds:.0f} s.\n{self._logs()}")

    def _logs(self) -> str:
        paths = [*self.folder.glob("*.log"), *self.folder.glob("logs/*.log")]
        return "\n".join(f"== {path.name}\n{path.read_text('utf-8', errors='replace')[-3_000:]}" for path in paths)

    # --- asking -------------------------------------------------------------------------------------

    def query(self, statement: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement; reconnects where the connection broke."""
        if self._database is None or self._database.broken or self._database.closed:
            self._database = psycopg.connect(self.servers.database_url, autocommit=True)
        return self._database.execute(statement, values).fetchall()

    def flush(self) -> None:
        """Has PostgreSQL write all that is committed by now, also what did not wait for that."""
        self.query("SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'fault', '')")

    def close(self) -> None:
        self.redis.close()
        if self._database is not None:
            self._database.close()

    def state(self, import_id: str) -> str:
        return str(self.query("SELECT state FROM imports_import WHERE import_id = %s", import_id)[0][0])

    def are_in(self, import_ids: Sequence[str]) -> bool:
        """Whether all are completed. Fails at once where one has ended otherwise."""
        found = {self.state(import_id) for import_id in import_ids}
        assert found <= {"queued", "running", "completed"}, found
        return found == {"completed"}

    def times_completed(self, import_id: str) -> int:
        """How often, as the append-only audit trail tells."""
        statement: LiteralString = (
            "SELECT count(*) FROM imports_auditentry a JOIN imports_import i ON i.id = a.job_id"
            " WHERE i.import_id = %s AND a.verb = 'completed'"
        )
        return int(self.query(statement, import_id)[0][0])

    def assert_sound(self, *players: Player) -> None:
        """All that is derived from their scores is what the scores say."""
        assert "Nothing differs" in self.manage("check_integrity", *(player.name for player in players))

    def reason_of(self, import_id: str) -> str:
        """Why an import failed."""
        return str(self.query("SELECT error_message FROM imports_import WHERE import_id = %s", import_id)[0][0])

    def import_ids_of(self, player: Player) -> list[str]:
        statement: LiteralString = "SELECT import_id FROM imports_import WHERE user_id = %s ORDER BY id"
        return [row[0] for row in self.query(statement, player.key)]

    def everything_of(self, player: Player) -> dict[str, tuple[int, str]]:
        """How much of each kind a player has, and a digest that two players with the same scores share."""
        return {name: self.query(_digest(query), player.key)[0][:2] for name, query in STATE.items()}

    # --- over HTTP ----------------------------------------------------------------------------------

    def is_answering(self) -> bool:
        """Whether the web answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/api/v1/status")
            return connection.getresponse().status == 200
        return False

    def upload(self, player: Player, document: bytes) -> str:
        """Sends a file; returns the import's ID."""
        disposition = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
        body = (
            f'{disposition}"importType"\r\n\r\nfile/batch-manual\r\n'
            f'{disposition}"scoreData"; filename="scores.json"\r\n\r\n'
        ).encode() + document
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        status, response = self.post(
            player, "/api/v1/import/file", body + f"\r\n--{BOUNDARY}--\r\n".encode(), headers=headers
        )
        assert status == 202, response
        return str(response["body"]["importID"])

    def post(
        self, player: Player, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", path, body, {"Authorization": f"Bearer {player.token}", **(headers or {})})
            response = connection.getresponse()
            return response.status, json.loads(response.read())


STATE: dict[str, LiteralString] = {
    "scores": """SELECT chart_id, time_achieved, comment, highlight, score_data, score_meta, calculated_data, best_keys,
                        service, game, playtype FROM imports_score WHERE user_id = %s""",
    "sessions": """SELECT s.game, s.playtype, s.time_started, s.time_ended, s.score_count, s.calculated_data,
                          (SELECT array_agg((p.created, p.score_count) ORDER BY p.created, p.score_count)
                           FROM imports_importsession p WHERE p.session_id = s.id)
                   FROM imports_session s WHERE user_id = %s""",
    # Score IDs are another player's others; times name the scores of a best as well.
    "bests": """SELECT b.chart_id, b.is_primary, b.highlight, b.time_achieved, b.score_data, b.calculated_data,
                       b.rank_keys, (SELECT array_agg((part->>'name', s.time_achieved) ORDER BY s.time_achieved)
                                     FROM jsonb_array_elements(b.composed_from) part
                                     JOIN imports_score s ON s.score_id = part->>'scoreID')
                FROM imports_personalbest b WHERE user_id = %s""",
    "stats": "SELECT game, playtype, ratings, classes FROM imports_gamestats WHERE user_id = %s",
}


def _digest(query: LiteralString) -> LiteralString:
    return "SELECT count(*), md5(string_agg(r::text, '' ORDER BY r::text)) FROM (" + query + ") r"  # noqa: S608 - queries of this module


# --- building and tearing down ----------------------------------------------------------------------


@contextmanager
def running_installation(players: int, *, folder: Path | None = None, **variables: str) -> Iterator[Installation]:
    """Web and sweeper run for the length of the block; workers only where a test starts some."""
    folder = folder or services.temporary_folder()
    copy_migrated(folder)
    servers = services.start(folder, temporary=True)
    made = _create_installation(folder, servers)
    made.variables |= variables
    try:
        made.supervisor = made.start("-m", "tachi_imports.process.supervisor", log="supervisor")
        made.until(made.is_answering)
        _load_data(made, players)
        yield made
    finally:
        made.close()
        if made.supervisor is not None:
            _stop(made.supervisor)
        servers.stop()
        kill_all(users_of(folder))


def _create_installation(folder: Path, servers: services.RunningServers) -> Installation:
    port = free_port()
    own = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "PORT": str(port),
        "TACHI_ENV": "test",
        "TACHI_RATE_LIMITS": "off",
        "TACHI_SECRET_KEY": secrets.token_hex(32),
        "WEB_PROCESSES": "1",
        "WORKERS": "0",
    }
    return Installation(folder, port, servers, {**os.environ, **own}, Redis.from_url(servers.redis_url))


def _load_data(made: Installation, players: int) -> None:
    """Loads SOUND VOLTEX's part of the sample catalogue and creates players."""
    seeds = made.folder / "seeds"
    seeds.mkdir()
    for name in ("songs-sdvx.json", "charts-sdvx.json"):
        shutil.copy(SEEDS / name, seeds)
    made.manage("load_seeds", str(seeds))
    said = made.manage("create_token", "--create-users", *(f"player_{number}" for number in range(players)))
    fields = (line.split() for line in said.splitlines())
    made.players = iter([Player(name, int(key), token) for name, key, token in fields])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
