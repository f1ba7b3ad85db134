"""Retries orphans: rows with an unknown song or chart are judged and stored again as in an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils import timezone

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Catalogue, Context, Format, Key, Parsed, ParseOptions
from imports.games.spec import Game
from imports.integers import milliseconds
from imports.models import APIToken, AuditEntry, Import, ImportInput, ImportProblem, OrphanScore, Score, State, User
from imports.pipeline import deletions, states
from imports.pipeline.derived.refresh import refresh
from imports.pipeline.progress import Progress
from imports.pipeline.scoring import problems, store
from imports.pipeline.scoring.chart_loading import load_catalogue
from imports.pipeline.scoring.convert import judge_rows
from imports.pipeline.scoring.store import AffectedScope, Batch, merge_scopes
from imports.pipeline.states import NoLongerExists
from imports.pipeline.undo import carried_scores


@dataclass(frozen=True, slots=True)
class ReprocessResult:
    """The result of a retry. `kept`: still unknown or invalid; `removed`: the score was already stored or deleted."""

    processed: int = 0
    rescued: int = 0
    kept: int = 0
    removed: int = 0


def reprocess(
    user: User, games: Sequence[Game], *, by: User | None = None, token: APIToken | None = None
) -> ReprocessResult:
    """Retries all orphans of a player. A new score belongs to the import of its row. Raises PlayerLocked.

    Refused while an import runs, because that would not know the scores that are stored here.
    """
    # One transaction under the player's lock: scores, derived state, and the deletion of matched orphans.
    with transaction.atomic():
        states.acquire_player_lock(user.pk, timeout=states.LOCK_TIMEOUT_SECONDS)
        orphans = OrphanScore.objects.filter(user=user).select_related("from_import").order_by("from_import", "pk")
        result = try_again(list(orphans), games)
        record_retry(result, user=user, by=by, token=token)
    return result


def record_retry(result: ReprocessResult, *, user: User, by: User | None, token: APIToken | None) -> None:
    """Writes the audit entry of a finished retry."""
    counts = {"processed": result.processed, "rescued": result.rescued, "removed": result.removed}
    AuditEntry.objects.record(AuditEntry.Verb.ORPHANS_TRIED, subject_id=user.pk, by=by, token=token, counts=counts)


def try_again(orphans: Sequence[OrphanScore], games: Sequence[Game]) -> ReprocessResult:
    """Retries orphans of one player, each loaded with its import; the caller holds the player's lock.

    Takes a fixed number of queries, and some more for each import that gets a score.
    """
    attempt = _Attempt()
    readable = list(_read(orphans, games, attempt.reasons))
    keys: set[Key] = set()
    for each in readable:
        keys |= each.source.keys([(each.row, each.context)])
    catalogue = load_catalogue(keys)
    # If the input of an import is no longer stored, its rows count as received when an orphan of it was stored.
    received = {orphan.from_import_id: orphan.time_inserted for orphan in orphans}
    received |= dict(ImportInput.objects.filter(job__in=received).values_list("job_id", "received_at"))
    # `groupby` groups only adjacent items.
    readable.sort(key=lambda each: (each.orphan.from_import_id, id(each.context), each.orphan.pk))
    for job, group in groupby(readable, key=lambda each: each.orphan.from_import):
        for _, alike in groupby(group, key=lambda each: id(each.context)):
            _try_group(job, list(alike), catalogue, attempt, received=received[job.pk])
    # Once for all imports, because rows of several may be on the same chart or in the same session.
    for part in merge_scopes(attempt.affected):
        refresh(part, Progress())
    # Remaining orphans get their current reason, which may have changed.
    changed = [each for each in orphans if attempt.reasons.get(each.pk, each.error_message) != each.error_message]
    for orphan in changed:
        orphan.error_message = attempt.reasons[orphan.pk]
    OrphanScore.objects.bulk_update(changed, ["error_message"], batch_size=1_000)
    return ReprocessResult(len(orphans), attempt.rescued, len(attempt.reasons), attempt.removed)


@dataclass(slots=True)
class _Attempt:
    """The counts and changes of a retry so far. `reasons`: the error message of kept orphans, by primary key."""

    rescued: int = 0
    removed: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    affected: list[AffectedScope] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Readable:
    """An orphan with a row that its format can read. Orphans with equal contexts share one context object."""

    orphan: OrphanScore
    row: Any
    source: Format
    context: Context


def _read(orphans: Sequence[OrphanScore], games: Sequence[Game], reasons: dict[int, str]) -> Iterator[_Readable]:
    """Yields the readable orphans, reading those of each context as one document; adds `reasons` of the others."""

    def sent_with(orphan: OrphanScore) -> tuple[str, str]:
        return orphan.import_type, problems.to_json(orphan.context).decode()

    # Often thousands of orphans are from one file, whose context is read once.
    for (import_type, _), group in groupby(sorted(orphans, key=sent_with), key=sent_with):
        alike = list(group)
        source = BY_IMPORT_TYPE[import_type]
        options = ParseOptions(games=games, now=milliseconds(timezone.now()))
        try:
            parsed = source.restore(alike[0].context, [orphan.data for orphan in alike], options)
        except ImportFailed as failure:
            reasons.update({orphan.pk: failure.message for orphan in alike})
            continue
        for orphan, row in zip(alike, parsed.rows, strict=True):
            if isinstance(row, RowProblem):
                reasons[orphan.pk] = row.message
            else:
                yield _Readable(orphan, row, source, parsed.context)


def _try_group(
    job: Import, group: Sequence[_Readable], catalogue: Catalogue, attempt: _Attempt, *, received: datetime
) -> None:
    """Retries the orphans of one import and context."""

    def known(score_ids: Sequence[str]) -> Mapping[str, int | None]:
        # Called only after a row has found its chart, so that most orphans need no query here.
        look_up = store.known_scores(job.user_id, context.game.slug, deleted=deletions.since_completed(job))
        return look_up(score_ids) if look_up else {}

    source, context = group[0].source, group[0].context
    orphans = [each.orphan for each in group]
    parsed = Parsed(context=context, rows=[each.row for each in group], received=milliseconds(received))
    batch = Batch(job, context, added=timezone.now())
    identities: dict[int, str] = {}  # row -> the ID of its score, new or not; "" if the row is no score
    for chunk in judge_rows(
        parsed, source, catalogue, user_id=job.user_id, now=parsed.received, known=known, rules=job.rules
    ):
        identities |= {score.row: score.score_id for score in chunk.scores}
        identities |= {draft.row: identity for draft, identity, _ in chunk.repeats}
        identities |= dict.fromkeys(chunk.passed_over, "")
        batch.add(chunk)
    attempt.reasons.update({orphans[each.row].pk: problems.reason(each.message, context) for each in batch.problems})
    if identities:
        batch.save(lambda _done, _total: None)
        _resolve_orphans(job, {orphans[row].pk: identity for row, identity in identities.items()})
        attempt.affected.append(batch.affected)
        attempt.rescued += batch.score_count
        attempt.removed += len(identities) - batch.score_count


def _resolve_orphans(job: Import, identities: Mapping[int, str]) -> None:
    """Deletes matched orphans (key -> ID of their score) and updates the imports that have their rows."""
    settled = ImportProblem.objects.filter(orphan__in=identities, job__state=State.COMPLETED)
    brought: dict[int, list[str]] = defaultdict(list, {job.pk: []})
    for owner, orphan in settled.values_list("job_id", "orphan_id"):
        if orphan is not None:
            brought[owner].append(identities[orphan])
    settled.delete()
    OrphanScore.objects.filter(pk__in=identities).delete()
    scores = Score.objects.in_bulk(list(identities.values()), field_name="score_id")
    carried: dict[int, list[str]] = {}
    for one in Import.objects.filter(pk__in=brought):
        # Problems of an import become its own scores or duplicates; blacklisted scores are not counted.
        there = [scores[score_id] for score_id in brought[one.pk] if score_id in scores]
        own = [score for score in there if score.from_import_id == one.pk]
        carried[one.pk] = [score.score_id for score in there if score.from_import_id != one.pk]
        count = Score.objects.filter(from_import=one).count()
        one.problem_count -= len(brought[one.pk])
        one.duplicate_count += max(0, len(there) - (count - one.score_count))
        one.score_count = count
        one.playtypes = list(dict.fromkeys([*one.playtypes, *(score.playtype for score in own)]))
        one.save(update_fields=["problem_count", "duplicate_count", "score_count", "playtypes"])
    carried_scores.add(carried)


def delete_orphan(orphan: OrphanScore, *, by: User, token: APIToken | None = None) -> None:
    """Deletes an orphan; the problems that refer to it stay. Raises PlayerLocked or NoLongerExists."""
    if not delete_orphans([orphan], by=by, token=token):
        raise NoLongerExists


def delete_orphans(orphans: Sequence[OrphanScore], *, by: User, token: APIToken | None = None) -> int:
    """Deletes those orphans of one player that still exist; returns their number. Raises PlayerLocked."""
    # One transaction: deleted and audited, or neither; under the lock, because an import may be about to refer to them.
    with transaction.atomic():
        states.acquire_player_lock(orphans[0].user_id, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
        there = OrphanScore.objects.in_bulk([orphan.pk for orphan in orphans])
        AuditEntry.objects.bulk_create(
            AuditEntry(
                verb=AuditEntry.Verb.ORPHAN_DELETED, job_id=orphan.from_import_id, subject_id=orphan.user_id, actor=by,
                token=token, counts={"orphanID": orphan.orphan_id},
            )
            for orphan in there.values()
        )  # fmt: skip
        OrphanScore.objects.filter(pk__in=there).delete()
    return len(there)
