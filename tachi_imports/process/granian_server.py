"""granian on a listening socket of its parent's: `… -m tachi_imports.process.granian_server SOCKET READY PROCESSES`.

granian would open a socket for each of its processes and drop the connections that wait in it when it stops. On one
that the supervisor keeps open they wait for the next web (tachi_imports/process/listeners.py).
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

STOP_SECONDS = 3  # for running requests once SIGTERM asks to stop
RETIRE_SECONDS = 115  # the same once SIGUSR1 says that others take over


class GranianServer(MPServer):
    """SIGTERM stops it soon, SIGUSR1 once running requests are answered."""

    def __init__(self, *, descriptor: int, processes: int) -> None:
        super().__init__(
            "tachi_imports.wsgi:application",
            interface=Interfaces.WSGI,
            workers=processes,
            # Most of these threads wait for slow senders and readers, few work at a time
            # (tachi_imports/http/capacity.py). They are made as they are needed.
            blocking_threads=capacity.THREADS,
            blocking_threads_idle_timeout=600,
            workers_kill_timeout=STOP_SECONDS,
            # Whoever opens connections and says nothing must keep nobody out: many more may be open than the 1,024 a
            # process that granian allows, and they close after ten seconds without a whole header. granian watches
            # that only where it need not find out the version of HTTP first.
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
            backpressure=16_384,
            log_level=LogLevels.warning,
            websockets=False,
            respawn_failed_workers=True,
        )
        self._descriptor = descriptor

    def _init_shared_socket(self) -> None:
        # granian's own, with a socket that it has not opened itself; its annotations do not tell of any of this.
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
    """The application; the supervisor learns that a process has loaded it by a byte in its pipe."""
    from tachi_imports.wsgi import application  # noqa: PLC0415 - in each process, not in the one that forks them

    with contextlib.suppress(OSError):  # a supervisor that has gone
        os.write(ready, b".")
    return application


def main() -> None:
    descriptor, ready, processes = map(int, sys.argv[1:])
    log_setup.set_up()
    # What granian would configure itself leaves our handlers in place.
    granian_log.LOGGING_CONFIG["loggers"] = {"_granian": {"handlers": [], "propagate": True}}
    if sys.platform == "linux":  # the sockets and the pipe are shared by forking
        multiprocessing.set_start_method("fork")
    server = GranianServer(descriptor=descriptor, processes=processes)
    # Not MPServer.serve(): it only adds a warning that so many threads are too many.
    AbstractServer.serve(server, target_loader=partial(load, ready), wrap_loader=False)


if __name__ == "__main__":
    main()
