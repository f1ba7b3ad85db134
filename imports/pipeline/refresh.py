"""Derived state after scores came or went: sessions, bests, stats. Import, revert and every repair call this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imports.games.spec import Chart
from imports.pipeline import bests, sessions, stats
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.stats import StatsChange
from imports.pipeline.store import Touched


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What the refreshes changed."""

    bests: bests.BestsChange
    stats: list[StatsChange]


def refresh(
    touched: Touched,
    progress: Progress,
    *,
    charts: Mapping[int, Chart] | None = None,
    provided: Mapping[str, Mapping[str, str]] | None = None,
    remembered: Sequence[sessions.Remembered] = (),
) -> Refreshed:
    """Refreshes everything that these scores can have changed.

    `charts`: those already loaded, by primary key. `provided`: classes that the file gives, by playtype. `remembered`:
    sessions that an earlier revert took away.
    """
    progress.stage(Stage.SESSIONS)
    sessions.refresh(touched.user_id, touched.game, touched.times, remembered=remembered, scores=touched.scores)
    progress.stage(Stage.BESTS)
    changed = bests.refresh(touched.user_id, touched.charts, charts=charts)
    progress.stage(Stage.RATINGS)
    moved = stats.refresh(touched.user_id, touched.game, touched.playtypes, provided=provided)
    return Refreshed(changed, moved)
