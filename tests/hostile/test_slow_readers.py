"""Clients that do not read, against the real web server: they delay no other client, and are disconnected."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from random import Random

import psutil
import pytest

from imports.sample.plays import document, plays
from tachi_imports.http import capacity
from tests.faults.process_harness import SEEDS, Installation, Player

pytestmark = pytest.mark.faults

SCORES = 3_000
LENGTH = 14 * 2**20  # bytes of a response: more than all buffers on its way hold
TIMEOUT_SECONDS = 8.0  # for a response to another client; less than any wait for a slot

OPEN_TRANSACTIONS = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(state, 'idle in transaction')"
EMPTY = b'{"meta": {"game": "sdvx", "playtype": "Single", "service": "Slow"}, "scores": []}'


@pytest.fixture(scope="module")
def player(installation: Installation) -> Player:
    return next(installation.players)


@pytest.fixture(scope="module")
def address(installation: Installation, player: Player) -> str:
    """The URL of a long file: nearly all blanks."""
    document = b'{"meta": {"game": "sdvx", "playtype": "Single", "service": "Slow"}, "scores": []'
    return f"/api/v1/imports/{installation.upload(player, document + b' ' * (LENGTH - len(document) - 1) + b'}')}/input"


@pytest.fixture(scope="module")
def composed(installation: Installation) -> str:
    """The URL of a document that is sent while it is composed."""
    charts = json.loads((SEEDS / "charts-sdvx.json").read_bytes())
    rows = list(plays("sdvx:Single", charts, SCORES, chance=Random("slow")))
    player = next(installation.players)
    import_id = installation.upload(player, json.dumps(document("sdvx:Single", rows, service="Slow")).encode())
    with installation.workers_running(1):
        installation.until(lambda: installation.are_in([import_id]))
    return f"/api/v1/imports/{import_id}"


def request_for(path: str, player: Player | None = None) -> bytes:
    sign = f"Authorization: Bearer {player.token}\r\n" if player else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{sign}\r\n".encode()


@contextlib.contextmanager
def readers(installation: Installation, count: int, request: bytes) -> Iterator[list[socket.socket]]:
    """Opens connections that send the request and do not read; small buffers keep Linux from reading for them."""
    made = []
    try:
        for _ in range(count):
            each = socket.socket()
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.settimeout(30)
            each.connect(("127.0.0.1", installation.port))
            each.sendall(request)
            made.append(each)
        yield made
    finally:
        for each in made:
            each.close()


def status_of(installation: Installation, path: str, player: Player | None = None) -> tuple[int, float]:
    """Reads a complete response; returns its status and the seconds it took."""
    headers = {"Authorization": f"Bearer {player.token}"} if player else {}
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, time.monotonic() - begun


def test_unread_long_responses_do_not_delay_other_clients(
    installation: Installation, player: Player, address: str
) -> None:
    with readers(installation, 10, request_for(address, player)) as slow:
        assert all(each.recv(12).startswith(b"HTTP/1.1") for each in slow), "each has been answered"
        for path in ("/api/v1/status", "/", "/api/v1/imports", "/healthz"):
            status, seconds = status_of(installation, path)
            assert (status in {200, 503}, seconds < TIMEOUT_SECONDS) == (True, True), (path, status, seconds)
        assert installation.upload(player, EMPTY)
        # Not at once: the sweeper may be in the middle of one.
        installation.until(lambda: installation.query(OPEN_TRANSACTIONS) == [(0,)])


def test_a_document_composed_while_it_is_sent_arrives_complete(installation: Installation, composed: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", composed)
        response = connection.getresponse()
        assert (response.status, response.headers["Transfer-Encoding"]) == (200, "chunked")
        assert len(json.loads(response.read())["body"]["scores"]) == SCORES


def test_unread_composed_documents_hold_no_slot_and_no_transaction(installation: Installation, composed: str) -> None:
    with readers(installation, capacity.MAX_SENDING_PER_CLIENT, request_for(composed)) as slow:
        assert all(each.recv(12).startswith(b"HTTP/1.1") for each in slow), "each has been answered"
        for path in ("/api/v1/status", "/", "/api/v1/imports", "/healthz"):
            status, seconds = status_of(installation, path)
            assert (status in {200, 503}, seconds < TIMEOUT_SECONDS) == (True, True), (path, status, seconds)
        installation.until(lambda: installation.query(OPEN_TRANSACTIONS) == [(0,)])


def test_short_requests_are_served_while_the_maximum_of_documents_is_composed(
    installation: Installation, composed: str
) -> None:
    with readers(installation, capacity.MAX_DOCUMENTS, request_for(composed)) as slow:
        results = [status_of(installation, path) for path in ("/", "/api/v1/imports", "/api/v1/status")]
        assert all(each.recv(12).startswith(b"HTTP/1.1") for each in slow)
    assert [(status, seconds < TIMEOUT_SECONDS) for status, seconds in results] == [(200, True)] * 3, results


def test_the_number_of_unread_long_responses_per_client_is_limited(
    installation: Installation, player: Player, address: str
) -> None:
    with contextlib.ExitStack() as stack:
        answered = []

        def is_limit_reached() -> bool:
            # The server may still be sending to readers of an earlier test, which count until they are disconnected.
            [reader] = stack.enter_context(readers(installation, 1, request_for(address, player)))
            if reader.recv(15) == b"HTTP/1.1 200 OK":
                answered.append(reader)
            return len(answered) == capacity.MAX_SENDING_PER_CLIENT

        installation.until(is_limit_reached, seconds=60)
        with readers(installation, 1, request_for(address, player)) as [one_more]:
            head, _, body = one_more.recv(65_536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert f"retry-after: {capacity.RETRY_AFTER_SECONDS}".encode() in head.lower()
        assert json.loads(body)["success"] is False
    installation.until(lambda: status_of(installation, address, player)[0] == 200, seconds=30)


def test_many_unread_short_responses_do_not_delay_other_clients(installation: Installation) -> None:
    with readers(installation, 300, request_for("/api/v1/openapi.json")), readers(installation, 300, request_for("/")):
        status, seconds = status_of(installation, "/api/v1/status")
        assert (status, seconds < TIMEOUT_SECONDS) == (200, True), seconds


def test_a_slow_reader_gets_the_complete_response(installation: Installation, player: Player, address: str) -> None:
    installation.until(lambda: status_of(installation, address, player)[0] == 200, seconds=60)  # after earlier requests
    with readers(installation, 1, request_for(address, player)) as [slow]:
        got = bytearray()
        while not got.endswith(b" }"):
            part = slow.recv(2**20)
            assert part, "the response was cut"
            got += part
            if len(got) < 2**20:
                time.sleep(0.01)
        assert len(got) > LENGTH


@pytest.mark.slow
def test_a_client_that_reads_nothing_for_half_a_minute_is_disconnected(
    installation: Installation, player: Player, address: str
) -> None:
    with readers(installation, 3, request_for(address, player)) as slow:
        assert all(each.recv(12).startswith(b"HTTP/1.1") for each in slow)
        ports = {each.getsockname()[1] for each in slow}
        assert connected(installation) & ports == ports
        time.sleep(capacity.STALLED_AFTER_SECONDS)
        installation.until(lambda: not connected(installation) & ports, seconds=capacity.STALLED_AFTER_SECONDS)


def connected(installation: Installation) -> set[int]:
    """Returns the ports of the clients that the web is connected to."""
    results = psutil.net_connections("tcp")
    return {
        each.raddr[1]
        for each in results
        if each.status == psutil.CONN_ESTABLISHED and each.laddr and each.laddr[1] == installation.port and each.raddr
    }
