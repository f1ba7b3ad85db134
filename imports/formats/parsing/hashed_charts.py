"""What the hooks of games share whose charts are files that players make: a body names one by its hash. Pure."""

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
    """A member of a body, ABSENT where it has none. What is no object has none."""
    return body.get(name, ABSENT) if isinstance(body, dict) else ABSENT


def whole_part(members: Mapping[str, Check]) -> Check:
    """A part of a body that is checked by itself: what is no object at all has another message than a member."""
    check = schema.open_object(members)

    def check_part(value: Any) -> Any:
        if isinstance(value, dict | list):
            return check(value)
        raise Violation(NO_PART, value)

    return check_part


def in_other_words(message: str, check: Check) -> Check:
    """The same check with a message of its own."""

    def check_in_other_words(value: Any) -> Any:
        try:
            return check(value)
        except Violation:
            raise Violation(message, value) from None

    return check_in_other_words


def exactly(expected: int) -> Check:
    """This number and nothing else."""

    def check(value: Any) -> int:
        if is_finite_number(value) and value == expected:
            return expected
        raise Violation("Invalid Input, but no error message is available.", value)

    return check


def sha256(value: Any) -> str:
    """64 hexadecimal digits in small letters. The message has no full stop of its own."""
    if isinstance(value, str) and SHA_256.fullmatch(value):
        return value
    raise Violation("Expected string to match /^[0-9a-f]{64}$/u", value)


def hash_key(game: str, value: str) -> Key:
    """What chart to load for a hash."""
    return (game, "hash", value)


def chart_with_hash(catalogue: Catalogue, game: str, value: str, *, playtype: str | None = None) -> Chart | None:
    """The chart with a hash, of one playtype or of any. Of several the primary one, then that of the least ID."""
    charts = catalogue.charts.get(hash_key(game, value), ())
    fitting = (chart for chart in charts if playtype in (None, chart.playtype))
    return min(fitting, key=lambda chart: (not chart.is_primary, chart.chart_id), default=None)
