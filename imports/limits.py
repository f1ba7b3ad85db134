"""Rate limits: fixed windows, counted in Redis by user or by address. Every edge spends here and words its own refusal.

When Redis does not answer, requests pass uncounted.
"""

from __future__ import annotations

import functools
import ipaddress
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from imports.models import User

log = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds a request waits for Redis before it passes uncounted
NETWORK = 64  # bits of an IPv6 address that one customer has to himself

# One step, so that no counter can be left without its end.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
LOOK = "return {tonumber(redis.call('GET', KEYS[1]) or 0), redis.call('PTTL', KEYS[1])}"
REFUND = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end return {0, 0}"


@dataclass(frozen=True, slots=True)
class Limiter:
    """At most `most` requests in `seconds` from one user or address."""

    name: str
    most: int
    seconds: int


NORMAL = Limiter("normal", 500, 60)
SCORE_IMPORT = Limiter("score-import", 5, 60)
SCORE_CHECK = Limiter("score-check", 10, 60)
"""Beside that of imports, so that to check first costs no import."""
AGGRESSIVE = Limiter("aggressive", 15, 600)
HYPER = Limiter("hyper", 2, 300)
ACCOUNT = Limiter("account", 15, 600)
"""Forms that make an account or ask for its password."""
BAD_TOKENS = Limiter("bad-token", 100, 60)
"""Tokens that nobody has. Once it is spent, no token of that address is looked at before the window ends."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A window as it stands: how often was counted, and the seconds until it ends."""

    limiter: Limiter
    count: int
    seconds_left: int

    @property
    def remaining(self) -> int:
        return max(0, self.limiter.most - self.count)

    @property
    def ends_at(self) -> int:
        """Unix seconds."""
        return int(time.time()) + self.seconds_left


class Exceeded(Exception):
    """Too often. `standing` says which limit, and how many seconds to wait; the text may be shown."""

    def __init__(self, standing: Standing) -> None:
        limiter = standing.limiter
        super().__init__(f"You have exceeded {limiter.most} requests per {limiter.seconds} seconds. Please wait.")
        self.standing = standing


def spend(limiter: Limiter, who: str) -> Standing | None:
    """Counts one request; None where nothing is counted. Raises Exceeded."""
    standing = _run(COUNT, limiter, who)
    if standing is not None and standing.count > limiter.most:
        raise Exceeded(standing)
    return standing


def insist(limiter: Limiter, who: str) -> None:
    """Raises Exceeded where nothing is left; counts nothing."""
    standing = _run(LOOK, limiter, who)
    if standing is not None and standing.count >= limiter.most:
        raise Exceeded(standing)


def refund(limiter: Limiter, who: str) -> None:
    """Takes one back."""
    _run(REFUND, limiter, who)


def who_is(user: User | None, meta: Mapping[str, Any]) -> str:
    """On whose account a request goes: the user's where it is known who asks, else the address's."""
    return f"user:{user.pk}" if user is not None else address_of(meta)


def address_of(meta: Mapping[str, Any]) -> str:
    """The client's address; of an IPv6 address its network. `meta` are the variables of the request.

    Of X-Forwarded-For only what our own proxies wrote is believed (TACHI_PROXIES), and they write at its end.
    """
    hops = str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    proxies = settings.TACHI_PROXIES
    told = _network(hops[-min(proxies, len(hops))]) if proxies else None
    return told or _network(str(meta.get("REMOTE_ADDR") or "")) or "nowhere"


def _network(given: str) -> str | None:
    host = given.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), NETWORK), strict=False))


def _run(script: str, limiter: Limiter, who: str) -> Standing | None:
    if not settings.TACHI_RATE_LIMITS:
        return None
    try:
        run = _script(settings.REDIS_URL, script)
        count, milliseconds = run(keys=[f"tachi:limit:{limiter.name}:{who}"], args=[limiter.seconds * 1000])
    except RedisError:
        log.warning("requests pass uncounted: Redis does not answer")
        return None
    return Standing(limiter, count, max(1, ceil(milliseconds / 1000)))


@functools.cache
def _script(url: str, script: str) -> Any:
    return connection(url).register_script(script)


@functools.cache
def connection(url: str) -> Redis:
    """One a process. Opening one costs more than what is then asked of it."""
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
