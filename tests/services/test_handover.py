"""SIGUSR2 makes the supervisor hand over: other processes serve, and no request notices."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tachi_imports import env
from tachi_imports.embedded.locks import Lock
from tachi_imports.process import handover
from tachi_imports.process.listeners import Listeners
from tachi_imports.process.processes import AdoptedProcess, Command, spawn
from tests.deployment.traffic import Traffic
from tests.services.process_inspection import all_gone, wait_for
from tests.services.test_supervisor import Server
from tests.services.test_supervisor import port as port  # noqa: PLC0414 - a fixture
from tests.services.test_supervisor import server as server  # noqa: PLC0414 - a fixture
from tests.workers import free_port

WHO = {"sweeper": "sweep", "worker": "worker", "streams": "tachi_imports.streams", "web": "granian_server"}


def report(data: Path) -> dict[str, Any]:
    path = data / "supervisor.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def has_handed_over(data: Path, count: int) -> bool:
    """Whether what took over in this handover serves."""
    found = report(data)
    return (found["handovers"], found["state"]) == (count, "serving")


def members(server: Server) -> dict[str, int]:
    """The process IDs of the supervisor's children by what they do."""
    assert server.process is not None
    found: dict[str, int] = {}
    for child in psutil.Process(server.process.pid).children():
        line = " ".join(child.cmdline())
        found |= {name: child.pid for name, word in WHO.items() if f" {word}" in line or f".{word}" in line}
    return found


@pytest.mark.slow
def test_two_handovers_replace_every_process_and_fail_no_request(migrated: Path, server: Server) -> None:
    server.variables["TACHI_RATE_LIMITS"] = "off"
    process = server.start()
    assert wait_for(lambda: report(migrated).get("state") == "serving", seconds=60)
    former = members(server)
    assert set(former) == set(WHO)
    traffic = Traffic(server.port)

    with traffic.polling("/api/v1/status", "/api/v1/status", "/"):
        for count in (1, 2):
            process.send_signal(signal.SIGUSR2)
            assert wait_for(partial(has_handed_over, migrated, count), seconds=120)
        assert wait_for(lambda: all_gone(former.values()), seconds=60)

    assert traffic.failures == []
    assert traffic.answer_count > 0
    assert report(migrated)["pid"] == process.pid
    now = members(server)
    assert set(now) == set(WHO)
    assert not set(now.values()) & set(former.values())
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (0, "Stopped.")
    assert all_gone(now.values())


@contextmanager
def web(descriptor: int) -> Iterator[subprocess.Popen[bytes]]:
    """One process of the web on a socket, once it has loaded the application."""
    ready, writer = os.pipe()
    arguments = [str(number) for number in (descriptor, writer, 1)]
    started = Command(
        (sys.executable, "-m", "tachi_imports.process.granian_server", *arguments),
        str(env.BASE_DIR),
        (descriptor, writer),
    ).spawn()
    try:
        assert os.read(ready, 1) == b"."
        yield started
    finally:
        os.close(ready)
        os.close(writer)
        started.terminate()
        started.wait()


@pytest.mark.slow
def test_a_connection_without_a_request_is_served_by_the_next_web() -> None:
    port = free_port()
    with closing(Listeners()) as listeners:
        descriptor = listeners.tcp("127.0.0.1", port)
        with (
            web(descriptor) as former,
            web(descriptor),
            socket.create_connection(("127.0.0.1", port), timeout=30) as early,
        ):
            former.send_signal(signal.SIGUSR1)
            former.wait(30)
            early.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert early.recv(8) == b"HTTP/1.1"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    started = spawn(["/bin/sleep", "60"])
    yield started
    started.kill()
    started.wait()


def test_an_adopted_process_can_be_polled_and_signalled_like_a_child(child: subprocess.Popen[bytes]) -> None:
    adopted = AdoptedProcess(child.pid)
    assert adopted.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        adopted.wait(0.05)
    adopted.send_signal(signal.SIGTERM)
    assert adopted.wait(60) == -signal.SIGTERM
    adopted.send_signal(signal.SIGTERM)  # nobody has that ID any more


def test_a_listening_socket_keeps_connections_for_its_next_process() -> None:
    port = free_port()
    with closing(Listeners()) as former:
        descriptor = os.dup(former.tcp("127.0.0.1", port))
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"ask")  # the kernel keeps back connections on which nothing has come (TCP_DEFER_ACCEPT)
            former.close()
            with closing(Listeners({f"tcp 127.0.0.1 {port}": descriptor})) as listeners:
                assert listeners.tcp("127.0.0.1", port) == descriptor
                with socket.socket(fileno=os.dup(descriptor)) as listening:
                    accepted, _ = listening.accept()
                with accepted:
                    accepted.sendall(b"here")
                    assert client.recv(4) == b"here"


def test_inherited_sockets_of_unused_addresses_are_closed() -> None:
    former = Listeners()
    port = free_port()
    descriptor = os.dup(former.tcp("127.0.0.1", port))
    former.close()
    listeners = Listeners({f"tcp 127.0.0.1 {port}": descriptor})
    listeners.close_unclaimed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_an_inherited_lock_stays_held(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    assert lock.try_acquire()
    inherited_lock = Lock(tmp_path / "lock", inherited=os.dup(lock.descriptor))
    lock.close()
    other = Lock(tmp_path / "lock")
    assert not other.try_acquire()
    inherited_lock.close()
    assert other.try_acquire()
    other.close()


@pytest.mark.parametrize(
    ("place", "current", "expected"),
    [
        ("checkout", None, "checkout"),
        ("releases/1.0.0", None, "releases/1.0.0"),
        ("releases/1.0.0", "releases/1.1.0", "releases/1.1.0"),
        ("checkout", "releases/1.1.0", "checkout"),
    ],
)
def test_the_release_to_run_is_the_target_of_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, current: str | None, expected: str
) -> None:
    for each in (place, current or place):
        (tmp_path / each).mkdir(parents=True, exist_ok=True)
    if current:
        (tmp_path / "current").symlink_to(current)
    monkeypatch.setattr(env, "BASE_DIR", tmp_path / place)
    assert handover.release_to_run() == tmp_path / expected


def test_the_problem_of_a_release_that_cannot_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No such file" in handover.problem_of(tmp_path)
    monkeypatch.setenv("WORKERS", "many")
    assert handover.problem_of(env.BASE_DIR) == "WORKERS must be a whole number from 0 to 32, not 'many'."
    monkeypatch.setenv("WORKERS", "1")
    assert handover.problem_of(env.BASE_DIR) == ""
