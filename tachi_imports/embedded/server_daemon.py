"""The process that owns the embedded servers of one data folder: `python -m tachi_imports.embedded.server_daemon`.

Every process that uses the servers shares the lock `users` (tachi_imports/embedded/services.py). The daemon waits for
an exclusive lock on it, which it gets when the last user has ended or was killed; then it stops the servers and exits.
A server that dies earlier is restarted. Standard output gets one line: {"error": ""} once the servers are up.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from tachi_imports.embedded import accounts
from tachi_imports.embedded.locks import Lock
from tachi_imports.embedded.paths import DataPaths, ServicesError
from tachi_imports.embedded.servers import Postgres, Server, ServerContext, Valkey, make_sockets_folder, tail
from tachi_imports.process.process_group import Child, ProcessGroup

log = logging.getLogger(__name__)
START_TIMEOUT_SECONDS = 900.0  # replaying the write-ahead log after a crash may take minutes
MAX_DEATHS = 4  # in one start: PostgreSQL refuses until the last process of a killed one has ended


def main() -> int:
    """Runs until no process uses the servers."""
    parser = argparse.ArgumentParser(prog="server_daemon")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("servers", nargs="+", choices=["postgres", "valkey"])
    parser.add_argument("--durable", action="store_true", help="survive a power cut")
    parser.add_argument("--temporary", action="store_true", help="remove the data folder at the end")
    options = parser.parse_args()
    paths = DataPaths(options.data_dir)
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    status_lock, users = Lock(paths.daemon_lock), Lock(paths.locks / "users")
    status_lock.acquire()
    status_lock.write("")
    try:
        return _run(paths, options, status_lock, users)
    except ServicesError as error:
        return _report(str(error))
    finally:
        if options.temporary:
            shutil.rmtree(paths.sockets, ignore_errors=True)
            shutil.rmtree(paths.root, ignore_errors=True)
        # In this order: the next process waits for `users` and then checks whether the daemon's lock is held.
        status_lock.close()
        users.close()


def _run(paths: DataPaths, options: argparse.Namespace, status_lock: Lock, users: Lock) -> int:
    account = accounts.for_servers(paths.postgres)
    hidden = accounts.find_unreachable(account, paths.root)
    if hidden is not None and account is not None:
        raise ServicesError(
            f"PostgreSQL does not run as root, and {account.name}, who runs it instead, may not enter {hidden}. "
            "Set DATA_DIR to a folder that others may enter, such as /var/lib/tachi-imports, "
            "or start as an ordinary user."
        )
    make_sockets_folder(paths, account=account)
    context = ServerContext(paths, account, durable=options.durable)
    # Valkey starts while initdb is still running, and stops first: PostgreSQL is the system of record.
    servers: list[Server] = [kind(context) for kind in (Valkey, Postgres) if kind.name in options.servers]
    group = ProcessGroup()
    group.add(_child(server, rank=rank) for rank, server in enumerate(servers))
    group.listen()

    def stop_when_unused() -> None:
        users.acquire()  # succeeds once no process shares the lock
        group.ask_to_stop()

    def are_up() -> bool:
        for child in group.children:
            if child.deaths >= MAX_DEATHS:
                raise ServicesError(f"{child.name} does not start. The end of its log:\n{tail(paths, child.name)}")
        return _up(group, servers)

    try:
        if not group.wait_until(are_up, seconds=START_TIMEOUT_SECONDS):
            raise ServicesError(f"The servers did not start. Their logs are in {paths.logs}.")
        status_file = StatusFile(status_lock, group, servers)
        status_file.update()
        _report("")
        # A daemon thread: when a signal stops the servers, it may still be waiting for users.
        threading.Thread(target=stop_when_unused, daemon=True).start()
        group.run(also=status_file.update, every=1.0)
    finally:
        group.stop()
    return 0


class StatusFile:
    """Lists the running servers in the daemon's lock file for processes that start later."""

    def __init__(self, lock: Lock, group: ProcessGroup, servers: list[Server]) -> None:
        self._lock = lock
        self._group = group
        self._servers = servers
        self._deaths_seen = -1

    def update(self) -> None:
        """Empties the list when a server has died, and writes it again when all are up."""
        deaths = sum(child.deaths for child in self._group.children)
        if deaths != self._deaths_seen:
            up = _up(self._group, self._servers)
            self._lock.write(" ".join(server.name for server in self._servers) if up else "")
            self._deaths_seen = deaths if up else -1


def _child(server: Server, *, rank: int) -> Child:
    def start() -> subprocess.Popen[bytes]:
        server.set_up()
        return server.start()

    return Child(server.name, start, rank=rank, stop_signal=server.stop_signal, grace=server.grace)


def _up(group: ProcessGroup, servers: list[Server]) -> bool:
    return all(
        child.process is not None and server.is_up(child.process.pid)
        for child, server in zip(group.children, servers, strict=True)
    )


def _report(error: str) -> int:
    """Sends the result to the process that started us, and closes the pipe. Returns the exit code."""
    print(json.dumps({"error": error}), flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main())
