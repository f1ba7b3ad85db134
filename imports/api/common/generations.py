"""Generations of the API: which documents, IDs and names of games an address answers with (spec: api-v3).

Views and queries build their documents through a `Generation`. Documents that only hold others are written down once:
what they are in another generation follows from the forms of those that they hold.
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
from imports.api.core.parameters import Fields
from imports.api.core.responses import Schema, documents_year
from imports.api.core.views import APIViewSet

S = TypeVar("S", bound=Schema)
Refusal = type[APIError]


class Generation:
    """`forms`: document of 2025 -> what stands in its place. `refusals`: the same of exceptions; None where there is no
    such refusal. `suffix` tells the names of documents and operations from those of 2025. `is_v3`: members that
    nobody asked for are not looked at, and those that do not fit are refused in the words of 2026.
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
        self.forms: dict[Any, Any] = dict(self.declared)  # with those that follow from them, once they were asked for
        self.refusals = dict(refusals or {})
        self.is_v3 = is_v3

    def extended(
        self,
        suffix: str = "",
        forms: Mapping[Any, Any] | None = None,
        refusals: Mapping[Refusal, Refusal | None] | None = None,
    ) -> Generation:
        """The same, with other documents and refusals in the place of some."""
        return Generation(
            suffix or self.suffix,
            {**self.declared, **(forms or {})},
            {**self.refusals, **(refusals or {})},
            is_v3=self.is_v3,
        )

    def of(self, kind: type[S]) -> type[S]:
        """What stands in the place of a document; it has other members, but is made in the same way."""
        if not self.forms:  # of 2025: asked for each document of an answer, so nothing is looked up
            return kind
        found: type[S] = self.form(kind)
        return found

    def form(self, kind: Any) -> Any:
        """The same of any type that holds documents."""
        if kind not in self.forms:
            self.forms[kind] = self._derived(kind)
        return self.forms[kind]

    def _derived(self, kind: Any) -> Any:
        if isinstance(kind, type) and issubclass(kind, Schema):
            return self._struct(kind)
        if isinstance(kind, tuple):  # an answer that may be of several types
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
        # A subclass of a document becomes a subclass of that document's form, so that it is made like it.
        base: Any = kind.__base__
        above = base if base is Schema else self.form(base)
        own = [field for field in msgspec.structs.fields(kind) if field.name in vars(kind).get("__annotations__", {})]
        members = [(field.name, self.form(field.type)) for field in own]
        # One struct for both where nothing differs: the description would list the same document twice.
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
        """A game as keys and words of this generation name it."""
        return f"{game}:{playtype}" if schemas_stats.Stats not in self.declared else v3.game_id(game, playtype)

    def endpoint(self, declared: Endpoint) -> Endpoint:
        """An endpoint as an address of this generation has it."""
        raises = [self.refusals.get(error, error) for error in declared.raises]
        body, query = declared.body, declared.query
        return replace(
            declared,
            # Both forms of a shared address are one operation of the description.
            id=declared.id if self in SHARED else f"{declared.id}{self.suffix}",
            returns=self.form(declared.returns) if self.forms else declared.returns,
            raises=[error for error in raises if error is not None],
            body=body.as_lenient() if body is not None and self.is_v3 else body,
            query=query.as_lenient() if isinstance(query, Fields) and self.is_v3 else query,
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
"""Tachi's API of 2026, at the addresses that name a game in its way."""

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
"""At addresses that both generations have."""


class DocumentView(APIViewSet):
    """A view whose documents are those of a generation.

    `generations`: that of its addresses, or both forms of addresses that are the same in both generations. Of these
    the setting TACHI_API_DOCUMENTS says which one is answered.
    """

    generations: ClassVar[tuple[Generation, ...]] = (V2,)

    @property
    def documents(self) -> Generation:
        """The generation of this answer."""
        return self.generations[-1 if documents_year() == 2025 else 0]

    @property
    def is_v3(self) -> bool:
        return self.documents.is_v3 or super().is_v3

    def query(self, fields: Fields) -> dict[str, Any]:
        """The members that the query has. Raises APIError with 400."""
        return (fields.as_lenient() if self.is_v3 else fields).from_query(self.request)


class SharedView(DocumentView):
    """A view of an address that both generations have."""

    generations = SHARED
