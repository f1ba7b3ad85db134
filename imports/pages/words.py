"""Small words around numbers: sizes, lengths of time, places in line. Pure.

`static/js/progress.js` says the estimates in the same words.
"""

from __future__ import annotations

import re

_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_DAY, _HOUR, _MINUTE = 86_400_000, 3_600_000, 60_000


def is_japanese(text: str) -> bool:
    """Whether it holds kana or kanji, and so wants a Japanese face and Japanese line breaks."""
    return bool(_JAPANESE.search(text))


def file_size(count: int) -> str:
    """Bytes in decimal units, as upload limits are: `512 B`, `61 KB`, `9.1 MB`, `8 MB`."""
    if count < 1_000:
        return f"{count} B"
    if count < 999_500:
        return f"{count / 1_000:.0f} KB"
    return f"{count / 1_000_000:.1f} MB".replace(".0 ", " ")


def seconds(value: float) -> str:
    """How long something took: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`."""
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(value: float) -> str:
    """An estimate in seconds, no more exact than it deserves: `4 s`, `20 s`, `3 min`, `2 h`."""
    if value < 10:
        return f"{max(1, round(value))} s"
    if value < 58:
        return f"{-(-round(value) // 5) * 5} s"
    if value < 3570:
        return f"{max(1, round(value / 60))} min"
    return f"{round(value / 3600)} h"


def length(milliseconds: int) -> str:
    """A session's length: `1 hour, 5 minutes`. Cut to minutes; units of zero are left out."""
    days, rest = divmod(milliseconds, _DAY)
    counts = {"day": days, "hour": rest // _HOUR, "minute": rest % _HOUR // _MINUTE}
    said = [count_of(count, unit) for unit, count in counts.items() if count]
    return ", ".join(said) or "0 minutes"


def count_of(count: int, noun: str, plural: str = "") -> str:
    """`1 score`, `1,204 scores`, `2 bests`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def ordinal_ending(number: int) -> str:
    """`st` of 1st, `th` of 11th."""
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
