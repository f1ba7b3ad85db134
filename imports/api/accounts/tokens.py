"""/api/v1/users/:userID/api-tokens: a player's tokens, only for the player in a browser (spec: http-api §8).

Secrets are not stored. A token is revoked by its `tokenID`, which lists contain, or by its secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from imports.access import permissions
from imports.api.accounts import schemas
from imports.api.common.players import RequesterUnknown, UserNotFound, UserViewSet
from imports.api.core import validation
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError, InvalidRequest
from imports.api.core.parameters import Fields, Parameter, text
from imports.api.core.permissions import (
    APIPermission,
    Caller,
    IsAuthenticatedBySession,
    IsSelfBySessionV3,
    IsSessionV3,
)
from imports.api.core.responses import Empty, documents_year
from imports.formats import schema
from imports.formats.schema import Violation
from imports.games.javascript import is_safe_integer
from imports.integers import EPOCH, milliseconds, parse_digits
from imports.models import APIClient, APIToken, Permission, User
from imports.models.tokens import TooManyTokens, digest_of

MAX_EXPIRY_MS = milliseconds(datetime(9999, 1, 1, tzinfo=UTC))  # Python has no later dates in some time zones

NO_TIMESTAMP = "Expected a time in Unix milliseconds."
NOT_IN_FUTURE = "Expected a time in the future."


class ClientAndPermissionsGiven(APIError):
    status = 400
    message = "Cannot use ClientID creation and permissions creation at the same time!"


class ClientAndPermissionsGivenV3(APIError):
    status = 400
    message = "Cannot use clientID and permissions at the same time."


class InvalidPermissionsV3(APIError):
    status = 400
    message = "Invalid permissions: {names}"


class ClientOrPermissionsRequired(APIError):
    status = 400
    message = "Invalid request, must specify either clientID or permissions."


class TokenLimitReached(APIError):
    status = 400
    message = str(TooManyTokens())


class ClientNotFound(APIError):
    status = 404
    message = "This client does not exist."


def create_client_token(user: User, client: APIClient) -> tuple[APIToken, str]:
    """Creates a token with the permissions of its client and returns it with its secret. Raises TokenLimitReached."""
    permissions = [permission for permission in Permission.values if permission in client.permissions]
    try:
        return APIToken.objects.create_for(
            user, permissions=permissions, identifier=f"{client.name} Token", client=client
        )
    except TooManyTokens:
        raise TokenLimitReached() from None


class TokenNotFound(APIError):
    status = 404
    message = "This key does not exist."


def _future_timestamp(value: Any) -> datetime | None:
    """Returns the time of Unix milliseconds; None for null, which means never. Raises Violation."""
    if value is None:
        return None
    if not is_safe_integer(value) or not 0 < value < MAX_EXPIRY_MS:
        raise Violation(NO_TIMESTAMP, value)
    moment = EPOCH + timedelta(milliseconds=int(value))
    if moment <= timezone.now():
        raise Violation(NOT_IN_FUTURE, value)
    return moment


NEW_TOKEN = Fields(
    Parameter(
        name="permissions",
        schema={"type": "array", "items": {"type": "string", "enum": list(Permission.values)}},
        check=validation.optional(schema.list_of(schema.one_of(Permission.values))),
        expects=("Value was not an array.",),
    ),
    text("identifier", longest=100),
    text("clientID", longest=1_000, description="An API client, whose permissions the token is given."),
    Parameter(
        name="expiresAt",
        description="The expiry time in Unix milliseconds, or null for no expiry.",
        schema={"type": ["integer", "null"]},
        check=validation.optional(_future_timestamp),
        expects=(NO_TIMESTAMP, NOT_IN_FUTURE),
    ),
    needs_one=True,
)


# Accepts any strings: unknown permissions are reported together.
NEW_TOKEN_V3 = Fields(
    *(
        replace(
            parameter,
            schema={"type": "array", "items": {"type": "string"}},
            check=validation.optional(schema.list_of(schema.string("Expected string.", high=100))),
        )
        if name == "permissions"
        else parameter
        for name, parameter in NEW_TOKEN.items()
    ),
).as_of_2026()


class IsSelfBySession(APIPermission):
    caller = Caller.IN_A_BROWSER
    message, code = "This request cannot be performed by an API key, and requires authentication.", 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return permissions.can_manage_tokens(request.user, view.token, obj)


RULES = (IsAuthenticatedBySession, IsSelfBySession)
RULES_V3 = (IsAuthenticatedBySession, IsSessionV3, IsSelfBySessionV3)


class OwnersViewSet(UserViewSet):
    """Only for the player in a browser. TACHI_API_DOCUMENTS selects the messages for others."""

    permission_classes = (*RULES, *RULES_V3[1:])

    @property
    def is_v3(self) -> bool:
        return documents_year() == 2026

    def get_permissions(self) -> Sequence[APIPermission]:
        return [rule() for rule in (RULES_V3 if self.is_v3 else RULES)]

    def get_owner(self) -> User:
        """Returns the user of the path. Raises APIError with 401, 403 or 404."""
        # For `me` the permissions are not checked by `get_object`.
        user = self.get_object()
        self.check_object_permissions(self.request, user)
        return user


class APITokens(OwnersViewSet):
    """A player's tokens. They can be created and revoked, but not changed."""

    tag = Tag.ACCOUNTS

    @endpoint(
        id="listTokens",
        returns=list[schemas.Token],
        message="Returned {count} keys.",
        raises=(RequesterUnknown, UserNotFound),
    )
    def list(self, request: Request, user_id: str) -> Response:
        """Lists your API tokens, without their secrets."""
        tokens = self.get_owner().tokens.select_related("client").order_by("-pk")
        body = [schemas.Token.from_row(token) for token in tokens]
        return self.ok(body, count=len(body))

    @endpoint(
        id="createToken",
        returns=schemas.Token,
        message="Successfully created new API Token.",
        body=NEW_TOKEN,
        raises=(
            RequesterUnknown,
            UserNotFound,
            ClientOrPermissionsRequired,
            ClientAndPermissionsGiven,
            ClientAndPermissionsGivenV3,
            InvalidPermissionsV3,
            InvalidRequest,
            ClientNotFound,
            TokenLimitReached,
        ),
    )
    def create(self, request: Request, user_id: str) -> Response:
        """Creates an API token. Its secret is returned only once."""
        user = self.get_owner()
        params = (NEW_TOKEN_V3 if self.is_v3 else NEW_TOKEN).from_body(self.body)
        if "clientID" in params and "permissions" in params:
            raise ClientAndPermissionsGivenV3() if self.is_v3 else ClientAndPermissionsGiven()
        if "clientID" in params:
            client = APIClient.objects.present().filter(client_id=params["clientID"]).first()
            if client is None:
                raise ClientNotFound()
            token, secret = create_client_token(user, client)
            return self.ok(schemas.Token.from_row(token, secret=secret))
        if "permissions" not in params:
            raise ClientOrPermissionsRequired()
        if unknown := [name for name in params["permissions"] if name not in Permission.values]:
            raise InvalidPermissionsV3(names=", ".join(unknown))
        try:
            token, secret = APIToken.objects.create_for(
                user,
                # Without duplicates, in the order of `Permission`.
                permissions=[permission for permission in Permission.values if permission in params["permissions"]],
                identifier=params.get("identifier", "Custom Token"),
                expires_at=params.get("expiresAt"),
            )
        except TooManyTokens:
            raise TokenLimitReached() from None
        return self.ok(schemas.Token.from_row(token, secret=secret))

    @endpoint(
        id="deleteToken",
        returns=Empty,
        message="Removed Token.",
        raises=(RequesterUnknown, UserNotFound, TokenNotFound),
    )
    def destroy(self, request: Request, user_id: str, token: str) -> Response:
        """Revokes an API token by its tokenID or its secret."""
        user, name = self.get_owner(), self.path_param("token")
        row = user.tokens.filter(digest=digest_of(name)).first()
        number = parse_digits(name)
        if row is None and number is not None:
            row = user.tokens.filter(pk=number).first()
        if row is None or not APIToken.objects.revoke([row], by=user):
            raise TokenNotFound()
        return self.ok(Empty())
