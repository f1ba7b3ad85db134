"""Stores data that a revert removes and the input lacks in the import's row, so that a restore can apply it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils import timezone

from imports.integers import milliseconds
from imports.models import Import, OrphanScore, Score
from imports.pipeline.derived import bests, class_history
from imports.pipeline.scoring.store import AffectedScope
from imports.pipeline.undo.reclaim import Edits, edit_of


def save(job: Import) -> None:
    """Stores the edits of the import's scores, and the times of the import and its scores.

    Called before the scores are deleted or passed to other imports. Times are ISO texts. `time_added`: of most scores;
    `added_later`: of the others, matched orphans, by score ID. Without scores, `time_added` is that of the orphans.
    """
    scores = Score.objects.filter(from_import=job)
    # Nearly all scores were added together: they share one time, and only the others are listed. One query over all
    # scores shows whether there are others, or edited scores, which few imports have.
    counts = list(
        scores.order_by()
        .values_list("time_added")
        .annotate(count=Count("pk"), edited=Count("pk", filter=Q(edited=True)))
        .order_by("-count", "time_added")
    )
    is_edited = any(edited for *_, edited in counts)
    kept = ("score_id", "comment", "highlight", "pin_place")
    edited = scores.filter(edited=True).values_list(*kept) if is_edited else ()
    most_added: datetime | None = counts[0][0] if counts else None
    later = scores.exclude(time_added=counts[0][0]).values_list("score_id", "time_added") if len(counts) > 1 else ()
    if most_added is None:
        most_added = OrphanScore.objects.filter(from_import=job).aggregate(first=Min("time_inserted"))["first"]
    job.put_aside = {
        "edits": {
            score_id: edit_of(comment, highlight, pin_place) for score_id, comment, highlight, pin_place in edited
        },
        "time_started": job.time_started and job.time_started.isoformat(),
        "time_finished": job.time_finished and job.time_finished.isoformat(),
        "time_added": most_added and most_added.isoformat(),
        "added_later": {score_id: added.isoformat() for score_id, added in later},
    }
    job.save(update_fields=["put_aside"])


def keep_history(job: Import, score_ids: Mapping[int, Sequence[str]]) -> None:
    """Stores the class history, and the scores that passed to other imports (by their key).

    Called before the scores are deleted; the caller saves the import. A restore reclaims passed scores (`reclaim`).
    """
    job.put_aside["classes"] = class_history.snapshot(job)
    if score_ids:
        names = dict(Import.objects.filter(pk__in=score_ids).values_list("pk", "import_id"))
        job.put_aside["handed"] = {names[key]: passed for key, passed in score_ids.items()}


def restore(job: Import, edits: Edits, affected: AffectedScope) -> None:
    """Applies the stored comments, highlights, pins and times of addition to the scores of a restored import again.

    Includes scores that belong to a later import, unless the player has edited them. `edits`: of scores that belonged
    to other imports meanwhile; they take precedence over the edits before the revert. Adds the times from which scores
    without a time count to `affected`. Sessions get their names back when they are refreshed.
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
        score.pin_place = edit.get("pin_place")  # reverts of the previous release stored none
    Score.objects.bulk_update(scores, ["comment", "highlight", "edited", "pin_place"], batch_size=1_000)
    # The bests of the import's own scores are refreshed later anyway.
    bests.refresh(job.user_id, {score.chart_id for score in scores if score.from_import_id != job.pk})


def original_run_times(job: Import) -> dict[str, datetime]:
    """Returns the original run times of a restored import, by column, so that documents and lists do not change."""
    names = ("time_started", "time_finished")
    return {name: datetime.fromisoformat(job.put_aside[name]) for name in names if job.put_aside.get(name)}


def original_time_added(job: Import) -> datetime:
    """Returns when the scores of an import were added: for a restored import the original time, otherwise now.

    A restored import without scores of its own, because other imports had brought them, adds them as of its end.
    """
    added = job.put_aside.get("time_added") or job.put_aside.get("time_finished")
    return datetime.fromisoformat(added) if added else timezone.now()
