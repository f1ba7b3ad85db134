"""System checks for settings that would only fail after the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from imports.formats import BY_IMPORT_TYPE
from imports.games import BY_SLUG

GAMES_ENABLED_TOGETHER = {"bms", "pms"}


@register("settings")
def configured_games_exist(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Every name in TACHI_GAMES must be a game of this release; bms and pms must be enabled together."""
    chosen = set(settings.TACHI_GAMES)
    if chosen & GAMES_ENABLED_TOGETHER and not chosen >= GAMES_ENABLED_TOGETHER:
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


@register("settings")
def configured_import_types_exist(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Every name in TACHI_IMPORT_TYPES must be an import type of this release."""
    unknown = [name for name in settings.TACHI_IMPORT_TYPES if name not in BY_IMPORT_TYPE]
    if not unknown:
        return []
    return [
        Error(
            f"TACHI_IMPORT_TYPES names unknown import types: {', '.join(unknown)}.",
            hint=f"Known are {', '.join(BY_IMPORT_TYPE)}.",
            id="imports.E004",
        )
    ]


@register(Tags.security, deploy=True)
def proxies_are_counted(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """An https URL requires a proxy: with TACHI_PROXIES=0 every client would have the proxy's address."""
    if not settings.SECURE or settings.TACHI_PROXIES > 0:
        return []
    return [
        Error(
            "TACHI_PROXIES is 0, but TACHI_PUBLIC_URL is an https address, so that a proxy stands in front.",
            hint="Set TACHI_PROXIES to the number of proxies that append to X-Forwarded-For. Otherwise all clients "
            "share the proxy's address, and with it their rate limits and the throttling of sign-ins.",
            id="imports.E003",
        )
    ]
