"""Integers as programs and people write them: Unix milliseconds, keys of rows, digits in a text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BIGINT = 2**63 - 1  # the largest value of a PostgreSQL bigint, and so of a primary key
MAX_TIMESTAMP_MS = 253_402_300_799_999  # Unix milliseconds of the end of the year 9999, after which Python has no dates


def milliseconds(moment: datetime) -> int:
    """Returns Unix milliseconds, rounded down."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def parse_digits(text: object, *, most: int = MAX_BIGINT) -> int | None:
    """Returns the number that ASCII digits alone write; None for any other text, and for numbers above `most`."""
    # The length is looked at first: Python refuses to read thousands of digits, and takes long for hundreds.
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= len(str(MAX_BIGINT)):
        number = int(text)
        return number if number <= most else None
    return None
