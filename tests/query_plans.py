"""PostgreSQL's query plans, for tests that check the plan instead of the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

OUT_OF_ORDER = ("enable_seqscan", "enable_bitmapscan", "enable_sort")
"""All ways but reading an index in its order."""


def plan_of(
    statement: str, values: Sequence[Any] | Mapping[str, Any] | None = None, *, without: Sequence[str] = ()
) -> str:
    """The plan's lines. `without`: planner settings that are off meanwhile, such as `enable_seqscan`.

    Tables of tests are small, and what earlier tests left makes their statistics strange: without the ways that only
    pay there, the plan is that of a large table.
    """
    with connection.cursor() as cursor:
        for way in without:
            cursor.execute(f"SET LOCAL {way} = off")
        cursor.execute(f"EXPLAIN {statement}", values)
        lines = [line for (line,) in cursor.fetchall()]
        for way in without:
            cursor.execute(f"SET LOCAL {way} = on")
    return "\n".join(lines)
