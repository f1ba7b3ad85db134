"""What a revert takes away and the input does not hold, kept on the import's row: a restore brings it back too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Min
from django.utils import timezone

from imports.integers import milliseconds
from imports.models import Import, OrphanScore, Score
from imports.pipeline.derived import bests, class_history
from imports.pipeline.scoring.store import AffectedScope
from imports.pipeline.undo.reclaim import Edits


def save(job: Import) -> None:
    """Keeps the edits of the import's scores, and when the import ran and its scores came in.

    Called before the scores go, or pass to other imports. Times are ISO texts. `time_added`: of most scores;
    `added_later`: of the others, rescued orphans, by score ID. Without scores, `time_added` is that of the orphans.
    """
    scores = Score.objects.filter(from_import=job)
    edited = scores.filter(edited=True).values_list("score_id", "comment", "highlight")
    # Nearly all scores came in together: one time for these, and only the others are listed.
    counts = scores.order_by().values_list("time_added").annotate(count=Count("pk")).order_by("-count", "time_added")
    most_added = next((added for added, _ in counts[:1]), None)
    later = scores.exclude(time_added=most_added).values_list("score_id", "time_added") if most_added else ()
    if most_added is None:
        most_added = OrphanScore.objects.filter(from_import=job).aggregate(first=Min("time_inserted"))["first"]
    job.put_aside = {
        "edits": {score_id: {"comment": comment, "highlight": highlight} for score_id, comment, highlight in edited},
        "time_started": job.time_started and job.time_started.isoformat(),
        "time_finished": job.time_finished and job.time_finished.isoformat(),
        "time_added": most_added and most_added.isoformat(),
        "added_later": {score_id: added.isoformat() for score_id, added in later},
    }
    job.save(update_fields=["put_aside"])


def keep_history(job: Import, score_ids: Mapping[int, Sequence[str]]) -> None:
    """Keeps the classes that the import gave, and which scores passed to which other imports (by key).

    Called before the scores go. A restore takes the latter back from there (`reclaim`).
    """
    job.put_aside["classes"] = class_history.snapshot(job)
    if score_ids:
        names = dict(Import.objects.filter(pk__in=score_ids).values_list("pk", "import_id"))
        job.put_aside["handed"] = {names[key]: passed for key, passed in score_ids.items()}
    job.save(update_fields=["put_aside"])


def restore(job: Import, edits: Edits, affected: AffectedScope) -> None:
    """Gives the scores of a restored import their comments and highlights again, and the times when they came in.

    Also a score that another import brought meanwhile, unless its owner has edited that one too. `edits`: those of
    scores that were with other imports meanwhile; they count before the ones from before the revert. Adds to
    `affected` from when on scores without a time count. The sessions take their names while they are refreshed.
    """
    if added_later := job.put_aside.get("added_later", {}):
        rescued = list(
            Score.objects.filter(from_import=job, score_id__in=added_later).only(
                "score_id", "playtype", "time_achieved"
            )
        )
        for score in rescued:
            score.time_added = datetime.fromisoformat(added_later[score.score_id])
            if score.time_achieved is None:
                affected.untimed[score.playtype].append(milliseconds(score.time_added))
        Score.objects.bulk_update(rescued, ["time_added"], batch_size=1_000)
    edits = job.put_aside.get("edits", {}) | edits
    if not edits:
        return
    scores = list(Score.objects.filter(user_id=job.user_id, score_id__in=edits, edited=False))
    for score in scores:
        edit = edits[score.score_id]
        score.comment, score.highlight, score.edited = edit["comment"], edit["highlight"], True
    Score.objects.bulk_update(scores, ["comment", "highlight", "edited"], batch_size=1_000)
    # Bests of the import's own scores are refreshed afterwards anyway.
    bests.refresh(job.user_id, {score.chart_id for score in scores if score.from_import_id != job.pk})


def original_run_times(job: Import) -> dict[str, datetime]:
    """When an import that was reverted had run, by column: its documents and lists are as before once it is back."""
    names = ("time_started", "time_finished")
    return {name: datetime.fromisoformat(job.put_aside[name]) for name in names if job.put_aside.get(name)}


def original_time_added(job: Import) -> datetime:
    """When the scores of an import came in: of one that was reverted then, else now."""
    added = job.put_aside.get("time_added")
    return datetime.fromisoformat(added) if added else timezone.now()
