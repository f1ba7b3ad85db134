"""Moments and numbers as documents have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


@overload
def number(value: float) -> float: ...
@overload
def number(value: float | None) -> float | None: ...
def number(value: float | None) -> float | None:
    """As JavaScript writes it: whole numbers without a point."""
    return int(value) if value is not None and value.is_integer() else value
