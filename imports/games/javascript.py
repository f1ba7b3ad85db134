"""How JavaScript writes and judges values: score IDs and messages are made of it. Pure.

The original speaks JavaScript: its score IDs hash `JSON.stringify`'s text, its messages contain `String(value)`.
Both must come out the same here, to the last digit of a number.
"""

from __future__ import annotations

import math
import re
import sys
from json.encoder import encode_basestring
from typing import Any

MAX_SAFE_INTEGER = 2**53 - 1

_SURROGATE = re.compile("[\ud800-\udfff]")


def is_number(value: object) -> bool:
    """Whether JSON would call it a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_safe_integer(value: Any) -> bool:
    """`Number.isSafeInteger`: 1.0 is an integer, true is not, 2**53 is too large."""
    return is_number(value) and abs(value) <= MAX_SAFE_INTEGER and value == math.floor(value)


def is_finite_number(value: Any) -> bool:
    return is_number(value) and abs(value) <= sys.float_info.max


def number(value: float) -> str:
    """`String(number)`: shortest digits that read back the same, exponents only from 1e21 up and below 1e-6."""
    if isinstance(value, int):
        if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            return str(value)
        try:
            value = float(value)
        except OverflowError:
            value = math.inf if value > 0 else -math.inf
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"  # also -0
    return ("-" if value < 0 else "") + _digits(repr(abs(value)))


def _digits(text: str) -> str:
    """Python's shortest digits of a positive double, with the point where JavaScript puts it."""
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = (
        len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    )  # the point stands after so many digits
    digits = digits.rstrip("0")
    # The three forms of ECMAScript's Number::toString, with its limits of 21 digits and 6 zeros.
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"


def quoted(text: str) -> str:
    """`JSON.stringify` of a string: only quotes, backslashes, controls and lone surrogates are escaped."""
    written = encode_basestring(text)
    if text.isascii() or not _SURROGATE.search(written):
        return written
    # Python may hold a pair of surrogates as two characters, which JavaScript reads as one.
    paired = written.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", paired)


def text(value: Any) -> str:
    """`String(value)` of JSON data, as messages quote it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return ",".join("" if item is None else text(item) for item in value)
    return "[object Object]"
