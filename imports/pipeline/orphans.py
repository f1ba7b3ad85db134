"""Rows whose song or chart was unknown, tried again through the same judging and storing as an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.utils import timezone
from psycopg.types.multirange import Int8Multirange

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import ParseOptions
from imports.games.spec import Game
from imports.models import APIToken, AuditEntry, Import, ImportProblem, OrphanScore, Score, State, User
from imports.models.fields import key_set
from imports.pipeline import states, store
from imports.pipeline.catalogue import catalogue_for
from imports.pipeline.convert import judge_rows
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import refresh
from imports.pipeline.states import Gone
from imports.pipeline.store import Batch, Touched


@dataclass(frozen=True, slots=True)
class Rescue:
    """What became of a player's orphans. `kept`: still unknown, or they do not fit; `removed`: the score was there."""

    processed: int = 0
    rescued: int = 0
    kept: int = 0
    removed: int = 0


def reprocess(user: User, games: Sequence[Game], *, by: User | None = None, token: APIToken | None = None) -> Rescue:
    """Tries all orphans of a player. A rescued score belongs to the import that brought its row. Raises Busy.

    Not beside an import that runs: it could not know of the scores that come in here.
    """
    # One transaction under the player's lock: scores, what follows from them, and the orphans that are none any more.
    with transaction.atomic():
        states.take_turn(user.pk, patience=states.PATIENCE)
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
    identities: dict[int, str] = {}  # row -> the ID of its score, new or not
    known = store.known_scores(job.user_id)
    for chunk in judge_rows(parsed, source, catalogue, user_id=job.user_id, now=options.now, known=known):
        stored.update(score.row for score in chunk.scores)
        identities |= {score.row: score.score_id for score in chunk.scores}
        identities |= {draft.row: identity for draft, identity, _ in chunk.repeats}
        batch.add(chunk)
    batch.save(lambda _done, _total: None)
    kept = _keep(orphans, {problem.row: problem.message for problem in batch.problems})
    _settle(job, {orphans[row].pk: identity for row, identity in identities.items()})
    rescued = [orphans[row] for row in sorted(stored)]
    removed = [orphans[row] for row in sorted(identities.keys() - stored)]
    return _Outcome(batch, rescued, kept, removed)


def _keep(orphans: Sequence[OrphanScore], reasons: dict[int, str]) -> list[OrphanScore]:
    """The orphans that stay, each with the reason of today."""
    kept = []
    for row, reason in sorted(reasons.items()):
        orphans[row].error_message = reason
        kept.append(orphans[row])
    OrphanScore.objects.bulk_update(kept, ["error_message"], batch_size=1_000)
    return kept


def _settle(job: Import, identities: Mapping[int, str]) -> None:
    """Deletes orphans (key -> ID of their score). The imports that brought their rows carry the scores from now on."""
    problems = ImportProblem.objects.filter(orphan__in=identities, job__state=State.COMPLETED)
    brought: dict[int, list[str]] = defaultdict(list, {job.pk: []})
    for owner, orphan in problems.values_list("job_id", "orphan_id"):
        if orphan is not None:
            brought[owner].append(identities[orphan])
    problems.delete()
    OrphanScore.objects.filter(pk__in=identities).delete()
    scores = Score.objects.in_bulk(list(identities.values()), field_name="score_id")
    for one in Import.objects.filter(pk__in=brought):
        _count_again(one, brought[one.pk], scores)


def _count_again(job: Import, score_ids: Sequence[str], scores: Mapping[str, Score]) -> None:
    """What were problems of an import are scores of its own now, or duplicates; of blacklisted ones nothing stays."""
    there = [scores[identity] for identity in score_ids if identity in scores]
    count = Score.objects.filter(from_import=job).count()
    job.problem_count -= len(score_ids)
    job.duplicate_count += max(0, len(there) - (count - job.score_count))
    job.score_count = count
    also = [score.pk for score in there if score.from_import_id != job.pk]
    job.also_carried = Int8Multirange([*job.also_carried, *key_set(also)])
    job.playtypes = list(dict.fromkeys([*job.playtypes, *(s.playtype for s in there if s.from_import_id == job.pk)]))
    job.save(update_fields=["problem_count", "duplicate_count", "score_count", "also_carried", "playtypes"])


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
    """Deletes an orphan on its owner's or a moderator's word; the problem that told of it stays. Raises Busy, Gone."""
    # One transaction: gone and on record, or neither; under the lock, as an import may be about to point at it.
    with transaction.atomic():
        states.take_turn(orphan.user_id, patience=states.PATIENCE, beside_import=True)
        if not OrphanScore.objects.filter(pk=orphan.pk).exists():
            raise Gone
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.ORPHAN_DELETED, job_id=orphan.from_import_id, subject_id=orphan.user_id, actor=by,
            token=token, counts={"orphanID": orphan.orphan_id},
        )  # fmt: skip
        orphan.delete()
