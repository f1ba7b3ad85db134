"""Numbers and texts are formatted as in JavaScript. The samples were printed by a JavaScript engine."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imports.games import javascript


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (100.0, "100"),
        (-100.5, "-100.5"),
        (0.1, "0.1"),
        (1605 * 100 / 1604, "100.06234413965088"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (1.25e-10, "1.25e-10"),
        (1e16, "10000000000000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e21, "1.5e+21"),
        (123456789012345680000.0, "123456789012345680000"),
        (12345678901234567890, "12345678901234567000"),  # an integer that no double can hold
        (2**53 - 1, "9007199254740991"),
        (2**53 + 1, "9007199254740992"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        pytest.param(10**400, "Infinity", id="huge"),
        pytest.param(-(10**400), "-Infinity", id="-huge"),
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
        (1234.5678, "1234.5678"),
    ],
)
def test_a_number_is_written_as_in_javascript(value: float, written: str) -> None:
    assert javascript.number(value) == written


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_back_the_same(value: float) -> None:
    assert float(javascript.number(value)) == value


@given(some.floats(allow_nan=False, allow_infinity=False).filter(lambda value: value != 0))
def test_exponents_are_used_only_for_very_small_and_large_numbers(value: float) -> None:
    assert ("e" in javascript.number(value)) == (not 1e-6 <= abs(value) < 1e21)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ('say "hi" \\ /', '"say \\"hi\\" \\\\ /"'),
        ("\b\f\n\r\t\x00\x1f\x7f", '"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"'),
        ("香港 ☆ 😀\u2028", '"香港 ☆ 😀\u2028"'),
        ("lone \ud83d here", '"lone \\ud83d here"'),
        ("low \ude00", '"low \\ude00"'),
        ("split \ud83d\ude00", '"split 😀"'),
        ("\ude00\ud83d", '"\\ude00\\ud83d"'),
    ],
)
def test_a_string_is_quoted_as_in_javascript(text: str, quoted: str) -> None:
    assert javascript.quoted(text) == quoted


@given(some.text(some.characters()))
def test_a_quoted_string_reads_back_the_same_and_can_be_encoded(text: str) -> None:
    written = javascript.quoted(text)
    written.encode()
    assert json.loads(written) == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1.0, "1"),
        ([1, None, "a", [2.5, True]], "1,,a,2.5,true"),
        ({"a": 1}, "[object Object]"),
    ],
)
def test_a_value_is_converted_to_text_as_in_javascript(value: Any, shown: str) -> None:
    assert javascript.text(value) == shown


@pytest.mark.parametrize(
    ("value", "number", "finite", "safe"),
    [
        (1, True, True, True),
        (1.0, True, True, True),
        (-(2**53) + 1, True, True, True),
        (2**53, True, True, False),
        (1.5, True, True, False),
        (math.inf, True, False, False),
        (math.nan, True, False, False),
        pytest.param(10**400, True, False, False, id="huge"),
        (True, False, False, False),
        ("1", False, False, False),
        (None, False, False, False),
    ],
)
def test_values_are_classified_as_numbers_as_in_javascript(value: Any, number: bool, finite: bool, safe: bool) -> None:
    kinds = (javascript.is_number(value), javascript.is_finite_number(value), javascript.is_safe_integer(value))
    assert kinds == (number, finite, safe)
