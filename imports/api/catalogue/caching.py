"""Figures over everybody, which cost a look at every row: counted once in a while, for all processes together."""

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
    """What `count` returned at most so many seconds ago. Without Redis it is asked each time."""
    key = f"remembered:{name}"
    try:
        known: T | None = cache.get(key)
    except RedisError:
        log.warning("figures are counted anew: Redis does not answer", extra=log_context.REPEATED)
        return count()
    if known is None:
        known = count()
        try:
            cache.set(key, known, seconds)
        except RedisError:
            log.warning("figures are not kept: Redis does not answer", extra=log_context.REPEATED)
    return known
