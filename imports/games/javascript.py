"""JavaScript's number checks and string conversions, for score IDs and messages. No database access.

Tachi is written in JavaScript: its score IDs hash the text of `JSON.stringify`, its messages contain `String(value)`.
Both must be equal here, to the last digit of a number.
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
    """Returns whether a value is a number in JSON; booleans are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_safe_integer(value: Any) -> bool:
    """Returns JavaScript's `Number.isSafeInteger(value)`: 1.0 is an integer, true is not, 2**53 is too large."""
    return is_number(value) and abs(value) <= MAX_SAFE_INTEGER and value == math.floor(value)


def is_finite_number(value: Any) -> bool:
    return is_number(value) and abs(value) <= sys.float_info.max


def number(value: float) -> str:
    """Returns JavaScript's `String(number)`: the shortest exact digits, exponents only from 1e21 and below 1e-6."""
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
    """Returns Python's shortest digits of a positive double in JavaScript's notation."""
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))  # number of digits before the point
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
    """Returns JavaScript's `JSON.stringify(text)`: quotes, backslashes, controls and lone surrogates are escaped."""
    written = encode_basestring(text)
    if text.isascii() or not _SURROGATE.search(written):
        return written
    # In Python a pair of surrogates may be two characters, which JavaScript reads as one.
    paired = written.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", paired)


def text(value: Any) -> str:
    """Returns JavaScript's `String(value)` of JSON data, as messages quote it."""
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
