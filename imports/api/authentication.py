"""Who asks: a browser's session first, else a Bearer token, else a guest (spec: http-api §3)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from django.conf import settings
from django.contrib.auth.middleware import get_user
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from imports import limits
from imports.api.errors import Refused
from imports.api.limits import refusal
from imports.limits import BAD_TOKENS, Exceeded
from imports.models import APIToken, User
from imports.models.accounts import STALE_AFTER

WRONG_TYPE = "Invalid Authorization Type - Expected Bearer."
NO_TOKEN = "Invalid token."  # noqa: S105 - a message, not a secret
UNKNOWN_TOKEN = "The provided API token does not correspond with any key in the database."  # noqa: S105
FOREIGN_PAGE = "Nobody signs in from the page of another site."
CSRF_FAILED = "A request with a browser's session must bear its CSRF token in the header X-CSRFToken."


class SessionAuth(BaseAuthentication):
    """A valid browser session. It may do everything its user may; an Authorization header is then not looked at."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = get_user(request._request)
        if not isinstance(user, User) or not user.is_active:
            return None
        refuse_banned(user)
        self.check_origin(request._request)
        User.objects.note_visit(user)
        return user, None

    def check_origin(self, request: HttpRequest) -> None:
        """That the request comes from our own pages, or at least from whoever could read them. Raises Refused."""
        _enforce_csrf(request)


class TokenAuth(BaseAuthentication):
    """`Authorization: Bearer <token>`. Wrong ones are refused on public endpoints too."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        return authenticate_token(request._request)


def authenticate_token(
    request: HttpRequest, *, find: Callable[[str], APIToken | None] = APIToken.objects.find
) -> tuple[User, APIToken] | None:
    """The user and token of its header, None for an empty one. Raises Refused with 400, 401, 403 or 429.

    `find`: looks for the live token with a secret, and brings its user.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    kind, _, secret = header.partition(" ")
    if kind != "Bearer":
        raise Refused(WRONG_TYPE, status=400)
    if not secret:
        raise Refused(NO_TOKEN, status=401)
    token = _find(secret, limits.address_of(request.META), find)
    refuse_banned(token.user)
    _note_use(token)
    return token.user, token


def _find(secret: str, address: str, find: Callable[[str], APIToken | None]) -> APIToken:
    """The live token with this secret. Who brings too many that nobody has is not even looked at for a while."""
    try:
        limits.insist(BAD_TOKENS, address)
        token = find(secret)
        if token is not None and token.user.is_active:
            return token
        limits.spend(BAD_TOKENS, address)
    except Exceeded as exceeded:
        raise refusal(exceeded) from None
    raise Refused(UNKNOWN_TOKEN, status=401)


def token_of(request: Request) -> APIToken | None:
    """The token that acts; None for a browser's session and for guests."""
    return request.auth if isinstance(request.auth, APIToken) else None


def refuse_banned(user: User) -> None:
    if user.is_banned:
        raise Refused(f"You are banned from {settings.TACHI_NAME}", status=403)


def _note_use(token: APIToken) -> None:
    """Writes when the token was last used, at most once a minute, whatever the number of requests."""
    now = timezone.now()
    stale = now - STALE_AFTER
    if token.last_used_at is None or token.last_used_at < stale:
        mine = APIToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk)
        mine.update(last_used_at=now)


class _CSRFCheck(CsrfViewMiddleware):
    """Django's check, asked for the reason instead of answering with a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason

    def is_origin_ours(self, request: HttpRequest) -> bool:
        return bool(self._origin_verified(request))  # type: ignore[attr-defined]  # it has no public name


def refuse_foreign_pages(request: HttpRequest) -> None:
    """Refuses what the page of another site sends. Programs say nothing of where they are, and pass."""
    origin = request.headers.get("Origin")
    if origin is None:
        is_foreign = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    else:
        is_foreign = not _CSRFCheck(_nothing).is_origin_ours(request)
    if is_foreign:
        raise Refused(FOREIGN_PAGE, status=403)


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _enforce_csrf(request: HttpRequest) -> None:
    """Takes the token from the header alone: looking for it in the body would read an upload before its turn."""

    without_body = copy(request)
    without_body._post = QueryDict()  # type: ignore[attr-defined]  # what request.POST returns once it is read
    check = _CSRFCheck(_nothing)
    check.process_request(without_body)
    if check.process_view(without_body, _nothing, (), {}) is not None:
        raise Refused(CSRF_FAILED, status=403)
