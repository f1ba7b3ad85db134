"""Errors of data against a declared shape, as issues of zod 3, Tachi's second validator. No database access.

An issue is JSON data with its members in zod's order: clients see the text of the whole list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imports.formats.schema import ABSENT, in_js_order
from imports.games.javascript import is_number, number
from imports.games.shapes import Either, Flag, ListOf, MapOf, Number, OneOf, Pair, Record, Shape, Text

Issue = dict[str, Any]
Path = tuple[str | int, ...]

_WORDS: Mapping[type, str] = {
    Text: "string",
    Number: "number",
    Flag: "boolean",
    ListOf: "array",
    Pair: "array",
    MapOf: "object",
}


def issues(shape: Shape, value: Any, path: Path = ()) -> Iterator[Issue]:
    """Yields the issues of `value` (`ABSENT` for an absent member), in zod's order."""
    if (shape.optional and value is ABSENT) or (shape.nullable and value is None):
        return
    match shape:
        case OneOf():
            yield from one_of_issues(shape, value, path)
        case Either():
            yield from either_issues(shape, value, path)
        case Record():
            yield from record_issues(shape, value, path)
        case MapOf() if isinstance(value, dict):
            for name in in_js_order(value):
                yield from issues(shape.item, value[name], (*path, name))
        case _ if _parsed_type(value) != _WORDS[type(shape)]:
            yield _wrong_type(_WORDS[type(shape)], value, path)
        case Number():
            yield from number_issues(shape, value, path)
        case ListOf():
            for index, item in enumerate(value):
                yield from issues(shape.item, item, (*path, index))
        case Pair():
            yield from pair_issues(shape, value, path)
        case _:
            return


def as_json(found: Sequence[Issue]) -> str:
    """Returns JavaScript's `JSON.stringify(issues, null, 2)`."""
    return json.dumps(found, ensure_ascii=False, indent=2)


def _parsed_type(value: Any) -> str:
    """Returns zod's name for a value's type."""
    if value is ABSENT:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _wrong_type(expected: str, value: Any, path: Path) -> Issue:
    received = _parsed_type(value)
    message = "Required" if value is ABSENT else f"Expected {expected}, received {received}"
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": received,
        "path": list(path),
        "message": message,
    }


def one_of_issues(shape: OneOf, value: Any, path: Path) -> Iterator[Issue]:
    expected = " | ".join(f"'{choice}'" for choice in shape.values)
    if not isinstance(value, str):
        issue = _wrong_type(expected, value, path)
        yield {key: issue[key] for key in ("expected", "received", "code", "path", "message")}
    elif value not in shape.values:
        yield {
            "received": value,
            "code": "invalid_enum_value",
            "options": list(shape.values),
            "path": list(path),
            "message": f"Invalid enum value. Expected {expected}, received '{value}'",
        }


def either_issues(shape: Either, value: Any, path: Path) -> Iterator[Issue]:
    """Yields the issues of an option that fails by range or unknown key only, else one issue with those of all."""
    tried = [list(issues(option, value, path)) for option in shape.options]
    if not all(tried):
        return
    close = next((found for found in tried if all(map(_is_mild, found))), None)
    if close is not None:
        yield from close
        return
    yield {
        "code": "invalid_union",
        "unionErrors": [{"issues": found, "name": "ZodError"} for found in tried],
        "path": list(path),
        "message": "Invalid input",
    }


def _is_mild(issue: Issue) -> bool:
    """Returns whether zod continues after an issue, as the type was right."""
    if issue["code"] == "too_small":
        return bool(issue["type"] == "number")
    return issue["code"] in {"too_big", "unrecognized_keys", "not_finite"} or issue.get("expected") == "integer"


def record_issues(shape: Record, value: Any, path: Path) -> Iterator[Issue]:
    if not isinstance(value, dict):
        yield _wrong_type("object", value, path)
        return
    for name, member in shape.members.items():
        yield from issues(member, value.get(name, ABSENT), (*path, name))
    unknown = [name for name in in_js_order(value) if name not in shape.members]
    if unknown:
        yield {
            "code": "unrecognized_keys",
            "keys": unknown,
            "path": list(path),
            "message": "Unrecognized key(s) in object: " + ", ".join(f"'{name}'" for name in unknown),
        }


def number_issues(shape: Number, value: float, path: Path) -> Iterator[Issue]:
    if shape.whole and not float(value).is_integer():
        yield {
            "code": "invalid_type",
            "expected": "integer",
            "received": "float",
            "message": "Expected integer, received float",
            "path": list(path),
        }
    if shape.low is not None and value < shape.low:
        yield _out_of_range("small", shape.low, "greater than or equal to", path, inclusive=True)
    if shape.above is not None and value <= shape.above:
        yield _out_of_range("small", shape.above, "greater than", path, inclusive=False)
    if shape.high is not None and value > shape.high:
        yield _out_of_range("big", shape.high, "less than or equal to", path, inclusive=True)
    if not math.isfinite(value):  # Tachi accepts 1e999, which JSON cannot store
        yield {"code": "not_finite", "path": list(path), "message": "Number must be finite"}


def _out_of_range(which: str, bound: float, words: str, path: Path, *, inclusive: bool) -> Issue:
    return {
        "code": f"too_{which}",
        "minimum" if which == "small" else "maximum": bound,
        "type": "number",
        "inclusive": inclusive,
        "exact": False,
        "message": f"Number must be {words} {number(bound)}",
        "path": list(path),
    }


def pair_issues(shape: Pair, value: Sequence[Any], path: Path) -> Iterator[Issue]:
    size = len(shape.items)
    if len(value) < size:
        yield _wrong_size("small", size, "at least", path)
        return
    if len(value) > size:
        yield _wrong_size("big", size, "at most", path)
    for index, (item, inner) in enumerate(zip(shape.items, value, strict=False)):
        yield from issues(item, inner, (*path, index))


def _wrong_size(which: str, size: int, words: str, path: Path) -> Issue:
    return {
        "code": f"too_{which}",
        "minimum" if which == "small" else "maximum": size,
        "inclusive": True,
        "exact": False,
        "type": "array",
        "path": list(path),
        "message": f"Array must contain {words} {size} element(s)",
    }
