"""/api/v1/auth: a browser's session by JSON, for pages that are not ours to make.

The session's cookie is SameSite=Strict. A sign-in from the page of another site is refused: it could put somebody into
another's account without their knowing it.
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

MAX_PASSWORD_LENGTH = 4096  # characters of a password, and of what stands where other instances have a captcha


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
    text("captcha", longest=MAX_PASSWORD_LENGTH, description="Not looked at."),
)


class HasSession(APIPermission):
    """A browser's session asks, no token."""

    message, code, caller = "You are not signed in.", 409, Caller.IN_A_BROWSER

    def has_object_permission(self, request: Request, view: Any, obj: object) -> bool:
        return isinstance(request.user, User) and request_token(request) is None


class UncheckedSessionAuthentication(SessionAuthentication):
    """A session that is only looked at, to answer that somebody is signed in already: it needs no CSRF token."""

    def check_origin(self, request: HttpRequest) -> None:
        raise_if_cross_site(request)


class SignIn(APIViewSet):
    """Name and password for a session. Attempts are counted by address, failures by name as well (`guessing`)."""

    tag = Tag.ACCOUNTS
    authentication_classes = (UncheckedSessionAuthentication, TokenAuthentication)
    default_throttle = False
    rate_limits = (throttling.STRICT_LIMIT,)

    @endpoint(
        id="signIn",
        returns=schemas.SignedIn,
        says="Signed in as {name}.",
        body=CREDENTIALS,
        raises=(InvalidPassword, CrossSiteRequest, NoSuchUser, AlreadySignedIn),
    )
    def create(self, request: Request) -> Response:
        """A browser's session by name and password.

        15 in ten minutes, and failures are counted by name as well.
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
        if user is None:  # profiles are public, so that 404 gives nothing away
            raise InvalidPassword() if User.objects.present().filter(username__iexact=name).exists() else NoSuchUser()
        raise_if_banned(user)
        login(request._request, user)
        return self.ok(schemas.SignedIn(user_id=user.pk), name=user.username)


class SignOut(APIViewSet):
    """Ends the session that asks. A token cannot end one; it is revoked instead."""

    tag = Tag.ACCOUNTS
    default_throttle = False
    rate_limits = (throttling.STRICT_LIMIT,)

    # Asked in the method, for a refusal to count as an attempt.
    @endpoint(id="signOut", returns=Empty, says="Signed out.", permissions=(HasSession,))
    def create(self, request: Request) -> Response:
        """Ends the session that asks."""
        self.require(request.user)
        logout(request._request)
        return self.ok(Empty())
