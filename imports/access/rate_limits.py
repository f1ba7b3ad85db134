"""Rate limits: fixed windows, counted in Redis by user or by address. API, pages and admin have their own messages.

If Redis does not respond, requests pass uncounted.
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

from imports import log_context
from imports.models import User

log = logging.getLogger(__name__)

REDIS_TIMEOUT_SECONDS = 0.5  # after which a request passes uncounted
IPV6_NETWORK_BITS = 64  # the prefix of an IPv6 address that belongs to one customer

# Atomic, so that no counter can remain without an expiry.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
# Peeking and refunding do not restart a window that has expired.
PEEK = "return {tonumber(redis.call('GET', KEYS[1]) or 0), redis.call('PTTL', KEYS[1])}"
REFUND = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end return {0, 0}"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `max_requests` requests in `seconds` from one user or address."""

    name: str
    max_requests: int
    seconds: int


DEFAULT_LIMIT = RateLimit("normal", 500, 60)
SCORE_IMPORT_LIMIT = RateLimit("score-import", 5, 60)
SCORE_CHECK_LIMIT = RateLimit("score-check", settings.TACHI_CHECKS_PER_MINUTE, 60)
"""Separate from that of imports, so that checking a file first does not count as an import."""
ORPHANS = RateLimit("orphans", settings.TACHI_ORPHAN_RETRIES_PER_MINUTE, 60)
FILES = RateLimit("files", settings.TACHI_FILES_PER_MINUTE, 60)
"""Tables of problems, files of failed rows, and stored inputs: each may be as large as an import."""
LONG_DOCUMENTS = RateLimit("long-documents", settings.TACHI_LONG_DOCUMENTS_PER_MINUTE, 60)
"""Complete documents that may contain hundreds of thousands of scores."""
LONG = 2_000
"""Rows of an import, or scores of a session, from which its document counts as long."""
SEARCHES = RateLimit("searches", settings.TACHI_SEARCHES_PER_MINUTE, 60)
PICTURES = RateLimit("pictures", 20, 600)
"""Uploads of pictures, as decoding takes a while."""
STRICT_LIMIT = RateLimit("aggressive", 15, 600)
EXPORT_LIMIT = RateLimit("hyper", 2, 300)
ACCOUNT_LIMIT = RateLimit("account", 15, 600)
"""Forms that create an account or ask for its password."""
MAILS = RateLimit("mails", 5, 3600)
"""Mails with links, by their recipient."""
BAD_TOKEN_LIMIT = RateLimit("bad-token", 100, 60)
"""Unknown tokens. Over the limit, tokens from that address are refused unchecked until the window ends."""


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """The state of a window: its count, and the seconds until it ends."""

    limit: RateLimit
    count: int
    seconds_left: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit.max_requests - self.count)

    @property
    def ends_at(self) -> int:
        """Unix seconds."""
        return int(time.time()) + self.seconds_left


class RateLimitExceeded(Exception):
    """A request over the limit. `state`: the limit, and the seconds to wait; the text may be shown."""

    def __init__(self, state: RateLimitState) -> None:
        limit = state.limit
        super().__init__(f"You have exceeded {limit.max_requests} requests per {limit.seconds} seconds. Please wait.")
        self.state = state


def consume(limit: RateLimit, who: str) -> RateLimitState | None:
    """Counts one request and returns the state of the window; None if nothing is counted. Raises RateLimitExceeded."""
    state = _run(COUNT, limit, who)
    if state is not None and state.count > limit.max_requests:
        raise RateLimitExceeded(state)
    return state


def check(limit: RateLimit, who: str) -> None:
    """Raises RateLimitExceeded if the limit is reached; does not count."""
    state = _run(PEEK, limit, who)
    if state is not None and state.count >= limit.max_requests:
        raise RateLimitExceeded(state)


def refund(limit: RateLimit, who: str) -> None:
    """Subtracts one request from the window."""
    _run(REFUND, limit, who)


def client_key(user: User | None, meta: Mapping[str, Any]) -> str:
    """Returns the key by which a request is counted: the user if authenticated, else the address."""
    return f"user:{user.pk}" if user is not None else client_address(meta)


def client_address(meta: Mapping[str, Any], *, at_least: int = 0) -> str:
    """Returns the client's address; of an IPv6 address its network. `meta` are the variables of the request.

    Only the last entries of X-Forwarded-For are trusted, which our own proxies appended: TACHI_PROXIES of them, and
    `at_least` so many if requests always pass one of our processes.
    """
    hops = str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    proxies = max(at_least, settings.TACHI_PROXIES)
    # With fewer entries than proxies, the first one is the nearest to the client.
    forwarded = _network(hops[-min(proxies, len(hops))]) if proxies else None
    # A Unix socket has no address: such clients are counted together.
    return forwarded or _network(str(meta.get("REMOTE_ADDR") or "")) or "nowhere"


def _network(given: str) -> str | None:
    host = given.strip()
    # A proxy may write the port too: `[2001:db8::1]:443` or `192.0.2.1:443`.
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
    if address.ipv4_mapped is not None:  # an IPv4 client of a dual-stack socket
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False))


def _run(source: str, limit: RateLimit, who: str) -> RateLimitState | None:
    """Runs one of the scripts above on a window and returns its state; None without limits or without Redis."""
    if not settings.TACHI_RATE_LIMITS:
        return None
    try:
        script = _registered_script(settings.REDIS_URL, source)
        count, milliseconds = script(keys=[f"tachi:limit:{limit.name}:{who}"], args=[limit.seconds * 1000])
    except RedisError:
        log.warning("requests are not rate limited: Redis is not available", extra=log_context.REPEATED)
        return None
    # Never 0: as Retry-After it would make clients retry before the window ends.
    return RateLimitState(limit, count, max(1, ceil(milliseconds / 1000)))


@functools.cache  # each process sends a script once, and then calls it by its digest
def _registered_script(url: str, source: str) -> Any:
    return connection(url).register_script(source)


@functools.cache
def connection(url: str) -> Redis:
    """Returns the client of this process. Opening one costs more than a command."""
    return Redis.from_url(url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS)
