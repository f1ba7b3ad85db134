"""Rate limits of the API: headers on accepted requests, 429 for the others (spec: http-api §4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imports.access import rate_limits
from imports.access.rate_limits import (
    BAD_TOKEN_LIMIT,
    DEFAULT_LIMIT,
    EXPORT_LIMIT,
    FILES,
    LONG_DOCUMENTS,
    PICTURES,
    SCORE_IMPORT_LIMIT,
    SEARCHES,
    STRICT_LIMIT,
    RateLimit,
    RateLimitExceeded,
    RateLimitState,
)
from imports.api.core.exceptions import APIError
from imports.models import User

__all__ = [
    "BAD_TOKEN_LIMIT",
    "DEFAULT_LIMIT",
    "EXPORT_LIMIT",
    "FILES",
    "LONG_DOCUMENTS",
    "PICTURES",
    "SCORE_IMPORT_LIMIT",
    "SEARCHES",
    "STRICT_LIMIT",
    "RateLimit",
    "throttle",
    "throttled_error",
]


def throttle(limit: RateLimit, variables: Mapping[str, Any], *, user: User | None = None) -> dict[str, str]:
    """Counts one request of this user, or of its address, and returns its headers. Raises APIError with 429.

    `variables`: those of the request, as in WSGI.
    """
    try:
        state = rate_limits.consume(limit, rate_limits.client_key(user, variables))
    except RateLimitExceeded as exceeded:
        raise throttled_error(exceeded) from None
    return {} if state is None else rate_limit_headers(state)


def rate_limit_headers(state: RateLimitState) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(state.limit.max_requests),
        "X-RateLimit-Remaining": str(state.remaining),
        "X-RateLimit-Reset": str(state.ends_at),
    }


def throttled_error(exceeded: RateLimitExceeded) -> APIError:
    """Returns the 429 for a request over a rate limit."""
    return APIError(
        str(exceeded),
        status=429,
        extra={"status": 429, "message": "You're being rate limited."},
        headers={**rate_limit_headers(exceeded.state), "Retry-After": str(exceeded.state.seconds_left)},
    )
