"""What a restored import takes back of the scores that its revert had passed on (`reassign_scores`).

The way back is the way that they went: from whoever got them, or from whom that import passed them on to in turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection

from imports.integers import milliseconds
from imports.models import Import, Score, State
from imports.pipeline.derived import bests, stats
from imports.pipeline.scoring.store import AffectedScope
from imports.pipeline.undo import carried_scores

SCORES = Score._meta.db_table

Edits = dict[str, dict[str, Any]]
"""Score ID -> `comment` and `highlight` that its owner gave it."""


def reclaimable(job: Import) -> set[str]:
    """The IDs of the scores that passed from this import and are still with those whom they passed to."""
    waiting: dict[str, set[str]] = _passed(job)
    looked_at: dict[str, set[str]] = defaultdict(set)
    found: set[str] = set()
    # A handed-over score may have been handed on, and back: each import is looked at once for each score.
    while waiting:
        import_id, score_ids = waiting.popitem()
        score_ids -= looked_at[import_id]
        looked_at[import_id] |= score_ids
        other = Import.objects.filter(import_id=import_id).only("pk", "import_id", "state", "put_aside").first()
        if other is None or not score_ids:
            continue
        if other.state == State.COMPLETED:
            theirs = Score.objects.filter(from_import=other, score_id__in=score_ids)
            found.update(theirs.values_list("score_id", flat=True))
        for following, passed in _passed(other).items() if other.state != State.COMPLETED else ():
            waiting.setdefault(following, set()).update(passed & score_ids)
    return found


def _passed(job: Import) -> dict[str, set[str]]:
    """Import ID -> the score IDs that a revert of this import passed to it."""
    return {import_id: set(score_ids) for import_id, score_ids in job.put_aside.get("handed", {}).items()}


def reclaim(score_ids: Collection[str], affected: AffectedScope) -> Edits:
    """Takes these scores from the imports that have them, before their first owner stores them again.

    Bests and stats are refreshed at once, so that what the import then changes is counted from the state without it.
    Adds to `affected` where the scores were. Returns the edits of their owner.
    """
    if not score_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM {SCORES} WHERE user_id = %s AND score_id = ANY(%s)
            RETURNING score_id, from_import_id, chart_id, playtype, time_achieved, time_added,
                      comment, highlight, edited
            """,
            [affected.user_id, list(score_ids)],
        )
        rows = cursor.fetchall()
    taken: dict[int, list[str]] = defaultdict(list)
    edits: Edits = {}
    for score_id, owner, _, playtype, time, added, comment, highlight, edited in rows:
        taken[owner].append(score_id)
        if time is None:
            affected.untimed[playtype].append(milliseconds(added))
        else:
            affected.times[playtype].append(time)
        if edited:
            edits[score_id] = {"comment": comment, "highlight": highlight}
    carried_scores.add(taken)
    for owner in Import.objects.filter(pk__in=taken):
        # What were scores of its own are duplicates again.
        own = Score.objects.filter(from_import=owner)
        gone = {row[3] for row in rows if row[1] == owner.pk}
        gone -= set(own.order_by().values_list("playtype", flat=True).distinct())
        owner.score_count = own.count()
        owner.duplicate_count += len(taken[owner.pk])
        owner.playtypes = [name for name in owner.playtypes if name not in gone]
        owner.save(update_fields=["score_count", "duplicate_count", "playtypes"])
    bests.refresh(affected.user_id, {row[2] for row in rows})
    stats.refresh(affected.user_id, affected.game, list(dict.fromkeys(row[3] for row in rows)))
    return edits
