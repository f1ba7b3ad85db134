"""Checks of JSON data that word the first violation exactly as the original's validator does. Pure.

A check takes a value (`ABSENT` for a member that is not there), returns it as it is to be kept, and raises `Violation`
for the first thing that is wrong. Checks of objects and lists are made of checks of their parts.
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
"""A member that is not there: JavaScript's undefined."""

Check = Callable[[Any], Any]

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")

NO_OBJECT = "Object does not match structure of schema, expected this location to have an object."
TOO_LARGE = "Expected a number that fits into 64 bits."


class Violation(Exception):
    """What is wrong, where (a path like `.scores[0].lamp` that grows as it rises), and the offending value.

    `value` is left out where it is an object or a list, which messages do not quote. `is_unknown`: the data have a
    member that we do not know, and nothing else is known to be wrong with them.
    """

    def __init__(self, message: str, value: Any = (), *, path: str = "", is_unknown: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.value = value
        self.is_unknown = is_unknown
        self.hint = ""  # a sentence beyond what the original says

    def under(self, step: str) -> Violation:
        """The same, seen from one level further up; `step` is like `.scores` or `[0]`."""
        self.path = step + self.path
        return self

    def __str__(self) -> str:
        """`scores[0].score | Expected an integer. | Received 1.5 [type: number].`"""
        said = f"{self.path.removeprefix('.') or 'null'} | {self.message}{received(self.value)}."
        return f"{said} {self.hint}" if self.hint else said


def received(value: Any) -> str:
    """How a message quotes a value; objects and lists are not quoted."""
    if isinstance(value, dict | list | tuple):
        return ""
    return f" | Received {written(value)} [type: {type_word(value)}]"


def written(value: Any) -> str:
    """`String(value)`, for members that are not there too."""
    return "undefined" if value is ABSENT else text(value)


def type_word(value: Any) -> str:
    """JavaScript's `typeof`, except that null is called null."""
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
    """A text's length as JavaScript counts it: characters beyond the basic plane count twice."""
    return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2


# --- objects ----------------------------------------------------------------------------------------


def entries(value: Any) -> Mapping[str, Any]:
    """The members of an object; a list counts as one with the keys 0, 1, 2 ... Raises Violation for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    raise Violation(NO_OBJECT, value)


def in_js_order(keys: Iterable[str]) -> list[str]:
    """Keys as JavaScript lists them: array indices first, by size, then the others as they came."""
    listed = list(keys)
    if not any(map(_is_index, listed)):
        return listed
    return sorted(listed, key=lambda key: int(key) if _is_index(key) else 2**32)


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 10 and str(int(key)) == key and int(key) < 2**32 - 1


def strict_object(members: Mapping[str, Check]) -> Check:
    """Each named member in order, then nothing else. Keeps the members that are there."""
    check_members = open_object(members)

    def check(value: Any) -> dict[str, Any]:
        kept: dict[str, Any] = check_members(value)
        refuse_unexpected(entries(value), members)
        return kept

    return check


def open_object(members: Mapping[str, Check]) -> Check:
    """Each named member in order; whatever else is there is neither looked at nor kept."""

    def check(value: Any) -> dict[str, Any]:
        given = entries(value)
        kept = {}
        for name, member in members.items():
            try:
                found = member(given.get(name, ABSENT))
            except Violation as violation:
                # As the original's paths name members: `.scores`, `["2dx-gsm"]`.
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
    """Absent and null pass as they are."""
    return lambda value: value if value is None or value is ABSENT else check(value)


def anything(value: Any) -> Any:
    return value


# --- single values ----------------------------------------------------------------------------------


def length_between(low: int, high: int) -> Check:
    """A text of so many UTF-16 units."""

    def check(value: Any) -> str:
        if isinstance(value, str) and low <= utf16_length(value) <= high:
            return value
        raise Violation(f"Expected a string with length between {low} and {high}.", value)

    return check


def string(message: str, *, high: int) -> Check:
    """Any text. The original knows no limit; ours keeps texts out that no catalogue could match."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Violation(message, value)
        if utf16_length(value) > high:
            raise Violation(f"Expected a string of at most {high} characters.", value)
        return value

    return check


def one_of(values: Sequence[str], *, besides: Sequence[str] = ()) -> Check:
    """`besides`: values that are taken, and that no message offers."""
    message = f"Expected any of {', '.join(values)}."
    known = frozenset((*values, *besides))

    def check(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise Violation(message, value)

    return check


def metric(declared: Metric) -> Check:
    """A metric's value. A rule that depends on the chart is not asked yet."""
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
    """The number itself. JavaScript reads 1e999 as Infinity, which no database of ours could give back."""
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
