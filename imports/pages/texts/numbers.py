"""Formats of numbers. No Django, no database access.

The formats are those of Tachi's web client (docs/adding-a-game.md, "How numbers are shown"): "rounded" means
JavaScript's `toFixed`, which uses the exact value of the double and rounds ties away from zero. Minus is U+2212.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Literal

from imports.games import javascript
from imports.games.spec import Shown

NO_DATA = "No Data."
MINUS = "\u2212"

RatingKind = Literal["score", "session", "profile"]
Number = int | float


def format_metric(value: Number | None, shown: Shown) -> str:
    """Formats a metric of a score: `9,861,044`, `94.31%`, `No Data.`"""
    return NO_DATA if value is None else _FORMATS[shown](value)


def format_metric_difference(difference: Number, shown: Shown) -> str:
    """Formats the difference of two values of a metric, signed: `+72,142`, `−1.25%`."""
    text = format_metric(abs(difference), shown)
    return f"{MINUS if difference < 0 else '+'}{text}"


def format_rating(value: Number | None, shown: Shown, *, kind: RatingKind) -> str:
    """Formats a rating. The default format rounds to two decimals; a profile's is truncated: 4.35 shows as 4.34.

    A profile's rating has commas between thousands: `14,203`.
    """
    if value is None:
        return NO_DATA
    if kind != "profile":
        return _FORMATS[shown](value)
    text = to_fixed(math.floor(value * 100) / 100, places=2) if shown is Shown.DEFAULT else _FORMATS[shown](value)
    whole, dot, decimals = text.partition(".")
    return f"{int(whole):,}{dot}{decimals}" if whole.isdecimal() else text


def format_change(before: Number | None, after: Number | None, shown: Shown, *, kind: RatingKind) -> str:
    """Formats the difference of two shown ratings, signed, so that before, change and after add up: `+0.132`.

    Empty if either is missing or both are shown as the same text.
    """
    if before is None or after is None:
        return ""
    if shown in (Shown.SGL_STAR, Shown.SGL_CIRCLE):
        # A tier's number restarts at the next tier, so that the difference is that of the values with two decimals.
        earlier, later = (Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP) for value in (before, after))
    else:
        # The difference of the shown texts: rounding the exact difference would sometimes be off in the last digit.
        texts = [format_rating(value, shown, kind=kind) for value in (before, after)]
        earlier, later = (Decimal(text.replace(",", "").replace(MINUS, "-").removesuffix("%")) for text in texts)
    return format_signed(later - earlier) if later != earlier else ""


def format_floored_percent(value: Number | None, *, places: int = 2) -> str:
    """Formats a percentage in a score's cell, never rounded up: 99.999 is `99.99%`."""
    if value is None:
        return NO_DATA
    step = Decimal(1).scaleb(-places)
    return _minus(f"{Decimal(javascript.number(value)).quantize(step, ROUND_FLOOR)}%")


def to_fixed(value: Number | Decimal, *, places: int, grouped: bool = False) -> str:
    """Formats like `toFixed(places)`; `grouped` adds commas between thousands."""
    exact = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return _minus(f"{exact:,f}" if grouped else f"{exact:f}")


def format_number(value: Number | Decimal) -> str:
    """Formats with commas between thousands and at most three decimals: `1,234,567.895`."""
    text = to_fixed(value, places=3, grouped=True)
    return text.rstrip("0").rstrip(".")


def format_signed(value: Number | Decimal) -> str:
    """Formats with a sign: `+1,204`, `−0.132`, `0`; a Decimal keeps all of its decimals, as `+0.10`."""
    if not value:
        return "0"
    text = _minus(f"{value:,f}") if isinstance(value, Decimal) else format_number(value)
    return text if text.startswith(MINUS) else f"+{text}"


def _tier(value: Number, *, low: str, high: str) -> str:
    return f"{low}{to_fixed(value, places=2)}" if value < 13 else f"{high}{to_fixed(value - 12, places=2)}"


_FORMATS: dict[Shown, Callable[[Number], str]] = {
    Shown.NUM: format_number,
    Shown.RAW: lambda value: _minus(javascript.number(value)),
    Shown.PCT2: lambda value: f"{to_fixed(value, places=2)}%",
    Shown.PCT4: lambda value: f"{to_fixed(value, places=4)}%",
    Shown.DP0: lambda value: to_fixed(value, places=0),
    Shown.DP2: lambda value: to_fixed(value, places=2),
    Shown.DP3: lambda value: to_fixed(value, places=3),
    Shown.SGL_STAR: lambda value: _tier(value, low="☆", high="★"),
    Shown.SGL_CIRCLE: lambda value: _tier(value, low="○", high="●"),
    # Up to 100 it is the progress in the chart; above, it is 100 plus the percentage of a cleared chart.
    Shown.ITG_FINAL: lambda value: (
        f"Died {to_fixed(value, places=2)}% in" if value < 100 else f"Cleared with {to_fixed(value - 100, places=2)}%"
    ),
    Shown.DEFAULT: lambda value: to_fixed(value, places=2),
}


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
