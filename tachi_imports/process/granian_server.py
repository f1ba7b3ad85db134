"""granian on a listening socket of its parent: `… -m tachi_imports.process.granian_server SOCKET READY PROCESSES`.

granian would open a socket for each of its processes, and drop the connections waiting in it when it stops. On a socket
that the supervisor keeps open, they wait for the next web server (tachi_imports/process/listeners.py).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from granian import log as granian_log
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.common import AbstractServer
from granian.server.mp import MPServer

from tachi_imports.http import capacity
from tachi_imports.monitoring import log_setup
from tachi_imports.process.listeners import BACKLOG

STOP_SECONDS = 3  # for running requests after SIGTERM
RETIRE_SECONDS = 115  # for running requests after SIGUSR1, when another release takes over


class GranianServer(MPServer):
    """Stops after STOP_SECONDS at most on SIGTERM, and after running requests are finished on SIGUSR1."""

    def __init__(self, *, descriptor: int, processes: int) -> None:
        super().__init__(
            "tachi_imports.wsgi:application",
            interface=Interfaces.WSGI,
            workers=processes,
            # Most of these threads wait for slow senders and readers, few work at the same time
            # (tachi_imports/http/capacity.py). They are created as needed.
            blocking_threads=capacity.THREADS,
            blocking_threads_idle_timeout=600,
            workers_kill_timeout=STOP_SECONDS,
            # Clients that open connections and send nothing must not block others: many more connections may be open
            # than granian's default of 1,024 per process, and they are closed after ten seconds without a complete
            # header. granian enforces that timeout only if it need not detect the version of HTTP first.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            backpressure=16_384,
            log_level=LogLevels.warning,
            websockets=False,
            respawn_failed_workers=True,
        )
        self._descriptor = descriptor

    def _init_shared_socket(self) -> None:
        # Replaces granian's own method, with an already open socket; granian's annotations do not cover this.
        self._sso: Any = socket.socket(fileno=self._descriptor)
        self._sfd: Any = self._descriptor
        self._shd: Any = SocketHolder(self._descriptor, False, BACKLOG)  # type: ignore[call-arg]

    def startup(self, spawn_target: Any, target_loader: Any) -> None:
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGUSR1, self._retire)

    def _retire(self, _number: int, _frame: FrameType | None) -> None:
        self.workers_kill_timeout = RETIRE_SECONDS
        self.signal_handler_interrupt()  # type: ignore[no-untyped-call]


def load(ready: int) -> Callable[..., Any]:
    """Returns the application, and writes a byte to the pipe that tells the supervisor that it is loaded."""
    from tachi_imports.wsgi import application  # noqa: PLC0415 - in each process, not in the one that forks them

    with contextlib.suppress(OSError):  # the supervisor may have ended
        os.write(ready, b".")
    return application


def main() -> None:
    descriptor, ready, processes = map(int, sys.argv[1:])
    log_setup.set_up()
    # Makes granian's own logging configuration leave our handlers in place.
    granian_log.LOGGING_CONFIG["loggers"] = {"_granian": {"handlers": [], "propagate": True}}
    if sys.platform == "linux":  # the sockets and the pipe are shared by forking
        multiprocessing.set_start_method("fork")
    server = GranianServer(descriptor=descriptor, processes=processes)
    # Not MPServer.serve(): it only adds a warning that so many threads are too many.
    AbstractServer.serve(server, target_loader=partial(load, ready), wrap_loader=False)


if __name__ == "__main__":
    main()
