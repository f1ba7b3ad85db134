"""API versions: the documents, IDs and names of games in the responses of a path (spec: api-v3).

Views and queries build their documents through a `Generation`. Documents that only contain other documents are declared
once: their forms in another version are derived from those of their members.
"""

from __future__ import annotations

import functools
import operator
import types
import typing
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar, cast

import msgspec

from imports.api.common import schemas as v2
from imports.api.common import schemas_shared as shared
from imports.api.common import schemas_stats
from imports.api.common import schemas_v3 as v3
from imports.api.core.endpoints import Endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, Parameter
from imports.api.core.responses import Schema, documents_year
from imports.api.core.views import APIViewSet

S = TypeVar("S", bound=Schema)
Refusal = type[APIError]


class Generation:
    """A version of the API.

    `forms`: document of 2025 -> the document that replaces it. `refusals`: the same for exceptions; None if the version
    does not have the error. `suffix` distinguishes the names of documents and operations from those of 2025. `is_v3`:
    unknown members are ignored, and invalid ones get the messages of 2026.
    """

    def __init__(
        self,
        suffix: str = "",
        forms: Mapping[Any, Any] | None = None,
        refusals: Mapping[Refusal, Refusal | None] | None = None,
        *,
        is_v3: bool = False,
    ) -> None:
        self.suffix = suffix
        self.declared = dict(forms or {})
        self.forms: dict[Any, Any] = dict(self.declared)  # with derived forms, which are added on first use
        self.refusals = dict(refusals or {})
        self.is_v3 = is_v3

    def extended(
        self,
        suffix: str = "",
        forms: Mapping[Any, Any] | None = None,
        refusals: Mapping[Refusal, Refusal | None] | None = None,
    ) -> Generation:
        """Returns this version with some documents and errors replaced."""
        return Generation(
            suffix or self.suffix,
            {**self.declared, **(forms or {})},
            {**self.refusals, **(refusals or {})},
            is_v3=self.is_v3,
        )

    def of(self, kind: type[S]) -> type[S]:
        """Returns the class that replaces a document; it has other members and the same constructors."""
        if not self.forms:  # of 2025: called for each document of a response, so without a look-up
            return kind
        form: type[S] = self.form(kind)
        return form

    def form(self, kind: Any) -> Any:
        """Returns the form of any type that contains documents."""
        if kind not in self.forms:
            self.forms[kind] = self._derived(kind)
        return self.forms[kind]

    def _derived(self, kind: Any) -> Any:
        if isinstance(kind, type) and issubclass(kind, Schema):
            return self._struct(kind)
        if isinstance(kind, tuple):  # a response that may have several types
            return tuple(map(self.form, kind))
        if hasattr(kind, "__metadata__"):
            return Annotated[(self.form(kind.__origin__), *kind.__metadata__)]
        arguments = tuple(map(self.form, typing.get_args(kind)))
        if arguments == typing.get_args(kind):
            return kind
        if isinstance(kind, types.UnionType):
            return functools.reduce(operator.or_, arguments)
        return typing.get_origin(kind)[arguments]

    def _struct(self, kind: type[Schema]) -> type[Schema]:
        # A subclass of a document becomes a subclass of the document's form, so that it has the same constructors.
        base: Any = kind.__base__
        above = base if base is Schema else self.form(base)
        own = [field for field in msgspec.structs.fields(kind) if field.name in vars(kind).get("__annotations__", {})]
        members = [(field.name, self.form(field.type)) for field in own]
        # One struct for both if nothing differs: the description would list the same document twice.
        if above is base and all(field.type == type_ for field, (_, type_) in zip(own, members, strict=True)):
            return kind
        made = msgspec.defstruct(
            f"{kind.__name__}{self.suffix}",
            [
                (name, type_, msgspec.field(name=field.encode_name, default=field.default))
                for field, (name, type_) in zip(own, members, strict=True)
            ],
            bases=(above,),
            namespace={"__doc__": kind.__doc__}
            | {name: value for name, value in vars(kind).items() if isinstance(value, classmethod)},
            kw_only=True,
        )
        return cast("type[Schema]", made)

    def game_name(self, game: str, playtype: str) -> str:
        """Returns the name of a game in keys and messages of this version."""
        return f"{game}:{playtype}" if schemas_stats.Stats not in self.declared else v3.game_id(game, playtype)

    def endpoint(self, declared: Endpoint) -> Endpoint:
        """Returns the declaration of an endpoint at a path of this version."""
        raises = [self.refusals.get(error, error) for error in declared.raises]
        body, query = declared.body, declared.query
        return replace(
            declared,
            # Both forms of a shared path are one operation of the description.
            id=declared.id if self in SHARED else f"{declared.id}{self.suffix}",
            returns=self.form(declared.returns) if self.forms else declared.returns,
            raises=[error for error in raises if error is not None],
            body=body.as_of_2026() if body is not None and self.is_v3 else body,
            query=query.as_of_2026() if isinstance(query, Fields) and self.is_v3 else query,
            is_v3=self.is_v3 or declared.is_v3,
        )


V2 = Generation()
"""Tachi's API of December 2025."""

V3 = Generation(
    "V3",
    {
        v2.Song: v3.SongV3,
        v2.Chart: v3.ChartV3,
        v2.Score: v3.ScoreV3,
        v2.Best: v3.BestV3,
        v2.RankedBest: v3.RankedBestV3,
        v2.Session: v3.SessionV3,
        v2.CalendarEntry: v3.CalendarEntryV3,
        schemas_stats.Stats: v3.StatsV3,
        schemas_stats.Achievement: v3.AchievementV3,
    },
    is_v3=True,
)
"""Tachi's API of 2026, at the paths with game IDs of 2026."""

OF_2026 = Generation(
    "Of2026",
    {
        **V3.declared,
        v2.Chart: shared.ChartOf2026,
        v2.Score: shared.ScoreOf2026,
        v2.Session: shared.SessionOf2026,
        v2.CalendarEntry: shared.CalendarEntryOf2026,
        schemas_stats.Achievement: shared.AchievementOf2026,
    },
)
OF_2025 = Generation("Of2025", {v2.Chart: shared.ChartOf2025, v2.Score: shared.ScoreOf2025})
SHARED = (OF_2026, OF_2025)
"""The documents at paths that exist in both API versions."""


class DocumentView(APIViewSet):
    """A view with the documents of an API version.

    `generations`: the version of its path, or both forms if the path exists in both versions. The setting
    TACHI_API_DOCUMENTS selects one of these.
    """

    generations: ClassVar[tuple[Generation, ...]] = (V2,)

    @property
    def documents(self) -> Generation:
        """The API version of this response."""
        return self.generations[-1 if documents_year() == 2025 else 0]

    @property
    def is_v3(self) -> bool:
        return self.documents.is_v3 or super().is_v3

    def query(self, fields: Fields) -> dict[str, Any]:
        """Returns the checked members of the query. Raises APIError with 400."""
        return self.in_this_version(fields).from_query(self.request)

    def parameter(self, parameter: Parameter) -> Any:
        """Returns the checked value of one parameter of the query. Raises APIError with 400."""
        if self.is_v3:
            return Fields(parameter).as_of_2026().from_query(self.request)[parameter.name]
        return parameter.of(self.request)

    def in_this_version(self, fields: Fields) -> Fields:
        """Returns the members of a query or body as they are in the API version of this response."""
        return fields.as_of_2026() if self.is_v3 else fields


class SharedView(DocumentView):
    """A view for a path that exists in both API versions."""

    generations = SHARED
