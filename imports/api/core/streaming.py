"""Responses with long bodies: documents are written as they are read, and are never in memory as a whole."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from imports.api.core.renderers import JSON, encode
from imports.api.core.responses import ok_envelope
from imports.exports import bytes_response
from tachi_imports.http.capacity import SMALL_RESPONSE_BYTES

BODY_PLACEHOLDER = "body"


@dataclass(frozen=True, slots=True)
class StreamedObject:
    """An object whose members are generated one after the other."""

    pairs: Iterable[tuple[str, Any]]


def complete_response(description: str, body: Any) -> HttpResponseBase:
    """Returns a response. Iterators in its body become arrays, and a `StreamedObject` an object."""
    return bytes_response(_document(description, body), content_type=JSON)


def streamed_response(description: str, body: Any, *, until_composed: ExitStack) -> HttpResponseBase:
    """Returns a response with a body that may be very long: most of it is composed after its beginning was sent.

    `until_composed`, for example a snapshot of the database, stays open until then. An exception in the beginning is
    an ordinary error; a short body is complete and has a length. A later exception ends the response before the end
    of its document (tachi_imports/http/request_buffering.py).
    """
    chunks = _with_resources(_document(description, body), until_composed.pop_all())
    beginning: list[bytes] = []
    size = 0
    for chunk in chunks:
        beginning.append(chunk)
        size += len(chunk)
        if size > SMALL_RESPONSE_BYTES:
            return _Streamed(beginning, chunks)
    return HttpResponse(b"".join(beginning), content_type=JSON)


class _Streamed(StreamingHttpResponse):
    def __init__(self, beginning: Iterable[bytes], rest: Generator[bytes]) -> None:
        # Log lines during the later composition have the request ID, too.
        context = copy_context()
        super().__init__(chain(beginning, iter(lambda: context.run(next, rest, b""), b"")), content_type=JSON)
        self._rest = rest

    def close(self) -> None:
        self._rest.close()
        super().close()


def _with_resources(chunks: Iterable[bytes], until_composed: ExitStack) -> Generator[bytes]:
    with until_composed:
        yield from chunks


def _document(description: str, body: Any) -> Iterable[bytes]:
    # The last occurrence: the member has the same name, and a description may contain the word.
    before, _, after = encode(ok_envelope(description, BODY_PLACEHOLDER)).rpartition(encode(BODY_PLACEHOLDER))
    return chain([before], _chunks(body), [after])


def _chunks(value: Any) -> Iterator[bytes]:
    if isinstance(value, StreamedObject):
        separator = b"{"
        for name, member in value.pairs:
            yield separator + encode(name) + b":"
            yield from _chunks(member)
            separator = b","
        yield b"{}" if separator == b"{" else b"}"
    elif isinstance(value, Iterator):
        separator = b"["
        for item in value:
            yield separator
            yield from _chunks(item)
            separator = b","
        yield b"[]" if separator == b"[" else b"]"
    else:
        yield encode(value)
