"""Passes shared scores of a reverted import to other imports that carried them.

A score passes to the earliest of these imports, and takes the values in its file, which is read, converted and judged
again as for an import. Comments and highlights that the player edited stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec
from django.db import connection

from imports.errors import ImportFailed
from imports.games import GAMES
from imports.integers import milliseconds
from imports.models import Import, ImportInput, Score
from imports.pipeline.progress import Progress
from imports.pipeline.scoring import reading
from imports.pipeline.scoring.store import AffectedScope
from imports.pipeline.undo import carried_scores

SCORES = Score._meta.db_table
# All scores of a large import, with their values, in one JSON text would take too much memory.
SCORES_PER_STATEMENT = 5_000
CHANGED = """, service = new.service, import_type = %(import_type)s,
    comment = CASE WHEN score.edited THEN score.comment ELSE new.comment END,
    highlight = CASE WHEN score.edited THEN score.highlight ELSE new.is_highlighted END,
    time_achieved = new.time_achieved, score_data = new.score_data, score_meta = new.score_meta,
    calculated_data = new.calculated_data, best_keys = new.best_keys"""
to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Reassignment:
    """Scores of one import that passed to others: their IDs by the new owner's key, and the affected scopes."""

    score_ids: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    affected: dict[tuple[str, str], AffectedScope] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.score_ids.values()))


def reassign_scores(jobs: Sequence[Import]) -> dict[int, Reassignment]:
    """Passes the shared scores of these imports of one player to other imports; returns the passed scores by import.

    The new owner is the earliest import whose stored file still yields the score. If there is none, because files were
    pruned or songs renamed, it is the earliest import that carried the score, which then keeps its values.
    """
    sharers = carried_scores.sharers_of(jobs)
    owners = Import.objects.in_bulk(sharers)
    passed: dict[int, Reassignment] = defaultdict(Reassignment)
    left = set().union(*sharers.values())  # scores that have not passed yet
    # In two rounds: an import whose file still yields the score precedes an earlier one that only carried it.
    for key, score_ids in sharers.items():
        judged = _judged_again(owners[key], score_ids & left)
        while rows := list(islice(judged, SCORES_PER_STATEMENT)):
            left -= _pass(owners[key], rows, jobs, passed)
    for key, score_ids in sharers.items():
        unchanged = ({"score_id": score_id} for score_id in sorted(score_ids & left))
        while rows := list(islice(unchanged, SCORES_PER_STATEMENT)):
            left -= _pass(owners[key], rows, jobs, passed, with_data=False)
    for owner in owners.values():
        # Duplicates of an import are its own scores now.
        count = sum(len(handed.score_ids.get(owner.pk, ())) for handed in passed.values())
        if count:
            own = Score.objects.filter(from_import=owner)
            owner.score_count = own.count()
            owner.duplicate_count = max(0, owner.duplicate_count - count)
            playtypes = sorted(own.order_by().values_list("playtype", flat=True).distinct())
            owner.playtypes = list(dict.fromkeys([*owner.playtypes, *playtypes]))
            owner.save(update_fields=["score_count", "duplicate_count", "playtypes"])
    return passed


def _judged_again(job: Import, wanted: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """Yields the values of these scores in the import's file; scores that it no longer yields are left out."""
    if not wanted or not ImportInput.objects.filter(job=job).exists():
        return
    try:
        source, parsed = reading.read(job, GAMES, Progress())
    except ImportFailed:  # the file was accepted once, but is not any more
        return

    def known(score_ids: Sequence[str]) -> Mapping[str, int]:
        # Any key: all other scores count as known, so that they are not judged.
        return {score_id: 1 for score_id in score_ids if score_id not in wanted}

    names = (
        "score_id", "comment", "is_highlighted", "time_achieved", "score_data", "score_meta", "calculated_data",
        "best_keys",
    )  # fmt: skip
    import_type = parsed.context.import_type_of_scores
    for chunk in reading.iter_judged(source, parsed, Progress(), user_id=job.user_id, known=known, rules=job.rules):
        for score in chunk.scores:
            service = score.service or parsed.context.service_of_scores
            yield {
                "service": service,
                "import_type": import_type,
                **{name: getattr(score, name) for name in names},
            }


def _pass(
    owner: Import,
    rows: Sequence[Mapping[str, Any]],
    jobs: Sequence[Import],
    passed: dict[int, Reassignment],
    *,
    with_data: bool = True,
) -> set[str]:
    """Passes scores to their new owner, adds them to `passed`, and returns their IDs."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {SCORES} AS score SET from_import_id = %(owner)s{CHANGED if with_data else ""}
            FROM {SCORES} AS before JOIN jsonb_to_recordset(%(rows)s::jsonb) AS new
                (score_id text, comment text, is_highlighted boolean, time_achieved float8, score_data jsonb,
                 score_meta jsonb, calculated_data jsonb, best_keys float8[], service text)
                ON new.score_id = before.score_id
            WHERE score.id = before.id AND score.from_import_id = ANY(%(jobs)s)
            RETURNING before.from_import_id, score.score_id, score.game, score.playtype, score.chart_id,
                      score.time_added, before.time_achieved, score.time_achieved
            """,
            {
                "owner": owner.pk,
                "jobs": [job.pk for job in jobs],
                "rows": to_json(rows).decode(),
                "import_type": rows[0].get("import_type"),
            },
        )
        moved = cursor.fetchall()
    for job, score_id, game, playtype, chart, added, *times in moved:
        handed = passed[job]
        handed.score_ids[owner.pk].append(score_id)
        scope = handed.affected.setdefault(
            (game, playtype), AffectedScope(user_id=owner.user_id, game=game, playtypes=[playtype])
        )
        scope.charts.add(chart)
        # Both times: the old one, and the one in the file of the new owner.
        scope.times[playtype] += [time for time in times if time is not None]
        if None in times:
            scope.untimed[playtype].append(milliseconds(added))
    return {score_id for _, score_id, *_ in moved}
