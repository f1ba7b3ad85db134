"""Passes the secret of a new token to the page that shows it after a redirect, so that a reload creates no other.

The secret is not stored in between: the session, which may be in a backup, has one half, and a cookie of this browser
has the other. Either half alone is random.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

SESSION_KEY = "new_token"
COOKIE = f"{settings.SESSION_COOKIE_NAME}_NEW_TOKEN"
MAX_AGE_SECONDS = 60
BYTES = 20  # of a secret


def hand_over(secret: str, request: HttpRequest, response: HttpResponseBase) -> None:
    """Stores a secret of 40 hexadecimal characters for the next page of this browser."""
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
    """Returns the stored secret, once; empty if there is none."""
    half, pad = request.session.pop(SESSION_KEY, ""), request.COOKIES.get(COOKIE, "")
    try:
        return _exclusive_or(half, pad) if half and pad else ""
    except ValueError:  # the cookie was not set by us
        return ""


def forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Deletes the cookie, if the browser has it."""
    if COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, path=reverse("token-list"), samesite="Strict")


def _exclusive_or(left: str, right: str) -> str:
    pairs = zip(bytes.fromhex(left), bytes.fromhex(right), strict=True)
    return bytes(one ^ other for one, other in pairs).hex()
