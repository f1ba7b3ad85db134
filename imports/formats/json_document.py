"""Reads JSON as JavaScript does, a part at a time, so that no document can take much time or memory. Pure.

Duplicate keys: the last one wins. Numbers are doubles: 1.0 is 1, an integer beyond 2**53 is rounded, 1e999 infinite.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw

from imports.errors import ImportFailed
from imports.formats.schema import Violation
from imports.formats.text import NotTextError, decode, is_too_deep, unstorable_path, without_mark
from imports.games.javascript import MAX_SAFE_INTEGER

MAX_PART = 2**20
"""Bytes that one score may have, or all of meta, or all of classes. A long one has a thirtieth of that."""

WINDOW = MAX_PART
"""Bytes of a list that are looked at together."""

UNSTORABLE_TEXT = "Text must not contain NUL characters or lone surrogates"
TOO_DEEP = "Nested too deeply"
TOO_LONG = f"Longer than {MAX_PART // 2**20} MiB"

_ESCAPES = (b"\\u0000", b"\\ud", b"\\uD")
_BYTE = re.compile(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)")
_NEXT = re.compile(r"[ \t\n\r]*([,\]])[ \t\n\r]*")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON, or not the JSON that was asked for."""


def invalid_json(data: bytes, error: Exception) -> ImportFailed:
    """Says what is wrong with bytes that are no JSON, and where."""
    try:
        decode(data)
    except NotTextError as not_text:
        return ImportFailed(f"Invalid JSON. ({not_text})")
    if isinstance(error, RecursionError):
        return ImportFailed("Invalid JSON. (It is nested too deeply.)")
    found = _BYTE.fullmatch(str(error))
    if found is None:
        return ImportFailed("Invalid JSON. (It ends too early.)" if data.strip() else "Invalid JSON. (It is empty.)")
    before = data[: int(found[2])]
    line_before = before[before.rfind(b"\n") + 1 :]  # which may end within a character that stands where none may
    line, column = before.count(b"\n") + 1, len(line_before.decode(errors="ignore")) + 1
    return ImportFailed(f"Invalid JSON. ({found[1].capitalize()} at line {line}, column {column}.)")


def lone_surrogates_as_nul(data: bytes) -> bytes:
    """The same bytes with an escape for NUL in place of each escape for half a surrogate pair.

    msgspec takes such halves for broken JSON; JavaScript does not. Marked, they are found by their place.
    """
    return _SURROGATES.sub(lambda found: found[1] + (found[2] or b"\\u0000"), data) if b"\\u" in data else data


_SURROGATES = re.compile(
    rb"(?<!\\)((?:\\\\)*)"  # an even number of backslashes, so that the next one begins an escape
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def may_hold_unstorable_text(data: bytes) -> bool:
    """Whether an escape for NUL or for half a surrogate pair stands anywhere; valid UTF-8 holds them no other way."""
    return b"\\u" in data and any(escape in data for escape in _ESCAPES)


def value_of(raw: Raw) -> Any:
    """The value of one part. Raises Violation where it is too long or deep, or holds text that cannot be stored."""
    if size(raw) > MAX_PART:
        raise Violation(TOO_LONG)
    try:
        value = _DECODER.decode(bytes(raw).decode())
    except RecursionError:
        raise Violation(TOO_DEEP) from None
    refuse_unstorable(value)
    return value


def decode_document(data: bytes) -> Any:
    """The value of a whole document that is not long. Raises ImportFailed for what is no JSON, or nested too deeply."""
    data = without_mark(data)
    try:
        msgspec.json.decode(lone_surrogates_as_nul(data), type=Raw)
        value = _DECODER.decode(decode(data))
    except (*UNREADABLE, NotTextError) as error:
        raise invalid_json(data, error) from None
    if is_too_deep(value):
        raise ImportFailed(f"Invalid JSON. ({TOO_DEEP}.)")
    return value


def refuse_unstorable(value: Any) -> None:
    """Raises Violation for data that is nested too deeply, or holds text that cannot be stored."""
    if is_too_deep(value):
        raise Violation(TOO_DEEP)
    path = unstorable_path(value)
    if path is not None:
        raise Violation(UNSTORABLE_TEXT, path=path)


def size(raw: Raw) -> int:
    """Bytes of a part."""
    return len(memoryview(raw))


def first_byte(raw: Raw) -> bytes:
    """What a part begins with: `{` for an object, `[` for a list."""
    return bytes(memoryview(raw)[:1])


def elements(raw: Raw) -> Iterator[Any]:
    """The elements of a list that is known to be valid JSON, one at a time.

    Raises Violation where one is too long or too deep, and UnicodeDecodeError where it is not UTF-8.
    """
    data, read = memoryview(raw)[1:], 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    window, at, count = "", 0, 0
    while True:
        found = _element(window, at, count)
        if found is not None:
            value, at, last = found
            if value is not _END:
                yield value
                count += 1
            if last:
                return
            continue
        more, rest = data[read : read + WINDOW], window[at:].lstrip(_BLANKS)
        if not more or len(rest) > MAX_PART:
            raise Violation(TOO_LONG, path=f"[{count}]")
        read += len(more)
        window, at = rest + decoder.decode(more), 0


_END = object()


def _element(window: str, at: int, count: int) -> tuple[Any, int, bool] | None:
    """The element that begins at a place, where the next one begins, and whether it is the last; None if it is cut off.

    An empty list has one element, the end.
    """
    start = _SPACE.match(window, at).end()  # type: ignore[union-attr]  # matches the empty string too
    if window[start : start + 1] == "]":
        return _END, start, True
    try:
        value, end = _DECODER.raw_decode(window, start)
    except RecursionError:
        raise Violation(TOO_DEEP, path=f"[{count}]") from None
    except ValueError:
        return None
    if end - start > MAX_PART:
        raise Violation(TOO_LONG, path=f"[{count}]")
    after = _NEXT.match(window, end)
    return None if after is None else (value, after.end(), after[1] == "]")


_BLANKS = " \t\n\r"
_SPACE = re.compile(f"[{_BLANKS}]*")


def read_integer(digits: str) -> int | float:
    """An integer literal as a double, kept as an int where that loses nothing."""
    if len(digits) < 16:
        return int(digits)
    value = float(digits)
    return int(value) if math.isfinite(value) and abs(value) <= MAX_SAFE_INTEGER else value


def refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def read_fraction(digits: str) -> int | float:
    """Any other number literal: 900000.0 is 900000, and 1e999 infinite."""
    value = float(digits)
    return int(value) if abs(value) <= MAX_SAFE_INTEGER and value.is_integer() else value


_DECODER = json.JSONDecoder(parse_int=read_integer, parse_float=read_fraction, parse_constant=refuse_constant)
