"""Bytes to text, the same way for every text format, and which text the database can hold. Pure."""

from __future__ import annotations

import codecs
import contextlib
import math
import re
from collections.abc import Iterable
from typing import Any

from imports.errors import ImportFailed

MAX_DEPTH = 32
"""Levels of nesting that are looked into; no document of ours needs ten."""
MAX_MESSAGE = 8_000
"""Characters of a message; one that quotes a longer value is cut."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")
"""How UTF-16 begins: with its byte order mark, or with two ASCII characters, as every document of ours does."""


class NotTextError(ImportFailed):
    """A file is no text."""


def cut(message: str) -> str:
    """A message that is not too long."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 without NUL, behind a byte order mark or not. Raises NotTextError."""
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
    """The text of a file of a Japanese site: UTF-8, else Shift-JIS (as Windows has it), else UTF-8 with marks.

    The marks, U+FFFD, stand for what cannot be read: a table whose lines are cut is worth reading for the other ones.
    Raises NotTextError.
    """
    bare = without_mark(data)
    if _UTF_16.match(bare):
        raise NotTextError("The file looks like UTF-16; save it as UTF-8.")
    data = data if keep_mark else bare
    for encoding, errors in (("utf-8", "strict"), ("cp932", "strict"), ("utf-8", "replace")):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding, errors)
            break
    if "\0" in text:
        raise NotTextError(f"The file contains a NUL character: character {text.index(chr(0))}.")
    return text


def without_mark(data: bytes) -> bytes:
    """The bytes without the byte order mark that many editors begin UTF-8 with."""
    return data.removeprefix(codecs.BOM_UTF8)


def is_storable(text: str) -> bool:
    """PostgreSQL takes neither NUL nor half of a surrogate pair."""
    return not _UNSTORABLE.search(text)


def is_too_deep(value: Any) -> bool:
    """Whether JSON data is nested deeper than `MAX_DEPTH`. Level by level, so that no depth can hurt."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        insides = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [inner for inside in insides for inner in inside if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def unstorable_path(value: Any) -> str | None:
    """Where JSON data holds the first text that cannot be stored, like `.scores[3].comment`; None for nowhere.

    "" stands for the data itself. A key that cannot be stored counts at its object. The data must not be too deep.
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
