"""Numbers in texts, as JavaScript reads them. No database access."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from imports.games import javascript

JS_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""The characters that JavaScript's `trim` removes."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BASED = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_WHOLE = re.compile(r"(-?)([0-9]+)")


class NotWholeError(ValueError):
    """A text is not an integer of at least 0. The message is Tachi's: `Not an integer -- x.`"""


def number_of(text: str) -> float:
    """Returns JavaScript's `Number(text)`: blanks around it are ignored, "" is 0, "0x10" is 16, other text is NaN."""
    digits = text.strip(JS_SPACE)
    if not digits:
        return 0.0
    if _DECIMAL.fullmatch(digits):
        return float(digits)
    if digits.lstrip("+-") == "Infinity" and len(digits) <= len("+Infinity"):
        return -math.inf if digits[0] == "-" else math.inf
    based = _BASED.fullmatch(digits)
    if based is None or len(digits) > 250:  # more hexadecimal digits may be beyond a double's range
        return math.nan
    return float(int(digits, 0))


def whole_number(text: str) -> int:
    """Returns the integer of at least 0 that a text of only digits is; `-0` is 0, `007` is 7. Raises NotWholeError."""
    found = _WHOLE.fullmatch(text)
    digits = found[2].lstrip("0") if found else ""
    number = int(digits or "0") if len(digits) <= 16 else math.inf
    if found is None or number > javascript.MAX_SAFE_INTEGER:
        raise NotWholeError(f"Not an integer -- {text}.")
    if found[1] and number:
        raise NotWholeError(f"Was negative -- {text}.")
    return int(number)


def is_exact_number(text: str) -> bool:
    """Returns whether a text without blanks around it is a number that a double represents exactly."""
    if _BASED.fullmatch(text):
        return len(text) <= 250 and float(int(text, 0)) == int(text, 0)
    if len(text) > 400 or not _DECIMAL.fullmatch(text):  # a double has no more digits than that before the point
        return False
    value = float(text)
    return math.isfinite(value) and Decimal(text) == Decimal(javascript.number(value))
