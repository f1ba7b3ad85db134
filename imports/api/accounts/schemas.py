"""Documents of accounts: sessions of browsers, API tokens, exports."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from msgspec import Meta

from imports.api.common.schemas import Milliseconds
from imports.api.core.responses import Schema
from imports.integers import milliseconds
from imports.models import APIClient, APIToken
from imports.models import DataExport as ExportRow


class SignedIn(Schema):
    user_id: int


class Token(Schema):
    token_id: int
    user_id: int
    token: Annotated[str | None, Meta(description="The secret. Null, except in responses that create or reset it.")]
    identifier: str
    permissions: dict[str, Literal[True]]
    from_api_client: Annotated[str | None, Meta(description="The client that it was created for.")]
    created_at: Milliseconds
    last_used_at: Milliseconds | None
    expires_at: Milliseconds | None

    @classmethod
    def from_row(cls, token: APIToken, *, secret: str | None = None) -> Self:
        return cls.from_attributes(
            token,
            token_id=token.pk,
            token=secret,
            permissions=dict.fromkeys(token.permissions, True),
            from_api_client=token.client.client_id if token.client else None,
            created_at=milliseconds(token.created_at),
            last_used_at=token.last_used_at and milliseconds(token.last_used_at),
            expires_at=token.expires_at and milliseconds(token.expires_at),
        )


class DataExport(Schema):
    """A ZIP file of all data of a player."""

    export_id: str
    user_id: int
    state: Literal["queued", "running", "ready", "failed"]
    percent: Annotated[int, Meta(ge=0, le=100)]
    size: Annotated[int, Meta(description="The size in bytes; 0 until the export is ready.", ge=0)]
    time_queued: Milliseconds
    time_finished: Milliseconds | None
    expires_at: Annotated[int | None, Meta(description="The time at which it is deleted, in Unix milliseconds.")]

    @classmethod
    def from_row(cls, export: ExportRow, *, percent: int) -> Self:
        return cls.from_attributes(
            export,
            percent=percent,
            time_queued=milliseconds(export.time_queued),
            time_finished=export.time_finished and milliseconds(export.time_finished),
            expires_at=export.expires_at and milliseconds(export.expires_at),
        )


class Code(Schema):
    """A code that can be exchanged for a token."""

    code: str
    user_id: int
    created_on: Milliseconds


class Client(Schema):
    """An API client, which requests tokens."""

    client_id: Annotated[str, Meta(description="Starts with CI, or is chosen by the operator.")]
    client_secret: Annotated[str | None, Meta(description="Null, except in responses that create or reset it.")]
    name: str
    author: Annotated[int | None, Meta(description="The user who created it; null for clients of the operator.")]
    requested_permissions: list[str]
    redirect_uri: str | None
    webhook_uri: Annotated[str | None, Meta(description="The URL for events. Null for everyone except the author.")]
    api_key_template: Annotated[str | None, Meta(description="%%TACHI_KEY%% is replaced with the token.")]
    api_key_filename: str | None

    @classmethod
    def from_row(cls, client: APIClient, *, secret: str | None = None, is_author: bool = True) -> Self:
        return cls(
            client_id=client.client_id,
            client_secret=secret,
            name=client.name,
            author=client.author_id,
            requested_permissions=client.permissions,
            redirect_uri=client.redirect_uri or None,
            webhook_uri=(client.webhook_uri or None) if is_author else None,
            api_key_template=client.key_template or None,
            api_key_filename=client.key_filename or None,
        )
