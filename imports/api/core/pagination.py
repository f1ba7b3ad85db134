"""Cursor pagination: every page of a list costs as much as the first one.

How to use it:

    FINISHED = CursorPagination(key="time_finished", kind=datetime, limit=500)  # newest first; of equals the larger pk
    QUERY = Fields(*FINISHED.parameters, GAME)                                  # `cursor` and `limit` beside your own

    params = QUERY.from_query(request)
    page = FINISHED.page(Import.objects.filter(user=user), params)              # at most limit + 1 rows
    return page.add_pagination_headers(request, self.ok([... for job in page.rows], count=len(page.rows)))

`@endpoint(paging=FINISHED)` describes the headers and, unless its `query` has them, the two parameters.

`key` is a column or an annotation of the query ("pk" for none beside it); `kind` its type: int, float or datetime.
With `nullable` the rows without a value come last in both directions, at the price of a second query on the page where
they begin. Filtering is up to the caller. For constant time an index must contain the columns of the filters, then
key and pk in this order: `Index("user", F("time_finished").desc(), F("id").desc())`.

Bodies have the same form as without pagination. The headers contain the cursor of the next page (`X-Next-Cursor`) and
its URL (`Link: <URL>; rel="next"`), except on the last page.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from django.db.models import BooleanField, F, Func, Model, QuerySet, Value
from django.http import HttpResponseBase
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from imports.api.core.parameters import Fields, Parameter
from imports.api.core.responses import absolute_url
from imports.api.core.validation import MemberChecks, optional
from imports.formats.schema import Violation
from imports.integers import MAX_BIGINT, parse_digits

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=HttpResponseBase)

INVALID_CURSOR = "Expected a cursor from another response of this list."
MAX_CURSOR_LENGTH = 200  # characters
# A cursor may have been tampered with, and PostgreSQL raises an error for values that are not a bigint.
STORED_INTEGER = Annotated[int, msgspec.Meta(ge=-MAX_BIGINT - 1, le=MAX_BIGINT)]
CURSOR_TYPES: dict[type, Any] = {
    int: tuple[str, STORED_INTEGER | None, STORED_INTEGER],
    float: tuple[str, float | None, STORED_INTEGER],
    datetime: tuple[str, Annotated[datetime, msgspec.Meta(tz=True)] | None, STORED_INTEGER],
}


class CursorPosition(NamedTuple):
    """The last row of a page, encoded as its cursor, which is opaque to clients."""

    key: str
    value: Any
    pk: int


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows of a list; `next` is the cursor of the next page, None on the last one."""

    rows: list[M]
    next: str | None

    def add_pagination_headers(self, request: Request, response: R) -> R:
        """Adds the cursor and the URL of the next page to the headers of a response, and returns it."""
        if self.next is not None:
            query = request.query_params.copy()
            query["cursor"] = self.next
            response.headers["X-Next-Cursor"] = self.next
            address = absolute_url(request._request, escape_uri_path(request.path))
            response.headers["Link"] = f'<{address}?{query.urlencode()}>; rel="next"'
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorPagination:
    """The order of a list, and the number of rows of a page: `limit`, unless the request asks for fewer."""

    key: str
    kind: type
    limit: int
    default: int | None = None  # rows where no `limit` is given
    descending: bool = True
    nullable: bool = False

    @property
    def parameters(self) -> tuple[Parameter, Parameter]:
        """The query parameters `cursor` and `limit`, both optional."""
        return (
            Parameter(
                name="cursor",
                description="The cursor of the page: `X-Next-Cursor` of the previous page.",
                check=optional(self._cursor),
                expects=(INVALID_CURSOR,),
            ),
            Parameter(
                name="limit",
                description="The number of results per page.",
                schema={"type": "integer", "minimum": 1, "maximum": self.limit},
                check=optional(self._limit),
                expects=(self._limit_message,),
            ),
        )

    @property
    def members(self) -> MemberChecks:
        """The query parameters by name, for `validation.validate_query`."""
        return Fields(*self.parameters)

    def page(self, rows: QuerySet[M], params: Mapping[str, Any]) -> Page[M]:
        """Returns the page for validated parameters. The order of `rows` does not matter."""
        limit = params.get("limit", self.default or self.limit)
        # One row more than listed shows whether another page follows.
        read = self._after(rows, params.get("cursor"), limit + 1)
        following = None
        if len(read) > limit:
            last = read[limit - 1]
            position = (self.key, attrgetter(self.key.replace("__", "."))(last), last.pk)
            following = base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")
        return Page(read[:limit], following)

    # --- rows ---------------------------------------------------------------------------------------

    def _after(self, rows: QuerySet[M], position: CursorPosition | None, count: int) -> list[M]:
        if not self.nullable:
            return list(self._ordered(self._beyond(rows, position))[:count])
        # In SQL no value compares as greater than NULL: rows without a value are a second list after the others.
        found: list[M] = []
        if position is None or position.value is not None:
            valued = rows.filter(**{f"{self.key}__isnull": False})
            found = list(self._ordered(self._beyond(valued, position))[:count])
            position = None
        if len(found) < count:
            valueless = rows.filter(**{f"{self.key}__isnull": True})
            beyond = valueless if position is None else valueless.filter(**self._pk_beyond(position))
            found += beyond.order_by("-pk" if self.descending else "pk")[: count - len(found)]
        return found

    def _ordered(self, rows: QuerySet[M]) -> QuerySet[M]:
        sign = "-" if self.descending else ""
        return rows.order_by(*([] if self.key == "pk" else [f"{sign}{self.key}"]), f"{sign}pk")

    def _beyond(self, rows: QuerySet[M], position: CursorPosition | None) -> QuerySet[M]:
        if position is None or self.key == "pk":
            return rows if position is None else rows.filter(**self._pk_beyond(position))
        # A row comparison, so that an index over both columns starts reading exactly there.
        here = _row(F(self.key), F("pk"))
        there = _row(Value(position.value), Value(position.pk))
        sign = " < " if self.descending else " > "
        return rows.filter(
            Func(here, there, template="%(expressions)s", arg_joiner=sign, output_field=BooleanField()),
        )

    def _pk_beyond(self, position: CursorPosition) -> dict[str, int]:
        return {"pk__lt" if self.descending else "pk__gt": position.pk}

    # --- cursors ------------------------------------------------------------------------------------

    def _cursor(self, text: Any) -> CursorPosition:
        """Decodes a cursor. Raises Violation unless this list created it."""
        if not isinstance(text, str) or len(text) > MAX_CURSOR_LENGTH:
            raise Violation(INVALID_CURSOR, text)
        try:
            # The padding was removed, as it would have to be escaped in a URL.
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            key, value, pk = msgspec.json.decode(raw, type=CURSOR_TYPES[self.kind])
            if isinstance(value, datetime):
                value = value.astimezone(UTC)  # refuses the last hours of year 9999 in a western zone, for example
        except (ValueError, OverflowError, binascii.Error, msgspec.MsgspecError):
            raise Violation(INVALID_CURSOR, text) from None
        # The cursor of another list, where the value has another meaning.
        if key != self.key or (value is None and not self.nullable):
            raise Violation(INVALID_CURSOR, text)
        return CursorPosition(key, value, pk)

    def _limit(self, text: Any) -> int:
        limit = parse_digits(text, maximum=self.limit)
        if not limit:
            raise Violation(self._limit_message, text)
        return limit

    @property
    def _limit_message(self) -> str:
        return f"Expected an integer between 1 and {self.limit}."


def _row(*parts: Any) -> Func:
    return Func(*parts, function="ROW", output_field=BooleanField())
