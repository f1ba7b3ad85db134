"""Checks of JSON data with exactly the messages of Tachi's validator for the first violation. No database access.

A check takes a value (`ABSENT` for an absent member), returns the value to store, and raises `Violation` for the first
error. Checks of objects and lists are built from checks of their parts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from imports.games.javascript import is_number, is_safe_integer, text
from imports.games.spec import Graph, Integer, Ladder, Metric, NumberRule

ABSENT = UNSET
"""An absent member, JavaScript's undefined."""

Check = Callable[[Any], Any]

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")

NO_OBJECT = "Object does not match structure of schema, expected this location to have an object."
TOO_LARGE = "Expected a number that fits into 64 bits."


class Violation(Exception):
    """An error in JSON data: its message, its path (like `.scores[0].lamp`, extended by each level) and its value.

    `value` is omitted for objects and lists, which messages do not quote. `is_unknown`: the only error is a member that
    we do not know.
    """

    def __init__(self, message: str, value: Any = (), *, path: str = "", is_unknown: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.value = value
        self.is_unknown = is_unknown
        self.hint = ""  # a sentence in addition to Tachi's message

    def under(self, step: str) -> Violation:
        """Prefixes the path with a step like `.scores` or `[0]`, and returns the violation."""
        self.path = step + self.path
        return self

    def __str__(self) -> str:
        """Returns e.g. `scores[0].score | Expected an integer. | Received 1.5 [type: number].`"""
        message = f"{self.path.removeprefix('.') or 'null'} | {self.message}{received(self.value)}."
        return f"{message} {self.hint}" if self.hint else message


def received(value: Any) -> str:
    """Returns the part of a message that quotes a value, "" for objects and lists."""
    if isinstance(value, dict | list | tuple):
        return ""
    return f" | Received {written(value)} [type: {type_word(value)}]"


def written(value: Any) -> str:
    """Returns JavaScript's `String(value)`; "undefined" for absent members."""
    return "undefined" if value is ABSENT else text(value)


def type_word(value: Any) -> str:
    """Returns JavaScript's `typeof value`, but "null" for null."""
    if value is ABSENT:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "object"


def utf16_length(value: str) -> int:
    """Returns a text's length in UTF-16 units: characters beyond the basic plane count twice."""
    return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2


# --- objects ----------------------------------------------------------------------------------------


def entries(value: Any) -> Mapping[str, Any]:
    """Returns the members of an object; a list has the keys "0", "1", "2" ... Raises Violation for other values."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    raise Violation(NO_OBJECT, value)


def in_js_order(keys: Iterable[str]) -> list[str]:
    """Returns keys in JavaScript's order: array indices first, ascending, then the others in their order."""
    listed = list(keys)
    if not any(map(_is_index, listed)):
        return listed
    return sorted(listed, key=lambda key: int(key) if _is_index(key) else 2**32)


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 10 and str(int(key)) == key and int(key) < 2**32 - 1


def strict_object(members: Mapping[str, Check]) -> Check:
    """Returns a check of the named members in order, which refuses other members. It keeps the present members."""
    check_members = open_object(members)

    def check(value: Any) -> dict[str, Any]:
        kept: dict[str, Any] = check_members(value)
        refuse_unexpected(entries(value), members)
        return kept

    return check


def open_object(members: Mapping[str, Check]) -> Check:
    """Returns a check of the named members in order; other members are neither checked nor kept."""

    def check(value: Any) -> dict[str, Any]:
        given = entries(value)
        kept = {}
        for name, member in members.items():
            try:
                found = member(given.get(name, ABSENT))
            except Violation as violation:
                # Tachi's notation of paths: `.scores`, `["2dx-gsm"]`.
                step = f".{name}" if _IDENTIFIER.fullmatch(name) else f'["{name}"]'
                raise violation.under(step) from None
            if found is not ABSENT:
                kept[name] = found
        return kept

    return check


def refuse_unexpected(given: Mapping[str, Any], known: Iterable[str]) -> None:
    unexpected = given.keys() - set(known)
    if unexpected:
        names = [name for name in in_js_order(given) if name in unexpected]
        raise Violation(f"Unexpected properties inside object: {', '.join(names)}.", is_unknown=True)


def optional(check: Check) -> Check:
    """Returns the check of a member that may be absent or null."""
    return lambda value: value if value is None or value is ABSENT else check(value)


def anything(value: Any) -> Any:
    return value


# --- single values ----------------------------------------------------------------------------------


def length_between(low: int, high: int) -> Check:
    """Returns the check of a text whose length in UTF-16 units is between these."""

    def check(value: Any) -> str:
        if isinstance(value, str) and low <= utf16_length(value) <= high:
            return value
        raise Violation(f"Expected a string with length between {low} and {high}.", value)

    return check


def string(message: str, *, high: int) -> Check:
    """Returns the check of a text of at most `high` UTF-16 units. Tachi has no limit; longer texts match no chart."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Violation(message, value)
        if utf16_length(value) > high:
            raise Violation(f"Expected a string of at most {high} characters.", value)
        return value

    return check


def one_of(values: Sequence[str], *, besides: Sequence[str] = ()) -> Check:
    """Returns the check of a value that must be one of these. `besides`: accepted values that messages do not list."""
    message = f"Expected any of {', '.join(values)}."
    known = frozenset((*values, *besides))

    def check(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise Violation(message, value)

    return check


def metric(declared: Metric) -> Check:
    """Returns the check of a metric's value. A rule that depends on the chart is not applied here."""
    if isinstance(declared, Ladder):
        return one_of(declared.values)
    if isinstance(declared, Graph):
        element = _decimal("Expected ?number or null." if declared.nullable else "Expected number.", declared.rule)
        return list_of(optional_null(element) if declared.nullable else element)
    rule = declared.rule if declared.chart_rule is None else None
    return _integer(rule) if isinstance(declared, Integer) else _decimal("Expected number.", rule)


def _integer(rule: NumberRule | None) -> Check:
    def check(value: Any) -> int:
        if not is_safe_integer(value):
            raise Violation("Expected an integer.", value)
        if rule is not None and not rule.accepts(value):
            raise Violation(rule.message, value)
        return int(value)

    return check


def _decimal(message: str, rule: NumberRule | None) -> Check:
    def check(value: Any) -> float:
        if not is_number(value):
            raise Violation(message, value)
        if rule is not None and not rule.accepts(value):
            raise Violation(rule.message, value)
        return finite(value)

    return check


def finite(value: float) -> float:
    """Returns the number. Raises Violation for infinity (JavaScript reads 1e999 so), which JSON cannot store."""
    if not math.isfinite(value):
        raise Violation(TOO_LARGE, value)
    return value


def optional_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def list_of(element: Check) -> Check:
    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Violation("Value was not an array.", value)
        kept = []
        for index, item in enumerate(value):
            try:
                kept.append(element(item))
            except Violation as violation:
                raise violation.under(f"[{index}]") from None
        return kept

    return check
