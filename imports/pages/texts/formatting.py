"""Formats of sizes, times and lists, and names of ratings, classes and problems. No database access.

`static/js/progress.js` shows estimates in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from imports.catalogue.class_sets import class_set_name as class_set_name  # noqa: PLC0414 - a text like the others
from imports.catalogue.rating_names import rating_name as rating_name  # noqa: PLC0414 - a text like the others
from imports.pages.texts.translation import gettext_lazy

# Kana, kanji and half-width kana. Chinese titles count as Japanese, like the games.
JAPANESE_LETTER = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000


def is_japanese(text: str) -> bool:
    """Returns whether a text has kana or kanji, and needs a Japanese font and Japanese line breaks."""
    return bool(JAPANESE_LETTER.search(str(text)))  # a label may be a lazy translation


def file_size(count: int) -> str:
    """Returns a number of bytes in decimal units: `512 B`, `61 KB`, `9.1 MB`, `8 MB`."""
    # Not Django's filesizeformat: its units are of 1024, while upload limits and file managers are decimal.
    if count < 1_000:
        return _("{size} B").format(size=count)
    if count < 999_500:  # from here on, kilobytes would be rounded to 1000
        return _("{size} KB").format(size=f"{count / 1_000:.0f}")
    return _("{size} MB").format(size=f"{count / 1_000_000:.1f}".removesuffix(".0"))


def duration(value: float) -> str:
    """Returns a duration, given in seconds: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`."""
    if value < 9.95:
        return _("{seconds} s").format(seconds=f"{value:.1f}")
    whole = round(value)
    if whole < 60:
        return _("{seconds} s").format(seconds=whole)
    minutes, rest = divmod(whole, 60)
    if whole >= 3600:
        return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
    if rest:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    return _("{minutes} min").format(minutes=minutes)


def estimate(value: float) -> str:
    """Returns a coarsely rounded estimate, given in seconds: `4 s`, `20 s`, `3 min`, `2 h`."""
    # At the bounds, rounding would give 60 of a unit. progress.js has the same bounds: its first update of the page
    # must not change the text.
    if value < 10:
        return _("{seconds} s").format(seconds=max(1, round(value)))
    if value < 58:
        return _("{seconds} s").format(seconds=-(-round(value) // 5) * 5)
    if value < 3570:
        return _("{minutes} min").format(minutes=max(1, round(value / 60)))
    return _("{hours} h").format(hours=round(value / 3600))


def session_length(milliseconds: int) -> str:
    """Returns a session's length: `1 hour, 5 minutes`. Truncated to minutes; units of zero are omitted."""
    days, rest = divmod(milliseconds, DAY_MS)
    hours, minutes = rest // HOUR_MS, rest % HOUR_MS // MINUTE_MS
    units = (
        (days, ngettext("{count} day", "{count} days", days)),
        (hours, ngettext("{count} hour", "{count} hours", hours)),
        (minutes, ngettext("{count} minute", "{count} minutes", minutes)),
    )
    told = (text.format(count=f"{count:,}") for count, text in units if count)
    return pgettext("between days, hours and minutes", ", ").join(told) or _("0 minutes")


def ordinal_ending(number: int) -> str:
    """Returns the ending of an ordinal, `st` for 1 and `th` for 11, or that of another language."""
    # The page shows the ending smaller than the number: the number is removed from Django's ordinal.
    return str(ordinal(number)).removeprefix(str(number))


def first_line(message: str, *, max_length: int = 140) -> str:
    """Returns a failure's message, shortened to one line."""
    line = message.partition("\n")[0]
    return line if len(line) <= max_length else f"{line[: max_length - 1]}…"


def listed(parts: Iterable[object]) -> str:
    """Joins texts: `A, B, C`, with the separators of the language."""
    return _(", ").join(map(str, parts))


def and_listed(parts: Sequence[object]) -> str:
    """Joins texts: `A, B and C`."""
    if len(parts) < 2:
        return listed(parts)
    return _("{parts} and {last}").format(parts=listed(parts[:-1]), last=parts[-1])


def or_listed(parts: Sequence[object]) -> str:
    """Joins texts: `A, B or C`."""
    if len(parts) < 2:
        return listed(parts)
    return _("{parts} or {last}").format(parts=listed(parts[:-1]), last=parts[-1])


def sentence(text: str) -> str:
    """Adds a full stop; an empty text stays empty."""
    return _("{text}.").format(text=text) if text else ""


def with_reason(text: str, reason: str) -> str:
    return _("{text}. Reason: “{reason}”").format(text=text, reason=reason) if reason else sentence(text)


def written_day(day: date) -> str:
    """Returns `28 Nov 2026` in the format of the language."""
    # Translators: Django's letters for a date, as in {{ day|date:"j M Y" }}.
    return date_format(day, _("j M Y"))


def day_of_year(day: date) -> str:
    """Returns `28 Nov` in the format of the language."""
    # Translators: Django's letters for a date without its year.
    return date_format(day, _("j M"))


def written_month(day: date) -> str:
    """`Nov 2026`."""
    # Translators: Django's letters for a month.
    return date_format(day, _("M Y"))


# --- names ------------------------------------------------------------------------------------------

UNKNOWN = "–"
KINDS = {
    "SongOrChartNotFound": gettext_lazy("Unknown song or chart"),
    "OrphanExists": gettext_lazy("Unknown (already saved)"),
    "InvalidDatapoint": gettext_lazy("Impossible value"),
    "AmbiguousTitle": gettext_lazy("Ambiguous title"),
    "InternalError": gettext_lazy("Server error"),
}
"""Problem type -> its label for players."""

ADVICE = {
    "SongOrChartNotFound": gettext_lazy("Saved until the song is known"),
    "OrphanExists": gettext_lazy("Already saved by an earlier import"),
    "InvalidDatapoint": gettext_lazy("Fix it in the file and upload the file again"),
    "AmbiguousTitle": gettext_lazy("Use the chart's ID instead of its title"),
    "InternalError": gettext_lazy("Tell the server's administrator"),
}


def class_progress_label(covered: float, name: str) -> str:
    """Returns the text alternative of the rail of a class."""
    return _("{covered} percent of {name}").format(covered=f"{covered:.0f}", name=name)


def class_rail_label(start: float, end: float, low: str, high: str) -> str:
    """Returns the text alternative of a rail between two classes."""
    return _("From {start} to {end} percent of the way that leads from {low} through {high}").format(
        start=f"{start:.0f}", end=f"{end:.0f}", low=low, high=high
    )


def distance_to_class(distance: str, name: str) -> str:
    return _("{distance} to {name}").format(distance=distance, name=name)
