"""Path converters for IDs in the addresses of pages. An invalid ID is a 404 without a query."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter

from imports.games import BY_SLUG


class ImportID(StringConverter):
    regex = "[0-9a-f]{40}"


class CheckID(StringConverter):
    regex = "[0-9a-f]{32}"


class SessionID(StringConverter):
    regex = "Q[0-9a-f]{40}"


class OrphanID(StringConverter):
    regex = "O[0-9a-f]{64}"


class ScoreID(StringConverter):
    regex = "T[0-9a-f]{64}"


class GameName(StringConverter):
    # The game IDs of 2026 are similar (`iidx-sp`); `tachi_addresses` handles their pages.
    regex = "|".join(BY_SLUG)


class ChartID(StringConverter):
    # Charts in seeds may have any ID, including slashes. Only NUL is excluded, which PostgreSQL refuses.
    regex = r"[^\0]+"


class ClientID(StringConverter):
    # Clients of operators may have any ID.
    regex = r"[^/\0]+"


class PlayerName(StringConverter):
    # Wider than the rule for names (3 to 21 characters, no digit first): the query decides whether it exists.
    regex = "[A-Za-z0-9_-]{1,32}"


register_converter(ImportID, "import")
register_converter(CheckID, "check")
register_converter(SessionID, "session")
register_converter(OrphanID, "orphan")
register_converter(ScoreID, "score")
register_converter(GameName, "game")
register_converter(ChartID, "chart")
register_converter(ClientID, "client")
register_converter(PlayerName, "name")
