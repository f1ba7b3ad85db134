"""Real connections to the real web server: thousands without a word, bodies that trickle in, headers that are none."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from tests.faults.house import House, Player, house

pytestmark = pytest.mark.faults

IDLE = int(os.environ.get("TACHI_IDLE_CONNECTIONS", "5000"))
SPARE = 500  # files that are open beside


@pytest.fixture(scope="module")
def home() -> Iterator[House]:
    """Its processes, and this one, may have as many open files as the machine allows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        with house(players=2) as made:
            yield made
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def connections(home: House, count: int, *, said: bytes = b"") -> Iterator[list[socket.socket]]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + SPARE:
        pytest.skip(f"this machine lets a process have {soft} open files")
    made: list[socket.socket] = []
    try:
        for _ in range(count):
            made.append(socket.create_connection(("127.0.0.1", home.port), timeout=10))
            if said:
                made[-1].sendall(said)
        yield made
    finally:
        for each in made:
            each.close()


@pytest.mark.parametrize("said", [b"", b"GET /api/v1/status HTTP/1.1\r\nHost: local"], ids=["nothing", "half a header"])
def test_connections_that_say_nothing_keep_nobody_out(home: House, said: bytes) -> None:
    with connections(home, IDLE, said=said):
        for _ in range(5):
            begun = time.monotonic()
            assert home.answers()
            assert time.monotonic() - begun < 5
    assert home.answers()


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
def test_headers_that_are_none_break_nothing(home: House, request_: bytes) -> None:
    with connections(home, 1) as [each], contextlib.suppress(ConnectionError, TimeoutError):
        each.settimeout(3)
        each.sendall(request_)
        answer = each.recv(65_536)
        assert not answer.startswith((b"HTTP/1.1 5", b"HTTP/1.1 200")), answer[:200]
    assert home.answers()


def test_as_many_slow_uploads_as_there_are_threads_do_not_stop_the_web_for_good(home: House) -> None:
    """They hold a thread each while their bodies trickle in. A proxy that reads bodies whole spares the web this."""
    player: Player = next(home.players)
    head = (
        f"POST /ir/direct-manual/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {player.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    ).encode()
    with connections(home, 8, said=head) as slow:
        time.sleep(1)
        for each in slow:
            each.sendall(b" ")
    begun = time.monotonic()
    home.until(home.answers, seconds=30)
    assert time.monotonic() - begun < 20
