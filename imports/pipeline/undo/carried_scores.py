"""The imports that carried a score besides the import that it belongs to, by score ID (`models.CarriedScores`).

This depends only on the imports' files: reverts, restores and reassignments of other imports do not change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from imports.models import CarriedScores, Import, Score, State
from imports.models.results.carried_scores import ID_SIZE, pack_score_ids, unpack_score_ids
from imports.pipeline import deletions

IMPORTS_PER_QUERY = 20  # imports whose carried scores are in memory together: up to 3 MB each


def save(job: Import, score_ids: Collection[str]) -> None:
    """Stores the carried scores of a completing import, replacing those of an earlier run."""
    if score_ids:
        CarriedScores.objects.update_or_create(job=job, defaults={"score_ids": pack_score_ids(score_ids)})
    elif job.put_aside:  # otherwise it completes for the first time, and nothing is stored yet
        CarriedScores.objects.filter(job=job).delete()


def add(added: Mapping[int, Collection[str]]) -> None:
    """Adds carried scores: primary key of an import -> score IDs."""
    stored = {row.pk: unpack_score_ids(row.score_ids) for row in CarriedScores.objects.filter(job__in=added)}
    rows = [
        CarriedScores(job_id=key, score_ids=pack_score_ids(stored.get(key, set()).union(score_ids)))
        for key, score_ids in added.items()
        if score_ids
    ]
    CarriedScores.objects.bulk_create(
        rows, batch_size=IMPORTS_PER_QUERY, update_conflicts=True, unique_fields=["job"], update_fields=["score_ids"]
    )


def sharers_of(jobs: Collection[Import]) -> dict[int, set[str]]:
    """Returns the other completed imports that carried scores of these imports of one player, as `carriers` does."""
    user_id = next(iter(jobs)).user_id
    # Checked first, because most players' imports carry nothing: then the IDs of the scores are not read.
    keys = [job.pk for job in jobs]
    if not CarriedScores.objects.filter(job__user=user_id).exclude(job__in=keys).exists():
        return {}
    owned = Score.objects.filter(from_import__in=keys).values_list("score_id", flat=True)
    return {key: score_ids for key, score_ids in carriers(user_id, owned).items() if key not in keys}


def carriers(user_id: int, score_ids: Iterable[str]) -> dict[int, set[str]]:
    """The player's completed imports that carried some of these scores, oldest first: key -> those scores.

    A score that its player deleted after an import had completed is not carried by it any more.
    """
    names = {bytes.fromhex(score_id[1:]): score_id for score_id in score_ids}  # without the T of every ID
    if not names:
        return {}
    found = {}
    rows = CarriedScores.objects.filter(job__user=user_id, job__state=State.COMPLETED)
    for row in rows.select_related("job").order_by("job").iterator(chunk_size=IMPORTS_PER_QUERY):
        # Digests are compared instead of IDs, because converting all to text takes most of the time of a preview.
        packed = bytes(row.score_ids)
        carried = {packed[start : start + ID_SIZE] for start in range(0, len(packed), ID_SIZE)}
        if common := names.keys() & carried:
            left = {names[digest] for digest in common} - deletions.since_completed(row.job).keys()
            if left:
                found[row.pk] = left
    return found
