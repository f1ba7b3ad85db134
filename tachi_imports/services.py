"""PostgreSQL and Valkey for an installation that brings neither: started on demand, shared, stopped when unused.

Whoever uses the embedded servers of a data folder shares its lock `users`; the first starts a keeper
(tachi_imports/keeper.py), which owns the servers and stops them when nobody shares the lock any more. So two
commands at once share the servers, and a command killed outright leaves nothing running.
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

from tachi_imports import accounts, env
from tachi_imports.layout import Layout, ServicesError
from tachi_imports.locks import Lock, is_taken, taken, wait_until_free

__all__ = ["Running", "ServicesError", "available", "connection", "data_dir", "start", "temporary_folder", "to_embed"]

SERVERS = ("postgres", "valkey")
PATIENCE = 900.0  # seconds; replaying the log after a crash takes its time
HANDOVER = 0.5  # seconds for the keeper to notice that the last user has gone


def given_database_url() -> str:
    """DATABASE_URL, empty when PostgreSQL is embedded."""
    return env.service_url("DATABASE_URL", schemes=("postgresql", "postgres"))


def given_redis_url() -> str:
    """REDIS_URL, empty when Valkey is embedded."""
    return env.service_url("REDIS_URL", schemes=("redis", "rediss", "unix"))


def data_dir() -> Path:
    """Where this installation keeps its data: DATA_DIR, else `.data` beside manage.py.

    A checkout of root's may lie where the account of the servers cannot go; its data then lies under /var/lib.
    """
    beside = env.BASE_DIR / ".data"
    wanted = env.folder("DATA_DIR", default=beside)
    if wanted != beside or accounts.hidden_part(accounts.for_servers(Layout(beside).postgres), env.BASE_DIR) is None:
        return wanted
    digest = hashlib.sha256(os.fsencode(env.BASE_DIR)).hexdigest()[:8]
    return Path("/var/lib/tachi-imports") / digest


@dataclass
class Running:
    """The servers are up for as long as this is not stopped."""

    layout: Layout
    servers: tuple[str, ...]
    durable: bool
    throw_away: bool
    _use: Lock | None
    _keeper: subprocess.Popen[bytes] | None = None

    @property
    def database_url(self) -> str:
        return self.layout.database_url

    @property
    def redis_url(self) -> str:
        return self.layout.redis_url

    def ensure(self) -> None:
        """Starts the servers if nobody keeps them (any more). Raises ServicesError with what the keeper says."""
        if is_taken(self.layout.locks / "keeper"):
            return
        with taken(self.layout.locks / "starting"):
            if not is_taken(self.layout.locks / "keeper"):
                self._start_keeper()

    def wait(self) -> None:
        """Waits while others start the servers, or while one that died comes back. Raises ServicesError."""
        deadline = time.monotonic() + PATIENCE
        while not (kept := (self.layout.locks / "keeper").read_text(encoding="ascii").split()):
            self.ensure()
            if time.monotonic() > deadline:
                raise ServicesError(f"The servers do not come up. Their logs are in {self.layout.logs}.")
            time.sleep(0.05)
        missing = [name for name in self.servers if name not in kept]
        if missing:
            raise ServicesError(
                f"The servers of {self.layout.root} run without {' and '.join(missing)}, for a process with another "
                "DATABASE_URL or REDIS_URL. Stop that process first, or set the same."
            )

    def stop(self, *, wait: bool = False) -> bool:
        """Lets go. Whoever started the servers, or is told to `wait`, waits for their end if he was their last user.

        False: they stay up for others, or stop without us.
        """
        if self._use is not None:
            self._use.close()
            self._use = None
        if (self._keeper is None and not wait) or not self._was_last():
            return False
        if self._keeper is not None:
            self._keeper.wait()
        wait_until_free(self.layout.locks / "keeper")
        return True

    def _was_last(self) -> bool:
        """The keeper has the lock `users` in a moment, unless someone shares it."""
        deadline = time.monotonic() + HANDOVER
        while time.monotonic() < deadline:
            if is_taken(self.layout.locks / "users") or not is_taken(self.layout.locks / "keeper"):
                return True
            time.sleep(0.01)
        return False

    def _start_keeper(self) -> None:
        (self.layout.locks / "keeper").write_text("")  # a killed keeper could not take its word back
        options = ["--durable"] * self.durable + ["--throw-away"] * self.throw_away
        with (self.layout.logs / "keeper.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "tachi_imports.keeper", str(self.layout.root), *self.servers, *options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=env.BASE_DIR,
                start_new_session=True,
            )
        with cast(IO[bytes], self._keeper.stdout) as pipe:
            said = pipe.read()
        error = json.loads(said)["error"] if said else f"The keeper of the servers died; see {self.layout.logs}."
        if error:
            self._keeper.wait()
            raise ServicesError(error)


def start(root: Path, *, servers: tuple[str, ...] = SERVERS, durable: bool = True, throw_away: bool = False) -> Running:
    """Joins those who use the servers of a data folder, and starts them when there is nobody yet.

    `durable=False` gives up safety against a power cut for speed; `throw_away` removes the folder at the end.
    Raises ServicesError with a message for people.
    """
    layout = make_folders(root)
    use = Lock(layout.locks / "users")
    use.share()  # waits while a keeper that found nobody stops its servers
    running = Running(layout, servers, durable, throw_away, use)
    try:
        running.ensure()
        running.wait()
    except BaseException:
        use.close()
        raise
    return running


def temporary_folder() -> Path:
    """A name for the data folder of servers that are thrown away, where their account reaches it; `start` makes it."""
    account = accounts.for_servers(Path("/nonexistent"))
    folders = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - nobody guesses the name
    reachable = next(folder for folder in folders if accounts.hidden_part(account, folder) is None)
    return reachable / f"tachi-{secrets.token_hex(8)}"


def connection(root: Path) -> Layout | None:
    """Where the servers of a data folder listen, when they run."""
    layout = Layout(root.absolute())
    return layout if is_taken(layout.locks / "keeper") else None


def to_embed() -> tuple[str, ...]:
    """Which servers the environment does not name."""
    given = {"postgres": given_database_url(), "valkey": given_redis_url()}
    return tuple(name for name in SERVERS if not given[name])


@contextmanager
def available() -> Iterator[Running | None]:
    """The servers that the environment asks for, up for the length of a block; None when all are external."""
    servers = to_embed()
    if not servers:
        yield None
        return
    running = start(data_dir(), servers=servers)
    try:
        yield running
    finally:
        running.stop()


def make_folders(root: Path) -> Layout:
    """The data folder and what this account keeps in it. Only root's is open to others, to walk through."""
    layout = Layout(root.absolute())
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        layout.root.mkdir(parents=True, exist_ok=True, mode=mode)
        if layout.root.stat().st_uid == os.geteuid():
            layout.root.chmod(layout.root.stat().st_mode | mode)
        for folder in (layout.locks, layout.logs):
            folder.mkdir(exist_ok=True, mode=0o700)
        any(layout.locks.iterdir())
    except PermissionError as error:
        raise ServicesError(
            f"{error.filename} is closed to you: another account keeps its data there. "
            "Run as that account, or set DATA_DIR to a folder of your own."
        ) from None
    return layout
