"""/api/v1/oauth: tokens for API clients, by the authorization code flow of OAuth 2 with PKCE (spec: api-v3 §2.5)."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.accounts import schemas
from imports.api.accounts.tokens import ClientNotFound, TokenLimitReached, create_client_token
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, choice, text
from imports.api.core.permissions import APIPermission, Caller
from imports.api.core.views import APIViewSet
from imports.integers import milliseconds
from imports.models import APIClient, AuthorizationCode, User

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
NEW_CODE = Fields(
    text("code_challenge", longest=128, description="PKCE: the base64url-encoded SHA-256 hash of the verifier."),
    choice("code_challenge_method", "The PKCE method.", "S256"),
    text("clientID", longest=80, description="The only client that may use the code. Defaults to any."),
)
EXCHANGE = Fields(
    text("client_id", longest=80, required=True),
    text("client_secret", longest=200, description="Required for codes without PKCE."),
    text("grant_type", longest=40, required=True, description="Must be `authorization_code`."),
    text("redirect_uri", longest=500, required=True, description="The redirect URI of the client."),
    text("code", longest=200, required=True),
    text("code_verifier", longest=200, description="Required for codes with PKCE."),
)


class ChallengeIncomplete(APIError):
    status = 400
    message = "Both code_challenge and code_challenge_method must be provided together."


class ChallengeInvalid(APIError):
    status = 400
    message = "Invalid code_challenge: expected a base64url-encoded SHA-256 hash."


class GrantNotSupported(APIError):
    status = 400
    message = "[grant_type] Expected authorization_code."


class RedirectMismatch(APIError):
    status = 400
    message = "This redirect_uri does not match with your registered client redirect_uri {uri}."


class CodeNotFound(APIError):
    """The code is unknown, was used, or is older than ten minutes."""

    status = 404
    message = "This code does not exist."


class VerifierRequired(APIError):
    status = 400
    message = "This authorization code requires PKCE. Provide code_verifier."


class VerifierInvalid(APIError):
    status = 403
    message = "Invalid code_verifier."


class SecretRequired(APIError):
    status = 400
    message = "client_secret is required for non-PKCE authorization codes."


class SecretInvalid(APIError):
    status = 403
    message = "Invalid secret."


class IsInBrowser(APIPermission):
    caller = Caller.IN_A_BROWSER
    message, code = "You are not authenticated.", 401

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User) and view.token is None


class AuthorizationCodes(APIViewSet):
    tag = Tag.ACCOUNTS
    permission_classes = (IsInBrowser,)

    @endpoint(
        id="createAuthorizationCode",
        returns=schemas.Code,
        message="Successfully created code.",
        body=NEW_CODE,
        raises=(ChallengeIncomplete, ChallengeInvalid, ClientNotFound),
    )
    def create(self, request: Request) -> Response:
        """Creates an authorization code, which can be exchanged for a token once within ten minutes."""
        given = NEW_CODE.from_body(self.body)
        challenge = given.get("code_challenge") or ""
        if bool(challenge) != ("code_challenge_method" in given):
            raise ChallengeIncomplete()
        if challenge and not CHALLENGE.fullmatch(challenge):
            raise ChallengeInvalid()
        client = None
        if "clientID" in given:
            client = APIClient.objects.present().filter(client_id=given["clientID"]).first()
            if client is None:
                raise ClientNotFound()
        assert self.user is not None  # noqa: S101 - `IsInBrowser` has checked it
        code, secret = AuthorizationCode.objects.create_code(self.user, client=client, challenge=challenge)
        return self.ok(schemas.Code(code=secret, user_id=code.user_id, created_on=milliseconds(code.created_at)))


class AccessTokens(APIViewSet):
    tag = Tag.ACCOUNTS

    @endpoint(
        id="exchangeCode",
        returns=schemas.Token,
        message="Successfully authenticated.",
        body=EXCHANGE,
        raises=(
            GrantNotSupported,
            ClientNotFound,
            RedirectMismatch,
            CodeNotFound,
            VerifierRequired,
            VerifierInvalid,
            SecretRequired,
            SecretInvalid,
            TokenLimitReached,
        ),
    )
    def create(self, request: Request) -> Response:
        """Exchanges an authorization code for a token with the permissions that the client requests.

        The code remains valid if the request fails.
        """
        given = EXCHANGE.from_body(self.body)
        if given["grant_type"] != "authorization_code":
            raise GrantNotSupported()
        client = APIClient.objects.present().filter(client_id=given["client_id"]).first()
        if client is None:
            raise ClientNotFound()
        if not client.redirect_uri or given["redirect_uri"] != client.redirect_uri:
            raise RedirectMismatch(uri=client.redirect_uri or "null")
        # One transaction: the code is deleted and the token created, or neither; a concurrent request finds no code.
        with transaction.atomic():
            code = AuthorizationCode.objects.lock_live(given["code"], client)
            if code is None:
                raise CodeNotFound()
            _check(code, client, given)
            token, secret = create_client_token(code.user, client)
            code.delete()
        return self.ok(schemas.Token.from_row(token, secret=secret))


def _check(code: AuthorizationCode, client: APIClient, given: dict[str, Any]) -> None:
    """Raises APIError unless the request has the verifier of a code with PKCE, or else the secret of the client."""
    verifier, secret = given.get("code_verifier"), given.get("client_secret")
    if code.challenge:
        if not verifier:
            raise VerifierRequired()
        if not code.is_verified_by(verifier):
            raise VerifierInvalid()
        return
    if not secret:
        raise SecretRequired()
    if not client.has_secret(secret):
        raise SecretInvalid()
