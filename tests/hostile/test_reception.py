"""What stands between the web server and Django: bodies are whole before a place is taken, and no place is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from tachi_imports.reception import IN_MEMORY, PIECE, Reception

MOST = 2 * IN_MEMORY
SECONDS = 10  # longer than anything here takes


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """Threads as the web server has them: the test's own connection to the database is left alone."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def reads(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
    """An application that says how long the body is, and what it holds."""
    body = environ["wsgi.input"].read()
    return [environ.get("CONTENT_LENGTH", "none").encode(), b" ", body]


def asked(reception: Reception, environ: dict[str, Any]) -> bytes:
    """As granian asks."""
    answer = reception(environ, None)
    try:
        return b"".join(answer)
    finally:
        answer.close()  # type: ignore[attr-defined]  # what it returns can be closed


class Sender(BytesIO):
    """A body whose last byte comes when it is told to."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.waits = threading.Event()
        self.go = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.waits.set()
        assert self.go.wait(SECONDS)
        return super().read(size)


@pytest.mark.parametrize("size", [1, PIECE, PIECE + 1, IN_MEMORY + 1, MOST])
@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_body_is_handed_on_as_it_came(elsewhere: ThreadPoolExecutor, size: int, how: str) -> None:
    content = b"x" * size
    said = {"CONTENT_LENGTH": str(size)} if how == "length" else {"HTTP_TRANSFER_ENCODING": "Chunked"}
    environ = {**said, "wsgi.input": BytesIO(content)}
    assert elsewhere.submit(asked, Reception(reads, most=MOST), environ).result(SECONDS) == b"%d %s" % (size, content)


def test_slow_senders_hold_no_place(elsewhere: ThreadPoolExecutor) -> None:
    reception = Reception(reads, most=MOST, places=1)
    slow = [Sender(b"slow") for _ in range(4)]
    waiting = [elsewhere.submit(asked, reception, {"CONTENT_LENGTH": "4", "wsgi.input": each}) for each in slow]
    assert all(each.waits.wait(SECONDS) for each in slow)
    quick = {"CONTENT_LENGTH": "5", "wsgi.input": BytesIO(b"quick")}
    assert elsewhere.submit(asked, reception, quick).result(SECONDS) == b"5 quick"
    for each in slow:
        each.go.set()
    assert [each.result(SECONDS) for each in waiting] == [b"4 slow"] * 4


@pytest.mark.parametrize(
    "said",
    [{}, *({"CONTENT_LENGTH": length} for length in ("0", "-5", "", "many", "²", "9" * 5_000, str(MOST + 1)))],
    ids=lambda said: str(said.get("CONTENT_LENGTH"))[:12],
)
def test_what_has_no_length_or_too_much_is_not_taken_in(elsewhere: ThreadPoolExecutor, said: dict[str, str]) -> None:
    body = Sender(b"never asked for")

    def looks(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        return [b"the same" if environ["wsgi.input"] is body else b"another"]

    environ = {**said, "wsgi.input": body}
    assert elsewhere.submit(asked, Reception(looks, most=MOST), environ).result(SECONDS) == b"the same"
    assert not body.waits.is_set()


def test_a_body_in_chunks_is_cut_where_it_is_more_than_any_may_be(elsewhere: ThreadPoolExecutor) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(bytes(MOST + 1_000))}
    got = elsewhere.submit(asked, Reception(reads, most=MOST), environ).result(SECONDS)
    assert got.startswith(b"%d " % MOST)


class NoSpace(BytesIO):
    """Stands for a file on a full disk."""

    def write(self, _data: Any, /) -> int:
        raise OSError(28, "No space left on device")


def test_a_body_that_cannot_be_kept_fails_where_it_is_read(
    elsewhere: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachi_imports.reception.SpooledTemporaryFile", lambda **_: NoSpace())
    environ = {"CONTENT_LENGTH": str(PIECE + 1), "wsgi.input": BytesIO(bytes(PIECE + 1))}
    with pytest.raises(OSError, match="No space left"):
        elsewhere.submit(asked, Reception(reads, most=MOST), environ).result(SECONDS)


# --- places -----------------------------------------------------------------------------------------------


def breaks(_environ: Any, _start_response: Any) -> list[bytes]:
    raise ValueError


def breaks_later(_environ: Any, _start_response: Any) -> Iterator[bytes]:
    yield b"so far so good"
    raise ValueError


class BreaksAtItsEnd(list[bytes]):
    def close(self) -> None:
        raise ValueError


def forgotten(reception: Reception) -> None:
    reception({}, None)  # never closed: the server broke over it


def abandoned(reception: Reception) -> None:
    answer: Any = reception({}, None)
    next(iter(answer))
    answer.close()


@pytest.mark.parametrize(
    ("application", "ask"),
    [
        (breaks, lambda reception: asked(reception, {})),
        (breaks_later, lambda reception: asked(reception, {})),
        (lambda *_: BreaksAtItsEnd([b"x"]), lambda reception: asked(reception, {})),
        (lambda *_: [b"x"], forgotten),
        (breaks_later, forgotten),
        (lambda *_: iter([b"x", b"y"]), abandoned),
    ],
    ids=["breaks", "breaks later", "breaks at its end", "forgotten", "forgotten unread", "abandoned"],
)
def test_a_place_is_free_again_however_it_ends(
    elsewhere: ThreadPoolExecutor, application: Any, ask: Callable[[Reception], Any]
) -> None:
    reception = Reception(application, most=MOST, places=2)
    for _ in range(5):
        with suppress(ValueError):
            elsewhere.submit(ask, reception).result(SECONDS)
    assert reception._places.qsize() == 2


def test_no_more_work_at_once_than_there_are_places_each_with_a_connection_of_its_own(
    elsewhere: ThreadPoolExecutor,
) -> None:
    there, go = threading.Semaphore(0), threading.Event()

    def works(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        there.release()
        assert go.wait(SECONDS)
        return [str(id(connections[DEFAULT_DB_ALIAS])).encode()]

    reception = Reception(works, most=MOST, places=2)
    answers = [elsewhere.submit(asked, reception, {}) for _ in range(6)]
    assert there.acquire(timeout=SECONDS)
    assert there.acquire(timeout=SECONDS)
    assert not there.acquire(timeout=0.2), "a third one works"
    go.set()
    assert len({answer.result(SECONDS) for answer in answers}) == 2


def test_a_thread_keeps_no_connection(elsewhere: ThreadPoolExecutor) -> None:
    def asks_and_looks() -> int:
        asked(Reception(lambda *_: [b"x"], most=MOST), {})
        return len(connections.all(initialized_only=True))

    assert elsewhere.submit(asks_and_looks).result(SECONDS) == 0
