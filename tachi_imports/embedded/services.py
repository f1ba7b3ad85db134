"""PostgreSQL and Valkey for an installation that has neither: started on demand, shared, stopped when unused.

Every process that uses the embedded servers of a data folder shares its lock `users`. The first one starts a daemon
(tachi_imports/embedded/server_daemon.py), which owns the servers and stops them once nobody shares the lock.
So two commands at once share the servers, and a command that is killed leaves nothing running.
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
HANDOVER_SECONDS = 0.5  # within which the daemon notices that the last user has gone


def given_database_url() -> str:
    """DATABASE_URL, empty when PostgreSQL is embedded."""
    return env.service_url("DATABASE_URL", schemes=("postgresql", "postgres"))


def given_redis_url() -> str:
    """REDIS_URL, empty when Valkey is embedded."""
    return env.service_url("REDIS_URL", schemes=("redis", "rediss", "unix"))


def data_dir() -> Path:
    """The data folder of this installation: DATA_DIR, else `.data` next to manage.py.

    If root's checkout lies where the servers' account has no access, the data goes under /var/lib instead.
    """
    beside = env.BASE_DIR / ".data"
    wanted = env.folder("DATA_DIR", default=beside)
    if (
        wanted != beside
        or accounts.find_unreachable(accounts.for_servers(DataPaths(beside).postgres), env.BASE_DIR) is None
    ):
        return wanted
    # Several checkouts on one machine each have data of their own.
    digest = hashlib.sha256(os.fsencode(env.BASE_DIR)).hexdigest()[:8]
    return Path("/var/lib/tachi-imports") / digest


@dataclass
class RunningServers:
    """A share in the embedded servers: they run at least until `stop` is called."""

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
        """The descriptor of the lock that makes this process one of the users."""
        return self._use.descriptor if self._use else None

    def ensure(self) -> None:
        """Starts the daemon if none is running. Raises ServicesError with the message of the daemon."""
        if is_held(self.paths.locks / "keeper"):
            return
        with hold(self.paths.locks / "starting"):
            # Another process may have started it while this one waited for the lock.
            if not is_held(self.paths.locks / "keeper"):
                self._start_daemon()

    def wait(self) -> None:
        """Waits until the servers are up, for example while another process starts them. Raises ServicesError."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        # Empty until the daemon has written which servers are up.
        while not (running := (self.paths.locks / "keeper").read_text(encoding="ascii").split()):
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
        """Gives up the share. The process that started the servers, or passes `wait`, waits until they have stopped.

        Returns False if they stay up for others, or stop without anybody waiting.
        """
        if self._use is not None:
            self._use.close()
            self._use = None
        if self._daemon is None and not wait:
            return False
        # If this was the last user, the daemon takes the lock `users` within HANDOVER_SECONDS.
        deadline = time.monotonic() + HANDOVER_SECONDS
        while is_held(self.paths.locks / "keeper") and not is_held(self.paths.locks / "users"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        if self._daemon is not None:
            self._daemon.wait()
        # Of a daemon that another process has started, only its lock tells when it has ended.
        wait_until_free(self.paths.locks / "keeper")
        return True

    def _start_daemon(self) -> None:
        (self.paths.locks / "keeper").write_text("")  # a killed daemon could not empty its list
        options = ["--durable"] * self.durable + ["--temporary"] * self.temporary
        with (self.paths.logs / "keeper.log").open("ab") as log:
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
                # Ctrl-C in the terminal of the first user must not stop the servers of the others.
                start_new_session=True,
            )
        # The daemon closes its end once the servers are up or cannot start; reading to the end waits for that.
        with cast(IO[bytes], self._daemon.stdout) as pipe:
            line = pipe.read()
        error = json.loads(line)["error"] if line else f"The daemon of the servers died; see {self.paths.logs}."
        if error:
            self._daemon.wait()
            raise ServicesError(error)


def start(
    root: Path, *, servers: tuple[str, ...] = SERVERS, durable: bool = True, temporary: bool = False
) -> RunningServers:
    """Joins the users of a data folder's servers, and starts the servers if they are not running.

    `durable=False` trades safety against a power cut for speed; `temporary` removes the folder at the end.
    Raises ServicesError with a message for the operator.
    """
    paths = make_folders(root)
    use = Lock(paths.locks / "users")
    use.acquire_shared()  # waits while a daemon without users stops its servers
    running = RunningServers(paths, servers, durable, temporary, use)
    try:
        running.ensure()
        running.wait()
    # KeyboardInterrupt, too: a share that nobody gives up keeps the servers running as long as this process.
    except BaseException:
        use.close()
        raise
    return running


def temporary_folder() -> Path:
    """An unused path for a temporary data folder that the servers' account can reach; `start` creates it."""
    # Of a folder that is not there yet: nobody owns it, so root gets the account of a new installation.
    account = accounts.for_servers(Path("/nonexistent"))
    folders = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - the name cannot be guessed
    reachable = next(folder for folder in folders if accounts.find_unreachable(account, folder) is None)
    return reachable / f"tachi-{secrets.token_hex(8)}"


def connection(root: Path) -> DataPaths | None:
    """The paths of a data folder if its servers are running, else None."""
    paths = DataPaths(root.absolute())
    return paths if is_held(paths.locks / "keeper") else None


def to_embed() -> tuple[str, ...]:
    """The servers for which the environment gives no URL."""
    given = {"postgres": given_database_url(), "valkey": given_redis_url()}
    return tuple(name for name in SERVERS if not given[name])


@contextmanager
def available() -> Iterator[RunningServers | None]:
    """Runs the embedded servers for the length of a block. Yields None if all servers are external."""
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
    """Creates the data folder and the subfolders of this account. Only root's can be entered by other accounts."""
    paths = DataPaths(root.absolute())
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        paths.root.mkdir(parents=True, exist_ok=True, mode=mode)
        if paths.root.stat().st_uid == os.geteuid():
            paths.root.chmod(paths.root.stat().st_mode | mode)
        for folder in (paths.locks, paths.logs):
            folder.mkdir(exist_ok=True, mode=0o700)
        # mkdir() is content with a folder of another account; only looking into it raises PermissionError.
        any(paths.locks.iterdir())
    except PermissionError as error:
        raise ServicesError(
            f"{error.filename} is closed to you: another account keeps its data there. "
            "Run as that account, or set DATA_DIR to a folder of your own."
        ) from None
    return paths
