"""Without a proxy in front, the web relays streams: without a worker slot, up to a limit."""

from __future__ import annotations

import asyncio
import os
import socket as sockets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from imports.models import Import, State
from tachi_imports.http import capacity
from tachi_imports.http.stream_relay import StreamRelay
from tachi_imports.http.worker_slots import Slots
from tachi_imports.process.listeners import Listeners
from tachi_imports.streams import server
from tachi_imports.streams.process import serve
from tests.factories import run_job

pytestmark = pytest.mark.django_db(transaction=True)

DONE = b"event: done\ndata: {}\n\n"
UNKNOWN = "/api/v1/imports/unknown/stream"
SECONDS = 10


def django(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b"from Django"]


def refuse(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return [b"no room"]


def relay_to(socket: Path) -> StreamRelay:
    return StreamRelay(django, socket=socket, refuse=refuse, client_of=lambda environ: environ["REMOTE_ADDR"])


@pytest.fixture
def relay(socket: Path) -> StreamRelay:
    return relay_to(socket)


def request_stream(relay: StreamRelay, path: str, *, method: str = "GET", started: list[Any] | None = None) -> Any:
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": "10.0.0.1"}
    return relay(environ, lambda *args: None if started is None else started.extend(args))


def test_a_relayed_stream_has_the_content_and_headers_of_its_process(relay: StreamRelay, job: Import) -> None:
    started: list[Any] = []
    response = request_stream(relay, f"/api/v1/imports/{job.import_id}/stream", started=started)
    parts: Iterator[bytes] = iter(response)
    assert next(parts).startswith(b'event: progress\ndata: {"description":"Starting up import."')
    run_job(job)
    assert b"".join(parts).endswith(DONE)
    response.close()
    status, headers = started
    assert status == "200 OK"
    assert {("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")} <= set(headers)
    assert not {"transfer-encoding", "connection"} & {name.lower() for name, _ in headers}
    assert relay.slots.free == capacity.MAX_RELAYED_STREAMS


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/status"),
        ("POST", UNKNOWN),
        ("OPTIONS", UNKNOWN),
        ("GET", "/api/v1/imports/a/b/stream"),
        ("GET", "/open-streams"),
    ],
)
def test_other_requests_are_passed_to_django(relay: StreamRelay, method: str, path: str) -> None:
    assert request_stream(relay, path, method=method) == [b"from Django"]


@pytest.mark.parametrize("path", ["//api/v1/status/worker-stream", "/API/v1/Status/Worker-Stream/"])
def test_stream_paths_are_matched_leniently(relay: StreamRelay, path: str) -> None:
    response = request_stream(relay, path)
    assert next(iter(response)).startswith(b"event: snapshot\n")
    response.close()


def test_streams_beyond_the_limit_are_refused(relay: StreamRelay) -> None:
    relay.slots = Slots(2)
    answers = [request_stream(relay, UNKNOWN) for _ in range(2)]
    assert request_stream(relay, UNKNOWN) == [b"no room"]
    answers.pop().close()
    assert request_stream(relay, UNKNOWN) != [b"no room"]


def test_an_abandoned_stream_frees_its_slot(relay: StreamRelay) -> None:
    response = request_stream(relay, UNKNOWN)
    assert relay.slots.free == capacity.MAX_RELAYED_STREAMS - 1
    del response
    assert relay.slots.free == capacity.MAX_RELAYED_STREAMS


def test_probes_are_relayed_as_empty_parts_between_keepalives(
    relay: StreamRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(server, "KEEPALIVE_SECONDS", 0.2)
    response = request_stream(relay, UNKNOWN)
    parts = iter(response)
    assert [next(parts) for _ in range(8)] == [b"", b"", b"", b": keepalive\n\n"] * 2
    response.close()


def test_streams_opened_while_the_process_is_busy_are_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    path, listeners, waiting = tmp_path / "streams", Listeners(), []

    async def open_all() -> None:
        for _ in range(capacity.MAX_RELAYED_STREAMS):  # without a pause, so that nothing is accepted meanwhile
            waiting.append(sockets.socket(sockets.AF_UNIX))
            waiting[-1].setblocking(False)
            waiting[-1].connect(str(path))  # raises BlockingIOError if the queue is full

    try:
        asyncio.run(serve([os.dup(listeners.unix(path))], until=open_all()))
    finally:
        for each in waiting:
            each.close()
        listeners.close()


def test_streams_are_refused_while_the_stream_process_is_down(tmp_path: Path) -> None:
    relay = relay_to(tmp_path / "nobody.sock")
    assert request_stream(relay, UNKNOWN) == [b"no room"]
    assert relay.slots.free == capacity.MAX_RELAYED_STREAMS


def test_the_relay_passes_on_the_clients_address(relay: StreamRelay, monkeypatch: pytest.MonkeyPatch) -> None:
    clients: list[str] = []

    async def throttle(client: str) -> dict[str, str]:
        clients.append(client)
        return {}

    monkeypatch.setattr(server, "throttle", throttle)
    request_stream(relay, UNKNOWN, method="HEAD").close()
    assert clients == ["10.0.0.1"]


def test_a_hundred_streams_are_relayed_concurrently(relay: StreamRelay, job: Import) -> None:
    path = f"/api/v1/imports/{job.import_id}/stream"
    with ThreadPoolExecutor(100) as threads:
        reading = [threads.submit(lambda: b"".join(request_stream(relay, path))) for _ in range(100)]
        while relay.slots.free > capacity.MAX_RELAYED_STREAMS - 100:
            time.sleep(0.01)
        Import.objects.filter(pk=job.pk).update(state=State.COMPLETED, time_finished=timezone.now())
        assert all(each.result(SECONDS).endswith(DONE) for each in reading)
