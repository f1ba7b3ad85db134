"""Real connections to the real web server: thousands of idle ones, slow bodies, invalid headers."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from tests.faults.process_harness import Installation, Player

pytestmark = pytest.mark.faults

SPARE = 500  # other open files
MAX_GROWTH = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
IDLE = 10_000 if MAX_GROWTH == resource.RLIM_INFINITY else min(10_000, MAX_GROWTH - SPARE)


SLOW = 40  # slow senders; the web has twice as many threads
SOON = 8.0  # seconds: long enough for a busy machine, yet less than any wait for a slot


@contextlib.contextmanager
def connections(installation: Installation, count: int, *, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    made: list[socket.socket] = []
    try:
        for _ in range(count):
            made.append(socket.create_connection(("127.0.0.1", installation.port), timeout=10))
            if sent:
                made[-1].sendall(sent)
        yield made
    finally:
        for each in made:
            each.close()


@pytest.mark.parametrize("sent", [b"", b"GET /api/v1/status HTTP/1.1\r\nHost: local"], ids=["nothing", "half a header"])
def test_idle_connections_do_not_block_other_clients(installation: Installation, sent: bytes) -> None:
    with connections(installation, IDLE, sent=sent):
        for _ in range(5):
            begun = time.monotonic()
            assert installation.is_answering()
            assert time.monotonic() - begun < SOON
    assert installation.is_answering()


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"b" * 2_000_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        b"POST /ir/direct-manual/import HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"\x16\x03\x01\x02\x00" * 100,
        b"\0" * 10_000,
        b"GET /%00/%ff/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
    ids=["many", "long", "address", "two hosts", "no text", "length", "both", "chunk", "TLS", "zeros", "path"],
)
def test_invalid_requests_do_not_disturb_the_server(installation: Installation, request_: bytes) -> None:
    with connections(installation, 1) as [each], contextlib.suppress(ConnectionError, TimeoutError):
        each.settimeout(3)
        each.sendall(request_)
        response = each.recv(65_536)
        assert not response.startswith((b"HTTP/1.1 5", b"HTTP/1.1 200")), response[:200]
    assert installation.is_answering()


LENGTH = "Content-Length: 100001"
CHUNKED = "Transfer-Encoding: chunked"
EMPTY = b'{"meta": {"game": "sdvx", "playtype": "Single", "service": "Slow"}, "scores": []}'


def begun(player: Player, *, length: str) -> bytes:
    """Returns the head of an upload."""
    return (
        f"POST /ir/direct-manual/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {player.token}\r\n"
        f"Content-Type: application/json\r\n{length}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("length", "first", "rest"),
    [
        (LENGTH, EMPTY, b" " * (100_001 - len(EMPTY))),
        (f"Content-Length: {len(EMPTY) + 1}", EMPTY, b" "),
        (CHUNKED, b"%x\r\n%s\r\n" % (len(EMPTY), EMPTY), b"1\r\n \r\n0\r\n\r\n"),
    ],
    ids=["much to come", "little to come", "in chunks"],
)
def test_slow_bodies_do_not_delay_other_clients(
    installation: Installation, length: str, first: bytes, rest: bytes
) -> None:
    player = next(installation.players)
    with connections(installation, SLOW, sent=begun(player, length=length) + first) as slow:
        time.sleep(1)
        for _ in range(10):
            begun_at = time.monotonic()
            assert installation.is_answering()
            assert installation.upload(player, EMPTY)
            assert time.monotonic() - begun_at < SOON
        slow[-1].sendall(rest)
        assert slow[-1].recv(65_536).startswith(b"HTTP/1.1 202"), "slow clients are served, too"
    installation.until(installation.is_answering, seconds=30)


def test_the_web_recovers_from_more_slow_bodies_than_threads(installation: Installation) -> None:
    """A proxy that buffers bodies protects the web from this."""
    with connections(installation, 200, sent=begun(next(installation.players), length=LENGTH) + b"{") as slow:
        time.sleep(1)
        for each in slow:
            each.sendall(b" ")
    released = time.monotonic()
    installation.until(installation.is_answering, seconds=30)
    assert time.monotonic() - released < 20
