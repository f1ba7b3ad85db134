"""/api/v1/clients: API clients, tools of users that request tokens of players (spec: api-v3 §2.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.accounts import schemas
from imports.api.accounts.oauth import IsInBrowser
from imports.api.accounts.tokens import ClientNotFound
from imports.api.core import validation
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import NOT_AUTHORISED, APIError
from imports.api.core.parameters import Fields, Parameter, text_between
from imports.api.core.permissions import APIPermission
from imports.api.core.responses import Empty
from imports.api.core.views import APIViewSet
from imports.formats import schema
from imports.formats.schema import Check, Violation
from imports.models import APIClient, Permission, User
from imports.models.api_clients import TooManyClients, check_redirect_uri, check_template, check_webhook_uri


def _text_that(check: Callable[[str], None], longest: int) -> Check:
    """Returns a check for a text that passes a validator of the model."""
    is_text = schema.string("Expected a string.", high=longest)

    def checked(value: Any) -> str:
        text: str = is_text(value)
        try:
            check(text)
        except ValidationError as error:
            raise Violation(error.messages[0], value) from None
        return text

    return checked


def _fitting(name: str, longest: int, check: Callable[[str], None], message: str) -> Parameter:
    return Parameter(
        name=name,
        schema={"type": ["string", "null"], "maxLength": longest},
        check=validation.optional(schema.optional_null(_text_that(check, longest))),
        expects=("Expected a string.", message),
    )


PERMISSIONS = Parameter(
    name="permissions",
    schema={"type": "array", "items": {"type": "string", "enum": list(Permission.values)}},
    check=validation.optional(schema.list_of(schema.one_of(Permission.values))),
    expects=("Value was not an array.",),
)
MEMBERS = (
    text_between("name", 3, 80),
    PERMISSIONS,
    _fitting("redirectUri", 500, check_redirect_uri, "This is not an http or https URL."),
    _fitting("webhookUri", 500, check_webhook_uri, "This is not an http or https URL."),
    _fitting("apiKeyTemplate", 10_000, check_template, "It has to contain %%TACHI_KEY%%."),
    text_between("apiKeyFilename", 1, 100, or_null=True),
)
FIELDS = Fields(*MEMBERS, needs_one=True)
COLUMNS = {
    "name": "name",
    "permissions": "permissions",
    "redirectUri": "redirect_uri",
    "webhookUri": "webhook_uri",
    "apiKeyTemplate": "key_template",
    "apiKeyFilename": "key_filename",
}


class NameRequired(APIError):
    status = 400
    message = "Invalid request, must specify a name and permissions."


class ClientLimitReached(APIError):
    status = 400
    message = str(TooManyClients())


class IsAuthor(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: APIClient) -> bool:
        return isinstance(request.user, User) and obj.author_id == request.user.pk


class AsksInBrowser(IsInBrowser):
    """Requires a browser session to change a client; everybody may read it."""

    def has_object_permission(self, request: Request, view: Any, obj: APIClient) -> bool:
        return self.has_permission(request, view)


class ListsInBrowser(IsInBrowser):
    message = "You are not authenticated (for a session-level request, at least)."


AUTHOR = (AsksInBrowser, IsAuthor)


class ClientsOfUser(APIViewSet):
    """The API clients of the user."""

    tag = Tag.ACCOUNTS

    @property
    def permission_classes(self) -> Sequence[type[BasePermission]]:  # type: ignore[override]
        return (ListsInBrowser,) if self.action == "list" else (IsInBrowser,)

    @endpoint(id="listClients", returns=list[schemas.Client], message="Returned clients.")
    def list(self, request: Request) -> Response:
        """Lists your API clients."""
        body = [schemas.Client.from_row(client) for client in APIClient.objects.filter(author=self.user)]
        return self.ok(body)

    @endpoint(
        id="createClient",
        returns=schemas.Client,
        message="Created a new API client.",
        body=FIELDS,
        raises=(NameRequired, ClientLimitReached),
    )
    def create(self, request: Request) -> Response:
        """Creates an API client. Its secret is returned only once."""
        given = FIELDS.from_body(self.body)
        if "name" not in given or not given.get("permissions"):
            raise NameRequired()
        assert self.user is not None  # noqa: S101 - `IsInBrowser` has checked it
        try:
            client, secret = APIClient.objects.create_for(self.user, **_columns(given))
        except TooManyClients:
            raise ClientLimitReached() from None
        return self.ok(schemas.Client.from_row(client, secret=secret))


class Clients(APIViewSet):
    """An API client by its ID."""

    tag = Tag.ACCOUNTS

    @endpoint(id="getClient", returns=schemas.Client, message="Retrieved {name}.", raises=(ClientNotFound,))
    def retrieve(self, request: Request, client_id: str) -> Response:
        """Returns an API client, without its secret."""
        client = self._client()
        # The URL of a webhook may contain a secret.
        is_author = self.user is not None and client.author_id == self.user.pk
        return self.ok(schemas.Client.from_row(client, is_author=is_author), name=client.name)

    def _client(self) -> APIClient:
        client = APIClient.objects.present().filter(client_id=self.path_param("client_id")).first()
        if client is None:
            raise ClientNotFound()
        return client

    def _own_client(self) -> APIClient:
        client = self._client()
        self.require(client)
        return client

    @endpoint(
        id="changeClient",
        returns=schemas.Client,
        message="Updated client.",
        body=FIELDS,
        raises=(ClientNotFound,),
        permissions=AUTHOR,
    )
    def partial_update(self, request: Request, client_id: str) -> Response:
        """Updates an API client. Tokens created for it do not change."""
        client = self._own_client()
        for name, value in _columns(FIELDS.from_body(self.body)).items():
            setattr(client, name, value)
        client.save()
        return self.ok(schemas.Client.from_row(client))

    @endpoint(
        id="resetClientSecret",
        returns=schemas.Client,
        message="Reset secret.",
        raises=(ClientNotFound,),
        permissions=AUTHOR,
    )
    def reset_secret(self, request: Request, client_id: str) -> Response:
        """Replaces the secret of an API client. The new secret is returned only once."""
        client = self._own_client()
        return self.ok(schemas.Client.from_row(client, secret=client.reset_secret()))

    @endpoint(id="deleteClient", returns=Empty, message="Deleted client.", raises=(ClientNotFound,), permissions=AUTHOR)
    def destroy(self, request: Request, client_id: str) -> Response:
        """Deletes an API client. Tokens created for it remain valid until their owners revoke them."""
        self._own_client().delete()
        return self.ok(Empty())


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    return {COLUMNS[name]: "" if value is None else value for name, value in given.items()}
