"""What an import's row says once it is completed. Written in the same transaction as its scores."""

from __future__ import annotations

from typing import Any

from imports.formats.base import Parsed
from imports.models import Import
from imports.models.fields import key_set
from imports.pipeline import stats
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import Refreshed
from imports.pipeline.stats import StatsChange
from imports.pipeline.store import Batch


def outcome(job: Import, parsed: Parsed, batch: Batch, refreshed: Refreshed, progress: Progress) -> dict[str, Any]:
    """Column values for the completed import; records its class achievements on the way."""
    stats.record_achievements(job, refreshed.stats)
    return {
        "game": parsed.context.game.slug,
        "playtypes": batch.touched.playtypes,
        "service": parsed.context.service,
        "row_count": batch.row_count,
        "score_count": batch.score_count,
        "duplicate_count": batch.duplicate_count,
        "problem_count": len(batch.problems),
        "best_count": refreshed.bests.raised,
        "first_play_count": refreshed.bests.first,
        "also_carried": key_set(batch.known),
        "class_deltas": [delta for change in refreshed.stats for delta in change.deltas()],
        "rating_changes": {change.playtype: _ratings(change) for change in refreshed.stats},
        "stage_seconds": progress.finish(),
    }


def _ratings(change: StatsChange) -> dict[str, list[float | None]]:
    """Profile rating -> [before, after]."""
    return {name: [change.ratings_before.get(name), after] for name, after in change.ratings_after.items()}
