"""Streams of progress under the real supervisor: what is killed around them costs no stream its end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from tachi_imports.embedded.paths import DataPaths
from tachi_imports.streams.routes import UnixConnection
from tests.faults.conftest import Scores
from tests.faults.process_harness import Installation
from tests.streams.event_stream import EventStream, opened

pytestmark = pytest.mark.faults

DONE: tuple[str, Any] = ("done", {})
STREAM_COUNT = 150


@contextlib.contextmanager
def stream(installation: Installation, import_id: str) -> Iterator[EventStream]:
    """Through the web, which passes it on."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=90)
    with opened(connection, f"/api/v1/imports/{import_id}/stream") as events:
        assert events.response.status == 200
        yield events


def pid_of_streams(installation: Installation) -> int:
    assert installation.supervisor is not None
    children = psutil.Process(installation.supervisor.pid).children()
    return next(child.pid for child in children if "tachi_imports.streams" in child.cmdline())


def kill_worker(installation: Installation) -> None:
    installation.kill_worker(0)


def empty_redis(installation: Installation) -> None:
    installation.redis.flushall()


def kill_redis(installation: Installation) -> None:
    os.kill(installation.pid_of("valkey"), signal.SIGKILL)


def kill_postgres(installation: Installation) -> None:
    installation.restart_postgres(signal.SIGQUIT)


@pytest.mark.parametrize(
    "break_something", [kill_worker, empty_redis, kill_redis, kill_postgres], ids=lambda function: function.__name__
)
def test_a_stream_survives_the_death_of_other_processes(
    installation: Installation, scores: Scores, break_something: Callable[[Installation], None]
) -> None:
    player = next(installation.players)
    with installation.workers_running(1):
        import_id = installation.upload(player, scores(8_000))
        with stream(installation, import_id) as events:
            installation.until(lambda: len(events.descriptions) > 1)
            break_something(installation)
            installation.until(lambda: installation.are_in([import_id]))
            assert events.end() == DONE
    percents = [data["percent"] for name, data in events.events if name == "progress"]
    assert percents == sorted(percents)


def test_the_stream_process_is_restarted(installation: Installation, scores: Scores) -> None:
    import_id = installation.upload(next(installation.players), scores(1))
    with stream(installation, import_id) as events:
        events.until("progress")
        os.kill(pid_of_streams(installation), signal.SIGKILL)
        assert events.finished.wait(60), "a stream that is cut ends, so that its client knows"
    installation.until(lambda: can_be_opened(installation, import_id))
    with installation.workers_running(1), stream(installation, import_id) as events:
        assert events.end() == DONE


def can_be_opened(installation: Installation, import_id: str) -> bool:
    with contextlib.suppress(AssertionError), stream(installation, import_id):
        return True
    return False


def test_open_streams_do_not_delay_other_requests(installation: Installation, scores: Scores) -> None:
    import_id = installation.upload(next(installation.players), scores(1))
    with contextlib.ExitStack() as all_open:
        streams = [all_open.enter_context(stream(installation, import_id)) for _ in range(STREAM_COUNT)]
        for each in streams:
            each.until("progress")
        begun = time.monotonic()
        for _ in range(20):
            assert installation.is_answering()
        assert time.monotonic() - begun < 20  # a busy machine takes a second, and who waits for a slot ten
        with installation.workers_running(1):
            assert [each.end() for each in streams] == [DONE] * STREAM_COUNT


def test_disconnected_clients_free_their_streams(installation: Installation, scores: Scores) -> None:
    import_id = installation.upload(next(installation.players), scores(1))
    direct = UnixConnection(DataPaths(installation.folder).stream_socket)
    with opened(direct, f"/api/v1/imports/{import_id}/stream") as events:
        events.until("progress")
        assert open_streams(installation)["imports"] >= 1
    installation.until(lambda: open_streams(installation)["imports"] == 0)


def test_disconnected_relayed_clients_free_their_slots_before_the_next_keepalive(
    installation: Installation, scores: Scores
) -> None:
    import_id = installation.upload(next(installation.players), scores(1))
    comments: list[str] = []
    for _ in range(3):
        with contextlib.ExitStack() as all_open:
            streams = [all_open.enter_context(stream(installation, import_id)) for _ in range(20)]
            for each in streams:
                each.until("progress")
            assert open_streams(installation)["imports"] >= 20
        for each in streams:
            comments += each.comments
        # A keepalive would take 25 seconds.
        installation.until(lambda: open_streams(installation)["imports"] == 0, seconds=15)
    assert comments == []


def open_streams(installation: Installation) -> dict[str, int]:
    connection = UnixConnection(DataPaths(installation.folder).stream_socket, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/open-streams")
        found: dict[str, int] = json.loads(connection.getresponse().read())
    return found
