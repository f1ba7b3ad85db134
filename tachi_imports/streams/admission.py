"""Limits on open streams: in total, per client, and by the usual rate limit."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping

from aiohttp import web
from django.conf import settings

from imports.access import rate_limits
from imports.api.core.throttling import DEFAULT_LIMIT, rate_limit_headers, throttled_error
from tachi_imports.http.capacity import RETRY_AFTER_SECONDS
from tachi_imports.streams.exceptions import (
    MAX_STREAMS,
    MAX_STREAMS_PER_CLIENT,
    TooManyStreams,
    TooManyStreamsOfClient,
)

RETRY_AFTER = {"Retry-After": str(RETRY_AFTER_SECONDS)}


class Admission:
    """Counts open streams by client."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextlib.contextmanager
    def entered(self, client: str) -> Iterator[None]:
        """Counts a stream for the block. Raises TooManyStreams or TooManyStreamsOfClient."""
        if self._open.total() >= MAX_STREAMS:
            raise TooManyStreams(headers=RETRY_AFTER)
        if settings.TACHI_RATE_LIMITS and self._open[client] >= MAX_STREAMS_PER_CLIENT:
            raise TooManyStreamsOfClient(headers=RETRY_AFTER)
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


async def throttle(client: str) -> Mapping[str, str]:
    """Counts a request against the usual rate limit and returns its headers. Raises APIError with 429."""
    try:
        # The synchronous redis client; in a thread, as it would block all streams.
        state = await asyncio.to_thread(rate_limits.consume, DEFAULT_LIMIT, client)
    except rate_limits.RateLimitExceeded as exceeded:
        raise throttled_error(exceeded) from None
    return {} if state is None else rate_limit_headers(state)


def client_of(request: web.BaseRequest) -> str:
    """Returns the client's address. Requests come from our proxy or web process, which pass it on in a header."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return rate_limits.client_address({"HTTP_X_FORWARDED_FOR": forwarded, "REMOTE_ADDR": request.remote}, at_least=1)
