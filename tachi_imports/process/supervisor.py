"""Runs the whole installation: embedded servers, web, workers and sweeper (`script/server`).

It does not import Django, so that it stays small and is unaffected by errors in its children's code.
"""

from __future__ import annotations

import http.client
import logging
import math
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.embedded.locks import Lock
from tachi_imports.embedded.paths import DataPaths
from tachi_imports.monitoring import log_setup
from tachi_imports.process.handover import Inheritance, Report, execute, problem_of, python_of, records, release_to_run
from tachi_imports.process.listeners import Listeners
from tachi_imports.process.process_group import Child, ProcessGroup
from tachi_imports.process.processes import Command, allow_many_open_files, kill_session, spawn

WEB_TIMEOUT_SECONDS = 60.0  # until the web must respond for the first time
PORT_TIMEOUT_SECONDS = 5.0  # for another program to release the port
MAX_DEATHS = 3  # of a child, before the web has responded
MIN_WORKERS, MAX_WORKERS = 2, 32  # with one, a hook's score would wait behind a large file
CHECK_INTERVAL_SECONDS = 5.0  # between two checks of the embedded servers

LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the address to connect to if a server listens on all
WELCOME = """
Tachi Imports is ready: {url}

  Data    {root}
  Admin   {url}/admin/ for accounts made by: {manage} createsuperuser
{more}
"""
DEMO_PLAYER = "  Player  demo, password {password} (shown only now)\n"

log = logging.getLogger(__name__)


def default_workers() -> int:
    """Returns one worker per core: PostgreSQL needs about as much CPU time for an import as its worker.

    Both rarely compute at the same moment, and more workers would only compete for the cores.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MAX_WORKERS, max(MIN_WORKERS, cores))


class CannotRun(Exception):
    """The installation cannot start; the message gives the reason."""


@dataclass(frozen=True)
class Plan:
    """The processes to run and their addresses, from the settings."""

    host: str
    port: int
    workers: int
    web_processes: int
    stream_host: str = "127.0.0.1"
    stream_port: int = 0  # none

    @classmethod
    def read(cls) -> Plan:
        """Reads the plan from the environment."""
        return cls(
            host=env.text("HOST", default="127.0.0.1"),
            port=env.integer("PORT", default=8000, low=1, high=65_535),
            workers=env.integer("WORKERS", default=default_workers(), low=0, high=MAX_WORKERS),
            web_processes=env.integer("WEB_PROCESSES", default=2, low=0, high=32),
            stream_host=env.text("STREAM_HOST", default="127.0.0.1"),
            stream_port=env.integer("STREAM_PORT", default=0, low=0, high=65_535),
        )

    @property
    def url(self) -> str:
        """The URL for a browser on this machine, or the public URL if set."""
        host = LOCAL.get(self.host, self.host)
        return env.origin("TACHI_PUBLIC_URL") or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def children(self, files: OpenFiles | None) -> list[Child]:
        """Returns the children. The web stops first, so that no work arrives; then workers may finish short imports."""
        children = [_child("sweeper", _manage("sweep", "--forever"), rank=1)]
        children += [_child(f"worker {number}", _manage("worker"), rank=1) for number in range(1, self.workers + 1)]
        if files is not None:
            streams = ["-m", "tachi_imports.streams", *map(str, files.streams)]
            children.append(_child("streams", streams, rank=0, descriptors=files.streams))
            shared = (files.web, files.ready)
            web = ["-m", "tachi_imports.process.granian_server", *map(str, shared), str(self.web_processes)]
            children.append(_child("web", web, rank=0, descriptors=shared, retire_signal=signal.SIGUSR1))
        return children


@dataclass(frozen=True)
class OpenFiles:
    """Descriptors shared by children: sockets of the web and the streams, and the pipe of the web processes."""

    web: int
    streams: tuple[int, ...]
    ready: int


def main() -> int:
    """Runs until SIGTERM, SIGINT or SIGHUP. Returns 1 if it could not start. `--check` only reads the settings."""
    log_setup.set_up()
    root = services.data_dir()
    if "--check" in sys.argv[1:]:  # before any lock, as an installation may be running
        Plan.read()
        return 0
    allow_many_open_files()
    inherited = Inheritance.from_environment()
    try:
        plan = Plan.read()
        paths = services.make_folders(root)
        with (
            closing(Lock(paths.locks / "server", inherited=inherited.locks.get("server"))) as lock,
            closing(Listeners(inherited.sockets)) as listeners,
        ):
            _claim(lock, paths, plan)
            # The web processes add up their metrics in this folder (tachi_imports/monitoring/metrics.py).
            if not inherited.count:  # files of an earlier run would be included
                shutil.rmtree(paths.metrics, ignore_errors=True)
                paths.metrics.mkdir(mode=0o700)
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(paths.metrics)
            with services.available() as running:
                if "users" in inherited.locks:
                    os.close(inherited.locks["users"])  # this program has its own share now
                return Installation(
                    plan=plan, paths=paths, running=running, lock=lock, listeners=listeners, inherited=inherited
                ).run()
    except (CannotRun, services.ServicesError) as error:
        print_error(str(error))
        return 1


def _claim(lock: Lock, paths: DataPaths, plan: Plan) -> None:
    if not lock.try_acquire():
        raise CannotRun(
            f"Tachi Imports already runs on {paths.root}: {lock.read()}.\n"
            "Stop that one first, or set another DATA_DIR and PORT."
        )
    lock.write(f"process {os.getpid()}, {plan.url}")


def open_files(plan: Plan, paths: DataPaths, listeners: Listeners, *, ready: int) -> OpenFiles | None:
    """Opens the plan's sockets. Raises CannotRun if another program keeps using an address."""
    if not plan.web_processes:
        return None
    deadline = time.monotonic() + PORT_TIMEOUT_SECONDS
    while True:
        try:
            streams = [listeners.unix(paths.stream_socket)]
            if plan.stream_port:
                streams.append(listeners.tcp(plan.stream_host, plan.stream_port))
            return OpenFiles(listeners.tcp(plan.host, plan.port), tuple(streams), ready)
        except OSError as error:
            if time.monotonic() > deadline:
                place = f"{plan.host}:{plan.port}" + (f" or port {plan.stream_port}" if plan.stream_port else "")
                raise CannotRun(f"Cannot listen on {place} ({error.strerror or error}). Set HOST or PORT.") from None
        time.sleep(0.2)


class Installation:
    """The processes of this release, and those of the former one until they are replaced."""

    def __init__(
        self,
        *,
        plan: Plan,
        paths: DataPaths,
        running: services.RunningServers | None,
        lock: Lock,
        listeners: Listeners,
        inherited: Inheritance,
    ) -> None:
        self._plan, self._paths, self._running = plan, paths, running
        self._lock, self._listeners, self._inherited = lock, listeners, inherited
        self._ready = ReadyPipe(inherited.ready)
        self._handovers = inherited.count
        self._group, self._check = ProcessGroup(), EmbeddedServersCheck(running)

    def run(self) -> int:
        """Starts everything, replaces the former release's children, and runs until a stop is requested."""
        group = self._group
        group.listen()
        former, retiring = self._inherited.running_children()
        group.add(former)
        group.retiring = retiring  # without another signal, which would interrupt them
        try:
            self._report("starting")
            try:
                self._start()
            except CannotRun as error:
                if not former:
                    raise
                # A new release that fails to start must not end the service: the former web still responds.
                print_error(f"{error} The former release goes on.")
                self._report("refused", problem=str(error))
            else:
                group.retire(former)
                self._listeners.close_unclaimed()
            while not group.stop_asked:
                group.run(also=self._check.start, every=CHECK_INTERVAL_SECONDS)
                if group.handover_asked and not group.stop_asked:
                    self._hand_over()
        finally:
            print_line("Stopping ...")
            group.stop()
            self._check.finish()
            alone = self._running is None or self._running.stop(wait=True)
            print_line("Stopped." if alone else "Stopped; another command still uses PostgreSQL and Valkey.")
        return 0

    def _start(self) -> None:
        """Starts the children of this release. Raises CannotRun, with all of them removed, if they do not come up."""
        group = self._group
        files = open_files(self._plan, self._paths, self._listeners, ready=self._ready.writer)
        # Migrations and other preparations run in a separate process, whose memory is freed afterwards.
        with tempfile.TemporaryFile(buffering=0) as notes:
            argv: list[str | Path] = [
                python_of(env.BASE_DIR),
                "-m",
                "tachi_imports.process.bootstrap",
                str(notes.fileno()),
            ]
            bootstrap = spawn(argv, cwd=env.BASE_DIR, descriptors=[notes.fileno()])
            # Migrating a large installation may take any time; SIGTERM ends the wait.
            group.wait_until(lambda: bootstrap.poll() is not None, seconds=math.inf)
            kill_session(bootstrap.pid)
            if bootstrap.wait() != 0 and not group.stop_asked:
                raise CannotRun("The installation could not be prepared; the messages above say why.")
            notes.seek(0)
            password = notes.read().decode("ascii")
        children = self._plan.children(files)
        group.add(children)
        is_up = False
        try:
            is_up = group.wait_until(lambda: self._is_up(children), seconds=WEB_TIMEOUT_SECONDS)
        finally:
            if not is_up:
                group.remove(children)
        if is_up:
            self._report("serving")
            print_line(welcome(self._plan.url, self._paths.root, demo_password=password))
        elif not group.stop_asked:
            raise CannotRun("The web did not come up; the messages above say why.")

    def _is_up(self, children: Sequence[Child]) -> bool:
        """Returns whether the web is up. Raises CannotRun if a child keeps dying."""
        for child in children:
            if child.deaths >= MAX_DEATHS:
                raise CannotRun(f"The {child.name} does not start; the messages above say why.")
        # The former web responds on the same socket, so that a response alone proves nothing.
        return self._ready.count() >= self._plan.web_processes and _is_web_up(self._plan)

    def _hand_over(self) -> None:
        """Executes the supervisor of the release to run; returns if that fails."""
        self._group.handover_asked = False
        self._handovers += 1
        release = release_to_run()
        problem = problem_of(release)
        if not problem:
            # Executing another program ends all threads, and the check's thread may be starting a server.
            self._check.finish()
            locks = {"server": self._lock.descriptor}
            if self._running is not None and self._running.share is not None:
                locks["users"] = self._running.share
            sockets, ready = self._listeners.descriptors(), self._ready.ends
            inheritance = Inheritance(self._handovers, sockets, locks, ready, records(self._group))
            print_line(f"Handing over to {release} ...")
            try:
                execute(release, inheritance, descriptors=[*sockets.values(), *locks.values(), *ready])
            except OSError as error:
                problem = str(error)
        print_error(f"{release} cannot take over: {problem}")
        self._report("refused", problem=problem)

    def _report(self, state: str, *, problem: str = "") -> None:
        Report(os.getpid(), self._plan.url, str(env.BASE_DIR), self._handovers, state, problem).write(self._paths.root)


def welcome(url: str, root: Path, *, demo_password: str) -> str:
    """Returns the text that is printed when the web is up: its URL and useful commands."""
    manage, more = ".venv/bin/python manage.py", "  Ctrl-C stops everything and keeps the data."
    if env.text("TACHI_ENV") == "production":
        if shutil.which("tachi-manage"):  # docs/operations.md installs it
            manage = "tachi-manage"
        elif shutil.which("python") == sys.executable:  # in a container
            manage = "python manage.py"
        else:
            settings = os.environ.get("TACHI_SETTINGS")
            manage = f"{f'TACHI_SETTINGS={settings} ' if settings else ''}{sys.executable} {env.BASE_DIR / 'manage.py'}"
        more = f"  Songs   {manage} load_seeds FOLDER\n  State   {url}/healthz"
    if demo_password:
        more = DEMO_PLAYER.format(password=demo_password) + more
    return WELCOME.format(url=url, root=root, manage=manage, more=more)


class ReadyPipe:
    """A pipe to which each web process writes a byte when it has loaded the application."""

    def __init__(self, inherited: tuple[int, int] | None) -> None:
        self.ends = inherited or os.pipe()
        self._count = 0
        for end in self.ends:
            os.set_blocking(end, False)
            os.set_inheritable(end, False)
        self.count()
        self._count = 0  # not those of the former release

    @property
    def writer(self) -> int:
        return self.ends[1]

    def count(self) -> int:
        """Returns the number of web processes that have loaded the application."""
        with suppress(BlockingIOError):
            self._count += len(os.read(self.ends[0], 4096))
        return self._count


def _is_web_up(plan: Plan) -> bool:
    if not plan.web_processes:
        return True
    connection = http.client.HTTPConnection(LOCAL.get(plan.host, plan.host), plan.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        # 503 counts as well: the web is up, and its response names what is down.
        return connection.getresponse().status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class EmbeddedServersCheck:
    """Restarts the embedded servers if even the process that owns them was killed.

    That may take half a minute if the killed process left a server that does not stop. It runs in a thread, so that
    the supervisor can restart other children and handle signals meanwhile.
    """

    def __init__(self, running: services.RunningServers | None) -> None:
        self._running = running
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Checks the servers in the background, unless an earlier check is still running."""
        running = self._running
        if running is None or (self._thread is not None and self._thread.is_alive()):
            return

        def check() -> None:
            try:
                running.ensure()
            except services.ServicesError as error:
                log.error("%s", error)  # noqa: TRY400 - the message is for people

        self._thread = threading.Thread(target=check, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Waits until no check is running."""
        if self._thread is not None:
            self._thread.join()


def _child(
    name: str,
    arguments: Sequence[str],
    *,
    rank: int,
    descriptors: tuple[int, ...] = (),
    retire_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    command = Command((str(python_of(env.BASE_DIR)), *arguments), str(env.BASE_DIR), descriptors)
    return Child(name, command.spawn, rank=rank, retire_signal=retire_signal, command=command)


def _manage(*command: str) -> list[str]:
    return ["manage.py", *command]


def print_line(text: str) -> None:
    """Prints a line immediately, for the process that started this one."""
    print(text, flush=True)


def print_error(text: str) -> None:
    """Prints a line to standard error, which `TACHI_LOG_FORMAT=json` logs as an error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
