"""A complete installation, as run by `script/server`, on temporary data."""

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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.process.processes import spawn

TIMEOUT_SECONDS = 180.0  # for everything to start
STOP_TIMEOUT_SECONDS = 20.0  # for everything to stop
STOP_SIGNALS = (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL)
WORKERS = 2
WEB_PROCESSES = 2
LOOPBACK = "127.0.0.1"


class BenchmarkError(Exception):
    """The run cannot continue; the message gives the reason."""


@dataclass
class Installation:
    """A running installation. `hosts`: addresses of its web servers, each with a supervisor; `variables`: settings."""

    folder: Path
    port: int
    database_url: str
    redis_url: str
    supervisors: Sequence[subprocess.Popen[bytes]]
    variables: Mapping[str, str]
    hosts: Sequence[str] = (LOOPBACK,)
    database: psycopg.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.database = psycopg.connect(self.database_url, autocommit=True, application_name="bench")

    def workers(self) -> list[psutil.Process]:
        """Returns the worker processes."""
        children = [child for each in self.supervisors for child in psutil.Process(each.pid).children()]
        return [child for child in children if "worker" in child.cmdline()]

    def web(self) -> list[psutil.Process]:
        """Returns the web processes, and others that are nearly idle."""
        workers = self.workers()
        found = [child for each in self.supervisors for child in psutil.Process(each.pid).children(recursive=True)]
        return [process for process in found if process not in workers]

    def postgres(self) -> list[psutil.Process]:
        """Returns the processes of PostgreSQL."""
        pid = int((self.folder / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def redis(self) -> psutil.Process:
        """Returns the process of Valkey."""
        return psutil.Process(int((self.folder / "valkey" / "valkey.pid").read_text(encoding="ascii")))

    def manage(self, *command: str) -> str:
        """Runs a management command and returns its output. Raises BenchmarkError if it fails."""
        argv = [sys.executable, "manage.py", *command]
        variables = os.environ | self.variables
        done = subprocess.run(argv, cwd=env.BASE_DIR, env=variables, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchmarkError(f"manage.py {command[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def rest(self) -> None:
        """Vacuums and flushes, so that the next measurement starts without background work."""
        self.database.execute("VACUUM")
        self.database.execute("CHECKPOINT")


@contextmanager
def installation(*, workers: int = WORKERS) -> Iterator[Installation]:
    """Runs an installation for the duration of a block. Raises BenchmarkError if it does not start."""
    folder = services.temporary_folder()
    servers = services.start(folder, durable=True, temporary=True)
    supervisor = None
    try:
        port = free_port()
        variables = environment(folder, port, servers.database_url, servers.redis_url, workers=workers)
        os.environ.update(variables)
        with (folder / "bench.log").open("wb") as log:
            supervisor = spawn([sys.executable, "-m", "tachi_imports.process.supervisor"], cwd=env.BASE_DIR, log=log)
        made = Installation(folder, port, servers.database_url, servers.redis_url, [supervisor], variables)
        wait_until_healthy(made, workers=workers)
        yield made
        made.database.close()
    finally:
        if supervisor is not None:
            stop(supervisor)
        servers.stop()


def environment(folder: Path, port: int, database_url: str, redis_url: str, *, workers: int) -> dict[str, str]:
    """Returns production settings, but without rate limits and with a high limit for uploads.

    The URLs of the servers are set, so that no `.env` can lead a measurement to real data.
    """
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "script.bench_parts.settings",
        "HOST": LOOPBACK,
        "PORT": str(port),
        "TACHI_DEBUG": "off",
        "TACHI_ENV": "production",
        "TACHI_GAMES": "sdvx,chunithm,iidx,bms,pms",
        "TACHI_MAX_UPLOAD_MB": "256",
        "TACHI_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "TACHI_RATE_LIMITS": "off",
        "TACHI_SECRET_KEY": secrets.token_hex(32),
        "WEB_PROCESSES": str(WEB_PROCESSES),
        "WORKERS": str(workers),
    }


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Returns the CPU seconds so far of processes and of their ended children."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(made: Installation, *, workers: int) -> None:
    """Waits until all hosts are healthy. Raises BenchmarkError with the end of the log."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline and all(supervisor.poll() is None for supervisor in made.supervisors):
        if all(health(host, made.port).get("workers") == workers for host in made.hosts):
            return
        time.sleep(0.1)
    log = (made.folder / "bench.log").read_text("utf-8", errors="replace")
    raise BenchmarkError("The installation did not come up. The end of its log:\n" + "\n".join(log.splitlines()[-20:]))


def health(host: str, port: int) -> dict[str, object]:
    """Returns the report of /healthz; empty while the web does not respond."""
    with (
        suppress(OSError, http.client.HTTPException, ValueError),
        closing(http.client.HTTPConnection(host, port, timeout=5)) as connection,
    ):
        connection.request("GET", "/healthz")
        found: dict[str, object] = json.loads(connection.getresponse().read())
        return found
    return {}


def stop(process: subprocess.Popen[bytes], *, signals: Sequence[signal.Signals] = STOP_SIGNALS) -> None:
    """Stops a process like Ctrl-C on `script/server`, with the next signal if that takes too long."""
    for wanted in signals:
        process.send_signal(wanted)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_SECONDS)
            return
