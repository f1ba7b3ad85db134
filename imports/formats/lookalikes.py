"""Titles that look alike: one form for all of them, and the words for what sets two of them apart. Pure.

Look-ups at import stay exact. This is for suggestions and for the search.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

LONGEST = 500
"""Characters of a title that are looked at, as many as a song's title may have."""

VARIANTS: Mapping[str, str] = {
    "~": "～〜∼˜〰∽",
    "'": "’‘‚‛′＇`´ʼ",
    '"': "”“„‟″＂〝〞〟",
    "-": "‐‑‒–—―−﹘﹣－─━⁃˗",
    "・": "･·•∙⋅‧",
}
"""Characters that are typed for each other. The keys stand for all of them."""

_LONG_VOWEL = (
    "ーｰ"  # many write "ﾃ-ﾚ" for it; in a search it would be found for every dash, and stands in every second title
)
_BLANK = re.compile(r"\s+")
_ALIKE = {kind: str.maketrans(dict.fromkeys(others, kind)) for kind, others in VARIANTS.items()}
_DASHES = _ALIKE["-"] | str.maketrans(dict.fromkeys(_LONG_VOWEL, "-"))
_ALL = {ord(other): kind for kind, others in VARIANTS.items() for other in others}


class Difference(StrEnum):
    """What can set apart two titles that look alike."""

    TILDES = "tildes"
    QUOTES = "quotation marks"
    DASHES = "dashes"
    DOTS = "middle dots"
    BLANKS = "blanks"
    INVISIBLE = "invisible characters"
    ENTITIES = "HTML entities"
    WIDTH = "full and half width"


def _visible(text: str) -> str:
    """Without controls, joiners, marks of direction and variation selectors."""
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
"""What makes titles one form, in the order in which it is done: entities may stand for anything below them."""


def normalize(title: str) -> str:
    """The form that titles which look alike share, in lower case and without blanks; "" for nothing but blanks."""
    return _normalized(title, tuple(_STEPS))


def _normalized(title: str, steps: Collection[Difference]) -> str:
    text = title[:LONGEST]
    for step in _STEPS:
        if step in steps:
            text = _STEPS[step](text)
    return text.casefold()


def differences(title: str, other: str) -> tuple[Difference, ...] | None:
    """In what two titles differ, case aside; None where they do not look alike.

    Where two words would do for one thing (the width of a tilde), the first of `Difference` is returned.
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
    """A text with one of the characters that are typed for each other; each keeps its place."""
    return text.translate(_ALL)


def variants(character: str) -> str:
    """The character and all that are typed for it."""
    return character + VARIANTS.get(character, "")
