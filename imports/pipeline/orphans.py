"""Rows whose song or chart was unknown, tried again through the same judging and storing as an import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import ParseOptions
from imports.games.spec import Game
from imports.models import APIToken, AuditEntry, Import, ImportProblem, OrphanScore, Score, User
from imports.pipeline import states, store
from imports.pipeline.catalogue import catalogue_for
from imports.pipeline.convert import judge_rows
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import refresh
from imports.pipeline.store import Batch, Touched


@dataclass(frozen=True, slots=True)
class Rescue:
    """What became of a player's orphans. `kept`: still unknown, or they do not fit; `removed`: the score was there."""

    processed: int = 0
    rescued: int = 0
    kept: int = 0
    removed: int = 0


def reprocess(user: User, games: Sequence[Game], *, by: User | None = None, token: APIToken | None = None) -> Rescue:
    """Tries all orphans of a player. A rescued score belongs to the import that brought its row."""
    # One transaction under the player's lock: scores, what follows from them, and the orphans that are none any more.
    with transaction.atomic():
        states.lock_player(user.pk)
        orphans = list(
            OrphanScore.objects.filter(user=user).select_related("from_import").order_by("from_import", "pk")
        )
        outcomes = [
            _try_group(job, list(group), games)
            for job, group in groupby(orphans, key=lambda orphan: orphan.from_import)
        ]
        for part in _merged(outcome.batch.touched for outcome in outcomes if outcome.batch is not None):
            refresh(part, Progress())
        rescue = Rescue(
            processed=len(orphans),
            rescued=sum(len(outcome.rescued) for outcome in outcomes),
            kept=sum(len(outcome.kept) for outcome in outcomes),
            removed=sum(len(outcome.removed) for outcome in outcomes),
        )
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.ORPHANS_TRIED, subject=user, actor=by, token=token,
            counts={"processed": rescue.processed, "rescued": rescue.rescued, "removed": rescue.removed},
        )  # fmt: skip
    return rescue


@dataclass(frozen=True, slots=True)
class _Outcome:
    batch: Batch | None
    rescued: list[OrphanScore]
    kept: list[OrphanScore]
    removed: list[OrphanScore]


def _try_group(job: Import, orphans: list[OrphanScore], games: Sequence[Game]) -> _Outcome:
    """Tries the orphans of one import, which share a context."""
    now = timezone.now()
    source = BY_IMPORT_TYPE[orphans[0].import_type]
    options = ParseOptions(games=games, now=int(now.timestamp() * 1000), skip_invalid=True)
    try:
        parsed = source.parse(source.document(orphans[0].context, [orphan.data for orphan in orphans]), options)
    except ImportFailed as failure:
        return _Outcome(None, [], _keep(orphans, dict.fromkeys(range(len(orphans)), failure.message)), [])
    rows = [row for row in parsed.rows if not isinstance(row, RowProblem)]
    keys = {source.key(row, parsed.context) for row in rows}
    catalogue = catalogue_for(key for key in keys if key is not None)
    batch = Batch(job, parsed.context, now=now)
    stored: set[int] = set()
    known = store.known_scores(job.user_id)
    for chunk in judge_rows(parsed, source, catalogue, user_id=job.user_id, now=options.now, known=known):
        stored.update(score.row for score in chunk.scores)
        batch.add(chunk)
    batch.save(lambda _done, _total: None)
    kept = _keep(orphans, {problem.row: problem.message for problem in batch.problems})
    rescued = [orphans[row] for row in sorted(stored)]
    keep = {orphan.pk for orphan in kept}
    removed = [o for row, o in enumerate(orphans) if row not in stored and o.pk not in keep]
    _settle(job, batch, gone=[*rescued, *removed])
    return _Outcome(batch, rescued, kept, removed)


def _keep(orphans: Sequence[OrphanScore], reasons: dict[int, str]) -> list[OrphanScore]:
    """The orphans that stay, each with the reason of today."""
    kept = []
    for row, reason in sorted(reasons.items()):
        orphans[row].error_message = reason
        kept.append(orphans[row])
    OrphanScore.objects.bulk_update(kept, ["error_message"], batch_size=1_000)
    return kept


def _settle(job: Import, batch: Batch, *, gone: Sequence[OrphanScore]) -> None:
    """The import's row counts its rescued scores, and every import forgets the problems that are none any more."""
    problems = ImportProblem.objects.filter(orphan__in=gone)
    for owner in set(problems.values_list("job_id", flat=True)):
        mended = problems.filter(job_id=owner).delete()[0]
        Import.objects.filter(pk=owner).update(problem_count=F("problem_count") - mended)
    OrphanScore.objects.filter(pk__in=[orphan.pk for orphan in gone]).delete()
    job.refresh_from_db(fields=["playtypes"])
    Import.objects.filter(pk=job.pk).update(
        score_count=Score.objects.filter(from_import=job).count(),
        playtypes=list(dict.fromkeys([*job.playtypes, *batch.touched.playtypes])),
    )


def _merged(parts: Iterable[Touched]) -> list[Touched]:
    """What was touched, game by game, so that each is refreshed once."""
    merged: dict[str, Touched] = {}
    for part in parts:
        whole = merged.setdefault(part.game, Touched(user_id=part.user_id, game=part.game))
        whole.charts |= part.charts
        whole.playtypes = list(dict.fromkeys([*whole.playtypes, *part.playtypes]))
        for playtype, times in part.times.items():
            whole.times[playtype] += times
    return list(merged.values())


def delete_orphan(orphan: OrphanScore, *, by: User, token: APIToken | None = None) -> None:
    """Deletes an orphan on its owner's or a moderator's word. The problem that told of it stays."""
    # One transaction: gone and on record, or neither.
    with transaction.atomic():
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.ORPHAN_DELETED, job_id=orphan.from_import_id, subject_id=orphan.user_id, actor=by,
            token=token, counts={"orphanID": orphan.orphan_id},
        )  # fmt: skip
        orphan.delete()
