"""Answers whose bodies may be long: documents are written as they are read, and are never all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.http import HttpResponseBase

from imports.api.rendering import JSON, encode
from imports.api.responses import good
from imports.downloads import written

MARK = "body"


@dataclass(frozen=True, slots=True)
class Members:
    """An object whose members come one after the other, each asked for when those before it are written."""

    pairs: Iterable[tuple[str, Any]]


def long_success(description: str, body: Any) -> HttpResponseBase:
    """An answer with a body in which iterators become arrays, and `Members` objects."""
    before, _, after = encode(good(description, MARK)).rpartition(encode(MARK))
    return written(chain([before], _pieces(body), [after]), content_type=JSON)


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, Members):
        yield from _object(value.pairs)
    elif isinstance(value, Iterator):
        yield from _array(value)
    else:
        yield encode(value)


def _object(pairs: Iterable[tuple[str, Any]]) -> Iterator[bytes]:
    separator = b"{"
    for name, value in pairs:
        yield separator + encode(name) + b":"
        yield from _pieces(value)
        separator = b","
    yield b"{}" if separator == b"{" else b"}"


def _array(values: Iterator[Any]) -> Iterator[bytes]:
    separator = b"["
    for value in values:
        yield separator
        yield from _pieces(value)
        separator = b","
    yield b"[]" if separator == b"[" else b"]"
