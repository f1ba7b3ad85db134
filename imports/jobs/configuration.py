"""The games, formats and sizes that this instance accepts."""

from __future__ import annotations

import functools

from django.conf import settings

from imports.formats import FORMATS
from imports.formats.base import Format
from imports.games import BY_SLUG, GAMES
from imports.games.spec import Game


@functools.cache
def enabled_games() -> tuple[Game, ...]:
    """Returns the games of this instance in their canonical order."""
    enabled = settings.TACHI_GAMES
    return tuple(BY_SLUG[game.slug] for game in GAMES if not enabled or game.slug in enabled)


def enabled_formats() -> tuple[Format, ...]:
    """Returns the enabled formats that serve a game of this instance, in their canonical order."""
    enabled, games = settings.TACHI_IMPORT_TYPES, enabled_games()
    return tuple(each for each in FORMATS if each.serves(games) and (not enabled or each.import_type in enabled))


def import_types(way: str = "") -> list[str]:
    """Returns the import types of this instance; with `way` only those of uploaded files ("file"), hooks ("ir") or
    services ("api").
    """
    formats = enabled_formats()
    if way == "file":
        return [each.import_type for each in formats if each.is_file]
    return [each.import_type for each in formats if each.import_type.startswith(f"{way}/" if way else "")]


def max_rows() -> int:
    """Returns the maximum number of rows of an import."""
    most: int = settings.TACHI_MAX_ROWS
    return most


def chart_players() -> int:
    """Returns the number of players after which an unknown chart of BMS or PMS is added to the catalogue."""
    players: int = settings.TACHI_ORPHAN_CHART_PLAYERS
    return players
