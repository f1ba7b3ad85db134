"""What imports carried, compared with their stored files: read and converted as for an import, but not judged."""

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
    """An import that does not carry what its file says. Score IDs."""

    job: Import
    stored: set[str]
    computed: set[str]


def carried_differences(user: User, *, repair: bool = False) -> Iterator[CarriedDifference]:
    """Each import of the player's that lacks a score which is there, or carries one that is not in its file.

    Imports whose file is not stored any more are taken at their word. So they are about scores that their owner has
    ever deleted, as a file does not tell what was deleted when it came.
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
    """The scores in a file. Not certain where a row that was one cannot be read as one today."""

    score_ids: set[str]
    is_certain: bool


def _scores_in_file(job: Import) -> _FileScores | None:
    """None where the file is not stored any more, or is not accepted any more."""
    try:
        source, parsed = reading.read(job, GAMES, Progress())
    except ImportFailed:
        return None
    left_out = set(ImportProblem.objects.filter(job=job).values_list("row", flat=True))
    held: set[str] = set()
    is_certain = True

    def known(score_ids: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(score_ids, 1)  # all of them, so that nothing is judged

    for chunk in reading.iter_judged(source, parsed, Progress(), user_id=job.user_id, known=known, rules=job.rules):
        held.update(score_id for draft, score_id, _ in chunk.repeats if draft.row not in left_out)
        is_certain = is_certain and all(problem.row in left_out for problem in chunk.problems)
    return _FileScores(held, is_certain)
