"""Responses with long bodies: documents are written as they are read, and are never all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.http import HttpResponseBase

from imports.api.core.renderers import JSON, encode
from imports.api.core.responses import ok_envelope
from imports.exports import bytes_response

BODY_PLACEHOLDER = "body"


@dataclass(frozen=True, slots=True)
class StreamedObject:
    """An object whose members are generated one after the other."""

    pairs: Iterable[tuple[str, Any]]


def streamed_response(description: str, body: Any) -> HttpResponseBase:
    """Returns a response. In its body iterators become arrays, and `StreamedObject` an object."""
    # The last one: the member itself is called so, and a description may hold the word.
    before, _, after = encode(ok_envelope(description, BODY_PLACEHOLDER)).rpartition(encode(BODY_PLACEHOLDER))
    return bytes_response(chain([before], _chunks(body), [after]), content_type=JSON)


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
