"""Clients that do not read, against the real web server: nobody else waits for them, and they are disconnected."""

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
from tests.faults.process_harness import SEEDS, Installation, Player, running_installation

pytestmark = pytest.mark.faults

SCORES = 3_000
LENGTH = 14 * 2**20  # bytes of an answer: more than the buffers on its way take
TIMEOUT_SECONDS = 8.0  # that an answer to somebody else may take: on a busy machine, yet less than any wait for a slot

EMPTY = b'{"meta": {"game": "sdvx", "playtype": "Single", "service": "Slow"}, "scores": []}'


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with running_installation(players=3) as made:
        yield made


@pytest.fixture(scope="module")
def player(installation: Installation) -> Player:
    return next(installation.players)


@pytest.fixture(scope="module")
def address(installation: Installation, player: Player) -> str:
    """Where a file lies that takes long to read: nearly all blanks."""
    document = b'{"meta": {"game": "sdvx", "playtype": "Single", "service": "Slow"}, "scores": []'
    return f"/api/v1/imports/{installation.upload(player, document + b' ' * (LENGTH - len(document) - 1) + b'}')}/input"


@pytest.fixture(scope="module")
def composed(installation: Installation) -> str:
    """Where a document lies that is sent while it is composed."""
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
    """Connections that ask and do not read; their buffers are small, so that Linux does not read for them."""
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
    """The status of an answer that is read whole, and the seconds it took."""
    headers = {"Authorization": f"Bearer {player.token}"} if player else {}
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, time.monotonic() - begun


def test_ten_who_do_not_read_a_long_answer_keep_nobody_waiting(
    installation: Installation, player: Player, address: str
) -> None:
    with readers(installation, 10, request_for(address, player)) as slow:
        assert all(each.recv(12).startswith(b"HTTP/1.1") for each in slow), "each has been answered"
        for path in ("/api/v1/status", "/", "/api/v1/imports", "/healthz"):
            status, seconds = status_of(installation, path)
            assert (status in {200, 503}, seconds < TIMEOUT_SECONDS) == (True, True), (path, status, seconds)
        assert installation.upload(player, EMPTY)
        assert installation.query("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == [(0,)]


def test_a_document_that_is_composed_while_it_is_sent_arrives_whole(installation: Installation, composed: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", composed)
        response = connection.getresponse()
        assert (response.status, response.headers["Transfer-Encoding"]) == (200, "chunked")
        assert len(json.loads(response.read())["body"]["scores"]) == SCORES


def test_those_who_do_not_read_a_composed_document_hold_neither_a_slot_nor_a_transaction(
    installation: Installation, composed: str
) -> None:
    with readers(installation, capacity.MAX_SENDING_PER_CLIENT, request_for(composed)) as slow:
        assert all(each.recv(12).startswith(b"HTTP/1.1") for each in slow), "each has been answered"
        for path in ("/api/v1/status", "/", "/api/v1/imports", "/healthz"):
            status, seconds = status_of(installation, path)
            assert (status in {200, 503}, seconds < TIMEOUT_SECONDS) == (True, True), (path, status, seconds)
        open_transactions = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(state, 'idle in transaction')"
        installation.until(lambda: installation.query(open_transactions) == [(0,)])


def test_one_client_may_only_leave_so_many_long_answers_unread(
    installation: Installation, player: Player, address: str
) -> None:
    with readers(installation, capacity.MAX_SENDING_PER_CLIENT, request_for(address, player)) as slow:
        assert all(each.recv(15) == b"HTTP/1.1 200 OK" for each in slow)
        with readers(installation, 1, request_for(address, player)) as [one_more]:
            head, _, body = one_more.recv(65_536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert f"retry-after: {capacity.RETRY_AFTER_SECONDS}".encode() in head.lower()
        assert json.loads(body)["success"] is False
    installation.until(lambda: status_of(installation, address, player)[0] == 200, seconds=30)


def test_many_who_leave_short_answers_unread_keep_nobody_waiting(installation: Installation) -> None:
    with readers(installation, 300, request_for("/api/v1/openapi.json")), readers(installation, 300, request_for("/")):
        status, seconds = status_of(installation, "/api/v1/status")
        assert (status, seconds < TIMEOUT_SECONDS) == (200, True), seconds


def test_a_slow_reader_gets_the_whole_response(installation: Installation, player: Player, address: str) -> None:
    installation.until(
        lambda: status_of(installation, address, player)[0] == 200, seconds=60
    )  # what was asked for before is answered
    with readers(installation, 1, request_for(address, player)) as [slow]:
        got = bytearray()
        while not got.endswith(b" }"):
            part = slow.recv(2**20)
            assert part, "it was cut"
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
    """The ports of the clients that the web has a connection with."""
    found = psutil.net_connections("tcp")
    return {
        each.raddr[1]
        for each in found
        if each.status == psutil.CONN_ESTABLISHED and each.laddr and each.laddr[1] == installation.port and each.raddr
    }
