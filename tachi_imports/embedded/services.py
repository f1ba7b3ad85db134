"""The embedded PostgreSQL and Valkey: started on demand, shared by all processes, stopped when unused.

Every process that uses the embedded servers of a data folder shares its lock `users`. The first one starts a daemon
(tachi_imports/embedded/server_daemon.py), which owns the servers and stops them when no process shares the lock.
Concurrent commands therefore share the servers, and a killed command leaves nothing running.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from tachi_imports import env
from tachi_imports.embedded import accounts
from tachi_imports.embedded.locks import Lock, hold, is_held, wait_until_free
from tachi_imports.embedded.paths import DataPaths, ServicesError

__all__ = [
    "RunningServers",
    "ServicesError",
    "available",
    "connection",
    "data_dir",
    "start",
    "temporary_folder",
    "to_embed",
]

SERVERS = ("postgres", "valkey")
START_TIMEOUT_SECONDS = 900.0  # replaying the write-ahead log after a crash may take minutes
HANDOVER_SECONDS = 0.5  # in which the daemon notices that the last user has ended


def given_database_url() -> str:
    """Returns DATABASE_URL; empty if PostgreSQL is embedded."""
    return env.service_url("DATABASE_URL", schemes=("postgresql", "postgres"))


def given_redis_url() -> str:
    """Returns REDIS_URL; empty if Valkey is embedded."""
    return env.service_url("REDIS_URL", schemes=("redis", "rediss", "unix"))


def data_dir() -> Path:
    """Returns the data folder of this installation: DATA_DIR, else `.data` next to manage.py.

    If root runs a checkout that the servers' account cannot enter, the data folder is under /var/lib instead.
    """
    beside = env.BASE_DIR / ".data"
    wanted = env.folder("DATA_DIR", default=beside)
    if (
        wanted != beside
        or accounts.find_unreachable(accounts.for_servers(DataPaths(beside).postgres), env.BASE_DIR) is None
    ):
        return wanted
    # Several checkouts on one machine have separate data.
    digest = hashlib.sha256(os.fsencode(env.BASE_DIR)).hexdigest()[:8]
    return Path("/var/lib/tachi-imports") / digest


@dataclass
class RunningServers:
    """A share in the embedded servers, which run at least until `stop` is called."""

    paths: DataPaths
    servers: tuple[str, ...]
    durable: bool
    temporary: bool
    _use: Lock | None
    _daemon: subprocess.Popen[bytes] | None = None

    @property
    def database_url(self) -> str:
        return self.paths.database_url

    @property
    def redis_url(self) -> str:
        return self.paths.redis_url

    @property
    def share(self) -> int | None:
        """The descriptor of the lock that this process shares."""
        return self._use.descriptor if self._use else None

    def ensure(self) -> None:
        """Starts the daemon if it is not running. Raises ServicesError with the daemon's message."""
        if is_held(self.paths.daemon_lock):
            return
        with hold(self.paths.locks / "starting"):
            # Another process may have started it meanwhile.
            if not is_held(self.paths.daemon_lock):
                self._start_daemon()

    def wait(self) -> None:
        """Waits until the servers are up, for example if another process is starting them. Raises ServicesError."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        # Empty until the daemon has written the list of running servers.
        while not (running := self.paths.daemon_lock.read_text(encoding="ascii").split()):
            self.ensure()
            if time.monotonic() > deadline:
                raise ServicesError(f"The servers do not come up. Their logs are in {self.paths.logs}.")
            time.sleep(0.05)
        missing = [name for name in self.servers if name not in running]
        if missing:
            raise ServicesError(
                f"The servers of {self.paths.root} run without {' and '.join(missing)}, for a process with another "
                "DATABASE_URL or REDIS_URL. Stop that process first, or set the same."
            )

    def stop(self, *, wait: bool = False) -> bool:
        """Gives up the share. Waits until the servers have stopped if this process started them or `wait` is set.

        Returns False if the servers keep running for other users, or if it did not wait.
        """
        if self._use is not None:
            self._use.close()
            self._use = None
        if self._daemon is None and not wait:
            return False
        # If this was the last user, the daemon takes the lock `users` within HANDOVER_SECONDS.
        deadline = time.monotonic() + HANDOVER_SECONDS
        while is_held(self.paths.daemon_lock) and not is_held(self.paths.locks / "users"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        if self._daemon is not None:
            self._daemon.wait()
        # If another process started the daemon, only the lock shows when it has ended.
        wait_until_free(self.paths.daemon_lock)
        return True

    def _start_daemon(self) -> None:
        self.paths.daemon_lock.write_text("")  # a killed daemon has not emptied its list
        options = ["--durable"] * self.durable + ["--temporary"] * self.temporary
        with (self.paths.logs / "daemon.log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tachi_imports.embedded.server_daemon",
                    str(self.paths.root),
                    *self.servers,
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=env.BASE_DIR,
                # Ctrl-C in the terminal of the first user must not stop the servers for others.
                start_new_session=True,
            )
        # The daemon closes the pipe when the servers are up or cannot start; reading to the end waits for that.
        with cast(IO[bytes], self._daemon.stdout) as pipe:
            line = pipe.read()
        error = json.loads(line)["error"] if line else f"The daemon of the servers died; see {self.paths.logs}."
        if error:
            self._daemon.wait()
            raise ServicesError(error)


def start(
    root: Path, *, servers: tuple[str, ...] = SERVERS, durable: bool = True, temporary: bool = False
) -> RunningServers:
    """Shares the embedded servers of a data folder, and starts them if they are not running.

    `durable=False` is faster but unsafe against power cuts; `temporary` deletes the folder at the end.
    Raises ServicesError with a message for the operator.
    """
    paths = make_folders(root)
    use = Lock(paths.locks / "users")
    use.acquire_shared()  # waits while a daemon without users stops its servers
    running = RunningServers(paths, servers, durable, temporary, use)
    try:
        running.ensure()
        running.wait()
    # Including KeyboardInterrupt: an abandoned share would keep the servers running as long as this process.
    except BaseException:
        use.close()
        raise
    return running


def temporary_folder() -> Path:
    """Returns an unused path for a temporary data folder that the servers' account can enter; `start` creates it."""
    # For a folder that does not exist yet: root gets the account of a new installation.
    account = accounts.for_servers(Path("/nonexistent"))
    folders = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the name cannot be guessed
    reachable = next(folder for folder in folders if accounts.find_unreachable(account, folder) is None)
    return reachable / f"tachi-{secrets.token_hex(8)}"


def connection(root: Path) -> DataPaths | None:
    """Returns the paths of a data folder if its servers are running, else None."""
    paths = DataPaths(root.absolute())
    return paths if is_held(paths.daemon_lock) else None


def to_embed() -> tuple[str, ...]:
    """Returns the names of the servers for which the environment has no URL."""
    given = {"postgres": given_database_url(), "valkey": given_redis_url()}
    return tuple(name for name in SERVERS if not given[name])


@contextmanager
def available() -> Iterator[RunningServers | None]:
    """Runs the embedded servers for the duration of a block. Yields None if all servers are external."""
    servers = to_embed()
    if not servers:
        yield None
        return
    running = start(data_dir(), servers=servers)
    try:
        yield running
    finally:
        running.stop()


def make_folders(root: Path) -> DataPaths:
    """Creates the data folder and this account's subfolders. Other accounts can only enter root's data folder."""
    paths = DataPaths(root.absolute())
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        paths.root.mkdir(parents=True, exist_ok=True, mode=mode)
        if paths.root.stat().st_uid == os.geteuid():
            paths.root.chmod(paths.root.stat().st_mode | mode)
        for folder in (paths.locks, paths.logs):
            folder.mkdir(exist_ok=True, mode=0o700)
        # mkdir() accepts an existing folder of another account; only reading it raises PermissionError.
        any(paths.locks.iterdir())
    except PermissionError as error:
        raise ServicesError(
            f"{error.filename} is closed to you: another account keeps its data there. "
            "Run as that account, or set DATA_DIR to a folder of your own."
        ) from None
    return paths
