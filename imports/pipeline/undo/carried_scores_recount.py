"""Compares the carried scores of imports with their stored files, which are read and converted, but not judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from imports.errors import ImportFailed
from imports.games import GAMES
from imports.models import AuditEntry, CarriedScores, Import, ImportProblem, Score, ScoreBlacklist, State, User
from imports.models.audit import DELETIONS
from imports.models.results.carried_scores import pack_score_ids, unpack_score_ids
from imports.pipeline.progress import Progress
from imports.pipeline.scoring import reading


@dataclass(frozen=True, slots=True)
class CarriedDifference:
    """An import whose stored carried scores differ from those in its file, as score IDs."""

    job: Import
    stored: set[str]
    computed: set[str]


def carried_differences(user: User, *, repair: bool = False) -> Iterator[CarriedDifference]:
    """Yields the player's imports that lack a carried score, or carry a score that is not in their file.

    Imports whose file is no longer stored are not checked. Scores that the player has ever deleted are never missing,
    because a file does not show which scores were deleted at its import.
    """
    owners = dict(Score.objects.filter(user=user).values_list("score_id", "from_import"))
    deletions = AuditEntry.objects.filter(subject=user, verb__in=DELETIONS).values_list("counts__scoreID", flat=True)
    deleted = {*deletions, *ScoreBlacklist.objects.filter(user=user).values_list("score_id", flat=True)}
    done = Import.objects.filter(user=user, state=State.COMPLETED)
    for job in done.filter(Q(duplicate_count__gt=0) | Q(carried__isnull=False)).order_by("pk"):
        held = _scores_in_file(job)
        if held is None:
            continue
        row = CarriedScores.objects.filter(job=job).first()
        stored = unpack_score_ids(row.score_ids) if row else set()
        missing = {each for each in held.score_ids if owners.get(each, job.pk) != job.pk} - stored - deleted
        foreign = stored - held.score_ids if held.is_certain else set()
        if missing or foreign:
            computed = (stored | missing) - foreign
            yield CarriedDifference(job, stored, computed)
            if repair:
                packed = {"score_ids": pack_score_ids(computed)}
                CarriedScores.objects.update_or_create(job=job, defaults=packed)


@dataclass(frozen=True, slots=True)
class _FileScores:
    """The scores in a file. Not certain if a row that was a score can no longer be read as one."""

    score_ids: set[str]
    is_certain: bool


def _scores_in_file(job: Import) -> _FileScores | None:
    """Returns the scores in an import's file; None if the file is no longer stored or no longer accepted."""
    try:
        source, parsed = reading.read(job, GAMES, Progress())
    except ImportFailed:
        return None
    left_out = set(ImportProblem.objects.filter(job=job).values_list("row", flat=True))
    held: set[str] = set()
    is_certain = True

    def known(score_ids: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(score_ids, 1)  # all scores count as known, so that no row is judged

    for chunk in reading.iter_judged(source, parsed, Progress(), user_id=job.user_id, known=known, rules=job.rules):
        held.update(score_id for draft, score_id, _ in chunk.repeats if draft.row not in left_out)
        is_certain = is_certain and all(problem.row in left_out for problem in chunk.problems)
    return _FileScores(held, is_certain)
