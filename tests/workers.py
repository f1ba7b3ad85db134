"""The resources of this pytest-xdist worker: a Redis database and a range of ports."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import cycle, islice

NAME = os.environ.get("PYTEST_XDIST_WORKER", "")  # gw0, gw1, ...; empty without pytest-xdist
MOST = 16
"""The maximum number of workers: as many as Redis has databases by default."""
SLOT = int(NAME.removeprefix("gw") or 0) % MOST  # the replacement of a crashed worker has a higher number

# Below the ports that Linux assigns by itself (from 32768), so that no connection takes one between its choice and its
# use; the start depends on the process, as other test runs on this machine choose ports, too.
PORTS = 700
_first = 20_000 + SLOT * PORTS
_ports = islice(cycle(range(_first, _first + PORTS)), os.getpid() % PORTS, None)


def redis_url(url: str) -> str:
    """Returns the worker's own database on the Redis that all workers share."""
    if not NAME:
        return url
    address, _, options = url.partition("?")
    return f"{address}?db={SLOT}&{options}".removesuffix("&")


def free_port() -> int:
    """Returns a port that no process listens on and that no other worker chooses."""
    for port in islice(_ports, PORTS):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"All ports from {_first} to {_first + PORTS - 1} are taken.")
