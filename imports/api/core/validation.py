"""Validation of bodies and queries (spec: http-api §5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from imports.api.core.exceptions import invalid_parameter
from imports.api.core.parsers import Body
from imports.formats import schema
from imports.formats.schema import ABSENT, Check, Violation

MAX_REASON_LENGTH = 500  # UTF-16 units
NO_REASON = f"Expected a string with length between 0 and {MAX_REASON_LENGTH}."
NO_BOOLEAN = "Expected *boolean or no value."

MemberChecks = Mapping[str, Check]


def validate_strict(body: Body, members: MemberChecks) -> dict[str, Any]:
    """Returns the checked members of a body; other members are refused. Raises APIError with 400."""
    body.require_json()
    # A list would pass as an object without members; Tachi then names the body `null`.
    if body.raw.startswith(b"["):
        raise invalid_parameter("null", schema.NO_OBJECT, "")
    return _validate(body.members(), members)


def validate_known(body: Body, members: MemberChecks) -> dict[str, Any]:
    """Returns the checked members of a body; other members are ignored. Raises APIError with 400."""
    body.require_json()
    return _validate({name: value for name, value in body.members().items() if name in members}, members)


def validate_query(request: Request, members: MemberChecks, *, is_strict: bool = True) -> dict[str, Any]:
    """Returns the checked members of a query; others are refused if `is_strict`. A key given twice is an array."""
    given = {name: values if len(values) > 1 else values[0] for name, values in request.query_params.lists()}
    return _validate(given if is_strict else {name: given[name] for name in members if name in given}, members)


def _validate(given: Mapping[str, Any], members: MemberChecks) -> dict[str, Any]:
    try:
        checked: dict[str, Any] = schema.strict_object(members)(given)
    except Violation as violation:
        value = violation.value
        quoted = "" if isinstance(value, dict | list | tuple) else schema.written(value)
        # Names of members without brackets, also if they are no identifiers: `!password`, not `["!password"]`.
        key = re.sub(r'\["(.*?)"\]', r".\1", violation.path).removeprefix(".") or "null"
        raise invalid_parameter(key, violation.message, quoted, absent=value is ABSENT) from None
    return checked


# --- checks -----------------------------------------------------------------------------------------


def optional(check: Check) -> Check:
    """Returns a check that accepts an absent member."""
    return lambda value: value if value is ABSENT else check(value)


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Violation(NO_BOOLEAN, value)


def reason(value: Any) -> str:
    """Returns the reason of a change without surrounding white space. Raises Violation."""
    given: str = schema.length_between(0, MAX_REASON_LENGTH)(value)
    return given.strip()


def query_boolean(value: Any) -> bool:
    """Returns the value of a query flag, `true` or `false`. Raises Violation."""
    return bool(schema.one_of(("true", "false"))(value) == "true")
