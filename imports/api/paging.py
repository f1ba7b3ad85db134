"""Cursors: a list that can grow is answered a page at a time, and every page costs what the first one costs.

How to use it:

    FINISHED = Paging(key="time_finished", kind=datetime, most=500)  # newest first; among equals the larger pk
    QUERY = {**FINISHED.members, "game": ...}                        # `cursor` and `limit` beside your own

    wishes = parameters.query(request, QUERY)
    page = FINISHED.page(Import.objects.filter(user=user), wishes)   # at most limit + 1 rows
    return page.announce(request, success(f"Found {len(page.rows)} imports.", [... for job in page.rows]))

`key` is a column or an annotation of the query ("pk" for none beside it); `kind` its type: int, float or datetime.
With `nullable` the rows without a value come last, whichever way the others run, at the price of a second query on the
page where these begin. Filters are the caller's. For constant time an index must hold the columns of the filters, then
key and pk in this order: `Index("user", F("time_finished").desc(), F("id").desc())`.

Bodies keep the shapes that clients know. Where the next page begins stands in the headers: `X-Next-Cursor`, and
`Link: <address of the next page>; rel="next"`; neither on the last page.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from django.conf import settings
from django.db.models import BooleanField, F, Func, Model, QuerySet, Value
from django.http import HttpResponseBase
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from imports.api.parameters import Members, maybe
from imports.formats.schema import Violation

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=HttpResponseBase)

NO_CURSOR = "Expected the cursor of another answer of this list."
LONGEST_CURSOR = 200  # characters
STORED_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
WRITTEN_AS: dict[type, Any] = {
    int: tuple[str, STORED_INTEGER | None, STORED_INTEGER],
    float: tuple[str, float | None, STORED_INTEGER],
    datetime: tuple[str, Annotated[datetime, msgspec.Meta(tz=True)] | None, STORED_INTEGER],
}


class Position(NamedTuple):
    """The last row of a page, which a cursor names. Cursors are clients' to keep, not to read or to make."""

    key: str
    value: Any
    pk: int


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows of a list; `next` is the cursor of the page after it, None where this is the last."""

    rows: list[M]
    next: str | None

    def announce(self, request: Request, response: R) -> R:
        """Says in the headers of an answer where the list goes on."""
        if self.next is not None:
            query = request.query_params.copy()
            query["cursor"] = self.next
            response.headers["X-Next-Cursor"] = self.next
            response.headers["Link"] = f'<{_absolute(request)}?{query.urlencode()}>; rel="next"'
        return response


def _absolute(request: Request) -> str:
    """The address that was asked, without its query, as clients behind any proxy see it."""
    path = escape_uri_path(request.path)
    return f"{settings.TACHI_PUBLIC_URL}{path}" if settings.TACHI_PUBLIC_URL else request.build_absolute_uri(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a list is ordered and how much of it is told at once: `most` rows, and that many if nobody says less."""

    key: str
    kind: type
    most: int
    usual: int | None = None  # rows where no `limit` is given
    descending: bool = True
    nullable: bool = False

    @property
    def members(self) -> Members:
        """The members of a query, for `parameters.query`."""
        return {"cursor": maybe(self._cursor), "limit": maybe(self._limit)}

    def page(self, rows: QuerySet[M], wishes: Mapping[str, Any]) -> Page[M]:
        """The page that a checked query wishes for. The rows' own order does not matter."""
        limit = wishes.get("limit", self.usual or self.most)
        found = self._after(rows, wishes.get("cursor"), limit + 1)
        return Page(found[:limit], self._written(found[limit - 1]) if len(found) > limit else None)

    # --- rows ---------------------------------------------------------------------------------------

    def _after(self, rows: QuerySet[M], position: Position | None, count: int) -> list[M]:
        if not self.nullable:
            return list(self._ordered(self._beyond(rows, position))[:count])
        found: list[M] = []
        if position is None or position.value is not None:
            valued = rows.filter(**{f"{self.key}__isnull": False})
            found = list(self._ordered(self._beyond(valued, position))[:count])
            position = None
        if len(found) < count:
            valueless = rows.filter(**{f"{self.key}__isnull": True})
            found += self._by_pk(valueless, position)[: count - len(found)]
        return found

    def _ordered(self, rows: QuerySet[M]) -> QuerySet[M]:
        sign = "-" if self.descending else ""
        return rows.order_by(*([] if self.key == "pk" else [f"{sign}{self.key}"]), f"{sign}pk")

    def _beyond(self, rows: QuerySet[M], position: Position | None) -> QuerySet[M]:
        if position is None or self.key == "pk":
            return rows if position is None else rows.filter(**self._pk_beyond(position))
        # One comparison of two columns: an index over both begins reading exactly there.
        here = _row(F(self.key), F("pk"))
        there = _row(Value(position.value), Value(position.pk))
        sign = " < " if self.descending else " > "
        return rows.filter(
            Func(here, there, template="%(expressions)s", arg_joiner=sign, output_field=BooleanField()),
        )

    def _by_pk(self, rows: QuerySet[M], position: Position | None) -> QuerySet[M]:
        beyond = rows if position is None else rows.filter(**self._pk_beyond(position))
        return beyond.order_by("-pk" if self.descending else "pk")

    def _pk_beyond(self, position: Position) -> dict[str, int]:
        return {"pk__lt" if self.descending else "pk__gt": position.pk}

    # --- cursors ------------------------------------------------------------------------------------

    def _written(self, row: M) -> str:
        value = attrgetter(self.key.replace("__", "."))(row)
        return base64.urlsafe_b64encode(msgspec.json.encode((self.key, value, row.pk))).decode().rstrip("=")

    def _cursor(self, text: Any) -> Position:
        """Raises Violation for anything that this list has not written."""
        if not isinstance(text, str) or len(text) > LONGEST_CURSOR:
            raise Violation(NO_CURSOR, text)
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            key, value, pk = msgspec.json.decode(raw, type=WRITTEN_AS[self.kind])
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            raise Violation(NO_CURSOR, text) from None
        if key != self.key or (value is None and not self.nullable):
            raise Violation(NO_CURSOR, text)
        return Position(key, value, pk)

    def _limit(self, text: Any) -> int:
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10:
            limit = int(text)
            if 1 <= limit <= self.most:
                return limit
        raise Violation(f"Expected an integer between 1 and {self.most}.", text)


def _row(*parts: Any) -> Func:
    return Func(*parts, function="ROW", output_field=BooleanField())
