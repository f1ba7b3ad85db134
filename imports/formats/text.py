"""Decodes bytes for every text format, and checks which text the database can store. No database access."""

from __future__ import annotations

import codecs
import contextlib
import math
import re
from collections.abc import Iterable
from typing import Any

from imports.errors import ImportFailed

MAX_DEPTH = 32
"""Maximum levels of nesting; no real document needs ten."""
MAX_MESSAGE = 8_000
"""Maximum characters of a message; a longer one is cut."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")
"""The start of UTF-16: its byte order mark, or two ASCII characters, with which every real document begins."""


class NotTextError(ImportFailed):
    """A file is not valid text."""


def cut(message: str) -> str:
    """Returns a message, cut to `MAX_MESSAGE` characters."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def decode(data: bytes) -> str:
    """Returns the text of a file: UTF-8 without NUL, with or without a byte order mark. Raises NotTextError."""
    if _UTF_16.match(data):
        raise NotTextError("The file looks like UTF-16; save it as UTF-8.")
    data = without_mark(data)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotTextError(f"The file is not valid UTF-8: byte {error.start} cannot be read.") from error
    if "\0" in text:
        raise NotTextError(f"The file contains a NUL character: character {text.index(chr(0))}.")
    return text


def decode_japanese(data: bytes, *, keep_mark: bool = False) -> str:
    """Returns the text of a file of a Japanese site: UTF-8, else Shift-JIS (code page 932), else UTF-8 with U+FFFD.

    U+FFFD replaces bytes that cannot be decoded, so that the other lines of a damaged table can be read.
    Raises NotTextError.
    """
    bare = without_mark(data)
    if _UTF_16.match(bare):
        raise NotTextError("The file looks like UTF-16; save it as UTF-8.")
    data = data if keep_mark else bare
    # A file that is cut off within a character is still UTF-8; as Shift-JIS its text would be wrong.
    whole = without_cut_character(data)
    for part, encoding, errors in (
        (data, "utf-8", "strict"),
        (whole, "utf-8", "strict"),
        (data, "cp932", "strict"),
        (data, "utf-8", "replace"),
    ):
        with contextlib.suppress(UnicodeDecodeError):
            text = part.decode(encoding, errors)
            break
    if "\0" in text:
        raise NotTextError(f"The file contains a NUL character: character {text.index(chr(0))}.")
    return text


def without_cut_character(data: bytes) -> bytes:
    """Returns the bytes without an incomplete UTF-8 character at their end."""
    for length in range(1, min(3, len(data)) + 1):
        if data[-length] >= 0xC0:  # it begins a character, which has so many bytes:
            wanted = 2 if data[-length] < 0xE0 else 3 if data[-length] < 0xF0 else 4
            return data[:-length] if length < wanted else data
        if data[-length] < 0x80:
            break
    return data


def without_mark(data: bytes) -> bytes:
    """Returns the bytes without a UTF-8 byte order mark."""
    return data.removeprefix(codecs.BOM_UTF8)


def is_storable(text: str) -> bool:
    """Returns whether PostgreSQL can store a text: it accepts neither NUL nor lone surrogates."""
    return not _UNSTORABLE.search(text)


def is_too_deep(value: Any) -> bool:
    """Returns whether JSON data is nested deeper than `MAX_DEPTH`. Not recursive, so that any depth is safe."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        insides = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [inner for inside in insides for inner in inside if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def unstorable_path(value: Any) -> str | None:
    """Returns the path of the first text in JSON data that cannot be stored, like `.scores[3].comment`; None if none.

    "" is the data itself. A key that cannot be stored gives the path of its object. The data must not be too deep.
    """
    if isinstance(value, str):
        return None if is_storable(value) else ""
    if isinstance(value, dict) and not all(map(is_storable, value)):
        return ""
    steps: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        steps = ((f".{key}", inner) for key, inner in value.items())
    elif isinstance(value, list):
        steps = ((f"[{index}]", inner) for index, inner in enumerate(value))
    for step, inner in steps:
        path = unstorable_path(inner)
        if path is not None:
            return step + path
    return None


def storable(value: Any) -> Any:
    """Returns JSON data with U+FFFD in place of each character that cannot be stored. The data must not be too deep.

    An infinite number becomes null, as in JavaScript's JSON.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    return value
