"""Everything that `script/server` runs, on temporary data."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.process.processes import spawn

TIMEOUT_SECONDS = 90.0  # until everything has to be up
STOP_TIMEOUT_SECONDS = 20.0  # for everything to stop
WORKERS = 2
WEB_PROCESSES = 2


class BenchmarkError(Exception):
    """The run cannot go on; the message says why."""


@dataclass
class Installation:
    """A running installation."""

    folder: Path
    port: int
    database_url: str
    redis_url: str
    supervisor: subprocess.Popen[bytes]
    database: psycopg.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.database = psycopg.connect(self.database_url, autocommit=True, application_name="bench")

    def workers(self) -> list[psutil.Process]:
        """The worker processes."""
        children = psutil.Process(self.supervisor.pid).children()
        return [child for child in children if "worker" in child.cmdline()]

    def web(self) -> list[psutil.Process]:
        """The processes that answer requests, and those beside them, which have little to do."""
        workers = self.workers()
        found = psutil.Process(self.supervisor.pid).children(recursive=True)
        return [process for process in found if process not in workers]

    def postgres(self) -> list[psutil.Process]:
        """PostgreSQL's processes."""
        pid = int((self.folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def manage(self, *command: str) -> str:
        """Runs a management command and returns its output. Raises BenchmarkError if it fails."""
        argv = [sys.executable, "manage.py", *command]
        done = subprocess.run(argv, cwd=env.BASE_DIR, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchmarkError(f"manage.py {command[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def rest(self) -> None:
        """Vacuums and flushes, so that the next measurement starts without background work."""
        self.database.execute("VACUUM")
        self.database.execute("CHECKPOINT")


@contextmanager
def installation() -> Iterator[Installation]:
    """Runs an installation for the length of a block. Raises BenchmarkError if it does not start."""
    folder = services.temporary_folder()
    servers = services.start(folder, durable=True, temporary=True)
    supervisor = None
    try:
        port = free_port()
        os.environ.update(environment(folder, port, servers))
        with (folder / "bench.log").open("wb") as log:
            supervisor = spawn([sys.executable, "-m", "tachi_imports.process.supervisor"], cwd=env.BASE_DIR, log=log)
        made = Installation(folder, port, servers.database_url, servers.redis_url, supervisor)
        wait_until_healthy(made)
        yield made
        made.database.close()
    finally:
        if supervisor is not None:
            stop(supervisor)
        servers.stop()


def environment(folder: Path, port: int, servers: services.RunningServers) -> dict[str, str]:
    """Production, but for the rate limits, and an upload of 100,000 scores is larger than most.

    The addresses of the servers are named, so that no `.env` can lead a measurement to somebody's real data.
    """
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "DJANGO_SETTINGS_MODULE": "script.bench_parts.settings",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "TACHI_DEBUG": "off",
        "TACHI_ENV": "production",
        "TACHI_GAMES": "sdvx,chunithm,iidx,bms,pms",
        "TACHI_MAX_UPLOAD_MB": "256",
        "TACHI_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TACHI_RATE_LIMITS": "off",
        "TACHI_SECRET_KEY": secrets.token_hex(32),
        "WEB_PROCESSES": str(WEB_PROCESSES),
        "WORKERS": str(WORKERS),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(made: Installation) -> None:
    """Raises BenchmarkError with the end of the log."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline and made.supervisor.poll() is None:
        if health(made.port).get("workers") == WORKERS:
            return
        time.sleep(0.1)
    log = (made.folder / "bench.log").read_text("utf-8", errors="replace")
    raise BenchmarkError("The installation did not come up. The end of its log:\n" + "\n".join(log.splitlines()[-20:]))


def health(port: int) -> dict[str, object]:
    """The report of /healthz; empty while nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", "/healthz")
        found: dict[str, object] = json.loads(connection.getresponse().read())
        return found
    connection.close()
    return {}


def stop(supervisor: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C on `script/server` would; a second signal if that takes too long."""
    for wanted in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        supervisor.send_signal(wanted)
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(STOP_TIMEOUT_SECONDS)
            return
