"""Members of bodies and queries, checked before anything is done with them (spec: http-api §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from imports.api.bodies import Body
from imports.api.errors import Refused, invalid
from imports.formats import schema
from imports.formats.schema import ABSENT, Check, Violation

REASON_LIMIT = 500  # UTF-16 units

Members = Mapping[str, Check]


def strict(body: Body, members: Members) -> dict[str, Any]:
    """The members that a body has, nothing else being allowed in it. Raises Refused with 400."""
    if body.raw.startswith(b"["):
        raise invalid("null", schema.NO_OBJECT, "")
    return _checked(body.members(), members)


def loose(body: Body, members: Members) -> dict[str, Any]:
    """The same; whatever else the body holds is not looked at."""
    return _checked({name: value for name, value in body.members().items() if name in members}, members)


def query(request: Request, members: Members, *, alone: bool = True) -> dict[str, Any]:
    """The members of the query, nothing else being allowed in it if `alone`. A key given twice is an array."""
    given = {name: values if len(values) > 1 else values[0] for name, values in request.query_params.lists()}
    return _checked(given if alone else {name: given[name] for name in members if name in given}, members)


def _checked(given: Mapping[str, Any], members: Members) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = schema.strict_object(members)(given)
    except Violation as violation:
        raise _refusal(violation) from None
    return kept


def _refusal(violation: Violation) -> Refused:
    value = violation.value
    quoted = "" if isinstance(value, dict | list | tuple) else schema.written(value)
    key = violation.path.removeprefix(".") or "null"
    return invalid(key, violation.message, quoted, absent=value is ABSENT)


# --- checks -----------------------------------------------------------------------------------------


def maybe(check: Check) -> Check:
    """A member that may be left out."""
    return lambda value: value if value is ABSENT else check(value)


def flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Violation("Expected *boolean or no value.", value)


def text_or_null(low: int, high: int) -> Check:
    return schema.optional_null(schema.length_between(low, high))


def reason(value: Any) -> str:
    """Why somebody does it, without blanks around it."""
    given: str = schema.length_between(0, REASON_LIMIT)(value)
    return given.strip()


def spoken(value: Any) -> bool:
    """A flag of a query: `true` or `false`."""
    return bool(schema.one_of(("true", "false"))(value) == "true")
