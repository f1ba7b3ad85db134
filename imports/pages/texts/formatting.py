"""Small words around numbers, names of ratings, classes and problems: what texts of every topic are made of. Pure.

`static/js/progress.js` says the estimates in the same words.
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

# Kana, kanji and half-width kana. Chinese titles count as Japanese: the games are.
JAPANESE_LETTER = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000


def is_japanese(text: str) -> bool:
    """Whether it holds kana or kanji, and so wants a Japanese face and Japanese line breaks."""
    return bool(JAPANESE_LETTER.search(str(text)))  # a label may still wait for its language


def file_size(count: int) -> str:
    """Bytes in decimal units: `512 B`, `61 KB`, `9.1 MB`, `8 MB`."""
    # Not Django's filesizeformat: it counts in 1024s, while upload limits and files' properties are decimal.
    if count < 1_000:
        return _("{size} B").format(size=count)
    if count < 999_500:  # from here on the kilobytes would be rounded to 1000
        return _("{size} KB").format(size=f"{count / 1_000:.0f}")
    return _("{size} MB").format(size=f"{count / 1_000_000:.1f}".removesuffix(".0"))


def duration(value: float) -> str:
    """How long something took, from seconds: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`."""
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
    """An estimate in seconds, no more exact than it deserves: `4 s`, `20 s`, `3 min`, `2 h`."""
    # The bounds are where rounding would give 60 of a unit. progress.js has the same ones: what it writes over the
    # first render must not jump.
    if value < 10:
        return _("{seconds} s").format(seconds=max(1, round(value)))
    if value < 58:
        return _("{seconds} s").format(seconds=-(-round(value) // 5) * 5)
    if value < 3570:
        return _("{minutes} min").format(minutes=max(1, round(value / 60)))
    return _("{hours} h").format(hours=round(value / 3600))


def session_length(milliseconds: int) -> str:
    """A session's length: `1 hour, 5 minutes`. Cut to minutes; units of zero are left out."""
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
    """`st` of 1st, `th` of 11th, and what other languages write behind a number."""
    # The page sets the ending smaller than the number, so that Django's ordinal is cut.
    return str(ordinal(number)).removeprefix(str(number))


def first_line(message: str, *, most: int = 140) -> str:
    """A failure's message where there is room for one line."""
    line = message.partition("\n")[0]
    return line if len(line) <= most else f"{line[: most - 1]}…"


def listed(parts: Iterable[object]) -> str:
    """`A, B, C`, as the language separates them."""
    return _(", ").join(map(str, parts))


def and_listed(parts: Sequence[object]) -> str:
    """`A, B and C`."""
    if len(parts) < 2:
        return listed(parts)
    return _("{parts} and {last}").format(parts=listed(parts[:-1]), last=parts[-1])


def or_listed(parts: Sequence[object]) -> str:
    """`A, B or C`."""
    if len(parts) < 2:
        return listed(parts)
    return _("{parts} or {last}").format(parts=listed(parts[:-1]), last=parts[-1])


def sentence(text: str) -> str:
    """With a full stop; empty for nothing."""
    return _("{text}.").format(text=text) if text else ""


def with_reason(text: str, reason: str) -> str:
    return _("{text}. Reason: “{reason}”").format(text=text, reason=reason) if reason else sentence(text)


def written_day(day: date) -> str:
    """`28 Nov 2026`, as the language writes it."""
    # Translators: Django's letters for a date, as in {{ day|date:"j M Y" }}.
    return date_format(day, _("j M Y"))


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
"""Problem types as players read them."""

KINDS_IN_SENTENCES = {
    "SongOrChartNotFound": gettext_lazy("unknown song or chart"),
    "OrphanExists": gettext_lazy("unknown (already saved)"),
    "InvalidDatapoint": gettext_lazy("impossible value"),
    "AmbiguousTitle": gettext_lazy("ambiguous title"),
    "InternalError": gettext_lazy("server error"),
}

ADVICE = {
    "SongOrChartNotFound": gettext_lazy("Saved until the song is known"),
    "OrphanExists": gettext_lazy("Already saved by an earlier import"),
    "InvalidDatapoint": gettext_lazy("Fix it in the file and upload the file again"),
    "AmbiguousTitle": gettext_lazy("Use the chart's ID instead of its title"),
    "InternalError": gettext_lazy("Tell the server's administrator"),
}


def class_progress_label(covered: float, name: str) -> str:
    """What the rail of a class shows, for those who do not see it."""
    return _("{covered} percent of {name}").format(covered=f"{covered:.0f}", name=name)


def class_rail_label(start: float, end: float, low: str, high: str) -> str:
    """The same of a rail between two classes."""
    return _("From {start} to {end} percent of the way that leads from {low} through {high}").format(
        start=f"{start:.0f}", end=f"{end:.0f}", low=low, high=high
    )


def distance_to_class(distance: str, name: str) -> str:
    return _("{distance} to {name}").format(distance=distance, name=name)
