"""Many open streams of progress: memory per stream, delay of events, and their effect on polls."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from imports.pipeline.progress import Snapshot, Stage, writer
from script.bench_parts import polls
from script.bench_parts.bulk import wait_for
from script.bench_parts.client import Client
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import BenchmarkError, Installation

STREAM_COUNT = 500
EVENT_COUNT = 20  # events whose delay is measured
PAUSE_SECONDS = 0.3  # between two events
TIMEOUT_SECONDS = 60.0
# The time until the web has detected, by a probe every three seconds, that the clients of its streams are gone: a
# process relays 512 streams, and connections are not evenly divided between processes.
RELEASE_SECONDS = 7.0


class Streams:
    """`count` streams of one import, read by one thread, with the time at which each received its last data."""

    def __init__(self, port: int, import_id: str, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._content: dict[socket.socket, bytes] = {}
        self._latest: dict[socket.socket, float] = {}
        self._is_open = True
        for _ in range(count):
            each = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
            each.sendall(f"GET /api/v1/imports/{import_id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            each.setblocking(False)
            self._content[each] = b""
            self._selector.register(each, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while self._is_open:
            for key, _ in self._selector.select(timeout=0.2):
                each: socket.socket = key.fileobj  # type: ignore[assignment]  # the registered socket
                part = each.recv(1 << 16)
                with self._lock:
                    self._content[each] += part
                    self._latest[each] = time.time()
                if not part:
                    self._selector.unregister(each)

    def wait_for(self, text: bytes) -> list[float]:
        """Waits until all streams contain the text; returns the times of their last data. Raises BenchmarkError."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                if all(text in content for content in self._content.values()):
                    return list(self._latest.values())
            time.sleep(0.005)
        missing = sum(text not in content for content in self._content.values())
        raise BenchmarkError(f"{missing} of {len(self._content)} streams did not get {text!r}")

    def close(self) -> None:
        self._is_open = False
        self._thread.join()
        for each in self._content:
            each.close()


@contextmanager
def open_streams(made: Installation, import_id: str, count: int = STREAM_COUNT) -> Iterator[Streams]:
    streams = Streams(made.port, import_id, count)
    try:
        yield streams
    finally:
        streams.close()


def figures(made: Installation, import_id: str, *, client: Client, document: bytes, seconds: float) -> list[Figure]:
    """Returns the figures. `import_id`: a completed import, which is marked as running meanwhile."""
    poll = f"/api/v1/imports/{import_id}/poll-status"
    with polls.marked_as_running(made, import_id):
        without = [polls.rate(made.port, poll, seconds=seconds)]
        before = _memory(made)
        with open_streams(made, import_id) as streams:
            streams.wait_for(b"event: progress")
            after = _memory(made)
            beside = polls.rate(made.port, poll, seconds=seconds)
            delays = _delays(made, import_id, streams)
        time.sleep(RELEASE_SECONDS)
        without.append(polls.rate(made.port, poll, seconds=seconds))
    uploaded = client.upload(document)
    with open_streams(made, uploaded) as streams:
        busy = polls.rate(made.port, poll, seconds=seconds)
        wait_for(made.database, uploaded)
        streams.wait_for(b"event: done")
    own, web = ((after[name] - before[name]) / STREAM_COUNT / 1024 for name in ("streams", "web"))
    return [
        middle("streams.delay", f"an event at the last of {STREAM_COUNT} streams, median", delays, "ms"),
        Figure(key="streams.memory", text="memory of the stream process per stream", value=own, unit="KB"),
        Figure(key="streams.web_memory", text="memory of the relaying web process per stream", value=web, unit="KB"),
        Figure(
            key="streams.polls_ratio",
            text=f"polls with {STREAM_COUNT} open streams / without",
            value=beside / (sum(without) / len(without)),
            unit="x",
            aim=0.9,
            at_least=True,
        ),
        Figure(
            key="streams.polls_beside_import",
            text=f"polls while {STREAM_COUNT} streams follow an import to its end",
            value=busy,
            unit="/s",
        ),
    ]


def _delays(made: Installation, import_id: str, streams: Streams) -> list[float]:
    """Returns the milliseconds from a worker's progress to its arrival at the last stream, for each event."""
    passed = []
    with Redis.from_url(made.redis_url) as redis:
        write = writer(redis, import_id)
        for number in range(EVENT_COUNT):
            time.sleep(PAUSE_SECONDS)
            begun = time.time()
            write(Snapshot(attempt=100 + number, stage=Stage.CHECKING, percent=10, processed=10_000 + number))
            latest = streams.wait_for(f"Imported {10_000 + number} scores.".encode())
            passed.append((max(latest) - begun) * 1000)
    return passed


def _memory(made: Installation) -> dict[str, int]:
    """Returns the resident memory in bytes of the stream process and of the web processes."""
    found = {"streams": 0, "web": 0}
    for child in made.web():
        line = " ".join([*child.cmdline(), *(parent.cmdline() if (parent := child.parent()) else [])])
        for name, mark in (("streams", "tachi_imports.streams"), ("web", "granian")):
            if mark in line:
                found[name] += child.memory_info().rss
    return found
