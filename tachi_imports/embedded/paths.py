"""The layout of a data folder and the sockets of the embedded servers."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# The path of a Unix socket may have 104 bytes on macOS and 108 on Linux, including the final NUL.
MAX_SOCKET_PATH_LENGTH = 103
# libpq and PostgreSQL parse commas and quotes in the folder of a socket as syntax; redis-py cannot parse spaces in
# Valkey's list of clients.
_PLAIN = re.compile(r"[\w./+-]+", re.ASCII)


class ServicesError(Exception):
    """The embedded servers cannot run; the message gives the reason and a remedy."""


@dataclass(frozen=True)
class DataPaths:
    """The folders of one installation. `root` is absolute."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def daemon_lock(self) -> Path:
        """The lock of the daemon of the servers; its text lists the running servers."""
        # The name is that of earlier releases, whose daemon keeps running during an upgrade.
        return self.locks / "keeper"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def metrics(self) -> Path:
        """The folder of the web processes' request metrics."""
        return self.root / "metrics"

    @property
    def binaries(self) -> Path:
        """Copies of the server programs, for an account that cannot reach the installed ones."""
        return self.root / "binaries"

    @property
    def sockets(self) -> Path:
        """The folder of the sockets: `run`, or a short path under /tmp if that path is unusable for sockets."""
        folder = self.root / "run"
        longest = folder / ".s.PGSQL.5432"
        if len(os.fsencode(longest)) <= MAX_SOCKET_PATH_LENGTH and _PLAIN.fullmatch(str(folder)):
            return folder
        return self._short_folder  # its owner and mode are checked before it is used

    @property
    def _short_folder(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        # Not the folder of TMPDIR: every process of this installation must compute the same path.
        return Path("/tmp") / f"tachi-{digest}"  # noqa: S108

    @property
    def stream_socket(self) -> Path:
        """The socket of the stream process (tachi_imports/streams)."""
        wanted = self.root / "streams.sock"
        fits = len(os.fsencode(wanted)) <= MAX_SOCKET_PATH_LENGTH
        return wanted if fits else self._short_folder.with_suffix(".streams.sock")

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql://tachi@/postgres?host={quote(str(self.sockets), safe='')}"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.valkey_socket))}"
