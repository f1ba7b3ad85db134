"""Throttles the guessing of passwords: failed attempts are counted by address, and by the name of the account.

This limits one machine that tries many accounts, and many machines that try one. The count of a name does not apply to
an address that has recently signed in to the account, so that nobody else can lock a player out.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from redis.exceptions import RedisError

from imports import log_context
from imports.access import rate_limits
from imports.access.rate_limits import RateLimit
from imports.models import User

log = logging.getLogger(__name__)

SIGN_IN_LIMIT = RateLimit("sign-in", 15, 600)
"""Failed attempts from one address, with any name."""
FAILED_SIGN_IN_LIMIT = RateLimit("sign-in-failed", 30, 600)
"""Failed attempts with one name, existing or not, from addresses that are new to the account."""
KNOWN_ADDRESS_SECONDS = 30 * 24 * 3600  # after a sign-in, until its address is new to the account again


class ThrottledModelBackend(ModelBackend):
    """Django's backend with throttling, for pages, admin and API. An unknown name takes as long as a wrong password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Returns the user, or None. Raises RateLimitExceeded."""
        # Without a request there is no address, and without a name nothing to guess.
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        address = rate_limits.client_address(request.META)
        counted = [(SIGN_IN_LIMIT, address)]
        known_key = f"tachi:signed-in:{_digest(username, address)}"
        is_known = False
        with contextlib.suppress(RedisError):
            is_known = settings.TACHI_RATE_LIMITS and bool(rate_limits.connection(settings.REDIS_URL).exists(known_key))
        if not is_known:
            counted.append((FAILED_SIGN_IN_LIMIT, _digest(username)))
        for limit, who in counted:  # before the password is checked, so that concurrent attempts are counted
            rate_limits.consume(limit, who)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            if settings.TACHI_RATE_LIMITS:
                try:
                    rate_limits.connection(settings.REDIS_URL).set(known_key, 1, ex=KNOWN_ADDRESS_SECONDS)
                except RedisError:
                    log.warning("an address could not be stored: Redis is not available", extra=log_context.REPEATED)
            for limit, who in counted:
                rate_limits.refund(limit, who)
        return user


def _digest(name: str, address: str = "") -> str:
    """Returns a key of fixed length: names may have any length, and should not be stored in plain text."""
    return hashlib.sha256(f"{name.lower()}\0{address}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
