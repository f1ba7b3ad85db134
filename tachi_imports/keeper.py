"""The process that owns the embedded servers of one data folder: `python -m tachi_imports.keeper`.

Everyone who uses the servers shares the lock `users` (tachi_imports/services.py). The keeper waits for that lock to
become its own, which happens when the last user has gone, however it went; then it stops the servers and ends. A
server that dies before that is started again. Standard output takes one line: {"error": ""} once the servers are up.
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

from tachi_imports import accounts
from tachi_imports.accounts import Account
from tachi_imports.family import Child, Family
from tachi_imports.layout import Layout, ServicesError
from tachi_imports.locks import Lock
from tachi_imports.servers import Postgres, Server, Surroundings, Valkey, make_sockets_folder, tail

log = logging.getLogger(__name__)
START_PATIENCE = 900.0  # seconds; replaying the log after a crash takes its time
DEATHS_ALLOWED = 4  # in one start: PostgreSQL refuses until the last process of a killed one has ended


def main() -> int:
    """Runs until nobody uses the servers any more."""
    asked = _arguments()
    layout = Layout(asked.data_dir)
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    alone, users = Lock(layout.locks / "keeper"), Lock(layout.locks / "users")
    alone.take()
    alone.write("")
    try:
        return _keep(layout, asked, alone, users)
    except ServicesError as error:
        return _report(str(error))
    finally:
        if asked.throw_away:
            shutil.rmtree(layout.sockets, ignore_errors=True)
            shutil.rmtree(layout.root, ignore_errors=True)
        # In this order: whoever comes next waits for `users`, and then asks `alone` whether we still live.
        alone.close()
        users.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="keeper")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("servers", nargs="+", choices=["postgres", "valkey"])
    parser.add_argument("--durable", action="store_true", help="survive a power cut")
    parser.add_argument("--throw-away", action="store_true", help="remove the data folder at the end")
    return parser.parse_args()


def _keep(layout: Layout, asked: argparse.Namespace, alone: Lock, users: Lock) -> int:
    account = accounts.for_servers(layout.postgres)
    _check_reach(layout, account)
    make_sockets_folder(layout, account=account)
    around = Surroundings(layout, account, durable=asked.durable)
    # Valkey comes up while initdb still works, and stops first: PostgreSQL holds the truth.
    servers: list[Server] = [kind(around) for kind in (Valkey, Postgres) if kind.name in asked.servers]
    family = Family()
    family.adopt(_child(server, rank=rank) for rank, server in enumerate(servers))
    family.listen()
    try:
        if not family.wait_until(lambda: _all_up(family, servers, layout), seconds=START_PATIENCE):
            raise ServicesError(f"The servers did not start. Their logs are in {layout.logs}.")
        board = Board(alone, family, servers)
        board.update()
        _report("")
        threading.Thread(target=_stop_when_unused, args=(family, users), daemon=True).start()
        family.tend(also=board.update, every=1.0)
    finally:
        family.stop()
    return 0


class Board:
    """Which servers are up, written into the keeper's lock for those who come later."""

    def __init__(self, lock: Lock, family: Family, servers: list[Server]) -> None:
        self._lock = lock
        self._family = family
        self._servers = servers
        self._deaths_seen = -1

    def update(self) -> None:
        """Takes the word back when a server has died, and gives it again when all are up."""
        deaths = sum(child.deaths for child in self._family.children)
        if deaths != self._deaths_seen:
            up = _up(self._family, self._servers)
            self._lock.write(" ".join(server.name for server in self._servers) if up else "")
            self._deaths_seen = deaths if up else -1


def _check_reach(layout: Layout, account: Account | None) -> None:
    hidden = accounts.hidden_part(account, layout.root)
    if hidden is not None and account is not None:
        raise ServicesError(
            f"PostgreSQL does not run as root, and {account.name}, who runs it instead, may not enter {hidden}. "
            "Set DATA_DIR to a folder that others may enter, such as /var/lib/tachi-imports, "
            "or start as an ordinary user."
        )


def _child(server: Server, *, rank: int) -> Child:
    def start() -> subprocess.Popen[bytes]:
        server.prepare()
        return server.start()

    return Child(server.name, start, rank=rank, stop_signal=server.stop_signal, grace=server.grace)


def _all_up(family: Family, servers: list[Server], layout: Layout) -> bool:
    """Raises ServicesError when one keeps dying."""
    for child in family.children:
        if child.deaths >= DEATHS_ALLOWED:
            raise ServicesError(f"{child.name} does not start. The end of its log:\n{tail(layout, child.name)}")
    return _up(family, servers)


def _up(family: Family, servers: list[Server]) -> bool:
    return all(
        child.process is not None and server.is_up(child.process.pid)
        for child, server in zip(family.children, servers, strict=True)
    )


def _stop_when_unused(family: Family, users: Lock) -> None:
    users.take()
    family.ask_to_stop()


def _report(error: str) -> int:
    """Tells whoever started us, and closes the pipe: nothing more will come."""
    print(json.dumps({"error": error}), flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main())
