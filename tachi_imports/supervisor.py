"""Runs the whole installation: embedded servers, web, workers and sweeper (`script/server`).

It knows no Django, so that it stays small and cannot fall over what its children fall over.
"""

from __future__ import annotations

import http.client
import logging
import math
import os
import shutil
import socket
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tachi_imports import env, services
from tachi_imports.family import Child, Family
from tachi_imports.layout import Layout
from tachi_imports.locks import Lock
from tachi_imports.processes import kill_session, spawn

WEB_PATIENCE = 60.0  # seconds until the web has to answer for the first time
PORT_PATIENCE = 5.0  # seconds for the web of a killed run to let go of the port
DEATHS_ALLOWED = 3  # of the web, before it has answered once
CHECK_EVERY = 5.0  # seconds between two looks at the embedded servers

LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to knock when a server listens everywhere
WELCOME = """
Tachi Imports is ready: {url}

  Data    {root}
  Admin   {url}/admin/ for accounts made by: .venv/bin/python manage.py createsuperuser
  Ctrl-C stops everything and keeps the data.
"""

log = logging.getLogger(__name__)


class CannotRun(Exception):
    """Why the installation does not start."""


@dataclass(frozen=True)
class Plan:
    """What to run and where."""

    host: str
    port: int
    workers: int
    web_processes: int

    @classmethod
    def read(cls) -> Plan:
        """From the environment."""
        return cls(
            host=env.text("HOST", default="127.0.0.1"),
            port=env.integer("PORT", default=8000, low=1, high=65_535),
            workers=env.integer("WORKERS", default=2, low=0, high=32),
            web_processes=env.integer("WEB_PROCESSES", default=2, low=0, high=32),
        )

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it, unless a public address is known."""
        host = LOCAL.get(self.host, self.host)
        return env.origin("TACHI_PUBLIC_URL") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def children(self) -> list[Child]:
        """The web stops first, so that nothing new comes in; then the workers, who may finish a short import."""
        found = [_child("sweeper", _manage("sweep", "--forever"), rank=1)]
        found += [_child(f"worker {number}", _manage("worker"), rank=1) for number in range(1, self.workers + 1)]
        if self.web_processes:
            found.append(_child("web", self._granian(), rank=0))
        return found

    def _granian(self) -> list[str | Path]:
        options = {
            "interface": "wsgi",
            "host": self.host,
            "port": self.port,
            "workers": self.web_processes,
            # So many senders of a process may be slow, and keep nobody waiting: few of these threads work at a time
            # (tachi_imports/reception.py). They are made as they are needed.
            "blocking-threads": 64,
            "blocking-threads-idle-timeout": 600,
            "workers-kill-timeout": 3,
            # Whoever opens connections and says nothing must keep nobody out: many more may be open than the 1,024 a
            # process that granian allows, and they close after ten seconds without a whole header. granian watches
            # that only where it need not find out the version of HTTP first.
            "http": 1,
            "http1-header-read-timeout": 10_000,
            "backlog": 4_096,
            "backpressure": 16_384,
            "log-level": "warning",
        }
        argv = [f"--{name}={value}" for name, value in options.items()]
        argv += ["--no-ws", "--respawn-failed-workers"]
        return [sys.executable, "-m", "granian", *argv, "tachi_imports.wsgi:application"]


def main() -> int:
    """Runs until SIGTERM, SIGINT or SIGHUP; 1 when it could not start."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    root = services.data_dir()
    try:
        plan = Plan.read()
        layout = services.make_folders(root)
        with closing(Lock(layout.locks / "server")) as lock:
            _claim(lock, layout, plan)
            wait_for_port(plan)
            _count_anew(layout)
            with services.available() as running:
                return _run(plan, layout, running)
    except (CannotRun, services.ServicesError) as error:
        say(str(error))
        return 1


def _count_anew(layout: Layout) -> None:
    """An empty folder in which the processes of the web count together (tachi_imports/metrics.py)."""
    shutil.rmtree(layout.metrics, ignore_errors=True)
    layout.metrics.mkdir(mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(layout.metrics)


def _claim(lock: Lock, layout: Layout, plan: Plan) -> None:
    if not lock.try_to_take():
        raise CannotRun(
            f"Tachi Imports already runs on {layout.root}: {lock.read()}.\n"
            "Stop that one first, or set another DATA_DIR and PORT."
        )
    lock.write(f"process {os.getpid()}, {plan.url}")


def wait_for_port(plan: Plan) -> None:
    """Raises CannotRun when something else listens there and does not go away."""
    if not plan.web_processes:
        return
    deadline = time.monotonic() + PORT_PATIENCE
    while (problem := _port_problem(plan)) is not None:
        if time.monotonic() > deadline:
            raise CannotRun(f"Cannot listen on {plan.host}:{plan.port} ({problem}). Set HOST or PORT.")
        time.sleep(0.2)


def _port_problem(plan: Plan) -> str | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(plan.host, plan.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _run(plan: Plan, layout: Layout, running: services.Running | None) -> int:
    family = Family()
    family.listen()
    try:
        _prepare(family)
        family.adopt(plan.children())
        if not family.wait_until(lambda: _web_is_up(plan, family), seconds=WEB_PATIENCE) and not family.stop_asked:
            raise CannotRun("The web did not come up; the messages above say why.")
        if not family.stop_asked:
            say(WELCOME.format(url=plan.url, root=layout.root))
        family.tend(also=lambda: _keep_services(running), every=CHECK_EVERY)
    finally:
        say("Stopping ...")
        family.stop()
        alone = running is None or running.stop(wait=True)
        say("Stopped." if alone else "Stopped; another command still uses PostgreSQL and Valkey.")
    return 0


def _prepare(family: Family) -> None:
    """Migrates and so on, in a process that gives its memory back."""
    process = spawn([sys.executable, "-m", "tachi_imports.prepare"], cwd=env.BASE_DIR)
    family.wait_until(lambda: process.poll() is not None, seconds=math.inf)
    kill_session(process.pid)
    if process.wait() != 0 and not family.stop_asked:
        raise CannotRun("The database could not be prepared; the messages above say why.")


def _web_is_up(plan: Plan, family: Family) -> bool:
    """Raises CannotRun when a child keeps dying."""
    for child in family.children:
        if child.deaths >= DEATHS_ALLOWED:
            raise CannotRun(f"The {child.name} does not start; the messages above say why.")
    if not plan.web_processes:
        return True
    connection = http.client.HTTPConnection(LOCAL.get(plan.host, plan.host), plan.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _keep_services(running: services.Running | None) -> None:
    """Brings the embedded servers back if even their keeper was killed."""
    if running is None:
        return
    try:
        running.ensure()
    except services.ServicesError as error:
        log.error("%s", error)  # noqa: TRY400 - the message is for people


def _child(name: str, argv: list[str | Path], *, rank: int) -> Child:
    return Child(name, lambda: spawn(argv, cwd=env.BASE_DIR), rank=rank)


def _manage(*command: str) -> list[str | Path]:
    return [sys.executable, "manage.py", *command]


def say(text: str) -> None:
    """To whoever started us."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
