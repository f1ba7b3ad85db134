"""Reads JSON as JavaScript does, one part at a time, which limits the time and memory that a document takes.

Of duplicate keys the last one wins. Numbers are doubles: 1.0 is 1, an integer beyond 2**53 is rounded, 1e999 is
infinite. No database access.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw

from imports.errors import ImportFailed
from imports.formats.schema import Violation
from imports.formats.text import (
    NotTextError,
    decode,
    is_too_deep,
    unstorable_path,
    without_cut_character,
    without_mark,
)
from imports.games.javascript import MAX_SAFE_INTEGER

MAX_PART = 2**20
"""Maximum bytes of one score, of meta or of classes. A long real one has a thirtieth of that."""

MAX_ENDS = 8
"""Number of positions at which closing a cut-off list is tried, the last first."""

WINDOW = MAX_PART
"""Bytes of a list that are decoded together."""

ENDS_TOO_EARLY = "Invalid JSON. (It ends too early.)"
UNSTORABLE_TEXT = "Text must not contain NUL characters or lone surrogates"
TOO_DEEP = "Nested too deeply"
TOO_LONG = f"Longer than {MAX_PART // 2**20} MiB"

_ESCAPES = (b"\\u0000", b"\\ud", b"\\uD")
_BYTE = re.compile(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)")
_NEXT = re.compile(r"[ \t\n\r]*([,\]])[ \t\n\r]*")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The exceptions that msgspec raises for invalid JSON, or for JSON of another type than requested."""


def invalid_json(data: bytes, error: Exception) -> ImportFailed:
    """Returns an ImportFailed that says what is wrong with invalid JSON, with line and column."""
    try:
        decode(without_cut_character(data))
    except NotTextError as not_text:
        return ImportFailed(f"Invalid JSON. ({not_text})")
    if isinstance(error, RecursionError):
        return ImportFailed("Invalid JSON. (It is nested too deeply.)")
    found = _BYTE.fullmatch(str(error))
    if found is None:
        return ImportFailed(ENDS_TOO_EARLY if data.strip() else "Invalid JSON. (It is empty.)")
    before = data[: int(found[2])]
    line_before = before[before.rfind(b"\n") + 1 :]  # it may end within a multi-byte character
    line, column = before.count(b"\n") + 1, len(line_before.decode(errors="ignore")) + 1
    return ImportFailed(f"Invalid JSON. ({found[1].capitalize()} at line {line}, column {column}.)")


def without_cut_off_element(data: bytes) -> tuple[bytes, bytes] | None:
    """Returns a cut-off object, closed after the last complete element of its list of objects, and the remaining data.

    If the list itself is complete, the object is closed after it. Returns None if neither is found.
    """
    # It has the same length, so that positions are valid in both.
    marked = lone_surrogates_as_nul(data)
    # The cut-off part is shorter than the longest allowed element.
    places = [found.start() for found in _ELEMENT_END.finditer(marked, max(0, len(data) - MAX_PART))]
    for place in reversed(places[-MAX_ENDS:]):
        ending = b"]}" if marked[place : place + 1] == b"}" else b"}"
        with contextlib.suppress(*UNREADABLE):
            msgspec.json.decode(b"".join((memoryview(marked)[: place + 1], ending)), type=Raw)
            return b"".join((memoryview(data)[: place + 1], ending)), data[place + 1 :].lstrip(b", \t\r\n")
    return None


_ELEMENT_END = re.compile(
    rb"""
      \}(?= \s*+ (?: ,?+ \s*+ \Z | ,\s*+\{ ))  # of an object in a list: another one follows, or nothing
    | \](?= \s*+ (?: ,?+ \s*+ \Z | ,\s*+" ))  # of a list in an object
    """,
    re.VERBOSE,
)


def lone_surrogates_as_nul(data: bytes) -> bytes:
    """Returns the bytes with each escape of a lone surrogate replaced by an escape of NUL.

    msgspec refuses lone surrogates as invalid JSON; JavaScript accepts them. As NUL they are reported with their path.
    """
    return _SURROGATES.sub(lambda found: found[1] + (found[2] or b"\\u0000"), data) if b"\\u" in data else data


_SURROGATES = re.compile(
    rb"(?<!\\)((?:\\\\)*)"  # an even number of backslashes, so that the next one begins an escape
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def may_hold_unstorable_text(data: bytes) -> bool:
    """Returns whether the bytes have an escape of NUL or of a surrogate; valid UTF-8 has neither unescaped in JSON."""
    return b"\\u" in data and any(escape in data for escape in _ESCAPES)


def value_of(raw: Raw) -> Any:
    """Returns the value of a part. Raises Violation if it is too long or deep, or has text that cannot be stored."""
    if size(raw) > MAX_PART:
        raise Violation(TOO_LONG)
    try:
        value = _DECODER.decode(bytes(raw).decode())
    except RecursionError:
        raise Violation(TOO_DEEP) from None
    refuse_unstorable(value)
    return value


def decode_document(data: bytes) -> Any:
    """Returns the value of a short document. Raises ImportFailed for invalid JSON, or if it is nested too deeply."""
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
    """Raises Violation for data that is nested too deeply, or has text that cannot be stored."""
    if is_too_deep(value):
        raise Violation(TOO_DEEP)
    path = unstorable_path(value)
    if path is not None:
        raise Violation(UNSTORABLE_TEXT, path=path)


def size(raw: Raw) -> int:
    """Returns the number of bytes of a part."""
    return len(memoryview(raw))


def first_byte(raw: Raw) -> bytes:
    """Returns the first byte of a part: `{` for an object, `[` for a list."""
    return bytes(memoryview(raw)[:1])


def elements(raw: Raw) -> Iterator[Any]:
    """Yields the elements of a list that is known to be valid JSON.

    Raises Violation if one is too long or too deep, and UnicodeDecodeError if it is not UTF-8.
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
    """Returns the element at a position, the position of the next, and whether it is the last; None if it is cut off.

    At the end of an empty list the element is `_END`.
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
    """Returns an integer literal as a double, or as an int if that is exact."""
    if len(digits) < 16:
        return int(digits)
    value = float(digits)
    return int(value) if math.isfinite(value) and abs(value) <= MAX_SAFE_INTEGER else value


def refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def read_fraction(digits: str) -> int | float:
    """Returns the value of any other number literal: 900000.0 is 900000, and 1e999 is infinite."""
    value = float(digits)
    return int(value) if abs(value) <= MAX_SAFE_INTEGER and value.is_integer() else value


_DECODER = json.JSONDecoder(parse_int=read_integer, parse_float=read_fraction, parse_constant=refuse_constant)
