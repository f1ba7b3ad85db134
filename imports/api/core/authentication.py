"""Authentication: a browser's session first, else a Bearer token, else a guest (spec: http-api §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from imports.access import rate_limits
from imports.access.rate_limits import BAD_TOKEN_LIMIT, RateLimitExceeded
from imports.api.core.exceptions import APIError
from imports.api.core.throttling import throttled_error
from imports.models import APIToken, User

INVALID_AUTHORIZATION_TYPE = "Invalid Authorization Type - Expected Bearer."
INVALID_TOKEN = "Invalid token."  # noqa: S105 - a message, not a secret
UNKNOWN_TOKEN = "The provided API token does not correspond with any key in the database."  # noqa: S105
CSRF_FAILED = "Requests with a browser session must include the CSRF token in the header X-CSRFToken."


class CrossSiteRequest(APIError):
    status = 403
    message = "Signing in from another site is not allowed."


class SessionAuthentication(BaseAuthentication):
    """A valid browser session. It may do everything that its user may; an Authorization header is then ignored."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = get_user(request._request)
        if not isinstance(user, User) or not user.is_active:
            return None  # DRF tries the next authentication class; without a user the request is a guest's
        raise_if_banned(user)
        # Before anything is written: a page of another site could make a browser send its session.
        self.check_origin(request._request)
        User.objects.touch_last_seen(user)
        return user, None

    def check_origin(self, request: HttpRequest) -> None:
        """Checks that the request comes from a page of this site. Raises APIError."""
        # The token is read from the header only: searching the body would read an upload too early.
        without_body = copy(request)
        without_body._post = QueryDict()  # type: ignore[attr-defined]  # what request.POST returns once it is read
        check = _CSRFCheck(_no_response)
        # Reads the secret from the cookie, with which `process_view` compares the header.
        check.process_request(without_body)
        if check.process_view(without_body, _no_response, (), {}) is not None:
            raise APIError(CSRF_FAILED, status=403)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. An invalid token is refused on public endpoints too."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        return authenticate_token(request._request.META)


def authenticate_token(
    variables: Mapping[str, Any], *, find: Callable[[str], APIToken | None] = APIToken.objects.find
) -> tuple[User, APIToken] | None:
    """Returns the user and the token of the header, None if it is empty. Raises APIError with 400, 401, 403 or 429.

    `variables`: those of the request, as in WSGI. `find` returns the valid token with a secret, and its user.
    """
    header = variables.get("HTTP_AUTHORIZATION", "")
    if not header:
        return None
    kind, _, secret = header.partition(" ")
    if kind != "Bearer":
        raise APIError(INVALID_AUTHORIZATION_TYPE, status=400)
    if not secret:
        raise APIError(INVALID_TOKEN, status=401)
    address = rate_limits.client_address(variables)
    try:
        rate_limits.check(BAD_TOKEN_LIMIT, address)
        token = find(secret)
        is_valid = token is not None and token.user.is_active
        if not is_valid:  # an address that sends too many unknown ones is refused for a while
            rate_limits.consume(BAD_TOKEN_LIMIT, address)
    except RateLimitExceeded as exceeded:
        raise throttled_error(exceeded) from None
    # The same message for a token of a deactivated account, as it must not reveal whether a secret was ever valid.
    if token is None or not is_valid:
        raise APIError(UNKNOWN_TOKEN, status=401)
    raise_if_banned(token.user)
    APIToken.objects.touch_last_used(token)
    return token.user, token


def request_token(request: Request) -> APIToken | None:
    """Returns the token of the request; None for a browser's session and for guests."""
    return request.auth if isinstance(request.auth, APIToken) else None


def raise_if_banned(user: User) -> None:
    if user.is_banned:
        raise APIError(f"You are banned from {settings.TACHI_NAME}", status=403)


class _CSRFCheck(CsrfViewMiddleware):
    """Django's CSRF check, which returns the reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason

    def is_same_origin(self, request: HttpRequest) -> bool:
        return bool(self._origin_verified(request))  # type: ignore[attr-defined]  # it has no public name


def raise_if_cross_site(request: HttpRequest) -> None:
    """Raises CrossSiteRequest if a page of another site sent the request. Programs send no such header, and pass."""
    # Without Origin, browsers send the source of the request in Sec-Fetch-Site.
    origin = request.headers.get("Origin")
    if origin is None:
        is_foreign = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    else:
        is_foreign = not _CSRFCheck(_no_response).is_same_origin(request)
    if is_foreign:
        raise CrossSiteRequest()


def _no_response(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def security_schemes() -> dict[str, Any]:
    """Returns the security schemes of the OpenAPI description."""
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, created on the tokens page or with `createToken`.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A browser session. A token sent with it is ignored.",
        },
        "csrf": {
            "type": "apiKey",
            "in": "header",
            "name": "X-CSRFToken",
            "description": "Required with a session for all methods except GET.",
        },
    }
