"""Bodies of hooks: JSON whose members are checked in order, with Tachi's message for the first violation.

An optional member is `absent_or(check)`, which refuses null. No database access.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from imports.errors import ImportFailed
from imports.formats import json_document, text
from imports.formats.schema import ABSENT, Check, Violation, written
from imports.games.javascript import is_finite_number, is_safe_integer


def read(data: bytes, check: Check, *, prefix: str) -> Any:
    """Returns what `check` keeps of a body, made storable. Raises ImportFailed `{prefix}: {path} | {message} ...`."""
    return checked(json_document.decode_document(data), check, prefix=prefix)


def checked(value: Any, check: Check, *, prefix: str) -> Any:
    """Returns what `check` keeps of decoded data, made storable. Raises ImportFailed as `read` does."""
    try:
        kept = check(value)
        json_document.refuse_unstorable(kept)
    except Violation as violation:
        raise refusal(f"{prefix}: {violation}") from None
    return text.storable(kept)  # unchecked members may have infinite numbers


def refusal(message: str) -> ImportFailed:
    """Returns a failure whose message may quote sent data: it is cut and made storable."""
    return ImportFailed(text.cut(text.storable(message)))


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:  # noqa: ARG001 - as all formats
    """`Format.document` of a hook whose imports have one row: returns the body."""
    return msgspec.json.encode(rows[0] if rows else {})


# --- members --------------------------------------------------------------------------------------------


def absent_or(check: Check) -> Check:
    """Returns the check of a member that may be absent, but not null."""
    return lambda value: value if value is ABSENT else check(value)


def positive_integer(value: Any) -> int:
    """Returns an integer of at least 0. Raises Violation."""
    return _whole_number(value, "Expected a positive integer.", low=0)


def integer(value: Any) -> int:
    """Returns an integer. Raises Violation."""
    return _whole_number(value, "Expected an integer.")


def integer_between(low: int, high: int) -> Check:
    return lambda value: _whole_number(value, f"Expected an integer between {low} and {high}.", low=low, high=high)


def _whole_number(value: Any, message: str, *, low: float | None = None, high: float | None = None) -> int:
    if is_safe_integer(value) and (low is None or value >= low) and (high is None or value <= high):
        return int(value)
    raise Violation(message, value)


def number_between(low: float, high: float) -> Check:
    return _number(f"Expected a number between {low} and {high}.", low=low, high=high)


def positive_number(value: Any) -> float:
    """Returns a number of at least 0. Raises Violation."""
    found: float = _number("Expected a positive number.", low=0)(value)
    return found


def _number(message: str, *, low: float, high: float | None = None) -> Check:
    def check(value: Any) -> float:
        if is_finite_number(value) and value >= low and (high is None or value <= high):
            return float(value) if isinstance(value, float) else int(value)
        raise Violation(message, value)

    return check


def choice(values: Sequence[str | int]) -> Check:
    """Returns the check of a value that must be one of these texts and numbers exactly: 1 is neither "1" nor true."""
    message = f"Expected any of {', '.join(map(written, values))}."

    def check(value: Any) -> str | int:
        for known in values:
            is_known = is_safe_integer(value) if isinstance(known, int) else isinstance(value, str)
            if is_known and value == known:
                return known
        raise Violation(message, value)

    return check


def string(value: Any) -> str:
    """Returns a text. Raises Violation."""
    if isinstance(value, str):
        return value
    raise Violation("Expected string.", value)


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Violation("Expected boolean.", value)
