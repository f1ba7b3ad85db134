"""/api/v1/auth: signing in and out by JSON, for programs and for frontends other than our own pages.

The session's cookie is SameSite=Strict. A sign-in from a page of another site is refused: such a page could sign a
visitor in to a foreign account without their knowledge.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from imports.access.rate_limits import RateLimitExceeded
from imports.api.accounts import schemas
from imports.api.core import throttling
from imports.api.core.authentication import (
    CrossSiteRequest,
    SessionAuthentication,
    TokenAuthentication,
    raise_if_banned,
    raise_if_cross_site,
    request_token,
)
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, Parameter, text
from imports.api.core.permissions import APIPermission, Caller
from imports.api.core.responses import Empty
from imports.api.core.views import APIViewSet
from imports.formats import schema
from imports.formats.schema import Violation
from imports.models import User
from imports.models.accounts import USERNAME

MAX_PASSWORD_LENGTH = 4096  # characters of a password, and of the captcha that other instances require


class InvalidPassword(APIError):
    status = 403
    message = "Invalid password."


class NoSuchUser(APIError):
    status = 404
    message = "This user does not exist."


class AlreadySignedIn(APIError):
    status = 409
    message = "You are signed in already."


INVALID_USERNAME = f"Expected a name: {USERNAME.message}"


def _check_username(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(USERNAME.regex, value):
        return value
    raise Violation(INVALID_USERNAME, value)


CREDENTIALS = Fields(
    Parameter(
        name="username",
        schema={"type": "string", "pattern": re.compile(USERNAME.regex).pattern},
        check=_check_username,
        required=True,
        expects=(INVALID_USERNAME,),
    ),
    Parameter(
        name="!password",
        schema={"type": "string", "minLength": 8, "maxLength": MAX_PASSWORD_LENGTH},
        check=schema.length_between(8, MAX_PASSWORD_LENGTH),
        required=True,
        expects=(f"Expected a string with length between 8 and {MAX_PASSWORD_LENGTH}.",),
    ),
    text("captcha", longest=MAX_PASSWORD_LENGTH, description="Ignored."),
)


class HasSession(APIPermission):
    """Requires a browser session; a token is refused."""

    message, code, caller = "You are not signed in.", 409, Caller.IN_A_BROWSER

    def has_object_permission(self, request: Request, view: Any, obj: object) -> bool:
        return isinstance(request.user, User) and request_token(request) is None


class UncheckedSessionAuthentication(SessionAuthentication):
    """Authenticates a session without a CSRF token, which is only used to refuse a second sign-in."""

    def check_origin(self, request: HttpRequest) -> None:
        raise_if_cross_site(request)


class SignIn(APIViewSet):
    """Signs in by name and password. Attempts are counted by address, failures by name as well (`login_throttling`)."""

    tag = Tag.ACCOUNTS
    authentication_classes = (UncheckedSessionAuthentication, TokenAuthentication)
    default_throttle = False
    rate_limits = (throttling.STRICT_LIMIT,)

    @endpoint(
        id="signIn",
        returns=schemas.SignedIn,
        message="Signed in as {name}.",
        body=CREDENTIALS,
        raises=(InvalidPassword, CrossSiteRequest, NoSuchUser, AlreadySignedIn),
    )
    def create(self, request: Request) -> Response:
        """Signs in with a username and password, and starts a browser session.

        Limited to 15 requests per ten minutes. Failed attempts are also limited per username.
        """
        raise_if_cross_site(request._request)
        given = CREDENTIALS.from_body(self.body)
        if self.user is not None and self.token is None:
            raise AlreadySignedIn()
        name = given["username"]
        try:
            user = authenticate(request._request, username=name, password=given["!password"])
        except RateLimitExceeded as exceeded:
            raise throttling.throttled_error(exceeded) from None
        if user is None:  # profiles are public, so that a 404 reveals nothing
            raise InvalidPassword() if User.objects.present().filter(username__iexact=name).exists() else NoSuchUser()
        raise_if_banned(user)
        login(request._request, user)
        return self.ok(schemas.SignedIn(user_id=user.pk), name=user.username)


class SignOut(APIViewSet):
    """Ends the session of the request. A token cannot sign out; it is revoked instead."""

    tag = Tag.ACCOUNTS
    default_throttle = False
    rate_limits = (throttling.STRICT_LIMIT,)

    # Checked in the method, so that a refused request counts as an attempt.
    @endpoint(id="signOut", returns=Empty, message="Signed out.", permissions=(HasSession,))
    def create(self, request: Request) -> Response:
        """Ends the session of this request."""
        self.require(request.user)
        logout(request._request)
        return self.ok(Empty())
