"""Rate limits: fixed windows by client address, counted in Redis (spec: http-api §4)."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

from imports.api.errors import Refused

log = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds a request waits for Redis before it passes uncounted

# One step, so that no counter can be left without its end.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Limiter:
    """At most `most` requests in `seconds` from one address."""

    name: str
    most: int
    seconds: int


NORMAL = Limiter("normal", 500, 60)
SCORE_IMPORT = Limiter("score-import", 5, 60)
AGGRESSIVE = Limiter("aggressive", 15, 600)


def spend(limiter: Limiter, request: HttpRequest) -> dict[str, str]:
    """Counts one request and returns its headers; none where nothing is counted. Raises Refused with 429."""
    if not settings.TACHI_RATE_LIMITS:
        return {}
    counted = _count(limiter, _address(request))
    if counted is None:
        return {}
    count, milliseconds_left = counted
    seconds_left = max(1, ceil(milliseconds_left / 1000))
    headers = {
        "X-RateLimit-Limit": str(limiter.most),
        "X-RateLimit-Remaining": str(max(0, limiter.most - count)),
        "X-RateLimit-Reset": str(int(time.time()) + seconds_left),
    }
    if count <= limiter.most:
        return headers
    raise Refused(
        f"You have exceeded {limiter.most} requests per {limiter.seconds} seconds. Please wait.",
        status=429,
        extra={"status": 429, "message": "You're being rate limited."},
        headers={**headers, "Retry-After": str(seconds_left)},
    )


def _count(limiter: Limiter, address: str) -> Sequence[int] | None:
    """How many requests the window holds, and the milliseconds it has left; None where Redis does not answer."""
    try:
        counted = _script()(keys=[f"tachi:limit:{limiter.name}:{address}"], args=[limiter.seconds * 1000])
        return cast("Sequence[int]", counted)
    except RedisError:
        log.warning("requests pass uncounted: Redis does not answer")
        return None


@functools.cache
def _script() -> Any:
    redis = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return redis.register_script(COUNT)


def _address(request: HttpRequest) -> str:
    """The client's, seen through as many proxies as are ours."""
    return str(BaseThrottle().get_ident(cast("Any", request)))[:100]
