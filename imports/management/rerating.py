"""Rates the scores on changed charts anew in a terminal, and tells how far it is."""

from __future__ import annotations

from django.core.management.base import OutputWrapper

from imports.models import Rerating
from imports.seeds import rerate


def work_here(left: Rerating, output: OutputWrapper) -> str:
    """Works until all players are done; a counter moves where the output is a terminal. Returns what was done."""
    is_terminal = output.isatty()

    def tell(now: Rerating) -> None:
        if is_terminal:
            output.write(f"\r{now!s:<79}", ending="")
            output.flush()

    rerate.work(left.pk, tell=tell)
    if is_terminal:
        output.write(f"\r{'':<79}\r", ending="")
    left.refresh_from_db()
    return in_words(left)


def in_words(left: Rerating) -> str:
    """One line about a rerating, finished or not."""
    changed = f"{left.scores_changed:,} scores changed"
    if left.time_finished is not None:
        return f"rated anew: {changed}, {left.players_done:,} players looked at"
    return f"being rated anew: {left.players_done:,} of {left.player_count:,} players, {changed} so far"
