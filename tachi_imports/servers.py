"""The two embedded servers: how each is made ready, started, and known to be up."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tachi_imports import programs
from tachi_imports.accounts import Account, own
from tachi_imports.layout import Layout, ServicesError
from tachi_imports.processes import program_of, spawn, stop_leftover

# PostgreSQL and Valkey obey many variables (PGOPTIONS, LANG, ...); they get none of ours.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# For a small machine (2 cores, a few GB) that imports in bursts; everything here keeps what was committed.
TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "tachi",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_workers_per_gather": "0",  # the cores belong to the web and the workers
    "jit": "off",
    "random_page_cost": "1.1",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
CARELESS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
LOG_LIMIT = 5_000_000  # bytes; a larger log makes room when its server starts


class Server(Protocol):
    """What the keeper asks of a server."""

    name: str
    stop_signal: signal.Signals
    grace: float

    def prepare(self) -> None:
        """Makes its folder ready and removes what a killed run left; raises ServicesError."""
        ...

    def start(self) -> subprocess.Popen[bytes]: ...

    def is_up(self, pid: int) -> bool: ...


@dataclass
class Surroundings:
    """What both servers need to know."""

    layout: Layout
    account: Account | None
    durable: bool

    def start(self, name: str, argv: list[str | Path], *, death_signal: signal.Signals) -> subprocess.Popen[bytes]:
        path = self.layout.logs / f"{name}.log"
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > LOG_LIMIT:
                path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            return spawn(argv, death_signal=death_signal, account=self.account, env=ENVIRONMENT, cwd=Path("/"), log=log)


class Postgres:
    """PostgreSQL on a unix socket alone."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": rolls back, disconnects, writes a checkpoint
    grace = 30.0

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._folder = around.layout.postgres
        self._programs = programs.postgres_folder(copies=around.layout.binaries, account=around.account)

    def prepare(self) -> None:
        if not self._folder.exists():
            self._create()
        found = (self._folder / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != programs.postgres_major():
            raise ServicesError(
                f"{self._folder} holds data of PostgreSQL {found}, and PostgreSQL {programs.postgres_major()} is "
                "installed. Dump it with the old version and load it into a new data folder (docs/operations.md)."
            )
        self._end_leftover()

    def start(self) -> subprocess.Popen[bytes]:
        settings = TUNING | ({} if self._around.durable else CARELESS)
        settings["unix_socket_directories"] = str(self._around.layout.sockets)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv: list[str | Path] = [self._programs / "postgres", "-D", self._folder, *options]
        return self._around.start(self.name, argv, death_signal=self.stop_signal)

    def is_up(self, pid: int) -> bool:
        """The last line of postmaster.pid says so; pg_ctl waits for the same word."""
        try:
            lines = (self._folder / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _end_leftover(self) -> None:
        """PostgreSQL clears the file of a dead process by itself, but trips over an ID that someone else has now."""
        pid_file = self._folder / "postmaster.pid"
        pid = _first_number(pid_file)
        if program_of(pid) == "postgres":
            _stop(pid, used=self._folder, stop_signal=self.stop_signal)
        elif program_of(pid):
            pid_file.unlink(missing_ok=True)

    def _create(self) -> None:
        """Makes the cluster under another name first: an interrupted start leaves no half of one behind."""
        draft = self._folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        own(draft, account=self._around.account, mode=0o700)
        argv: list[str | Path] = [self._programs / "initdb", "-D", draft, "--username=tachi", "--encoding=UTF8"]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        argv += ["--auth=trust", "--no-instructions"]  # the socket's folder is closed to everyone else
        argv += [_sync_option(durable=self._around.durable)]
        process = self._around.start("initdb", argv, death_signal=signal.SIGKILL)
        if process.wait() != 0:
            raise ServicesError(f"PostgreSQL could not make its data folder:\n{tail(self._around.layout, 'initdb')}")
        draft.rename(self._folder)


def _sync_option(*, durable: bool) -> str:
    if not durable:
        return "--no-sync"
    return "--sync-method=syncfs" if sys.platform == "linux" else "--sync-method=fsync"


class Valkey:
    """Valkey, which speaks Redis, on a unix socket alone; what is queued survives a power cut but for a second."""

    name = "valkey"
    stop_signal = signal.SIGTERM
    grace = 10.0

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._program = programs.valkey_program(copies=around.layout.binaries, account=around.account)
        self._pid_file = around.layout.valkey / "valkey.pid"

    def prepare(self) -> None:
        pid = _first_number(self._pid_file)
        if program_of(pid) == "valkey-server":
            _stop(pid, used=self._around.layout.valkey, stop_signal=self.stop_signal)
        own(self._around.layout.valkey, account=self._around.account, mode=0o700)

    def start(self) -> subprocess.Popen[bytes]:
        settings = {
            "port": "0",
            "unixsocket": self._around.layout.valkey_socket,
            "unixsocketperm": "700",
            "dir": self._around.layout.valkey,
            "pidfile": self._pid_file,
            "set-proc-title": "no",  # its command line tells which folder it uses
            "appendonly": "yes" if self._around.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        return self._around.start(self.name, [self._program, *options], death_signal=self.stop_signal)

    def is_up(self, pid: int) -> bool:  # noqa: ARG002 - it is the socket that tells
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self._around.layout.valkey_socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _first_number(pid_file: Path) -> int:
    """The process ID in a file; 0 when there is none."""
    try:
        return max(0, int(pid_file.read_text(encoding="utf-8", errors="replace").split("\n")[0]))
    except (FileNotFoundError, ValueError):
        return 0


def _stop(pid: int, *, used: Path, stop_signal: signal.Signals) -> None:
    if not stop_leftover(pid, mark=str(used), stop_signal=stop_signal, seconds=30):
        raise ServicesError(f"An earlier server (process {pid}) still uses {used} and does not stop.")


def make_sockets_folder(layout: Layout, *, account: Account | None) -> None:
    """Makes the private folder of the sockets. One under /tmp may have been put there by someone else: refused."""
    folder = layout.sockets
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        own(folder, account=account, mode=0o700)
    found = folder.lstat()
    wanted = account.uid if account else os.geteuid()
    if folder.is_symlink() or found.st_uid != wanted:
        raise ServicesError(f"{folder} belongs to someone else. Remove it, or set DATA_DIR to a shorter path.")
    folder.chmod(0o700)


def tail(layout: Layout, name: str, *, lines: int = 12) -> str:
    """The end of a server's log."""
    try:
        return "\n".join((layout.logs / f"{name}.log").read_text("utf-8", errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
