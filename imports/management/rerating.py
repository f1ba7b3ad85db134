"""Rates scores anew in a terminal, and shows the progress."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

from imports.models import Rerating
from imports.seeds import rerate

POLL_INTERVAL_SECONDS = 0.1  # between two checks whether the imports that it waits for have ended


def rerate_here(left: Rerating, output: OutputWrapper) -> str:
    """Works until all players are done; a counter moves where the output is a terminal. Returns what was done.

    Waits for the imports that are under way, as their scores may be of the charts as they were.
    """
    is_terminal = output.isatty()

    def write_status(now: Rerating) -> None:
        if is_terminal:
            output.write(f"\r{now!s:<79}", ending="")
            output.flush()

    # Nothing left to work at is not the end: imports that were under way may bring scores of the old charts.
    while rerate.work(left.pk, on_player_done=write_status) or rerate.unfinished().filter(pk=left.pk).exists():
        time.sleep(POLL_INTERVAL_SECONDS)
    if is_terminal:
        output.write(f"\r{'':<79}\r", ending="")
    left.refresh_from_db()
    return describe_rerating(left)


def describe_rerating(left: Rerating) -> str:
    """One line about a rerating, finished or not."""
    changed = f"{left.scores_changed:,} scores changed"
    by = f"{left.game} by the rules of {left.rules} " if left.game else ""
    if left.time_finished is not None:
        return f"{by}rated anew: {changed}, {left.players_done:,} players looked at"
    return f"{by}being rated anew: {left.players_done:,} of {left.player_count:,} players, {changed} so far"
