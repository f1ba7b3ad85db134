"""Rate limits as the API answers them: headers on what passes, 429 to what does not (spec: http-api §4)."""

from __future__ import annotations

from django.http import HttpRequest

from imports import limits
from imports.api.errors import Refused
from imports.limits import AGGRESSIVE, BAD_TOKENS, HYPER, NORMAL, SCORE_IMPORT, Exceeded, Limiter, Standing
from imports.models import User

__all__ = ["AGGRESSIVE", "BAD_TOKENS", "HYPER", "NORMAL", "SCORE_IMPORT", "Limiter", "refusal", "spend"]


def spend(limiter: Limiter, request: HttpRequest, *, user: User | None = None) -> dict[str, str]:
    """Counts one request of this user, or of its address, and returns its headers. Raises Refused with 429."""
    try:
        standing = limits.spend(limiter, limits.who_is(user, request.META))
    except Exceeded as exceeded:
        raise refusal(exceeded) from None
    return {} if standing is None else headers_of(standing)


def headers_of(standing: Standing) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(standing.limiter.most),
        "X-RateLimit-Remaining": str(standing.remaining),
        "X-RateLimit-Reset": str(standing.ends_at),
    }


def refusal(exceeded: Exceeded) -> Refused:
    """What somebody is told who asks too often."""
    return Refused(
        str(exceeded),
        status=429,
        extra={"status": 429, "message": "You're being rate limited."},
        headers={**headers_of(exceeded.standing), "Retry-After": str(exceeded.standing.seconds_left)},
    )
