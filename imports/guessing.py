"""Against guessing passwords: failures to sign in are counted by address, and by the account's name as well.

So neither one machine that tries many accounts, nor many machines that try one account, get far. An address from which
an account was signed in to lately is not held to the count of that account's name: nobody locks a player out from afar.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from redis.exceptions import RedisError

from imports import limits
from imports.limits import Limiter
from imports.models import User

log = logging.getLogger(__name__)

SIGN_IN = Limiter("sign-in", 15, 600)
"""Failures from one address, whatever the name."""
FAILED = Limiter("sign-in-failed", 30, 600)
"""Failures with one name, there or not, from addresses that are new to it."""
REMEMBERED = 30 * 24 * 3600  # seconds that an address is not new to an account


class SlowedBackend(ModelBackend):
    """Django's, through which pages, admin and API all sign in. An unknown name takes as long as a wrong password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or None. Raises Exceeded."""
        if request is None or username is None or password is None:
            return _as_user(super().authenticate(request, username, password, **kwargs))
        address = limits.address_of(request.META)
        counted = [(SIGN_IN, address)]
        if not _is_known(username, address):
            counted.append((FAILED, _digest(username)))
        for limiter, who in counted:  # before it is known what comes of it: many attempts at once must not pass
            limits.spend(limiter, who)
        user = _as_user(super().authenticate(request, username, password, **kwargs))
        if user is not None:
            _remember(username, address)
            for limiter, who in counted:
                limits.refund(limiter, who)
        return user


def _as_user(found: Any) -> User | None:
    return found if isinstance(found, User) else None


def _is_known(name: str, address: str) -> bool:
    try:
        return settings.TACHI_RATE_LIMITS and bool(limits.connection(settings.REDIS_URL).exists(_key(name, address)))
    except RedisError:
        return False


def _remember(name: str, address: str) -> None:
    try:
        if settings.TACHI_RATE_LIMITS:
            limits.connection(settings.REDIS_URL).set(_key(name, address), 1, ex=REMEMBERED)
    except RedisError:
        log.warning("an address is not remembered: Redis does not answer")


def _key(name: str, address: str) -> str:
    return f"tachi:signed-in:{_digest(name, address)}"


def _digest(name: str, address: str = "") -> str:
    """Names as people mistype them are nothing to store, and may be of any length."""
    return hashlib.sha256(f"{name.lower()}\0{address}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
