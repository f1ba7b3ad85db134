"""Requests to a request buffer as the web server sends them, and applications behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

from tachi_imports.http import capacity
from tachi_imports.http.request_buffering import MAX_MEMORY_BYTES, Environ, RequestBuffer

MAX_BODY_BYTES = 2 * MAX_MEMORY_BYTES
LONG_BYTES = capacity.SMALL_RESPONSE_BYTES + 1
TIMEOUT_SECONDS = 30  # longer than anything here takes, on a busy machine too


def echo(environ: dict[str, Any], _start_response: Any) -> list[bytes]:
    """An application that responds with the length of the body and its content."""
    body = environ["wsgi.input"].read()
    return [environ.get("CONTENT_LENGTH", "none").encode(), b" ", body]


def long_response(size: int = LONG_BYTES) -> Callable[..., list[bytes]]:
    """Returns an application whose response is `size` bytes long, with its length in the headers."""

    def application(_environ: Environ, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        return [b"x" * size]

    return application


def refuse(_environ: Environ, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return [b"refused"]


def buffer_in_front_of(application: Any, **options: Any) -> RequestBuffer:
    """Returns a buffer in front of an application."""
    return RequestBuffer(
        application, max_bytes=MAX_BODY_BYTES, refuse=refuse, **{"worker_slots": 2, "quick_worker_slots": 0, **options}
    )


def start_response_stub(_status: str, _headers: Any) -> None:
    """Stands for the server's start_response."""


def send_request(buffer: RequestBuffer, environ: dict[str, Any]) -> bytes:
    """Returns the whole response to a request sent as granian does."""
    response = buffer(environ, start_response_stub)
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
        self.proceed = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.waits.set()
        assert self.proceed.wait(TIMEOUT_SECONDS)
        return super().read(size)


class NoSpace(BytesIO):
    """Stands for a file on a full disk."""

    def write(self, _data: Any, /) -> int:
        raise OSError(28, "No space left on device")
