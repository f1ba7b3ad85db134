"""How many rows may be left out of a file because they break its schema. Pure."""

from __future__ import annotations

from imports.errors import ImportFailed

MAX_SKIPPED = 100_000
"""Rows that `skip_invalid` leaves out of one import; a file with more of them is no list of scores."""

TOO_MANY_SKIPPED = f"More than {MAX_SKIPPED} scores are invalid. None was imported."


def refuse_too_many(count: int) -> None:
    """Raises ImportFailed where so many rows were left out."""
    if count > MAX_SKIPPED:
        raise ImportFailed(TOO_MANY_SKIPPED)
