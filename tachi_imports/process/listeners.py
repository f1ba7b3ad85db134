"""Sockets that listen for longer than the processes that accept from them.

The supervisor opens them and shares them with its children, and with the supervisor of another release when it hands
over. So a connection that arrives while processes are replaced waits in the queue of the socket until the next one
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
    # Accepted connections, which inherit it, are closed when their peer takes no byte of what is sent for so long.
    "TCP_USER_TIMEOUT": STALLED_AFTER_SECONDS * 1_000,
    # Connections are accepted once they have sent something, or after so many seconds. A process that retires closes
    # those that it has accepted and that have asked nothing yet; so they wait for the next one.
    "TCP_DEFER_ACCEPT": 3,
}
"""Of tcp(7)."""


class Listeners:
    """Open listening sockets by address."""

    def __init__(self, inherited: Mapping[str, int] | None = None) -> None:
        self._inherited = {
            address: socket.socket(fileno=descriptor) for address, descriptor in (inherited or {}).items()
        }
        self._open: dict[str, socket.socket] = {}

    def tcp(self, host: str, port: int, *, backlog: int = BACKLOG) -> int:
        """The descriptor of the socket at this address, inherited or opened. Raises OSError."""
        address = f"tcp {host} {port}"
        if (found := self._known(address)) is not None:
            return found
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            # Connections of the last run in TIME_WAIT are no obstacle.
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
        """The descriptor of the unix socket at this path, inherited or opened. Replaces what a killed run left."""
        address = f"unix {path}"
        if (found := self._known(address)) is not None:
            return found
        path.unlink(missing_ok=True)
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.bind(str(path))
        opened.listen(backlog)
        self._open[address] = opened
        return opened.fileno()

    def descriptors(self) -> dict[str, int]:
        """Those that are open, by address."""
        return {address: opened.fileno() for address, opened in self._open.items()}

    def close_unclaimed(self) -> None:
        """Closes inherited sockets that nobody asked for: the new settings name other addresses."""
        for each in self._inherited.values():
            each.close()
        self._inherited.clear()

    def close(self) -> None:
        """Closes all."""
        self.close_unclaimed()
        for each in self._open.values():
            each.close()

    def _known(self, address: str) -> int | None:
        if address in self._inherited:
            self._open[address] = self._inherited.pop(address)
        return self._open[address].fileno() if address in self._open else None
