"""Custom column types. Migrations refer to them; no model uses them any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from psycopg.types.multirange import Int8Multirange
from psycopg.types.range import Int8Range


class KeySetField(models.Field):  # type: ignore[type-arg]  # the stubs require types for setting and getting
    """A set of primary keys as an `int8multirange`: a few bytes if the keys are adjacent.

    Its Python value is an `Int8Multirange`; `key_set(keys)` makes one.
    """

    description = "Set of primary keys"

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - Django's signature
        return "int8multirange"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Int8Multirange:  # noqa: ARG002
        return Int8Multirange() if value is None else value

    def to_python(self, value: Any) -> Int8Multirange:
        return value if isinstance(value, Int8Multirange) else key_set(value or ())

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))


def key_set(keys: Iterable[int] = ()) -> Int8Multirange:
    """Returns the smallest multirange of exactly these keys."""
    ranges: list[Int8Range] = []
    start = last = None
    for key in sorted(set(keys)):
        if last is not None and key == last + 1:
            last = key
            continue
        if start is not None and last is not None:
            ranges.append(Int8Range(start, last + 1))
        start = last = key
    if start is not None and last is not None:
        ranges.append(Int8Range(start, last + 1))
    return Int8Multirange(ranges)
