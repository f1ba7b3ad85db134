"""/api/v1/auth: a browser's session by JSON, for pages that are not ours to make.

The session's cookie is SameSite=Strict. A sign-in from the page of another site is refused: it could put somebody into
another's account without their knowing it.
"""

from __future__ import annotations

import re

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import limits, parameters
from imports.api.authentication import SessionAuth, TokenAuth, refuse_banned, refuse_foreign_pages
from imports.api.errors import Refused
from imports.api.resource import Resource
from imports.api.responses import success
from imports.formats import schema
from imports.formats.schema import Violation
from imports.limits import Exceeded
from imports.models import User
from imports.models.accounts import USERNAME

LONGEST = 4096  # characters of a password, and of what stands where other instances have a captcha

NO_USER = "This user does not exist."
WRONG_PASSWORD = "Invalid password."  # noqa: S105 - a sentence
SIGNED_IN = "You are signed in already."
NOT_SIGNED_IN = "You are not signed in."


def _name(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(USERNAME.regex, value):
        return value
    raise Violation(f"Expected a name: {USERNAME.message}", value)


CREDENTIALS = {
    "username": _name,
    "!password": schema.length_between(8, LONGEST),
    "captcha": parameters.maybe(schema.string("Expected *string or no value.", high=LONGEST)),
}


class WhoeverIsSignedIn(SessionAuth):
    """A session that is only looked at, to answer that somebody is signed in already: it needs no CSRF token."""

    def check_origin(self, request: HttpRequest) -> None:
        refuse_foreign_pages(request)


class SignIn(Resource):
    """Name and password for a session. Attempts are counted by address, failures by name as well (`guessing`)."""

    authentication_classes = (WhoeverIsSignedIn, TokenAuth)
    has_normal_limit = False
    limiters = (limits.AGGRESSIVE,)

    def create(self, request: Request) -> Response:
        refuse_foreign_pages(request._request)
        given = parameters.strict(self.body, CREDENTIALS)
        if self.user is not None and self.token is None:
            raise Refused(SIGNED_IN, status=409)
        user = self._found(given["username"], given["!password"])
        refuse_banned(user)
        login(request._request, user)
        return success(f"Signed in as {user.username}.", {"userID": user.pk})

    def _found(self, name: str, password: str) -> User:
        """Raises Refused with 403, 404 or 429. Profiles are public, so that 404 gives nothing away."""
        try:
            user = authenticate(self.request._request, username=name, password=password)
        except Exceeded as exceeded:
            raise limits.refusal(exceeded) from None
        if user is None:
            there = User.objects.filter(username__iexact=name).exists()
            raise Refused(WRONG_PASSWORD, status=403) if there else Refused(NO_USER, status=404)
        return user


class SignOut(Resource):
    """Ends the session that asks. A token cannot end one; it is revoked instead."""

    has_normal_limit = False
    limiters = (limits.AGGRESSIVE,)

    def create(self, request: Request) -> Response:
        if self.user is None or self.token is not None:
            raise Refused(NOT_SIGNED_IN, status=409)
        logout(request._request)
        return success("Signed out.", {})
