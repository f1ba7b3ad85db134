"""Between the web server and Django: bodies are complete before a slot is taken, responses before they are sent."""

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
from tachi_imports.http.request_buffering import (
    CHUNK_BYTES,
    MAX_MEMORY_BYTES,
    BrokenAnswerError,
    Environ,
    RequestBuffer,
)

MOST = 2 * MAX_MEMORY_BYTES
LONG = capacity.SMALL_RESPONSE_BYTES + 1
SECONDS = 30  # longer than anything here takes, on a busy machine too


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Threads as the web server has them: the test's own connection to the database is left alone."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def reads(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
    """An application that says how long the body is, and what it holds."""
    body = environ["wsgi.input"].read()
    return [environ.get("CONTENT_LENGTH", "none").encode(), b" ", body]


def long(size: int = LONG) -> Callable[..., list[bytes]]:
    """Returns an application whose answer is so long, and says so."""

    def answers(_environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        return [b"x" * size]

    return answers


def refuse(_environ: Environ, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return [b"no room"]


def receiving(application: Any, **options: Any) -> RequestBuffer:
    """Returns a buffer in front of an application."""
    return RequestBuffer(
        application, most=MOST, refuse=refuse, **{"worker_slots": 2, "quick_worker_slots": 0, **options}
    )


def ignored(_status: str, _headers: Any) -> None:
    """Stands for the server's start_response."""


def asked(buffering: RequestBuffer, environ: dict[str, Any]) -> bytes:
    """As granian asks."""
    response = buffering(environ, ignored)
    if isinstance(response, list):
        return b"".join(response)
    try:
        return b"".join(response)
    finally:
        response.close()  # type: ignore[attr-defined]  # what it returns can be closed


class Sender(BytesIO):
    """A body whose last byte arrives on request."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.waits = threading.Event()
        self.go = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.waits.set()
        assert self.go.wait(SECONDS)
        return super().read(size)


@pytest.mark.parametrize("size", [1, CHUNK_BYTES, CHUNK_BYTES + 1, MAX_MEMORY_BYTES + 1, MOST])
@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_body_is_handed_on_as_it_came(elsewhere: ThreadPoolExecutor, size: int, how: str) -> None:
    content = b"x" * size
    said = {"CONTENT_LENGTH": str(size)} if how == "length" else {"HTTP_TRANSFER_ENCODING": "Chunked"}
    environ = {**said, "wsgi.input": BytesIO(content)}
    assert elsewhere.submit(asked, receiving(reads), environ).result(SECONDS) == b"%d %s" % (size, content)


def test_slow_senders_hold_no_place(elsewhere: ThreadPoolExecutor) -> None:
    buffering = receiving(reads, worker_slots=1)
    slow = [Sender(b"slow") for _ in range(4)]
    waiting = [elsewhere.submit(asked, buffering, {"CONTENT_LENGTH": "4", "wsgi.input": each}) for each in slow]
    assert all(each.waits.wait(SECONDS) for each in slow)
    quick = {"CONTENT_LENGTH": "5", "wsgi.input": BytesIO(b"quick")}
    assert elsewhere.submit(asked, buffering, quick).result(SECONDS) == b"5 quick"
    for each in slow:
        each.go.set()
    assert [each.result(SECONDS) for each in waiting] == [b"4 slow"] * 4


@pytest.mark.parametrize(
    "said",
    [{}, *({"CONTENT_LENGTH": length} for length in ("0", "-5", "", "many", "²", "9" * 5_000, str(MOST + 1)))],
    ids=lambda said: str(said.get("CONTENT_LENGTH"))[:12],
)
def test_a_body_without_length_or_too_large_is_not_buffered(
    elsewhere: ThreadPoolExecutor, said: dict[str, str]
) -> None:
    body = Sender(b"never asked for")

    def looks(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        return [b"the same" if environ["wsgi.input"] is body else b"another"]

    environ = {**said, "wsgi.input": body}
    assert elsewhere.submit(asked, receiving(looks), environ).result(SECONDS) == b"the same"
    assert not body.waits.is_set()


def test_a_body_in_chunks_is_cut_where_it_is_more_than_any_may_be(elsewhere: ThreadPoolExecutor) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(bytes(MOST + 1_000))}
    got = elsewhere.submit(asked, receiving(reads), environ).result(SECONDS)
    assert got.startswith(b"%d " % MOST)


class NoSpace(BytesIO):
    """Stands for a file on a full disk."""

    def write(self, _data: Any, /) -> int:
        raise OSError(28, "No space left on device")


def test_a_body_that_cannot_be_kept_fails_where_it_is_read(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachi_imports.http.request_buffering.SpooledTemporaryFile", lambda **_: NoSpace())
    environ = {"CONTENT_LENGTH": str(CHUNK_BYTES + 1), "wsgi.input": BytesIO(bytes(CHUNK_BYTES + 1))}
    with pytest.raises(OSError, match="No space left"):
        elsewhere.submit(asked, receiving(reads), environ).result(SECONDS)


# --- places -----------------------------------------------------------------------------------------------


def breaks(_environ: Any, _start_response: Any) -> list[bytes]:
    raise ValueError


def breaks_later(_environ: Any, _start_response: Any) -> Iterator[bytes]:
    yield b"so far so good"
    raise ValueError


def breaks_long(_environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", str(LONG + 1))])
    yield b"x" * LONG
    raise ValueError


class BreaksAtItsEnd(list[bytes]):
    def close(self) -> None:
        raise ValueError


def forgotten(buffering: RequestBuffer) -> None:
    buffering({}, ignored)  # never closed: the server broke over it


def abandoned(buffering: RequestBuffer) -> None:
    response: Any = buffering({}, ignored)
    next(iter(response))
    response.close()


@pytest.mark.parametrize(
    ("application", "use"),
    [
        (breaks, lambda buffering: asked(buffering, {})),
        (breaks_later, lambda buffering: asked(buffering, {})),
        (lambda *_: BreaksAtItsEnd([b"x"]), lambda buffering: asked(buffering, {})),
        (lambda *_: [b"x"], forgotten),
        (long(), forgotten),
        (breaks_later, forgotten),
        (breaks_long, lambda buffering: asked(buffering, {})),
        (long(2 * LONG), abandoned),
    ],
    ids=[
        *("breaks", "breaks later", "breaks at its end", "forgotten", "forgotten long", "forgotten unread"),
        *("breaks when it is long", "abandoned"),
    ],
)
def test_a_place_is_free_again_however_it_ends(
    elsewhere: ThreadPoolExecutor, application: Any, use: Callable[[RequestBuffer], Any]
) -> None:
    buffering = receiving(application)
    for _ in range(5):
        with suppress(ValueError):
            elsewhere.submit(use, buffering).result(SECONDS)
    assert (buffering.worker_slots.free, buffering.sending.free) == (2, capacity.MAX_SENDING)


def test_no_more_work_at_once_than_there_are_places_each_with_a_connection_of_its_own(
    elsewhere: ThreadPoolExecutor,
) -> None:
    there, go = threading.Semaphore(0), threading.Event()

    def works(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        there.release()
        assert go.wait(SECONDS)
        return [str(id(connections[DEFAULT_DB_ALIAS])).encode()]

    buffering = receiving(works)
    responses = [elsewhere.submit(asked, buffering, {}) for _ in range(6)]
    assert there.acquire(timeout=SECONDS)
    assert there.acquire(timeout=SECONDS)
    assert not there.acquire(timeout=0.2), "a third one works"
    go.set()
    assert len({response.result(SECONDS) for response in responses}) == 2


def test_a_thread_keeps_no_connection(elsewhere: ThreadPoolExecutor) -> None:
    def asks_and_looks() -> int:
        asked(receiving(lambda *_: [b"x"]), {})
        return len(connections.all(initialized_only=True))

    assert elsewhere.submit(asks_and_looks).result(SECONDS) == 0


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, LONG - 1, LONG, MAX_MEMORY_BYTES + 1])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("is_told", [True, False], ids=["of known length", "of unknown length"])
def test_an_answer_is_handed_on_as_it_was_made(
    elsewhere: ThreadPoolExecutor, size: int, parts: int, protocol: str, is_told: bool
) -> None:
    """With HTTP/1.0 a client could not tell a broken answer from a whole one that has no length."""
    actual: list[Any] = []
    length = ("Content-Length", str(size * parts))
    headers = [("Content-Type", "text/plain"), *([length] if is_told else [])]

    def app(_environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", list(headers))
        return [b"x" * size, *[b"y" * size] * (parts - 1)]

    def request() -> bytes:
        response: Any = receiving(app)({"SERVER_PROTOCOL": protocol}, lambda *said: actual.extend(said))
        try:
            return b"".join(response)
        finally:
            if not isinstance(response, list):
                response.close()

    assert elsewhere.submit(request).result(SECONDS) == b"x" * size + b"y" * size * (parts - 1)
    is_long = size * parts > capacity.SMALL_RESPONSE_BYTES
    added = [length] if is_long and protocol == "HTTP/1.0" and not is_told else []
    assert actual == ["200 OK", [*headers, *added]]


def test_a_client_that_does_not_read_holds_no_slot(elsewhere: ThreadPoolExecutor) -> None:
    buffering = receiving(
        lambda environ, start: (reads if "wsgi.input" in environ else long())(environ, start), worker_slots=1
    )
    unread = [elsewhere.submit(buffering, {}, ignored).result(SECONDS) for _ in range(capacity.MAX_SENDING_PER_CLIENT)]
    assert (buffering.worker_slots.free, buffering.sending.free) == (1, capacity.MAX_SENDING - len(unread))
    assert elsewhere.submit(asked, buffering, {"wsgi.input": BytesIO()}).result(SECONDS) == b"none "
    del unread
    assert buffering.sending.free == capacity.MAX_SENDING


def test_no_client_takes_up_all_of_what_may_be_on_its_way(elsewhere: ThreadPoolExecutor) -> None:
    buffering = receiving(lambda environ, start: long()(environ, start) if environ["long"] else [b"x"])

    def request(client: str, *, long: bool = True) -> Any:
        return elsewhere.submit(buffering, {"REMOTE_ADDR": client, "long": long}, ignored).result(SECONDS)

    unread = [request("greedy") for _ in range(capacity.MAX_SENDING_PER_CLIENT)]
    assert request("greedy") == [b"no room"]
    assert request("greedy", long=False) == [b"x"], "what is short needs no room"
    unread += [request(str(number)) for number in range(capacity.MAX_SENDING - len(unread))]
    assert request("another") == [b"no room"]
    unread.pop().close()
    assert request("another") != [b"no room"]


def test_a_reader_who_is_too_slow_is_cut_off(elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "SEND_GRACE_SECONDS", 0.5)
    monkeypatch.setattr(capacity, "MIN_READ_BYTES_PER_SECOND", 100 * CHUNK_BYTES)
    buffering = receiving(long(MOST))
    response: Any = elsewhere.submit(buffering, {}, ignored).result(SECONDS)
    pieces = iter(response)
    assert len(next(pieces)) == CHUNK_BYTES
    time.sleep(0.6)
    assert list(pieces) == []
    response.close()
    assert buffering.sending.free == capacity.MAX_SENDING


# --- answers that are sent while they are composed -----------------------------------------------------------


class Composer:
    """An application that composes long parts, one for each `go`. It says which connection it has, and when it ends."""

    def __init__(self, *, parts: int = 3, error: BaseException | None = None) -> None:
        self.go = threading.Semaphore(0)
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
                assert self.go.acquire(timeout=SECONDS)
                self.connections.append(connections[DEFAULT_DB_ALIAS])
                yield b"%d" % (number % 10) * LONG
            if self._error:
                raise self._error
        finally:
            self.ended.set()


def is_free(buffering: RequestBuffer) -> bool:
    """Whether the slots become free again: a thread that composes may need a moment."""
    deadline = time.monotonic() + SECONDS
    while (buffering.worker_slots.free, buffering.sending.free) != (2, capacity.MAX_SENDING):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def begin(elsewhere: ThreadPoolExecutor, buffering: RequestBuffer, composer: Composer) -> Any:
    """Requests an answer whose first part is composed."""
    composer.go.release()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/imports/abc"}
    return elsewhere.submit(buffering, environ, ignored).result(SECONDS)


def test_an_answer_is_sent_while_the_rest_is_composed_with_the_connection_that_began_it(
    elsewhere: ThreadPoolExecutor,
) -> None:
    composer = Composer()
    buffering = receiving(composer)
    response = begin(elsewhere, buffering, composer)
    pieces = iter(response)
    assert next(pieces) == b"0" * CHUNK_BYTES
    assert (buffering.worker_slots.free, composer.ended.is_set()) == (1, False)
    composer.go.release(2)
    assert b"".join(pieces) == b"0" * (LONG - CHUNK_BYTES) + b"1" * LONG + b"2" * LONG
    assert len({id(each) for each in composer.connections}) == 1
    response.close()
    assert is_free(buffering)


def test_a_client_that_does_not_read_does_not_keep_the_slot_in_which_its_answer_is_composed(
    elsewhere: ThreadPoolExecutor,
) -> None:
    composer = Composer(parts=40)  # more than is kept in memory
    buffering = receiving(composer)
    response = begin(elsewhere, buffering, composer)
    composer.go.release(39)
    assert composer.ended.wait(SECONDS)
    while buffering.worker_slots.free < 2:
        time.sleep(0.01)
    assert buffering.sending.free == capacity.MAX_SENDING - 1
    assert sum(map(len, response)) == 40 * LONG
    response.close()
    assert is_free(buffering)


def test_what_nobody_reads_any_more_is_not_composed_to_the_end(elsewhere: ThreadPoolExecutor) -> None:
    composer = Composer(parts=100)
    buffering = receiving(composer)
    response = begin(elsewhere, buffering, composer)
    next(iter(response))
    response.close()
    composer.go.release(2)  # one that is under way, and at most one more
    assert composer.ended.wait(SECONDS)
    assert len(composer.connections) < 4
    assert is_free(buffering)


@pytest.mark.parametrize("error", [ValueError("no more"), OSError("gone")], ids=repr)
def test_an_answer_that_breaks_is_cut_and_the_log_names_its_address(
    elsewhere: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    composer = Composer(parts=2, error=error)
    buffering = receiving(composer)
    response = begin(elsewhere, buffering, composer)
    composer.go.release()
    got: list[bytes] = []
    with pytest.raises(BrokenAnswerError):
        got.extend(response)
    assert b"".join(got) == b"0" * LONG + b"1" * LONG
    assert f"the answer to GET /api/v1/imports/abc broke after {2 * LONG} bytes" in caplog.text
    assert str(error) in caplog.text
    response.close()
    assert is_free(buffering)


def test_an_answer_that_fills_the_disk_is_cut(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tachi_imports.http.request_buffering.SpooledTemporaryFile", lambda **_: NoSpace())
    composer = Composer()
    buffering = receiving(composer)
    response = begin(elsewhere, buffering, composer)
    with pytest.raises(BrokenAnswerError):
        next(iter(response))
    assert "No space left" in caplog.text
    response.close()
    assert is_free(buffering)


def test_a_reader_who_is_too_slow_is_cut_off_also_while_the_rest_is_composed(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "SEND_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(capacity, "MIN_READ_BYTES_PER_SECOND", 100 * CHUNK_BYTES)
    composer = Composer()
    buffering = receiving(composer)
    response = begin(elsewhere, buffering, composer)
    pieces = iter(response)
    assert next(pieces)
    time.sleep(0.2)
    with pytest.raises(BrokenAnswerError):
        next(pieces)
    response.close()
    composer.go.release(2)
    assert is_free(buffering)


def test_a_reader_may_wait_for_what_takes_long_to_compose(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "SEND_GRACE_SECONDS", 0.05)
    monkeypatch.setattr(capacity, "MIN_READ_BYTES_PER_SECOND", 100 * CHUNK_BYTES)
    composer = Composer()
    response = begin(elsewhere, receiving(composer), composer)
    got = elsewhere.submit(lambda: b"".join(response))
    time.sleep(0.2)
    composer.go.release(2)
    assert len(got.result(SECONDS)) == 3 * LONG
    response.close()


def test_more_long_answers_than_may_be_sent_are_refused_before_they_are_composed(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MAX_SENDING", 1)
    composer = Composer()
    buffering = receiving(composer)
    buffering.sending.enter("another")
    assert begin(elsewhere, buffering, composer) == [b"no room"]
    assert composer.ended.wait(SECONDS)
    assert buffering.worker_slots.free == 2


# --- when there is no room --------------------------------------------------------------------------------


def test_a_request_that_waits_too_long_for_a_slot_is_refused_and_quick_ones_pass(elsewhere: ThreadPoolExecutor) -> None:
    there, go = threading.Semaphore(0), threading.Event()

    def works(environ: Environ, _start_response: Any) -> Iterable[bytes]:
        if not environ["quick"]:
            there.release()
            assert go.wait(SECONDS)
        return [b"done"]

    buffering = receiving(
        works, worker_slots=2, quick_worker_slots=1, timeout=0.1, is_quick=lambda environ: environ["quick"]
    )
    busy = elsewhere.submit(asked, buffering, {"quick": False})
    assert there.acquire(timeout=SECONDS)
    assert elsewhere.submit(asked, buffering, {"quick": False}).result(SECONDS) == b"no room"
    assert elsewhere.submit(asked, buffering, {"quick": True}).result(SECONDS) == b"done"
    go.set()
    assert busy.result(SECONDS) == b"done"
    assert elsewhere.submit(asked, buffering, {"quick": False}).result(SECONDS) == b"done"


def test_more_who_wait_than_there_are_threads_for_are_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "MAX_WAITING", 2)
    go, there = threading.Event(), threading.Semaphore(0)

    def works(_environ: Environ, _start_response: Any) -> Iterable[bytes]:
        there.release()
        assert go.wait(SECONDS)
        return [b"done"]

    buffering = receiving(works, worker_slots=1)
    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(asked, buffering, {}) for _ in range(3)]
        assert there.acquire(timeout=SECONDS)
        while buffering.worker_slots._waiting.free:
            time.sleep(0.01)
        assert pool.submit(asked, buffering, {}).result(SECONDS) == b"no room"
        go.set()
        assert [each.result(SECONDS) for each in busy] == [b"done"] * 3


def test_more_slow_senders_than_there_are_threads_for_are_told_so_at_once(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MAX_RECEIVING", 1)
    buffering = receiving(reads)
    slow = Sender(b"slow")
    waiting = elsewhere.submit(asked, buffering, {"CONTENT_LENGTH": "4", "wsgi.input": slow})
    assert slow.waits.wait(SECONDS)
    another = {"CONTENT_LENGTH": "5", "wsgi.input": BytesIO(b"other")}
    assert elsewhere.submit(asked, buffering, another).result(SECONDS) == b"no room"
    assert elsewhere.submit(asked, buffering, {"wsgi.input": BytesIO()}).result(SECONDS) == b"none "
    slow.go.set()
    assert waiting.result(SECONDS) == b"4 slow"


def test_an_answer_that_cannot_be_kept_is_refused(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachi_imports.http.request_buffering.SpooledTemporaryFile", lambda **_: NoSpace())
    buffering = receiving(long())
    assert elsewhere.submit(asked, buffering, {}).result(SECONDS) == b"no room"
    assert (buffering.worker_slots.free, buffering.sending.free) == (2, capacity.MAX_SENDING)


def test_the_server_has_threads_for_all_requests_under_way() -> None:
    received = capacity.MAX_RECEIVING + capacity.MAX_WAITING
    under_way = (
        received
        + capacity.WORKER_SLOTS
        + capacity.MAX_WAITING_FOR_IMPORTS
        + capacity.MAX_RELAYED_STREAMS
        + capacity.MAX_POLLS
        + capacity.MAX_SENDING
    )
    assert under_way < capacity.THREADS
    assert 0 < capacity.QUICK_WORKER_SLOTS < capacity.WORKER_SLOTS
