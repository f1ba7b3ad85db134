"""Responses are complete before they are sent, without a worker slot."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest

from tachi_imports.http import capacity
from tachi_imports.http.request_buffering import CHUNK_BYTES, MAX_MEMORY_BYTES, Environ
from tests.hostile.request_buffering.requests import (
    LONG_BYTES,
    MAX_BODY_BYTES,
    TIMEOUT_SECONDS,
    NoSpace,
    buffer_in_front_of,
    echo,
    long_response,
    send_request,
    start_response_stub,
)


@pytest.mark.parametrize("size", [0, 1, LONG_BYTES - 1, LONG_BYTES, MAX_MEMORY_BYTES + 1])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("is_told", [True, False], ids=["of known length", "of unknown length"])
def test_a_response_reaches_the_server_unchanged(
    threads: ThreadPoolExecutor, size: int, parts: int, protocol: str, is_told: bool
) -> None:
    """With HTTP/1.0 a client could not tell a broken answer from a whole one that has no length."""
    actual: list[Any] = []
    length = ("Content-Length", str(size * parts))
    headers = [("Content-Type", "text/plain"), *([length] if is_told else [])]

    def app(_environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", list(headers))
        return [b"x" * size, *[b"y" * size] * (parts - 1)]

    def request() -> bytes:
        response: Any = buffer_in_front_of(app)(
            {"SERVER_PROTOCOL": protocol}, lambda *headers_sent: actual.extend(headers_sent)
        )
        try:
            return b"".join(response)
        finally:
            if not isinstance(response, list):
                response.close()

    assert threads.submit(request).result(TIMEOUT_SECONDS) == b"x" * size + b"y" * size * (parts - 1)
    is_long = size * parts > capacity.SMALL_RESPONSE_BYTES
    added = [length] if is_long and protocol == "HTTP/1.0" and not is_told else []
    assert actual == ["200 OK", [*headers, *added]]


def test_a_client_that_does_not_read_holds_no_worker_slot(threads: ThreadPoolExecutor) -> None:
    buffer = buffer_in_front_of(
        lambda environ, start: (echo if "wsgi.input" in environ else long_response())(environ, start), worker_slots=1
    )
    unread = [
        threads.submit(buffer, {}, start_response_stub).result(TIMEOUT_SECONDS)
        for _ in range(capacity.MAX_SENDING_PER_CLIENT)
    ]
    assert (buffer.worker_slots.free, buffer.sending.free) == (1, capacity.MAX_SENDING - len(unread))
    assert threads.submit(send_request, buffer, {"wsgi.input": BytesIO()}).result(TIMEOUT_SECONDS) == b"none "
    del unread
    assert buffer.sending.free == capacity.MAX_SENDING


def test_one_client_cannot_use_up_all_long_responses(threads: ThreadPoolExecutor) -> None:
    buffer = buffer_in_front_of(lambda environ, start: long_response()(environ, start) if environ["long"] else [b"x"])

    def request(client: str, *, long: bool = True) -> Any:
        return threads.submit(buffer, {"REMOTE_ADDR": client, "long": long}, start_response_stub).result(
            TIMEOUT_SECONDS
        )

    unread = [request("greedy") for _ in range(capacity.MAX_SENDING_PER_CLIENT)]
    assert request("greedy") == [b"refused"]
    assert request("greedy", long=False) == [b"x"], "what is short needs refused"
    unread += [request(str(number)) for number in range(capacity.MAX_SENDING - len(unread))]
    assert request("another") == [b"refused"]
    unread.pop().close()
    assert request("another") != [b"refused"]


def test_a_slow_reader_of_a_complete_response_is_cut_off(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "SEND_GRACE_SECONDS", 0.5)
    monkeypatch.setattr(capacity, "MIN_READ_BYTES_PER_SECOND", 100 * CHUNK_BYTES)
    buffer = buffer_in_front_of(long_response(MAX_BODY_BYTES))
    response: Any = threads.submit(buffer, {}, start_response_stub).result(TIMEOUT_SECONDS)
    chunks = iter(response)
    assert len(next(chunks)) == CHUNK_BYTES
    time.sleep(0.6)
    assert list(chunks) == []
    response.close()
    assert buffer.sending.free == capacity.MAX_SENDING


def test_a_response_that_cannot_be_stored_is_refused(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachi_imports.http.request_buffering.SpooledTemporaryFile", lambda **_: NoSpace())
    buffer = buffer_in_front_of(long_response())
    assert threads.submit(send_request, buffer, {}).result(TIMEOUT_SECONDS) == b"refused"
    assert (buffer.worker_slots.free, buffer.sending.free) == (2, capacity.MAX_SENDING)
