"""Documents are sent while they are composed, without a worker slot."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from tachi_imports.http import capacity
from tachi_imports.http.request_buffering import CHUNK_BYTES, BrokenResponseError, Environ, RequestBuffer
from tests.hostile.request_buffering.requests import (
    LONG_BYTES,
    TIMEOUT_SECONDS,
    NoSpace,
    buffer_in_front_of,
    send_request,
    start_response_stub,
)


class Composer:
    """An application that composes long parts, one for each release of `proceed`."""

    def __init__(self, *, parts: int = 3, error: BaseException | None = None) -> None:
        self.proceed = threading.Semaphore(0)
        self.connections: list[Any] = []
        self.ended = threading.Event()
        self._parts = parts
        self._error = error

    def __call__(self, _environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return self._compose()

    def _compose(self) -> Iterator[bytes]:
        try:
            for number in range(self._parts):
                assert self.proceed.acquire(timeout=TIMEOUT_SECONDS)
                self.connections.append(connections[DEFAULT_DB_ALIAS])
                yield b"%d" % (number % 10) * LONG_BYTES
            if self._error:
                raise self._error
        finally:
            self.ended.set()


def all_become_free(buffer: RequestBuffer) -> bool:
    """Whether the slots become free again: a thread that composes may need a moment."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    slots = buffer.worker_slots
    all_free = (2, capacity.MAX_DOCUMENTS, capacity.MAX_SENDING)
    while (slots.free, slots.documents.free, buffer.sending.free) != all_free:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def begin_response(threads: ThreadPoolExecutor, buffer: RequestBuffer, composer: Composer) -> Any:
    """Requests an answer whose first part is composed."""
    composer.proceed.release()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/imports/abc"}
    return threads.submit(buffer, environ, start_response_stub).result(TIMEOUT_SECONDS)


def test_a_response_is_sent_while_the_rest_is_composed_with_the_same_connection(
    threads: ThreadPoolExecutor,
) -> None:
    composer = Composer()
    buffer = buffer_in_front_of(composer)
    response = begin_response(threads, buffer, composer)
    chunks = iter(response)
    assert next(chunks) == b"0" * CHUNK_BYTES
    assert (buffer.worker_slots.free, composer.ended.is_set()) == (2, False)
    assert buffer.worker_slots.documents.free == capacity.MAX_DOCUMENTS - 1
    composer.proceed.release(2)
    assert b"".join(chunks) == b"0" * (LONG_BYTES - CHUNK_BYTES) + b"1" * LONG_BYTES + b"2" * LONG_BYTES
    assert len({id(each) for each in composer.connections}) == 1
    response.close()
    assert all_become_free(buffer)


def test_short_requests_do_not_wait_for_documents_being_composed(threads: ThreadPoolExecutor) -> None:
    composers = [Composer() for _ in range(capacity.MAX_DOCUMENTS)]

    def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
        return environ["composer"](environ, start_response) if "composer" in environ else [b"short"]

    buffer = buffer_in_front_of(application, worker_slots=1)
    for composer in composers:
        composer.proceed.release()
    under_way = [
        threads.submit(buffer, {"composer": each}, start_response_stub).result(TIMEOUT_SECONDS) for each in composers
    ]
    assert threads.submit(send_request, buffer, {}).result(TIMEOUT_SECONDS) == b"short"
    one_more = Composer()
    one_more.proceed.release()
    assert threads.submit(buffer, {"composer": one_more}, start_response_stub).result(TIMEOUT_SECONDS) == [b"refused"]
    assert one_more.ended.wait(TIMEOUT_SECONDS), "a refused document is not composed"
    for composer in composers:
        composer.proceed.release(2)
    for response in under_way:
        assert sum(map(len, response)) == 3 * LONG_BYTES
        response.close()  # type: ignore[attr-defined]  # what it returns can be closed
    used = {id(composer.connections[0]) for composer in composers}
    assert len(used) == len(composers)
    assert send_request(buffer, {}) == b"short"


def test_documents_are_composed_in_turn_but_the_first_part_of_each_is_sent_at_once(
    threads: ThreadPoolExecutor,
) -> None:
    first, second = Composer(), Composer()
    composers = iter([first, second])
    buffer = buffer_in_front_of(lambda *request: next(composers)(*request))  # noqa: PLW0108 - another one for each request
    responses = [begin_response(threads, buffer, each) for each in (first, second)]
    first_chunks, second_chunks = map(iter, responses)
    assert next(first_chunks) == b"0" * CHUNK_BYTES
    second.proceed.release(2)
    assert not second.ended.wait(0.2), "the second was composed beside the first"
    first.proceed.release(2)
    assert sum(map(len, first_chunks)) == 3 * LONG_BYTES - CHUNK_BYTES
    assert sum(map(len, second_chunks)) == 3 * LONG_BYTES
    for response in responses:
        response.close()
    assert all_become_free(buffer)


def test_a_document_for_an_http_1_0_client_holds_no_worker_slot_either(threads: ThreadPoolExecutor) -> None:
    composer = Composer()

    def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
        return composer(environ, start_response) if "SERVER_PROTOCOL" in environ else [b"short"]

    buffer = buffer_in_front_of(application, worker_slots=1)
    composer.proceed.release()
    document = threads.submit(send_request, buffer, {"SERVER_PROTOCOL": "HTTP/1.0"})
    while not composer.connections:
        time.sleep(0.01)
    assert threads.submit(send_request, buffer, {}).result(TIMEOUT_SECONDS) == b"short"
    composer.proceed.release(2)
    assert len(document.result(TIMEOUT_SECONDS)) == 3 * LONG_BYTES


def test_a_client_that_does_not_read_holds_no_document_slot(
    threads: ThreadPoolExecutor,
) -> None:
    composer = Composer(parts=40)  # more than is kept in memory
    buffer = buffer_in_front_of(composer)
    response = begin_response(threads, buffer, composer)
    composer.proceed.release(39)
    assert composer.ended.wait(TIMEOUT_SECONDS)
    while buffer.worker_slots.documents.free < capacity.MAX_DOCUMENTS:
        time.sleep(0.01)
    assert buffer.sending.free == capacity.MAX_SENDING - 1
    assert sum(map(len, response)) == 40 * LONG_BYTES
    response.close()
    assert all_become_free(buffer)


def test_a_document_that_nobody_reads_any_more_is_not_composed_to_the_end(threads: ThreadPoolExecutor) -> None:
    composer = Composer(parts=100)
    buffer = buffer_in_front_of(composer)
    response = begin_response(threads, buffer, composer)
    next(iter(response))
    response.close()
    composer.proceed.release(2)  # one that is in progress, and at most one more
    assert composer.ended.wait(TIMEOUT_SECONDS)
    assert len(composer.connections) < 4
    assert all_become_free(buffer)


@pytest.mark.parametrize("error", [ValueError("no more"), OSError("gone")], ids=repr)
def test_a_response_that_fails_is_cut_and_the_log_names_its_address(
    threads: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    composer = Composer(parts=2, error=error)
    buffer = buffer_in_front_of(composer)
    response = begin_response(threads, buffer, composer)
    composer.proceed.release()
    received: list[bytes] = []
    with pytest.raises(BrokenResponseError):
        received.extend(response)
    assert b"".join(received) == b"0" * LONG_BYTES + b"1" * LONG_BYTES
    assert f"the response to GET /api/v1/imports/abc failed after {2 * LONG_BYTES} bytes" in caplog.text
    assert str(error) in caplog.text
    response.close()
    assert all_become_free(buffer)


def test_a_response_that_fills_the_disk_is_cut(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tachi_imports.http.request_buffering.SpooledTemporaryFile", lambda **_: NoSpace())
    composer = Composer()
    buffer = buffer_in_front_of(composer)
    response = begin_response(threads, buffer, composer)
    with pytest.raises(BrokenResponseError):
        next(iter(response))
    assert "No space left" in caplog.text
    response.close()
    assert all_become_free(buffer)


def test_a_slow_reader_is_cut_off_while_the_rest_is_composed(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "SEND_GRACE_SECONDS", 0.5)
    monkeypatch.setattr(capacity, "MIN_READ_BYTES_PER_SECOND", 100 * CHUNK_BYTES)
    composer = Composer()
    buffer = buffer_in_front_of(composer)
    response = begin_response(threads, buffer, composer)
    chunks = iter(response)
    assert next(chunks)
    time.sleep(0.7)
    with pytest.raises(BrokenResponseError):
        next(chunks)
    response.close()
    composer.proceed.release(2)
    assert all_become_free(buffer)


def test_a_reader_is_not_slow_while_a_part_takes_long_to_compose(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "SEND_GRACE_SECONDS", 0.5)
    monkeypatch.setattr(capacity, "MIN_READ_BYTES_PER_SECOND", 100 * CHUNK_BYTES)
    composer = Composer()
    response = begin_response(threads, buffer_in_front_of(composer), composer)
    received = threads.submit(lambda: b"".join(response))
    time.sleep(0.7)
    composer.proceed.release(2)
    assert len(received.result(TIMEOUT_SECONDS)) == 3 * LONG_BYTES
    response.close()


def test_long_responses_beyond_their_limit_are_refused_before_they_are_composed(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MAX_SENDING", 1)
    composer = Composer()
    buffer = buffer_in_front_of(composer)
    buffer.sending.enter("another")
    assert begin_response(threads, buffer, composer) == [b"refused"]
    assert composer.ended.wait(TIMEOUT_SECONDS)
    assert buffer.worker_slots.free == 2
