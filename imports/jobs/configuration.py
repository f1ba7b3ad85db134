"""What this instance accepts: games, formats and sizes."""

from __future__ import annotations

import functools

from django.conf import settings

from imports.formats import FORMATS
from imports.formats.base import Format
from imports.games import BY_SLUG, GAMES
from imports.games.spec import Game


@functools.cache
def enabled_games() -> tuple[Game, ...]:
    """Returns the games of this instance, in their canonical order."""
    chosen = settings.TACHI_GAMES
    return tuple(BY_SLUG[game.slug] for game in GAMES if not chosen or game.slug in chosen)


def enabled_formats() -> tuple[Format, ...]:
    """Returns the formats of this instance, in their order: the enabled ones that serve one of its games."""
    chosen, games = settings.TACHI_IMPORT_TYPES, enabled_games()
    return tuple(each for each in FORMATS if each.serves(games) and (not chosen or each.import_type in chosen))


def import_types(way: str = "") -> list[str]:
    """The import types of this instance; with `way` those of files to upload ("file"), hooks ("ir") or services
    ("api").
    """
    formats = enabled_formats()
    if way == "file":
        return [each.import_type for each in formats if each.is_file]
    return [each.import_type for each in formats if each.import_type.startswith(f"{way}/" if way else "")]


def max_rows() -> int:
    """Returns how many rows an import may have."""
    most: int = settings.TACHI_MAX_ROWS
    return most


def chart_players() -> int:
    """Returns how many players an unknown chart of BMS or PMS needs to be added to the catalogue."""
    enough: int = settings.TACHI_ORPHAN_CHART_PLAYERS
    return enough
