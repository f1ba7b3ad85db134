"""What a revert takes away and the input does not hold, kept on the import's row: a restore brings it back too."""

from __future__ import annotations

from typing import Any

from django.db import connection

from imports.models import Import, Score, State
from imports.models.fields import key_set
from imports.pipeline import bests
from imports.pipeline.sessions import remember


def keep(job: Import) -> None:
    """Before the scores go: their edits, the names of their sessions, and which other imports carried them too."""
    kept = {"edits": _edits(job), "sessions": remember(job.sessions.all()), "carried": _carried(job)}
    Import.objects.filter(pk=job.pk).update(put_aside=kept)


def bring_back(job: Import) -> None:
    """After a restore has brought the scores again. Their sessions take their names while they are refreshed."""
    _bring_back_edits(job)
    _bring_back_carried(job)


def _edits(job: Import) -> dict[str, Any]:
    """Comments and highlights that their owner gave to the import's scores."""
    edited = Score.objects.filter(from_import=job, edited=True).values_list("score_id", "comment", "highlight")
    return {score_id: {"comment": comment, "highlight": highlight} for score_id, comment, highlight in edited}


def _carried(job: Import) -> dict[str, list[str]]:
    """Other completed imports' IDs, each with the score IDs of this import's that it carried too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT other.import_id, array_agg(score.score_id ORDER BY score.id) FROM {Import._meta.db_table} AS other
            CROSS JOIN unnest(other.also_carried) AS keys
            JOIN {Score._meta.db_table} AS score
              ON score.from_import_id = %s AND score.id >= lower(keys) AND score.id < upper(keys)
            WHERE other.user_id = %s AND other.state = %s AND other.duplicate_count > 0 GROUP BY other.import_id
            """,
            [job.pk, job.user_id, State.COMPLETED],
        )
        return dict(cursor.fetchall())


def _bring_back_edits(job: Import) -> None:
    """Also to a score that another import brought meanwhile, unless its owner has changed that one too."""
    edits = job.put_aside.get("edits")
    if not edits:
        return
    scores = list(Score.objects.filter(user_id=job.user_id, score_id__in=edits, edited=False))
    for score in scores:
        edit = edits[score.score_id]
        score.comment, score.highlight, score.edited = edit["comment"], edit["highlight"], True
    Score.objects.bulk_update(scores, ["comment", "highlight", "edited"], batch_size=1_000)
    bests.refresh(job.user_id, {score.chart_id for score in scores if score.from_import_id != job.pk})


def _bring_back_carried(job: Import) -> None:
    """The scores have new keys now, and the imports that carried them too must know those."""
    carried: dict[str, list[str]] = job.put_aside.get("carried", {})
    others = Import.objects.filter(import_id__in=carried, state=State.COMPLETED).only("pk", "import_id", "also_carried")
    for other in others:
        mine = Score.objects.filter(from_import=job, score_id__in=carried[other.import_id])
        known = (key for part in other.also_carried for key in range(part.lower, part.upper))
        other.also_carried = key_set([*known, *mine.values_list("pk", flat=True)])
        other.save(update_fields=["also_carried"])
