"""The two embedded servers: preparation, start and health check."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tachi_imports.embedded import binaries
from tachi_imports.embedded.accounts import Account, create_owned_folder
from tachi_imports.embedded.paths import DataPaths, ServicesError
from tachi_imports.process.processes import program_of, spawn, stop_leftover

# PostgreSQL and Valkey read many variables (PGOPTIONS, LANG, ...); those of this process must not affect them.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# For a small machine (2 cores, a few GB) with bursts of imports. No setting here risks committed data.
TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "tachi",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_workers_per_gather": "0",  # the cores are for the web and the workers
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
NON_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
LOG_LIMIT = 5_000_000  # bytes; a larger log is rotated when its server starts


class Server(Protocol):
    """The interface of a server for the daemon."""

    name: str
    stop_signal: signal.Signals
    grace: float

    def set_up(self) -> None:
        """Creates the server's folder and cleans up after a killed run. Raises ServicesError."""
        ...

    def start(self) -> subprocess.Popen[bytes]: ...

    def is_up(self, pid: int) -> bool: ...


@dataclass
class ServerContext:
    """The paths and the account that both servers run with."""

    paths: DataPaths
    account: Account | None
    durable: bool

    def start(self, name: str, argv: list[str | Path], *, death_signal: signal.Signals) -> subprocess.Popen[bytes]:
        path = self.paths.logs / f"{name}.log"
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > LOG_LIMIT:
                path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            # Our working folder may be inaccessible to the account of the servers.
            return spawn(argv, death_signal=death_signal, account=self.account, env=ENVIRONMENT, cwd=Path("/"), log=log)


class Postgres:
    """PostgreSQL, listening on a Unix socket only."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": rolls back, disconnects, writes a checkpoint
    grace = 30.0
    # A server that was recovering from a crash when its daemon died may never finish a fast shutdown.
    escalation = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._folder = context.paths.postgres
        self._programs = binaries.postgres_bin(copies=context.paths.binaries, account=context.account)

    def set_up(self) -> None:
        if not self._folder.exists():
            self._create()
        version = (self._folder / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != binaries.postgres_major():
            raise ServicesError(
                f"{self._folder} holds data of PostgreSQL {version}, and PostgreSQL {binaries.postgres_major()} is "
                "installed. Dump it with the old version and load it into a new data folder (docs/operations.md)."
            )
        # PostgreSQL removes the PID file of a dead process, but refuses to start if another program now has that PID.
        pid_file = self._folder / "postmaster.pid"
        pid = _first_number(pid_file)
        if program_of(pid) == "postgres":
            _stop(pid, used=self._folder, escalation=self.escalation)
        elif program_of(pid):
            pid_file.unlink(missing_ok=True)

    def start(self) -> subprocess.Popen[bytes]:
        # On the command line instead of postgresql.conf: that file is created once, by the first release.
        settings = TUNING | ({} if self._context.durable else NON_DURABLE)
        settings["unix_socket_directories"] = str(self._context.paths.sockets)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        argv: list[str | Path] = [self._programs / "postgres", "-D", self._folder, *options]
        return self._context.start(self.name, argv, death_signal=self.stop_signal)

    def is_up(self, pid: int) -> bool:
        """Returns whether postmaster.pid says "ready", the line that pg_ctl waits for."""
        try:
            lines = (self._folder / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _create(self) -> None:
        """Creates the cluster under a temporary name, so that an interrupted start leaves no partial cluster."""
        draft = self._folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        create_owned_folder(draft, account=self._context.account, mode=0o700)
        argv: list[str | Path] = [self._programs / "initdb", "-D", draft, "--username=tachi", "--encoding=UTF8"]
        # With the C library's locales, its next version might sort differently, which would break indexes on text.
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        argv += ["--auth=trust", "--no-instructions"]  # the socket's folder is closed to everyone else
        if not self._context.durable:
            argv += ["--no-sync"]
        elif sys.platform == "linux":
            argv += ["--sync-method=syncfs"]
        process = self._context.start("initdb", argv, death_signal=signal.SIGKILL)
        if process.wait() != 0:
            raise ServicesError(f"PostgreSQL could not make its data folder:\n{tail(self._context.paths, 'initdb')}")
        draft.rename(self._folder)


class Valkey:
    """Valkey, compatible with Redis, on a Unix socket only. A power cut loses at most the last second of the queue."""

    name = "valkey"
    stop_signal = signal.SIGTERM
    grace = 10.0
    escalation = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._program = binaries.valkey_program(copies=context.paths.binaries, account=context.account)
        self._pid_file = context.paths.valkey / "valkey.pid"

    def set_up(self) -> None:
        # A killed daemon may have left its server running, which would keep writing to the same files.
        pid = _first_number(self._pid_file)
        if program_of(pid) == "valkey-server":
            _stop(pid, used=self._context.paths.valkey, escalation=self.escalation)
        create_owned_folder(self._context.paths.valkey, account=self._context.account, mode=0o700)

    def start(self) -> subprocess.Popen[bytes]:
        settings = {
            "port": "0",
            "unixsocket": self._context.paths.valkey_socket,
            "unixsocketperm": "700",
            "dir": self._context.paths.valkey,
            "pidfile": self._pid_file,
            "set-proc-title": "no",  # stop_leftover recognizes it by the folder on its command line
            "appendonly": "yes" if self._context.durable else "no",
            "appendfsync": "everysec",
            # No snapshots: the append-only file has everything, and non-durable data need not be stored.
            "save": "",
            # An evicted key would be a lost job.
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        return self._context.start(self.name, [self._program, *options], death_signal=self.stop_signal)

    def is_up(self, pid: int) -> bool:  # noqa: ARG002 - the socket is asked instead
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self._context.paths.valkey_socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _first_number(pid_file: Path) -> int:
    """Returns the process ID in a file; 0 if there is none."""
    try:
        return max(0, int(pid_file.read_text(encoding="utf-8", errors="replace").split("\n")[0]))
    except (FileNotFoundError, ValueError):
        return 0


def _stop(pid: int, *, used: Path, escalation: Sequence[tuple[signal.Signals, float]]) -> None:
    if not stop_leftover(pid, mark=str(used), escalation=escalation):
        raise ServicesError(f"An earlier server (process {pid}) still uses {used} and does not stop.")


def make_sockets_folder(paths: DataPaths, *, account: Account | None) -> None:
    """Creates the private folder of the sockets. Raises ServicesError if another account owns it."""
    folder = paths.sockets
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        create_owned_folder(folder, account=account, mode=0o700)
    # lstat() instead of stat(): under /tmp anybody can create a link, which must not be followed.
    status = folder.lstat()
    wanted = account.uid if account else os.geteuid()
    if folder.is_symlink() or status.st_uid != wanted:
        raise ServicesError(f"{folder} belongs to someone else. Remove it, or set DATA_DIR to a shorter path.")
    folder.chmod(0o700)


def tail(paths: DataPaths, name: str, *, lines: int = 12) -> str:
    """Returns the last lines of a server's log."""
    try:
        return "\n".join((paths.logs / f"{name}.log").read_text("utf-8", errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
