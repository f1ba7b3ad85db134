"""Worker slots: how many requests run at once, who waits, and who is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from tachi_imports.http import capacity
from tachi_imports.http.request_buffering import Environ, RequestBuffer
from tests.hostile.request_buffering.requests import (
    LONG_BYTES,
    TIMEOUT_SECONDS,
    Sender,
    buffer_in_front_of,
    echo,
    long_response,
    send_request,
    start_response_stub,
)


def raise_at_once(_environ: Any, _start_response: Any) -> list[bytes]:
    raise ValueError


def raise_later(_environ: Any, _start_response: Any) -> Iterator[bytes]:
    yield b"first part"
    raise ValueError


def raise_in_a_long_response(_environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", str(LONG_BYTES + 1))])
    yield b"x" * LONG_BYTES
    raise ValueError


class RaisesOnClose(list[bytes]):
    def close(self) -> None:
        raise ValueError


def never_close(buffer: RequestBuffer) -> None:
    buffer({}, start_response_stub)  # as if the server had failed over it


def close_unread(buffer: RequestBuffer) -> None:
    response: Any = buffer({}, start_response_stub)
    next(iter(response))
    response.close()


@pytest.mark.parametrize(
    ("application", "use"),
    [
        (raise_at_once, lambda buffer: send_request(buffer, {})),
        (raise_later, lambda buffer: send_request(buffer, {})),
        (lambda *_: RaisesOnClose([b"x"]), lambda buffer: send_request(buffer, {})),
        (lambda *_: [b"x"], never_close),
        (long_response(), never_close),
        (raise_later, never_close),
        (raise_in_a_long_response, lambda buffer: send_request(buffer, {})),
        (long_response(2 * LONG_BYTES), close_unread),
    ],
    ids=[
        *(
            "raises",
            "raises later",
            "raises on close",
            "never closed",
            "long and never closed",
            "never closed nor read",
        ),
        *("raises in a long response", "closed unread"),
    ],
)
def test_a_worker_slot_is_free_again_however_its_request_ends(
    threads: ThreadPoolExecutor, application: Any, use: Callable[[RequestBuffer], Any]
) -> None:
    buffer = buffer_in_front_of(application)
    for _ in range(5):
        with suppress(ValueError):
            threads.submit(use, buffer).result(TIMEOUT_SECONDS)
    assert (buffer.worker_slots.free, buffer.sending.free) == (2, capacity.MAX_SENDING)


def test_as_many_requests_run_at_once_as_there_are_slots_each_with_its_own_connection(
    threads: ThreadPoolExecutor,
) -> None:
    arrived, proceed = threading.Semaphore(0), threading.Event()

    def application(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        arrived.release()
        assert proceed.wait(TIMEOUT_SECONDS)
        return [str(id(connections[DEFAULT_DB_ALIAS])).encode()]

    buffer = buffer_in_front_of(application)
    responses = [threads.submit(send_request, buffer, {}) for _ in range(6)]
    assert arrived.acquire(timeout=TIMEOUT_SECONDS)
    assert arrived.acquire(timeout=TIMEOUT_SECONDS)
    assert not arrived.acquire(timeout=0.2), "a third one application"
    proceed.set()
    assert len({response.result(TIMEOUT_SECONDS) for response in responses}) == 2


def test_a_thread_keeps_no_connection(threads: ThreadPoolExecutor) -> None:
    def count_connections_after_a_request() -> int:
        send_request(buffer_in_front_of(lambda *_: [b"x"]), {})
        return len(connections.all(initialized_only=True))

    assert threads.submit(count_connections_after_a_request).result(TIMEOUT_SECONDS) == 0


def test_a_request_that_waits_too_long_for_a_slot_is_refused_while_quick_ones_pass(threads: ThreadPoolExecutor) -> None:
    arrived, proceed = threading.Semaphore(0), threading.Event()

    def application(environ: Environ, _start_response: Any) -> Iterable[bytes]:
        if not environ["quick"]:
            arrived.release()
            assert proceed.wait(TIMEOUT_SECONDS)
        return [b"done"]

    buffer = buffer_in_front_of(
        application, worker_slots=2, quick_worker_slots=1, timeout=0.1, is_quick=lambda environ: environ["quick"]
    )
    busy = threads.submit(send_request, buffer, {"quick": False})
    assert arrived.acquire(timeout=TIMEOUT_SECONDS)
    assert threads.submit(send_request, buffer, {"quick": False}).result(TIMEOUT_SECONDS) == b"refused"
    assert threads.submit(send_request, buffer, {"quick": True}).result(TIMEOUT_SECONDS) == b"done"
    proceed.set()
    assert busy.result(TIMEOUT_SECONDS) == b"done"
    assert threads.submit(send_request, buffer, {"quick": False}).result(TIMEOUT_SECONDS) == b"done"


def test_requests_beyond_the_limit_of_waiting_ones_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "MAX_WAITING", 2)
    proceed, arrived = threading.Event(), threading.Semaphore(0)

    def application(_environ: Environ, _start_response: Any) -> Iterable[bytes]:
        arrived.release()
        assert proceed.wait(TIMEOUT_SECONDS)
        return [b"done"]

    buffer = buffer_in_front_of(application, worker_slots=1)
    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(send_request, buffer, {}) for _ in range(3)]
        assert arrived.acquire(timeout=TIMEOUT_SECONDS)
        while buffer.worker_slots._waiting.free:
            time.sleep(0.01)
        assert pool.submit(send_request, buffer, {}).result(TIMEOUT_SECONDS) == b"refused"
        proceed.set()
        assert [each.result(TIMEOUT_SECONDS) for each in busy] == [b"done"] * 3


def test_slow_senders_beyond_their_limit_are_refused_at_once(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MAX_RECEIVING", 1)
    buffer = buffer_in_front_of(echo)
    slow = Sender(b"slow")
    waiting = threads.submit(send_request, buffer, {"CONTENT_LENGTH": "4", "wsgi.input": slow})
    assert slow.waits.wait(TIMEOUT_SECONDS)
    another = {"CONTENT_LENGTH": "5", "wsgi.input": BytesIO(b"other")}
    assert threads.submit(send_request, buffer, another).result(TIMEOUT_SECONDS) == b"refused"
    assert threads.submit(send_request, buffer, {"wsgi.input": BytesIO()}).result(TIMEOUT_SECONDS) == b"none "
    slow.proceed.set()
    assert waiting.result(TIMEOUT_SECONDS) == b"4 slow"


def test_the_server_has_threads_for_all_requests_in_progress() -> None:
    received = capacity.MAX_RECEIVING + capacity.MAX_WAITING
    under_way = (
        received
        + capacity.WORKER_SLOTS
        + capacity.MAX_DOCUMENTS
        + capacity.MAX_WAITING_FOR_IMPORTS
        + capacity.MAX_RELAYED_STREAMS
        + capacity.MAX_POLLS
        + capacity.MAX_SENDING
    )
    assert under_way < capacity.THREADS
    assert 0 < capacity.QUICK_WORKER_SLOTS < capacity.WORKER_SLOTS
