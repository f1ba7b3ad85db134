"""What this instance takes: which games, and how much at once."""

from __future__ import annotations

import functools

from django.conf import settings

from imports.games import BY_SLUG, GAMES
from imports.games.spec import Game


@functools.cache
def offered_games() -> tuple[Game, ...]:
    """The games of this instance, in their canonical order."""
    chosen = settings.TACHI_GAMES
    return tuple(BY_SLUG[game.slug] for game in GAMES if not chosen or game.slug in chosen)


def most_rows() -> int:
    """How many rows an import may have."""
    most: int = settings.TACHI_MAX_ROWS
    return most
