"""Bodies are complete before a request takes a worker slot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest

from tachi_imports.http.request_buffering import CHUNK_BYTES, MAX_MEMORY_BYTES
from tests.hostile.request_buffering.requests import (
    MAX_BODY_BYTES,
    TIMEOUT_SECONDS,
    NoSpace,
    Sender,
    buffer_in_front_of,
    echo,
    send_request,
)


@pytest.mark.parametrize("size", [1, CHUNK_BYTES, CHUNK_BYTES + 1, MAX_MEMORY_BYTES + 1, MAX_BODY_BYTES])
@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_body_reaches_the_application_unchanged(threads: ThreadPoolExecutor, size: int, how: str) -> None:
    content = b"x" * size
    headers_sent = {"CONTENT_LENGTH": str(size)} if how == "length" else {"HTTP_TRANSFER_ENCODING": "Chunked"}
    environ = {**headers_sent, "wsgi.input": BytesIO(content)}
    assert threads.submit(send_request, buffer_in_front_of(echo), environ).result(TIMEOUT_SECONDS) == b"%d %s" % (
        size,
        content,
    )


def test_slow_senders_hold_no_worker_slot(threads: ThreadPoolExecutor) -> None:
    buffer = buffer_in_front_of(echo, worker_slots=1)
    slow = [Sender(b"slow") for _ in range(4)]
    waiting = [threads.submit(send_request, buffer, {"CONTENT_LENGTH": "4", "wsgi.input": each}) for each in slow]
    assert all(each.waits.wait(TIMEOUT_SECONDS) for each in slow)
    quick = {"CONTENT_LENGTH": "5", "wsgi.input": BytesIO(b"quick")}
    assert threads.submit(send_request, buffer, quick).result(TIMEOUT_SECONDS) == b"5 quick"
    for each in slow:
        each.proceed.set()
    assert [each.result(TIMEOUT_SECONDS) for each in waiting] == [b"4 slow"] * 4


@pytest.mark.parametrize(
    "headers_sent",
    [
        {},
        *({"CONTENT_LENGTH": length} for length in ("0", "-5", "", "many", "²", "9" * 5_000, str(MAX_BODY_BYTES + 1))),
    ],
    ids=lambda headers_sent: str(headers_sent.get("CONTENT_LENGTH"))[:12],
)
def test_a_body_without_length_or_too_large_is_not_buffered(
    threads: ThreadPoolExecutor, headers_sent: dict[str, str]
) -> None:
    body = Sender(b"never asked for")

    def tell_which_body(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        return [b"the same" if environ["wsgi.input"] is body else b"another"]

    environ = {**headers_sent, "wsgi.input": body}
    assert (
        threads.submit(send_request, buffer_in_front_of(tell_which_body), environ).result(TIMEOUT_SECONDS)
        == b"the same"
    )
    assert not body.waits.is_set()


def test_a_chunked_body_is_cut_at_the_size_limit(threads: ThreadPoolExecutor) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(bytes(MAX_BODY_BYTES + 1_000))}
    received = threads.submit(send_request, buffer_in_front_of(echo), environ).result(TIMEOUT_SECONDS)
    assert received.startswith(b"%d " % MAX_BODY_BYTES)


def test_a_body_that_cannot_be_stored_fails_where_it_is_read(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachi_imports.http.request_buffering.SpooledTemporaryFile", lambda **_: NoSpace())
    environ = {"CONTENT_LENGTH": str(CHUNK_BYTES + 1), "wsgi.input": BytesIO(bytes(CHUNK_BYTES + 1))}
    with pytest.raises(OSError, match="No space left"):
        threads.submit(send_request, buffer_in_front_of(echo), environ).result(TIMEOUT_SECONDS)
