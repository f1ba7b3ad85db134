"""Parsing numbers and times as programs and people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from imports.integers import MAX_BIGINT, MAX_TIMESTAMP_MS, milliseconds, parse_digits


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(2023, 11, 14, 22, 13, 20, 1_999, tzinfo=UTC), 1_700_000_000_001),
        (datetime(2023, 11, 15, 0, 13, 20, tzinfo=timezone(timedelta(hours=2))), 1_700_000_000_000),
        (datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC), -1),
        (datetime.max.replace(tzinfo=UTC), MAX_TIMESTAMP_MS),
    ],
)
def test_milliseconds_are_exact_and_rounded_down(moment: datetime, expected: int) -> None:
    assert milliseconds(moment) == expected


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", " 1", "1_000", "٣", "²", str(MAX_BIGINT + 1), "9" * 5_000, None, 7]
)
def test_other_texts_and_larger_numbers_are_parsed_as_none(text: object) -> None:
    assert parse_digits(text) is None


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("007", 7), (str(MAX_BIGINT), MAX_BIGINT)])
def test_a_text_of_digits_is_parsed_as_a_number(text: str, expected: int) -> None:
    assert parse_digits(text) == expected


def test_parse_digits_accepts_a_lower_limit() -> None:
    assert (parse_digits("99", maximum=99), parse_digits("100", maximum=99)) == (99, None)
