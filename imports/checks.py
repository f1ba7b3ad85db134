"""System checks: what would let the product start and then fail later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from imports.games import BY_SLUG

TOGETHER = {"bms", "pms"}


@register()
def configured_games_exist(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Every name in TACHI_GAMES must be a game that this version knows; bms and pms are offered together."""
    chosen = set(settings.TACHI_GAMES)
    if chosen & TOGETHER and not chosen >= TOGETHER:
        return [Error("TACHI_GAMES must name bms and pms together: they share their charts.", id="imports.E002")]
    unknown = [slug for slug in settings.TACHI_GAMES if slug not in BY_SLUG]
    if not unknown:
        return []
    return [
        Error(
            f"TACHI_GAMES names unknown games: {', '.join(unknown)}.",
            hint=f"Known are {', '.join(BY_SLUG)}.",
            id="imports.E001",
        )
    ]
