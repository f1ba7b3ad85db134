"""Passes score IDs to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable


def array_of(score_ids: Iterable[str]) -> str:
    """Returns an array literal of score IDs, for `%s::text[]`.

    For a list psycopg would search each text for characters to quote, which takes five times as long. IDs consist of a
    letter and hex digits and need no quotes.
    """
    return f"{{{','.join(score_ids)}}}"
