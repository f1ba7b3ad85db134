"""Shared code of hooks for games whose charts are files made by players: a body identifies a chart by its hash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from imports.formats import schema
from imports.formats.base import Catalogue, Key
from imports.formats.schema import ABSENT, Check, Violation
from imports.games.javascript import is_finite_number
from imports.games.spec import Chart

NO_PART = "Non-object provided for validation."
SHA_256 = re.compile("[0-9a-f]{64}")


def part(body: Any, name: str) -> Any:
    """Returns a member of a body, ABSENT if the body lacks it or is not an object."""
    return body.get(name, ABSENT) if isinstance(body, dict) else ABSENT


def whole_part(members: Mapping[str, Check]) -> Check:
    """Returns the check of a body's part, which has another message than a member if it is not an object."""
    check = schema.open_object(members)

    def check_part(value: Any) -> Any:
        if isinstance(value, dict | list):
            return check(value)
        raise Violation(NO_PART, value)

    return check_part


def in_other_words(message: str, check: Check) -> Check:
    """Returns the check with another message."""

    def check_in_other_words(value: Any) -> Any:
        try:
            return check(value)
        except Violation:
            raise Violation(message, value) from None

    return check_in_other_words


def exactly(expected: int) -> Check:
    """Returns the check of a value that must be this number."""

    def check(value: Any) -> int:
        if is_finite_number(value) and value == expected:
            return expected
        raise Violation("Invalid Input, but no error message is available.", value)

    return check


def sha256(value: Any) -> str:
    """Returns a text of 64 lower-case hexadecimal digits. Raises Violation."""
    if isinstance(value, str) and SHA_256.fullmatch(value):
        return value
    raise Violation("Expected string to match /^[0-9a-f]{64}$/u", value)


def hash_key(game: str, value: str) -> Key:
    """Returns the key of the chart to load for a hash."""
    return (game, "hash", value)


def chart_with_hash(catalogue: Catalogue, game: str, value: str, *, playtype: str | None = None) -> Chart | None:
    """Returns the chart with a hash, of one playtype or any. Of several, a primary one, then the smallest ID."""
    charts = catalogue.charts.get(hash_key(game, value), ())
    fitting = (chart for chart in charts if playtype in (None, chart.playtype))
    return min(fitting, key=lambda chart: (not chart.is_primary, chart.chart_id), default=None)
