"""Listening sockets that outlive the processes that accept connections from them.

The supervisor opens them and shares them with its children, and with the supervisor of another release at a handover. A
connection that arrives while processes are replaced therefore waits in the queue of the socket until the next process
accepts it.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

from tachi_imports.http.capacity import STALLED_AFTER_SECONDS

BACKLOG = 4_096
STREAM_BACKLOG = 1_024
TCP_OPTIONS = {
    # Accepted connections inherit it: they are closed if their peer acknowledges none of the sent data for this long.
    "TCP_USER_TIMEOUT": STALLED_AFTER_SECONDS * 1_000,
    # Connections are accepted when they have sent data, or after this number of seconds. A retiring process closes
    # accepted connections without a request; with this option they wait for the next process instead.
    "TCP_DEFER_ACCEPT": 3,
}
"""Options of tcp(7) and their values."""


class Listeners:
    """Open listening sockets by address."""

    def __init__(self, inherited: Mapping[str, int] | None = None) -> None:
        self._inherited = {
            address: socket.socket(fileno=descriptor) for address, descriptor in (inherited or {}).items()
        }
        self._open: dict[str, socket.socket] = {}

    def tcp(self, host: str, port: int, *, backlog: int = BACKLOG) -> int:
        """Returns the descriptor of the socket at this address, inherited or opened. Raises OSError."""
        address = f"tcp {host} {port}"
        if (known := self._known(address)) is not None:
            return known
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            # Connections of the last run in TIME_WAIT must not prevent binding.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for option, value in TCP_OPTIONS.items():
                if (number := getattr(socket, option, None)) is not None:  # on Linux
                    opened.setsockopt(socket.IPPROTO_TCP, number, value)
            opened.bind(place)
            opened.listen(backlog)
        except OSError:
            opened.close()
            raise
        self._open[address] = opened
        return opened.fileno()

    def unix(self, path: Path, *, backlog: int = STREAM_BACKLOG) -> int:
        """Returns the descriptor of the Unix socket at this path, inherited or opened. Replaces a leftover socket."""
        address = f"unix {path}"
        if (known := self._known(address)) is not None:
            return known
        path.unlink(missing_ok=True)
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.bind(str(path))
        opened.listen(backlog)
        self._open[address] = opened
        return opened.fileno()

    def descriptors(self) -> dict[str, int]:
        """Returns the descriptors of the open sockets by address."""
        return {address: opened.fileno() for address, opened in self._open.items()}

    def close_unclaimed(self) -> None:
        """Closes inherited sockets that were not requested: the new settings have other addresses."""
        for each in self._inherited.values():
            each.close()
        self._inherited.clear()

    def close(self) -> None:
        """Closes all sockets."""
        self.close_unclaimed()
        for each in self._open.values():
            each.close()

    def _known(self, address: str) -> int | None:
        if address in self._inherited:
            self._open[address] = self._inherited.pop(address)
        return self._open[address].fileno() if address in self._open else None
