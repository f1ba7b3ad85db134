"""Rerates scores in a terminal and shows the progress."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

from imports.management.counted import counted
from imports.models import Rerating
from imports.seeds import rerate

POLL_INTERVAL_SECONDS = 0.1  # between two checks for the end of running imports


def rerate_here(left: Rerating, output: OutputWrapper) -> str:
    """Works until all players are done, with a counter in a terminal. Returns a line about the result.

    Waits for running imports, as they may have read the charts before the change.
    """
    is_terminal = output.isatty()

    def write_status(now: Rerating) -> None:
        if is_terminal:
            output.write(f"\r{now!s:<79}", ending="")
            output.flush()

    # No work left does not mean the end: imports that were running may still add scores of the old charts.
    while rerate.work(left.pk, on_player_done=write_status) or rerate.unfinished().filter(pk=left.pk).exists():
        time.sleep(POLL_INTERVAL_SECONDS)
    if is_terminal:
        output.write(f"\r{'':<79}\r", ending="")
    left.refresh_from_db()
    return describe_rerating(left)


def describe_rerating(left: Rerating) -> str:
    """Returns a line about a finished or unfinished rerating."""
    changed = f"{counted(left.scores_changed, 'score')} changed"
    by = f"{left.game} by the rules of {left.rules} " if left.game else ""
    if left.time_finished is not None:
        return f"{by}rerated: {changed}, {counted(left.players_done, 'player')} checked"
    return f"{by}being rerated: {left.players_done:,} of {counted(left.player_count, 'player')}, {changed} so far"
