"""Clears caches of values computed from a setting when a test changes it and when the change is undone."""

from __future__ import annotations

from django.core.signals import setting_changed

from imports import jobs
from imports.jobs import queue

CACHES = {"TACHI_GAMES": jobs.enabled_games, "REDIS_URL": queue.redis}


def forget(*, setting: str, **_: object) -> None:
    if setting in CACHES:
        CACHES[setting].cache_clear()


setting_changed.connect(forget)
