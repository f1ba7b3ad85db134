"""The issues that Tachi's second validator reports for every kind of shape."""

from __future__ import annotations

from typing import Any

import pytest

from imports.formats import shape_errors
from imports.formats.schema import ABSENT
from imports.games.shapes import Either, Flag, ListOf, Number, OneOf, Pair, Record, Shape, Text


def wrong_type(expected: str, received: str, *path: str | int, message: str = "") -> dict[str, Any]:
    text = message or f"Expected {expected}, received {received}"
    return {"code": "invalid_type", "expected": expected, "received": received, "path": list(path), "message": text}


def out_of_range(code: str, bound: str, value: float, words: str, *path: str | int, inclusive: bool) -> dict[str, Any]:
    message = f"Number must be {words} {value}"
    kind = {"type": "number", "inclusive": inclusive, "exact": False, "message": message}
    return {"code": code, bound: value, **kind, "path": list(path)}


def wrong_size(code: str, bound: str, size: int, words: str, *path: str | int) -> dict[str, Any]:
    message = f"Array must contain {words} {size} element(s)"
    kind = {"inclusive": True, "exact": False, "type": "array"}
    return {"code": code, bound: size, **kind, "path": list(path), "message": message}


def not_among(choices: str, received: str, *path: str | int) -> dict[str, Any]:
    message = " | ".join(f"'{choice}'" for choice in choices)
    return {
        "received": received,
        "code": "invalid_enum_value",
        "options": list(choices),
        "path": list(path),
        "message": f"Invalid enum value. Expected {message}, received '{received}'",
    }


def no_choice(choices: str, received: str, *path: str | int, message: str = "") -> dict[str, Any]:
    expected = " | ".join(f"'{choice}'" for choice in choices)
    text = message or f"Expected {expected}, received {received}"
    return {"expected": expected, "received": received, "code": "invalid_type", "path": list(path), "message": text}


def unknown(*keys: str, path: tuple[str | int, ...] = ()) -> dict[str, Any]:
    message = "Unrecognized key(s) in object: " + ", ".join(f"'{key}'" for key in keys)
    return {"code": "unrecognized_keys", "keys": list(keys), "path": list(path), "message": message}


FRACTION = {
    "code": "invalid_type",
    "expected": "integer",
    "received": "float",
    "message": "Expected integer, received float",
    "path": [],
}
INFINITE = {"code": "not_finite", "path": [], "message": "Number must be finite"}

AB = OneOf(("A", "B"))
LIST_OR_WHOLE = Either((ListOf(Number(whole=True)), Number(whole=True)))

ISSUES: list[tuple[Shape, Any, list[dict[str, Any]]]] = [
    (Text(), 5, [wrong_type("string", "number")]),
    (Text(), ABSENT, [wrong_type("string", "undefined", message="Required")]),
    (Text(optional=True), None, [wrong_type("string", "null")]),
    (Text(nullable=True), ABSENT, [wrong_type("string", "undefined", message="Required")]),
    (Flag(), "true", [wrong_type("boolean", "string")]),
    (Flag(), 1, [wrong_type("boolean", "number")]),
    (Number(), True, [wrong_type("number", "boolean")]),
    (Number(), [], [wrong_type("number", "array")]),
    (Number(), float("inf"), [INFINITE]),
    (Number(whole=True), 1.5, [FRACTION]),
    (Number(low=0), -1, [out_of_range("too_small", "minimum", 0, "greater than or equal to", inclusive=True)]),
    (Number(above=0), 0, [out_of_range("too_small", "minimum", 0, "greater than", inclusive=False)]),
    (Number(high=9.5), 9.6, [out_of_range("too_big", "maximum", 9.5, "less than or equal to", inclusive=True)]),
    (
        Number(whole=True, low=1),
        0.5,
        [FRACTION, out_of_range("too_small", "minimum", 1, "greater than or equal to", inclusive=True)],
    ),
    (AB, "C", [not_among("AB", "C")]),
    (AB, "a", [not_among("AB", "a")]),
    (AB, 5, [no_choice("AB", "number")]),
    (AB, ABSENT, [no_choice("AB", "undefined", message="Required")]),
    (ListOf(AB), {}, [wrong_type("array", "object")]),
    (ListOf(AB), ["A", "C", 1], [not_among("AB", "C", 1), no_choice("AB", "number", 2)]),
    (Pair((AB, Flag())), None, [wrong_type("array", "null")]),
    (Pair((AB, Flag())), ["C"], [wrong_size("too_small", "minimum", 2, "at least")]),
    (
        Pair((AB, Flag())),
        ["C", True, 5],
        [wrong_size("too_big", "maximum", 2, "at most"), not_among("AB", "C", 0)],
    ),
    (Record({"a": AB}), [], [wrong_type("object", "array")]),
    (Record({}), {"b": 1, "7": 1}, [unknown("7", "b")]),
    (
        Record({"a": AB, "in": Record({"b": Flag()})}),
        {"x": 1, "in": {"y": 1}},
        [
            no_choice("AB", "undefined", "a", message="Required"),
            wrong_type("boolean", "undefined", "in", "b", message="Required"),
            unknown("y", path=("in",)),
            unknown("x"),
        ],
    ),
    (
        LIST_OR_WHOLE,
        "x",
        [
            {
                "code": "invalid_union",
                "unionErrors": [
                    {"issues": [wrong_type("array", "string")], "name": "ZodError"},
                    {"issues": [wrong_type("number", "string")], "name": "ZodError"},
                ],
                "path": [],
                "message": "Invalid input",
            }
        ],
    ),
    (LIST_OR_WHOLE, 1.5, [FRACTION]),  # the type was right, so only this option is reported
    (Either((Pair((Flag(), Flag())), Number())), [], [
        {
            "code": "invalid_union",
            "unionErrors": [
                {"issues": [wrong_size("too_small", "minimum", 2, "at least")], "name": "ZodError"},
                {"issues": [wrong_type("number", "array")], "name": "ZodError"},
            ],
            "path": [],
            "message": "Invalid input",
        }
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "value", "expected"), ISSUES)
def test_each_shape_error_has_its_message(shape: Shape, value: Any, expected: list[dict[str, Any]]) -> None:
    found = list(shape_errors.issues(shape, value))
    assert found == expected
    assert [list(issue) for issue in found] == [list(issue) for issue in expected]  # clients see the order of members


FITTING: list[tuple[Shape, Any]] = [
    (Text(), ""),
    (Text(optional=True), ABSENT),
    (Text(nullable=True), None),
    (Number(), -0.5),
    (Number(whole=True, low=0, high=9), 9.0),
    (Number(above=0), 0.001),
    (Flag(), False),
    (AB, "B"),
    (ListOf(AB), []),
    (ListOf(Number(nullable=True)), [None, 1]),
    (Pair((AB, Flag())), ["A", True]),
    (LIST_OR_WHOLE, [1, 2]),
    (LIST_OR_WHOLE, 3),
    (Record({"a": AB, "b": Text(optional=True)}), {"a": "A"}),
]


@pytest.mark.parametrize(("shape", "value"), FITTING)
def test_a_valid_value_has_no_issues(shape: Shape, value: Any) -> None:
    assert list(shape_errors.issues(shape, value)) == []


WRITTEN = """[
  {
    "received": "\u2028 \\t é",
    "code": "invalid_enum_value",
    "options": [
      "A",
      "B"
    ],
    "path": [],
    "message": "Invalid enum value. Expected 'A' | 'B', received '\u2028 \\t é'"
  }
]"""


def test_issues_are_written_as_in_javascript() -> None:
    assert shape_errors.as_json(list(shape_errors.issues(AB, "\u2028 \t é"))) == WRITTEN
