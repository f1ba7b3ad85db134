"""What lies where in a data folder, and where the embedded servers listen."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# The address of a unix socket has room for 104 bytes on macOS and 108 on Linux, its final NUL included.
LONGEST_SOCKET = 103
# libpq and PostgreSQL read commas and quotes in a socket's folder as their own syntax; redis-py stumbles over a space
# in what Valkey tells of its clients.
_PLAIN = re.compile(r"[\w./+-]+", re.ASCII)


class ServicesError(Exception):
    """The embedded servers cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Layout:
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
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def metrics(self) -> Path:
        """Where the web's processes count their requests together."""
        return self.root / "metrics"

    @property
    def binaries(self) -> Path:
        """Where copies of the servers' programs go when their user cannot reach the installed ones."""
        return self.root / "binaries"

    @property
    def sockets(self) -> Path:
        """A folder for the sockets: `run`, or a short one under /tmp when that address would not do."""
        folder = self.root / "run"
        longest = folder / ".s.PGSQL.5432"
        if len(os.fsencode(longest)) <= LONGEST_SOCKET and _PLAIN.fullmatch(str(folder)):
            return folder
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        # Not the folder that TMPDIR names: every process of this installation must come to the same answer.
        return Path("/tmp") / f"tachi-{digest}"  # noqa: S108 - its owner and mode are checked before it is used

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql://tachi@/postgres?host={quote(str(self.sockets), safe='')}"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.valkey_socket))}"
