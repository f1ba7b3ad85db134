"""PostgreSQL's query plans, for tests that check the plan instead of the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

OUT_OF_ORDER = ("enable_seqscan", "enable_bitmapscan", "enable_sort")
"""All ways of reading rows except an index in its order."""


def plan_of(
    statement: str, values: Sequence[Any] | Mapping[str, Any] | None = None, *, without: Sequence[str] = ()
) -> str:
    """Returns the plan's lines. `without`: planner settings that are off for it, such as `enable_seqscan`.

    Tables of tests are small, and earlier tests distort their statistics. Without the ways that are efficient only for
    such tables, the plan is that of a large table.
    """
    with connection.cursor() as cursor:
        for way in without:
            cursor.execute(f"SET LOCAL {way} = off")
        cursor.execute(f"EXPLAIN {statement}", values)
        lines = [line for (line,) in cursor.fetchall()]
        for way in without:
            cursor.execute(f"SET LOCAL {way} = on")
    return "\n".join(lines)


def rows_read() -> dict[str, int]:
    """Returns the number of rows that this transaction has read so far, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
        )
        return dict(cursor.fetchall())
