"""Who asks: a browser's session first, else a Bearer token, else a guest (spec: http-api §3)."""

from __future__ import annotations

from copy import copy
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from imports.api.errors import Refused
from imports.models import APIToken, User

TOKEN_IS_STALE_AFTER = timedelta(minutes=1)  # how old `last_used_at` may be before it is written again

WRONG_TYPE = "Invalid Authorization Type - Expected Bearer."
NO_TOKEN = "Invalid token."  # noqa: S105 - a message, not a secret
UNKNOWN_TOKEN = "The provided API token does not correspond with any key in the database."  # noqa: S105
CSRF_FAILED = "A request with a browser's session must bear its CSRF token in the header X-CSRFToken."


class SessionAuth(BaseAuthentication):
    """A valid browser session. It may do everything its user may; an Authorization header is then not looked at."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = get_user(request._request)
        if not isinstance(user, User) or not user.is_active:
            return None
        refuse_banned(user)
        _enforce_csrf(request._request)
        return user, None


class TokenAuth(BaseAuthentication):
    """`Authorization: Bearer <token>`. Wrong ones are refused on public endpoints too."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        return authenticate_token(request.headers.get("Authorization", ""))


def authenticate_token(header: str) -> tuple[User, APIToken] | None:
    """The user and token of a header, None for an empty one. Raises Refused with 400, 401 or 403."""
    if not header:
        return None
    kind, _, secret = header.partition(" ")
    if kind != "Bearer":
        raise Refused(WRONG_TYPE, status=400)
    if not secret:
        raise Refused(NO_TOKEN, status=401)
    token = APIToken.objects.find(secret)
    if token is None or not token.user.is_active:
        raise Refused(UNKNOWN_TOKEN, status=401)
    refuse_banned(token.user)
    _note_use(token)
    return token.user, token


def token_of(request: Request) -> APIToken | None:
    """The token that acts; None for a browser's session and for guests."""
    return request.auth if isinstance(request.auth, APIToken) else None


def refuse_banned(user: User) -> None:
    if user.is_banned:
        raise Refused(f"You are banned from {settings.TACHI_NAME}", status=403)


def _note_use(token: APIToken) -> None:
    """Writes when the token was last used, at most once a minute, whatever the number of requests."""
    now = timezone.now()
    stale = now - TOKEN_IS_STALE_AFTER
    if token.last_used_at is None or token.last_used_at < stale:
        mine = APIToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk)
        mine.update(last_used_at=now)


class _CSRFCheck(CsrfViewMiddleware):
    """Django's check, asked for the reason instead of answering with a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _enforce_csrf(request: HttpRequest) -> None:
    """Takes the token from the header alone: looking for it in the body would read an upload before its turn."""

    def nothing(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    without_body = copy(request)
    without_body._post = QueryDict()  # type: ignore[attr-defined]  # what request.POST returns once it is read
    check = _CSRFCheck(nothing)
    check.process_request(without_body)
    if check.process_view(without_body, nothing, (), {}) is not None:
        raise Refused(CSRF_FAILED, status=403)
