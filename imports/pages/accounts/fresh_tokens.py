"""Hands the secret of a new token to the page that shows it after a redirect, so that a reload makes no other.

Nobody holds it in between: the session, which a backup may contain, has one half, and a cookie of this browser the
other. Either half alone is as good as random.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

SESSION_KEY = "fresh_token"
COOKIE = f"{settings.SESSION_COOKIE_NAME}_FRESH_TOKEN"
MAX_AGE_SECONDS = 60
BYTES = 20  # of a secret


def hand_over(secret: str, request: HttpRequest, response: HttpResponseBase) -> None:
    """Keeps a secret of 40 hexadecimal characters for the next page of this browser."""
    pad = secrets.token_hex(BYTES)
    request.session[SESSION_KEY] = _exclusive_or(secret, pad)
    response.set_cookie(
        COOKIE,
        pad,
        max_age=MAX_AGE_SECONDS,
        path=reverse("token-list"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def receive(request: HttpRequest) -> str:
    """The secret that was handed over, once; empty without one."""
    half, pad = request.session.pop(SESSION_KEY, ""), request.COOKIES.get(COOKIE, "")
    try:
        return _exclusive_or(half, pad) if half and pad else ""
    except ValueError:  # the cookie is not ours
        return ""


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Takes the cookie away from the browser, if it has one."""
    if COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, path=reverse("token-list"), samesite="Strict")


def _exclusive_or(left: str, right: str) -> str:
    pairs = zip(bytes.fromhex(left), bytes.fromhex(right), strict=True)
    return bytes(one ^ other for one, other in pairs).hex()
