"""Validation of bodies and queries (spec: http-api §5)."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.request import Request

from imports.api.core.exceptions import APIError, invalid_parameter
from imports.api.core.parsers import Body
from imports.formats import schema
from imports.formats.parsing.numbers import number_of
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
        error = invalid_parameter(key, violation.message, quoted, absent=value is ABSENT)
        # In the API of 2025 the first problem is all that a response tells of.
        error.problem = ", ".join([error.problem, *_other_problems(given, members, key)])
        raise error from None
    return checked


def _other_problems(given: Mapping[str, Any], members: MemberChecks, first: str) -> Iterator[str]:
    """Yields the invalid members after the first one, each with its problem."""
    for name in itertools.islice(itertools.dropwhile(lambda name: name != first, members), 1, None):
        try:
            members[name](given.get(name, ABSENT))
        except Violation as violation:
            yield f"{name} {violation.message}"
        except APIError:  # it has a response of its own
            continue


# --- messages of 2026 -------------------------------------------------------------------------------

KINDS = {bool: "boolean", float: "number", str: "string", dict: "object", list: "array", type(None): "null"}
"""Type of JSON data -> its name in messages."""


def problem_of_2026(violation: Violation, expected: Mapping[str, Any]) -> str:
    """Returns what the API of 2026 says of an invalid value: the message of zod, with which Tachi checks parameters.

    `expected`: the JSON schema of the parameter.
    """
    value = violation.value
    if violation.path:  # the element of a list
        expected = expected["items"]
    if "enum" in expected:
        options = "|".join(f'"{option}"' for option in expected["enum"])
        return f"Invalid option: expected one of {options}"
    if expected["type"] == "integer":
        return _numeric_problem(value, low=expected["minimum"], high=expected["maximum"])
    is_expected = expected["type"] not in ("string", "array") or KINDS.get(type(value)) == expected["type"]
    return violation.message if is_expected else wrong_kind(expected["type"], value)


def wrong_kind(expected: str, value: Any) -> str:
    """Returns the message for a value of another JSON type than the expected one."""
    return f"Invalid input: expected {expected}, received {KINDS.get(type(value), 'undefined')}"


def query_integer(low: int, high: int) -> Check:
    """Returns the check of an integer in a query of 2026, which JavaScript converts from text."""

    def check(value: Any) -> int:
        if problem := _numeric_problem(value, low=low, high=high):
            raise Violation(problem, value)
        return int(number_of(value))

    return check


def _numeric_problem(value: Any, *, low: int, high: int) -> str:
    """Returns what is wrong with a number in a query; "" if it is valid."""
    number = number_of(value) if isinstance(value, str) else math.nan
    if math.isnan(number):
        return "Invalid input: expected number, received NaN"
    if not number.is_integer():
        return "Invalid input: expected int, received number"
    if number < low:
        return f"Too small: expected number to be >={low}"
    return f"Too big: expected number to be <={high}" if number > high else ""


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
