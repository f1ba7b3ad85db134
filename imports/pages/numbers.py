"""How numbers are written for people. Pure: no Django, no database.

The formats are those of the original web client (docs/adding-a-game.md, "How numbers are shown"): "rounded" means
JavaScript's `toFixed`, which looks at the exact value of the double and takes ties away from zero. Minus is U+2212.
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
    """A metric of a score: `9,861,044`, `94.31%`, `No Data.`"""
    return NO_DATA if value is None else _FORMATS[shown](value)


def signed_metric(difference: Number, shown: Shown) -> str:
    """What lies between two values of a metric, signed: `+72,142`, `−1.25%`."""
    text = format_metric(abs(difference), shown)
    return f"{MINUS if difference < 0 else '+'}{text}"


def format_rating(value: Number | None, shown: Shown, *, kind: RatingKind) -> str:
    """A rating. The default format rounds to two decimals, except that a profile's is cut: 4.35 shows as 4.34."""
    if value is None:
        return NO_DATA
    if shown is Shown.DEFAULT and kind == "profile":
        return fixed(math.floor(value * 100) / 100, places=2)
    return _FORMATS[shown](value)


def format_change(before: Number | None, after: Number | None, shown: Shown, *, kind: RatingKind) -> str:
    """What lies between two shown ratings, signed, so that before, change and after add up: `+0.132`.

    Empty when either is missing or they read the same.
    """
    if before is None or after is None:
        return ""
    earlier, later = (_as_shown(value, shown, kind=kind) for value in (before, after))
    return signed(later - earlier) if later != earlier else ""


def floor_percent(value: Number | None, *, places: int = 2) -> str:
    """A percentage in a score's cell, never rounded up: 99.999 is `99.99%`."""
    if value is None:
        return NO_DATA
    step = Decimal(1).scaleb(-places)
    return _minus(f"{Decimal(javascript.number(value)).quantize(step, ROUND_FLOOR)}%")


def fixed(value: Number | Decimal, *, places: int, grouped: bool = False) -> str:
    """`toFixed(places)`; `grouped` sets commas between thousands."""
    exact = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return _minus(f"{exact:,f}" if grouped else f"{exact:f}")


def grouped(value: Number | Decimal) -> str:
    """Thousands separated, at most three decimals: `1,234,567.895`."""
    text = fixed(value, places=3, grouped=True)
    return text.rstrip("0").rstrip(".")


def signed(value: Number | Decimal) -> str:
    """`+1,204`, `−0.132`, `0`; every decimal of a Decimal is kept, as `+0.10`."""
    if not value:
        return "0"
    text = _minus(f"{value:,f}") if isinstance(value, Decimal) else grouped(value)
    return text if text.startswith(MINUS) else f"+{text}"


def _raw(value: Number) -> str:
    return _minus(javascript.number(value))


def _stars(value: Number) -> str:
    count = int(value)
    return "★★★★★(虹)" if count > 5 else "★" * count + "☆" * (5 - count)


def _tier(value: Number, *, low: str, high: str) -> str:
    return f"{low}{fixed(value, places=2)}" if value < 13 else f"{high}{fixed(value - 12, places=2)}"


def _itg_final(value: Number) -> str:
    if value < 100:
        return f"Died {fixed(value, places=2)}% in"
    return f"Cleared with {fixed(value - 100, places=2)}%"


_FORMATS: dict[Shown, Callable[[Number], str]] = {
    Shown.NUM: grouped,
    Shown.RAW: _raw,
    Shown.PCT2: lambda value: f"{fixed(value, places=2)}%",
    Shown.PCT4: lambda value: f"{fixed(value, places=4)}%",
    Shown.DP0: lambda value: fixed(value, places=0),
    Shown.DP2: lambda value: fixed(value, places=2),
    Shown.DP3: lambda value: fixed(value, places=3),
    Shown.STARS: _stars,
    Shown.SGL_STAR: lambda value: _tier(value, low="☆", high="★"),
    Shown.SGL_CIRCLE: lambda value: _tier(value, low="○", high="●"),
    Shown.ITG_FINAL: _itg_final,
    Shown.DEFAULT: lambda value: fixed(value, places=2),
}


def _as_shown(value: Number, shown: Shown, *, kind: RatingKind) -> Decimal:
    """What a reader would add up. A tier's number starts again at ★, so tiers count by their own two decimals."""
    if shown in (Shown.SGL_STAR, Shown.SGL_CIRCLE):
        return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = format_rating(value, shown, kind=kind)
    return Decimal(text.replace(",", "").replace(MINUS, "-").removesuffix("%"))


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
