"""/api/v1/users/:userID/api-tokens: a player's tokens, for nobody but the player, in a browser (spec: http-api §8).

Secrets are not stored. A list tells of each token its `tokenID`, by which it is revoked; its secret serves as well.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from imports import rules
from imports.api import parameters
from imports.api.documents import EPOCH, Document, milliseconds
from imports.api.errors import Refused
from imports.api.permissions import Rule
from imports.api.players import NUMBER, UserResource
from imports.api.responses import success
from imports.formats import schema
from imports.formats.schema import Violation
from imports.games.javascript import is_safe_integer
from imports.models import APIToken, Permission, User
from imports.models.accounts import TooManyTokens, digest_of

NAME_LIMIT = 100  # characters
LARGEST_ID = 2**63 - 1
LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)

TWO_WAYS = "Cannot use ClientID creation and permissions creation at the same time!"
NO_WAY = "Invalid request, must specify either clientID or permissions."
NO_CLIENT = "This client does not exist."
NO_KEY = "This key does not exist."


def _name(value: Any) -> str:
    given: str = schema.string("Expected *string or no value.", high=NAME_LIMIT)(value)
    return given


def _time_to_come(value: Any) -> datetime | None:
    """Unix milliseconds; null stands for never."""
    if value is None:
        return None
    if not is_safe_integer(value) or not 0 < value < LATEST:
        raise Violation("Expected a time in Unix milliseconds.", value)
    moment = EPOCH + timedelta(milliseconds=int(value))
    if moment <= timezone.now():
        raise Violation("Expected a time to come.", value)
    return moment


WISHES = {
    "permissions": parameters.maybe(schema.list_of(schema.one_of(Permission.values))),
    "identifier": parameters.maybe(_name),
    "clientID": parameters.maybe(schema.string("Expected *string or no value.", high=1_000)),
    "expiresAt": parameters.maybe(_time_to_come),
}


class SomebodyInABrowser(Rule):
    message, code = "This endpoint requires session-level authentication.", 401

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return isinstance(request.user, User)


class TheyAreThisUserInABrowser(Rule):
    message, code = "This request cannot be performed by an API key, and requires authentication.", 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return rules.can_manage_tokens(request.user, view.token, obj)


class Tokens(UserResource):
    """Tokens come and go, they never change."""

    permission_classes = (SomebodyInABrowser, TheyAreThisUserInABrowser)

    def list(self, request: Request, user_id: str) -> Response:
        tokens = self._whose().tokens.order_by("-pk")
        body = [token_document(token) for token in tokens]
        return success(f"Returned {len(body)} keys.", body)

    def create(self, request: Request, user_id: str) -> Response:
        user = self._whose()
        wishes = parameters.strict(self.body, WISHES)
        if "clientID" in wishes:
            raise Refused(TWO_WAYS, status=400) if "permissions" in wishes else Refused(NO_CLIENT, status=404)
        if "permissions" not in wishes:
            raise Refused(NO_WAY, status=400)
        try:
            token, secret = APIToken.objects.make(
                user,
                permissions=_in_order(wishes["permissions"]),
                identifier=wishes.get("identifier", "Custom Token"),
                expires_at=wishes.get("expiresAt"),
            )
        except TooManyTokens as why:
            raise Refused(str(why), status=400) from None
        return success("Successfully created new API Token.", {**token_document(token), "token": secret})

    def destroy(self, request: Request, user_id: str, token: str) -> Response:
        user = self._whose()
        found = _named(user, self.segment("token"))
        if found is None or not APIToken.objects.revoke([found], by=user):
            raise Refused(NO_KEY, status=404)
        return success("Removed Token.", {})

    def _whose(self) -> User:
        """Raises Refused with 401 or 403 for `me` too, where nothing is looked up."""
        user = self.get_object()
        self.check_object_permissions(self.request, user)
        return user


def token_document(token: APIToken) -> Document:
    """Without the secret. Times in Unix milliseconds, null where there is none."""
    return {
        "tokenID": token.pk,
        "userID": token.user_id,
        "token": None,
        "identifier": token.identifier,
        "permissions": dict.fromkeys(token.permissions, True),
        "fromAPIClient": None,
        "createdAt": milliseconds(token.created_at),
        "lastUsedAt": token.last_used_at and milliseconds(token.last_used_at),
        "expiresAt": token.expires_at and milliseconds(token.expires_at),
    }


def _in_order(permissions: list[str]) -> list[str]:
    """Each once, as documents list them."""
    return [permission for permission in Permission.values if permission in permissions]


def _named(user: User, name: str) -> APIToken | None:
    """By its secret, or by its number."""
    tokens = user.tokens.all()
    found = tokens.filter(digest=digest_of(name)).first()
    if found is None and NUMBER.fullmatch(name) and int(name) <= LARGEST_ID:
        found = tokens.filter(pk=int(name)).first()
    return found
