"""script/server's supervisor: starts everything, keeps it alive, stops it cleanly."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.embedded.locks import Lock
from tachi_imports.embedded.paths import DataPaths
from tachi_imports.process import supervisor
from tachi_imports.process.listeners import Listeners
from tachi_imports.process.supervisor import CannotRun, OpenFiles, Plan
from tests.services.process_inspection import all_gone, kill_all, users_of, wait_for
from tests.workers import free_port


@pytest.mark.parametrize(
    ("host", "public", "url"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8000"),
        ("0.0.0.0", "", "http://127.0.0.1:8000"),  # noqa: S104 - nothing is bound
        ("::", "", "http://[::1]:8000"),
        ("scores.lan", "", "http://scores.lan:8000"),
        ("0.0.0.0", "https://scores.example.org/", "https://scores.example.org"),  # noqa: S104
    ],
)
def test_the_supervisor_prints_the_url(monkeypatch: pytest.MonkeyPatch, host: str, public: str, url: str) -> None:
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("TACHI_PUBLIC_URL", public)
    assert Plan.read().url == url


@pytest.mark.parametrize(("cores", "workers"), [(1, 2), (2, 2), (6, 6), (64, 32)])
def test_the_default_number_of_workers_is_the_number_of_cores_but_at_least_two(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int
) -> None:
    monkeypatch.delenv("WORKERS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert Plan.read().workers == workers
    monkeypatch.setenv("WORKERS", "")
    assert Plan.read().workers == workers
    monkeypatch.setenv("WORKERS", "3")
    assert Plan.read().workers == 3


def test_a_host_can_run_without_web_or_workers() -> None:
    def names(plan: Plan, files: OpenFiles | None) -> list[str]:
        return sorted(child.name for child in plan.children(files))

    files = OpenFiles(web=5, streams=(6,), ready=7)
    assert names(Plan(host="", port=1, workers=2, web_processes=1), files) == [
        *("streams", "sweeper", "web", "worker 1", "worker 2")
    ]
    assert names(Plan(host="", port=1, workers=1, web_processes=0), None) == ["sweeper", "worker 1"]
    assert names(Plan(host="", port=1, workers=0, web_processes=1), files) == ["streams", "sweeper", "web"]


@pytest.fixture
def port() -> int:
    """One that is free."""
    return free_port()


class Server:
    """A whole installation in a process of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.port = port
        own = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
        self.variables = own | {
            "TACHI_ENV": "production",
            "TACHI_SECRET_KEY": "k" * 50,
            "TACHI_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "DATA_DIR": str(data),
            "PORT": str(port),
            "WORKERS": "1",
            "WEB_PROCESSES": "1",
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "tachi_imports.process.supervisor"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            argv, env=self.variables, cwd=env.BASE_DIR, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )
        return self.process

    def health(self) -> dict[str, object]:
        """The report of /healthz; empty while nothing answers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection, suppress(OSError):
            connection.request("GET", "/healthz")
            found: dict[str, object] = json.loads(connection.getresponse().read())
            return found
        return {}

    def members(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def pids(self, word: str) -> set[int]:
        """Of the children with this word in their command line."""
        assert self.process is not None
        found = set()
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if word in child.cmdline():
                    found.add(child.pid)
        return found


@pytest.fixture
def server(folder: Path, port: int) -> Iterator[Server]:
    made = Server(folder / "data", port)
    yield made
    if made.process is not None and made.process.poll() is None:
        kill_all([*(member.pid for member in made.members()), made.process.pid])
        made.process.communicate()
    kill_all(users_of(folder))


def test_a_second_start_on_the_same_data_is_refused(server: Server, folder: Path) -> None:
    lock = Lock(services.make_folders(folder / "data").locks / "server")
    assert lock.try_acquire()
    lock.write("process 4711, http://127.0.0.1:8000")
    said, _ = server.start().communicate()
    lock.close()
    assert server.process is not None
    assert server.process.returncode == 1
    assert said == (
        f"Tachi Imports already runs on {folder / 'data'}: process 4711, http://127.0.0.1:8000.\n"
        "Stop that one first, or set another DATA_DIR and PORT.\n"
    )


def test_the_error_of_a_used_port_names_it(folder: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PORT_TIMEOUT_SECONDS", 0.0)
    layout = services.make_folders(folder / "data")
    plan = Plan(host="127.0.0.1", port=port, workers=1, web_processes=1)
    with socket.socket() as other, closing(Listeners()) as listeners:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(CannotRun, match=rf"Cannot listen on 127\.0\.0\.1:{port} \(Address already in use\)"):
            supervisor.open_files(plan, layout, listeners, ready=1)
    with closing(Listeners()) as listeners:
        assert supervisor.open_files(plan, layout, listeners, ready=1) is not None


def test_an_invalid_setting_is_named(server: Server) -> None:
    server.variables["WORKERS"] = "many"
    assert server.start().communicate()[0] == "WORKERS must be a whole number from 0 to 32, not 'many'.\n"


@pytest.mark.slow
def test_an_unknown_game_is_named_and_nothing_starts(migrated: Path, server: Server) -> None:
    server.variables["TACHI_GAMES"] = "sdvx,unheard-of"
    said, _ = server.start().communicate(timeout=120)
    assert server.process is not None
    assert server.process.returncode == 1
    assert said.count("TACHI_GAMES names unknown games: unheard-of.") == 1
    assert "is ready" not in said


def test_the_supervisor_does_not_wait_for_the_restart_of_embedded_servers() -> None:
    asked, may_finish = threading.Event(), threading.Event()

    class Returning(services.RunningServers):
        """Servers that take a while to come back."""

        def ensure(self) -> None:
            asked.set()
            assert may_finish.wait(60)

    running = Returning(DataPaths(Path("unused")), servers=(), durable=True, temporary=False, _use=None)
    check = supervisor.EmbeddedServersCheck(running)
    check.start()
    assert asked.wait(60)
    check.start()  # returns, although the first one has not finished
    may_finish.set()
    check.finish()


@pytest.mark.slow
def test_the_supervisor_replaces_dead_processes_and_stops_cleanly(migrated: Path, server: Server) -> None:
    process = server.start()
    assert wait_for(lambda: server.health().get("status") == "ok", seconds=60)

    killed = server.pids("worker") | server.pids("tachi_imports.embedded.server_daemon")
    assert len(killed) == 2
    kill_all(killed)
    assert wait_for(lambda: bool(server.pids("worker") - killed), seconds=30)
    owner = "tachi_imports.embedded.server_daemon"
    assert wait_for(lambda: bool(server.pids(owner) - killed), seconds=30)
    assert wait_for(lambda: DataPaths(migrated).daemon_lock.read_text() != "", seconds=60)  # both servers are up again
    assert wait_for(lambda: server.health().get("status") == "ok", seconds=60)

    everyone = [member.pid for member in server.members()]
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.splitlines()[-2:] == ["Stopping ...", "Stopped."]
    assert f"Tachi Imports is ready: http://127.0.0.1:{server.port}\n" in said
    assert all_gone(everyone)


@pytest.mark.parametrize(
    ("environment", "on_path", "settings", "command"),
    [
        ("development", {}, "", ".venv/bin/python manage.py"),
        ("production", {"tachi-manage": "/usr/local/sbin/tachi-manage"}, "", "tachi-manage"),
        ("production", {"python": sys.executable}, "", "python manage.py"),
        ("production", {"python": "/usr/bin/python"}, "", f"{sys.executable} {env.BASE_DIR / 'manage.py'}"),
        ("production", {}, "/srv/s", f"TACHI_SETTINGS=/srv/s {sys.executable} {env.BASE_DIR / 'manage.py'}"),
    ],
)
def test_the_welcome_message_names_commands_of_this_installation(
    monkeypatch: pytest.MonkeyPatch, environment: str, on_path: dict[str, str], settings: str, command: str
) -> None:
    monkeypatch.setenv("TACHI_ENV", environment)
    monkeypatch.setenv("TACHI_SETTINGS", settings)
    monkeypatch.setattr("shutil.which", on_path.get)
    said = supervisor.welcome("http://127.0.0.1:8000", Path("/data"), demo_password="")
    assert f" accounts made by: {command} createsuperuser\n" in said
    assert (f"{command} load_seeds FOLDER" in said) == (environment == "production")
