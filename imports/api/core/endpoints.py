"""The declaration of an endpoint at its view method; `imports.api.openapi` derives the OpenAPI description from it.

    @endpoint(id="getSong", returns=SongWithCharts, message="Returned {count} charts.", raises=(SongNotFound,))
    def retrieve(self, request: Request, song_id: str) -> Response:
        \"\"\"A song with its charts.\"\"\"
        ...
        return self.ok(body, count=len(body.charts))

The first paragraph of the docstring is the summary in the description, the rest are its notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from imports.api.core.exceptions import APIError

if TYPE_CHECKING:
    from imports.api.core.pagination import CursorPagination
    from imports.api.core.parameters import Fields, Parameter
    from imports.api.core.permissions import APIPermission

F = TypeVar("F", bound=Callable[..., Any])


class Tag(StrEnum):
    """The groups of endpoints, as the description lists them."""

    SUBMITTING = "Submitting scores"
    HOOKS = "Hooks"
    IMPORTS = "Imports"
    UNDO = "Reverts"
    SCORES = "Scores and sessions"
    ACCOUNTS = "Authentication and tokens"
    USERS = "Players"
    PLAYERS = "Players on a game"
    CATALOGUE = "Songs, charts and games"
    INSTANCE = "Instance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one URL: the decorator `endpoint` of the method, or of a view function.

    `returns`: the type of the body of a success, or a tuple of possible types, with None among them if the body may be
    absent; None if only files are returned.
    `message`: the description of a success; `{names}` are the keyword arguments of `APIViewSet.ok`. A tuple if there
    are several. `queued`: the description and the type of a 202 that may be returned instead.
    `permissions`: permissions checked by `APIViewSet.require`, in addition to the view's `permission_classes`.
    `query`: the parameters, headers included. `body`: the members of the JSON body; `forms`: media type -> type or
    schema of other bodies. `files`: media types of responses that are files. `paging`: how the list is paginated.
    `is_v3`: whether invalid parameters are refused with the message of the API of 2026 (`InvalidRequest`).
    `is_stream`: whether the stream process responds (`tachi_imports.streams`), which ignores tokens.
    """

    id: str
    returns: Any
    message: str | tuple[str, ...]
    status: int = 200
    queued: tuple[str, Any] | None = None
    raises: Sequence[type[APIError]] = ()
    permissions: Sequence[type[APIPermission]] = ()
    query: Fields | Sequence[Parameter] = ()
    body: Fields | None = None
    forms: Mapping[str, Any] = field(default_factory=dict)
    paging: CursorPagination | None = None
    files: Sequence[str] = ()
    is_polled: bool = False
    has_envelope: bool = True
    reads_bodies: bool = True
    is_v3: bool = False
    is_stream: bool = False
    tag: Tag | None = None  # of a view function, or if it differs from that of the class

    @property
    def wordings(self) -> tuple[str, ...]:
        return (self.message,) if isinstance(self.message, str) else self.message

    def __call__(self, view: F) -> F:
        view.endpoint = self  # type: ignore[attr-defined]
        return view


endpoint = Endpoint
