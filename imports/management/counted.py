"""Counts in the output of commands."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Formats a count with its noun, as `1 player` or `1,200 players`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
