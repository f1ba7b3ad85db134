"""Bytes to text, the same way for every text format, and which text the database can hold. Pure."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 32
"""Levels of nesting that are looked into; no document of ours needs ten."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class NotTextError(ValueError):
    """A file is no text. Its words are a sentence for the file's owner."""


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 without a byte order mark and without NUL. Raises NotTextError."""
    if data.startswith(codecs.BOM_UTF8):
        raise NotTextError("The file starts with a byte order mark; save it as UTF-8 without one.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotTextError(f"The file is not valid UTF-8: byte {error.start} cannot be read.") from error
    if "\0" in text:
        raise NotTextError(f"The file contains a NUL character: character {text.index(chr(0))}.")
    return text


def is_storable(text: str) -> bool:
    """PostgreSQL takes neither NUL nor half of a surrogate pair."""
    return not _UNSTORABLE.search(text)


def is_too_deep(value: Any) -> bool:
    """Whether JSON data is nested deeper than `MAX_DEPTH`. Level by level, so that no depth can hurt."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def unstorable_path(value: Any) -> str | None:
    """Where JSON data holds the first text that cannot be stored, like `.scores[3].comment`; None for nowhere.

    "" stands for the data itself. A key that cannot be stored counts at its object. The data must not be too deep.
    """
    if isinstance(value, str):
        return None if is_storable(value) else ""
    if isinstance(value, dict) and not all(map(is_storable, value)):
        return ""
    for step, inner in _steps(value):
        path = unstorable_path(inner)
        if path is not None:
            return step + path
    return None


def _steps(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f".{key}", inner) for key, inner in value.items())
    elif isinstance(value, list):
        yield from ((f"[{index}]", inner) for index, inner in enumerate(value))


def storable(value: Any) -> Any:
    """JSON data with a replacement character in place of each one that cannot be stored. It must not be too deep.

    A number beyond all doubles becomes null, as JavaScript writes it: JSON has no word for it.
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
