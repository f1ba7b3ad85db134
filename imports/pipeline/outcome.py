"""What an import's row says once it is completed. Written in the same transaction as its scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imports.formats.base import Parsed
from imports.games import playtype_of
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
        "class_deltas": _class_deltas(job, refreshed.stats),
        "rating_changes": {change.playtype: _ratings(change) for change in refreshed.stats},
        "stage_seconds": progress.finish(),
    }


def _class_deltas(job: Import, changes: Sequence[StatsChange]) -> list[dict[str, Any]]:
    """What changed now; and, for a restored import, the provided classes it gave before, which its revert left."""
    new = [delta for change in changes for delta in change.deltas()]
    now = {change.playtype: change.classes_after for change in changes}
    told = {(delta["playtype"], delta["set"]) for delta in new}
    kept = [
        delta
        for delta in job.class_deltas
        if (delta["playtype"], delta["set"]) not in told
        and now.get(delta["playtype"], {}).get(delta["set"]) == delta["new"]
        and playtype_of(delta["game"], delta["playtype"]).classes[delta["set"]].is_provided
    ]
    return kept + new


def _ratings(change: StatsChange) -> dict[str, list[float | None]]:
    """Profile rating -> [before, after]."""
    return {name: [change.ratings_before.get(name), after] for name, after in change.ratings_after.items()}
