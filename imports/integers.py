"""Conversion and limits of integers: Unix milliseconds, primary keys, digits in a text, numbers in JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BIGINT = 2**63 - 1  # the largest value of a PostgreSQL bigint, and so of a primary key
MAX_TIMESTAMP_MS = 253_402_300_799_999  # Unix milliseconds of the end of the year 9999, Python's last


def milliseconds(moment: datetime) -> int:
    """Returns Unix milliseconds, rounded down."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def parse_digits(text: object, *, maximum: int = MAX_BIGINT) -> int | None:
    """Returns the number of a text that is only ASCII digits; None for other texts and for numbers above `maximum`."""
    # The length is checked first: Python refuses to parse thousands of digits, and is slow for hundreds.
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= len(str(MAX_BIGINT)):
        number = int(text)
        return number if number <= maximum else None
    return None


@overload
def json_number(value: float) -> float: ...
@overload
def json_number(value: float | None) -> float | None: ...
def json_number(value: float | None) -> float | None:
    """Returns the number as JavaScript writes it: whole numbers as int."""
    return int(value) if value is not None and value.is_integer() else value
