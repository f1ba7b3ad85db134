"""Titles that look alike: a normal form that they share, and the kinds of differences between two of them.

Look-ups of imports stay exact; this is for suggestions and for the search. No database access.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

LONGEST = 500
"""Characters of a title that are compared, the maximum length of a song's title."""

VARIANTS: Mapping[str, str] = {
    "~": "～〜∼˜〰∽",
    "'": "’‘‚‛′＇`´ʼ",
    '"': "”“„‟″＂〝〞〟",
    "-": "‐‑‒–—―−﹘﹣－─━⁃˗",
    "・": "･·•∙⋅‧",
}
"""Characters that are typed for each other, by the one that represents them."""

_LONG_VOWEL = (
    "ーｰ"  # often typed as a dash ("ﾃ-ﾚ"); not in VARIANTS, as a search for a dash would find every second title
)
_BLANK = re.compile(r"\s+")
_ALIKE = {kind: str.maketrans(dict.fromkeys(others, kind)) for kind, others in VARIANTS.items()}
_DASHES = _ALIKE["-"] | str.maketrans(dict.fromkeys(_LONG_VOWEL, "-"))
_ALL = {ord(other): kind for kind, others in VARIANTS.items() for other in others}


class Difference(StrEnum):
    """A kind of difference between two titles that look alike."""

    TILDES = "tildes"
    QUOTES = "quotation marks"
    DASHES = "dashes"
    DOTS = "middle dots"
    BLANKS = "blanks"
    INVISIBLE = "invisible characters"
    ENTITIES = "HTML entities"
    WIDTH = "full and half width"


def _visible(text: str) -> str:
    """Returns the text without control characters, joiners, directional marks and variation selectors."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c for c in text if c.isspace() or not (unicodedata.category(c) in {"Cf", "Cc"} or "\ufe00" <= c <= "\ufe0f")
    )


_STEPS: Mapping[Difference, Callable[[str], str]] = {
    Difference.ENTITIES: html.unescape,
    Difference.INVISIBLE: _visible,
    Difference.TILDES: lambda text: text.translate(_ALIKE["~"]),
    Difference.QUOTES: lambda text: text.translate(_ALIKE["'"]).translate(_ALIKE['"']),
    Difference.DASHES: lambda text: text.translate(_DASHES),
    Difference.DOTS: lambda text: text.translate(_ALIKE["・"]),
    Difference.WIDTH: lambda text: unicodedata.normalize("NFKC", text),
    Difference.BLANKS: lambda text: _BLANK.sub("", text),
}
"""The steps of normalization, in order: entities first, as they may encode characters of the later steps."""


def normalize(title: str) -> str:
    """Returns the form that titles which look alike share, in lower case and without blanks; "" for only blanks."""
    return _normalized(title, tuple(_STEPS))


def _normalized(title: str, steps: Collection[Difference]) -> str:
    text = title[:LONGEST]
    for step in _STEPS:
        if step in steps:
            text = _STEPS[step](text)
    return text.casefold()


def differences(title: str, other: str) -> tuple[Difference, ...] | None:
    """Returns the kinds of differences between two titles, ignoring case; None if they do not look alike.

    If two kinds explain the same difference (e.g. the width of a tilde), the first of `Difference` is returned.
    """
    needed = list(Difference)
    if _normalized(title, needed) != _normalized(other, needed):
        return None
    for step in reversed(Difference):
        others = [each for each in needed if each is not step]
        if _normalized(title, others) == _normalized(other, others):
            needed = others
    return tuple(needed)


def fold_characters(text: str) -> str:
    """Returns the text with one representative for characters that are typed for each other; its length is the same."""
    return text.translate(_ALL)


def variants(character: str) -> str:
    """Returns the character and all characters that are typed for it."""
    return character + VARIANTS.get(character, "")
