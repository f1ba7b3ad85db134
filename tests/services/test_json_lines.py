"""TACHI_LOG_FORMAT=json: every line of real processes is an object, from the first to the last."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tachi_imports import env
from tachi_imports.embedded import services
from tachi_imports.embedded.locks import Lock
from tests.services.process_inspection import kill_all, wait_for
from tests.services.test_supervisor import Server
from tests.workers import free_port


def objects(text: str) -> list[dict[str, Any]]:
    """Each line as an object; a line that is none fails, and is shown."""
    return [json.loads(line) for line in text.splitlines()]


SPEAK = """
import sys, threading, warnings
from tachi_imports.monitoring import log_setup
log_setup.set_up()
print("two\\nlines")
print("half", end=""); print("whole", flush=True)
print("unfinished", end="", flush=True)
warnings.warn("beware")
def fail(): raise ValueError("in a thread")
thread = threading.Thread(target=fail); thread.start(); thread.join()
{end}
"""


def run_and_read(end: str, **variables: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the objects of a process that prints, warns, fails in a thread, and ends like this."""
    done = subprocess.run(
        [sys.executable, "-c", SPEAK.format(end=end)],
        env=os.environ | {"TACHI_LOG_FORMAT": "json"} | variables,
        cwd=env.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, objects(done.stdout + done.stderr)


def test_prints_warnings_and_failed_threads_are_logged_as_objects() -> None:
    code, found = run_and_read("")
    printed, failed = [line for line in found if line["logger"] == "printed"], found[-1]
    assert code == 0
    assert [line["message"] for line in printed[:3]] == ["two\nlines", "halfwhole", "unfinished"]
    assert {line["level"] for line in printed[:3]} == {"INFO"}
    assert "beware" in printed[3]["message"]
    assert (failed["level"], failed["message"]) == ("CRITICAL", "uncaught exception: in a thread")
    assert failed["exception"].endswith("ValueError: in a thread")


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(
    ("end", "code", "message"),
    [
        ("raise LookupError('nowhere')", 1, "uncaught exception: nowhere"),
        ("sys.exit('no way')", 1, "no way"),
        ("from tachi_imports import env; env.integer('PORT', default=1, low=1, high=9)", 1, "PORT must be a whole"),
        ("import logging; logging.getLogger('x').error('%d', 'not a number')", 0, "%d"),
    ],
    ids=["an exception", "a message", "a setting", "a broken log call"],
)
def test_the_last_line_of_a_failed_process_is_an_object(end: str, code: int, message: str) -> None:
    ended, found = run_and_read(end, PORT="many")
    assert ended == code
    assert message in found[-1]["message"]


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    made = Server(folder / "data", free_port())
    made.variables |= {"TACHI_LOG_FORMAT": "json", "TACHI_ENV": "development", "TACHI_PUBLIC_URL": ""}
    yield made
    if made.process is not None and made.process.poll() is None:
        kill_all([*(member.pid for member in made.members()), made.process.pid])
        made.process.communicate()


STRANGERS_ASK_FOR = ("/", "/api/v1/status", "/api/v1/imports/1/poll-status", "/static/x.css", "/admin/", "/metrics/")


def status_of(server: Server, path: str, **headers: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def messages(lines: list[dict[str, Any]], part: str) -> list[dict[str, Any]]:
    return [line for line in lines if part in line["message"]]


def test_the_reason_for_not_starting_is_logged_as_an_error(server: Server, folder: Path) -> None:
    lock = Lock(services.make_folders(folder / "data").locks / "server")
    assert lock.try_acquire()
    said, _ = server.start().communicate()
    lock.close()
    [line] = objects(said)
    assert (line["level"], "already runs" in line["message"]) == ("ERROR", True)


@pytest.mark.slow
def test_a_complete_installation_logs_only_objects(migrated: Path, server: Server) -> None:
    """Also about strangers, a dead worker, and a Redis that is away for some seconds."""
    process = server.start()
    assert wait_for(lambda: server.health().get("status") == "ok", seconds=60)
    for path in STRANGERS_ASK_FOR:
        assert status_of(server, path, Host="elsewhere.example") == 400
    for host in ("two words", "a" * 300, "[::1", "caf\xe9", "a,b"):
        assert status_of(server, "/", Host=host) == 400
    worker, streams = server.pids("worker"), server.pids("tachi_imports.streams")
    kill_all(worker)
    # Valkey is held, as one that hangs: it is neither restarted nor does it answer.
    valkey = [
        each
        for each in psutil.process_iter(["cmdline", "name"])
        if "valkey" in each.info["name"] and str(migrated) in " ".join(each.info["cmdline"] or [])
    ]
    for each in valkey:
        each.suspend()
    assert len(valkey) == len(streams) == 1
    assert wait_for(lambda: server.health().get("redis") == "down", seconds=60)
    for _ in range(3):
        status_of(server, "/login/")
    for each in valkey:
        each.resume()
    assert wait_for(lambda: server.health().get("status") == "ok", seconds=60)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)

    lines = objects(said)

    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert not any("exception" in line for line in lines), [line for line in lines if "exception" in line]
    [welcome] = messages(lines, "Tachi Imports is ready")
    assert "Player  demo, password " in welcome["message"]
    assert len(messages(lines, "elsewhere.example")) == len(STRANGERS_ASK_FOR)
    assert messages(lines, "was killed by SIGKILL")
    assert len(messages(lines, "requests pass uncounted")) <= 1
    assert lines[-1]["message"] == "Stopped."
    assert not messages(lines, "threads")
