"""Texts of sharing. No database access."""

from __future__ import annotations

from django.utils.translation import gettext as _

from imports.pages.texts.translation import gettext_lazy

SHARE_IMPORT = gettext_lazy("Share this import")
SHARE_SESSION = gettext_lazy("Share this session")
IMPORT_SEEN_BY_OTHERS = gettext_lazy(
    "Anyone with the link can see this import: scores, rating, times. Not your file, tools or tokens."
)
SESSION_SEEN_BY_OTHERS = gettext_lazy(
    "Anyone with the link can see this session: scores, rating, times. Not your files, tools or tokens."
)


def card_text(headline: str, player: str, game: str, *, rating: str = "") -> str:
    """Returns the text of a picture: `VOLFORCE 17.482 to 17.614 (+0.132). 214 new scores. mirei, SOUND VOLTEX.`"""
    told = {"headline": headline, "player": player, "game": game, "rating": rating}
    return (
        _("{rating}. {headline}. {player}, {game}.").format(**told)
        if rating
        else _("{headline}. {player}, {game}.").format(**told)
    )


def with_gains(text: str, gains: str) -> str:
    """Adds the songs of the picture to its text."""
    return _("{text} Biggest gains: {gains}.").format(text=text, gains=gains) if gains else text


def rating_moved(rating: str, before: str, after: str, change: str) -> str:
    """Returns `VOLFORCE 17.482 to 17.614 (+0.132)`; for a first rating only its value."""
    told = {"rating": rating, "before": before, "after": after, "change": change}
    return (
        _("{rating} {before} to {after} ({change})").format(**told) if before else _("{rating} {after}").format(**told)
    )
