"""A restored import reclaims the scores that its revert had passed to other imports (`reassign_scores`).

They are taken from the imports that got them, or from those to which these passed them later.
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
"""Score ID -> the player's edits, as `edit_of` returns them."""


def edit_of(comment: str | None, highlight: bool, pin_place: int | None) -> dict[str, Any]:
    """Returns the player's edits of a score as JSON data."""
    return {"comment": comment, "highlight": highlight, "pin_place": pin_place}


def reclaimable(job: Import) -> set[str]:
    """Returns the IDs of the scores that passed from this import and still belong to imports that got them."""
    waiting: dict[str, set[str]] = _passed(job)
    looked_at: dict[str, set[str]] = defaultdict(set)
    found: set[str] = set()
    # A passed score may have passed on, and back: each import is visited once for each score.
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
    """Returns import ID -> the IDs of the scores that the revert of this import passed to it."""
    return {import_id: set(score_ids) for import_id, score_ids in job.put_aside.get("handed", {}).items()}


def reclaim(score_ids: Collection[str], affected: AffectedScope) -> Edits:
    """Deletes these scores of other imports, before the restored import stores them again.

    Bests and stats are refreshed at once, so that the changes of the import are relative to the state without it.
    Adds the times of the scores to `affected`. Returns the player's edits of these scores.
    """
    if not score_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM {SCORES} WHERE user_id = %s AND score_id = ANY(%s)
            RETURNING score_id, from_import_id, chart_id, playtype, time_achieved, time_added,
                      comment, highlight, pin_place, edited
            """,
            [affected.user_id, list(score_ids)],
        )
        rows = cursor.fetchall()
    taken: dict[int, list[str]] = defaultdict(list)
    edits: Edits = {}
    for score_id, owner, _, playtype, time, added, comment, highlight, pin_place, edited in rows:
        taken[owner].append(score_id)
        if time is None:
            affected.untimed[playtype].append(milliseconds(added))
        else:
            affected.times[playtype].append(time)
        if edited:
            edits[score_id] = edit_of(comment, highlight, pin_place)
    carried_scores.add(taken)
    for owner in Import.objects.filter(pk__in=taken):
        # Scores of these imports are duplicates again.
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
