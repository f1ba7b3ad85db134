"""A cache, shared by all processes, for figures that need a scan of many rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

from imports import log_context

log = logging.getLogger(__name__)

CACHE_SECONDS = 600

T = TypeVar("T")


def cached(name: str, count: Callable[[], T], *, seconds: int = CACHE_SECONDS) -> T:
    """Returns a result of `count` that is at most `seconds` old. Without Redis, `count` is called each time."""
    key = f"remembered:{name}"
    try:
        known: T | None = cache.get(key)
    except RedisError:
        log.warning("counts are not read from the cache: Redis is not available", extra=log_context.REPEATED)
        return count()
    if known is None:
        known = count()
        try:
            cache.set(key, known, seconds)
        except RedisError:
            log.warning("counts are not cached: Redis is not available", extra=log_context.REPEATED)
    return known
