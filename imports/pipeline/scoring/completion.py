"""The column values of a completed import, written in the transaction of its scores."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from imports.formats.base import Parsed
from imports.models import Import
from imports.pipeline.derived.refresh import Refreshed
from imports.pipeline.progress import Progress
from imports.pipeline.rankings import gains
from imports.pipeline.scoring import best_counts
from imports.pipeline.scoring.best_counts import BestCounts
from imports.pipeline.scoring.store import Batch


def completion_fields(
    job: Import,
    parsed: Parsed,
    batch: Batch,
    refreshed: Refreshed,
    progress: Progress,
    *,
    settled: Collection[int],
    counted: BestCounts | None,
) -> dict[str, Any]:
    """Returns column values for the completed import. `settled`: rows that another import has corrected.

    `counted`: the counts of the bests before the import, None if they are not to be stored.

    A restore keeps the changes of bests, ratings and classes of the first run.
    """
    fields = {
        "game": parsed.context.game.slug,
        "playtypes": batch.affected.playtypes,
        "service": parsed.context.service,
        "rated_by": parsed.context.game.rules,
        "row_count": batch.row_count,
        "score_count": batch.score_count,
        "duplicate_count": batch.duplicate_count,
        "problem_count": sum(problem.row not in settled for problem in batch.problems),
        "classes_before": job.classes_before,
        "stage_seconds": progress.finish(),
    }
    if not job.put_aside:
        fields |= {
            "best_count": refreshed.bests.raised,
            "first_play_count": refreshed.bests.first,
            "class_deltas": [delta for change in refreshed.stats for delta in change.deltas()],
            "rating_changes": {
                change.playtype: {  # profile rating -> [before, after]
                    name: [change.ratings_before.get(name), after] for name, after in change.ratings_after.items()
                }
                for change in refreshed.stats
            },
            "best_counts": None
            if counted is None
            else best_counts.count_changes(
                counted, best_counts.count(job.user_id, parsed.context.game.slug, batch.affected.playtypes)
            ),
            "rating_gains": gains.of_import(job, batch.affected.charts, refreshed.stats),
        }
    return fields
