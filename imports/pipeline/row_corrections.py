"""Corrections: rows with problems that were later imported on a chart that the player picked (`RowCorrection`).

A row is settled while the import that corrects it is completed: it does not count as a problem, and has no orphan.
Called in the transactions of imports and reverts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db.models import Count

from imports.models import Import, ImportProblem, OrphanScore, RowCorrection, State
from imports.models.row_corrections import open_problems

OF_ORPHAN = (
    "orphan_id", "user_id", "import_type", "game", "data", "context", "error_message", "chart_hash", "chart_playtype",
)  # fmt: skip

Row = tuple[int, int]
"""Primary key of an import, number of a row in it."""


def corrects(job: Import) -> bool:
    """Returns whether an import corrects rows of another import. Only imports submitted on a page can do so."""
    return job.user_intent and RowCorrection.objects.filter(corrected_by=job).exists()


def settle(job: Import, score_ids: Mapping[int, str]) -> None:
    """Settles the rows that a completing import corrects. `score_ids`: row of the import -> ID of its score.

    Also settles the rows of other imports with the same orphan, because these are the same row.
    """
    settled = [one for one in RowCorrection.objects.filter(corrected_by=job) if one.corrected_row in score_ids]
    for one in settled:
        one.score_id = score_ids[one.corrected_row]
    # From the rows to their orphans, and from those to all rows with the same orphans.
    by_row: dict[Row, RowCorrection] = {(one.job_id, one.row): one for one in settled}
    by_orphan: dict[int, RowCorrection] = {}
    for problem in _problems_at(by_row):
        if problem.orphan_id is not None:
            by_orphan[problem.orphan_id] = by_row[(problem.job_id, problem.row)]
    orphans = {
        orphan["id"]: {name: orphan[name] for name in OF_ORPHAN}
        for orphan in OrphanScore.objects.filter(pk__in=by_orphan).values("id", *OF_ORPHAN)
    }
    for problem in ImportProblem.objects.filter(orphan__in=by_orphan):
        if problem.orphan_id is not None:
            row, first = (problem.job_id, problem.row), by_orphan[problem.orphan_id]
            by_row.setdefault(row, RowCorrection(job_id=row[0], row=row[1], corrected_by=job))
            by_row[row].corrected_row, by_row[row].score_id = first.corrected_row, first.score_id
            by_row[row].orphan = orphans[problem.orphan_id]
    save(by_row.values())
    OrphanScore.objects.filter(pk__in=orphans).delete()
    count_again({key for key, _ in by_row})


def save(corrections: Iterable[RowCorrection]) -> None:
    """Stores corrections; each replaces an earlier one of the same row."""
    RowCorrection.objects.bulk_create(
        [RowCorrection(**{name: getattr(one, name) for name in _COLUMNS}) for one in corrections],
        batch_size=1_000, update_conflicts=True, unique_fields=["job", "row"],
        update_fields=["corrected_by", "corrected_row", "score_id", "orphan"],
    )  # fmt: skip


_COLUMNS = ("job_id", "row", "corrected_by_id", "corrected_row", "score_id", "orphan")


def reopen(job: Import) -> None:
    """Reopens the rows that a reverted import had corrected, and restores their orphans."""
    settled = list(RowCorrection.objects.filter(corrected_by=job).exclude(score_id="").order_by("job", "row"))
    if not settled:
        return
    waited = {(one.job_id, one.row): one.orphan for one in settled if one.orphan is not None}
    problems = [problem for problem in _problems_at(waited) if problem.job.state == State.COMPLETED]
    by_orphan: dict[str, list[ImportProblem]] = defaultdict(list)
    for problem in problems:
        by_orphan[waited[(problem.job_id, problem.row)]["orphan_id"]].append(problem)
    # An orphan may exist again, because another import may have had the same row meanwhile.
    OrphanScore.objects.bulk_create(
        [
            OrphanScore(from_import_id=same[0].job_id, **waited[(same[0].job_id, same[0].row)])
            for same in by_orphan.values()
        ],
        batch_size=1_000, ignore_conflicts=True,
    )  # fmt: skip
    keys = dict(OrphanScore.objects.filter(orphan_id__in=by_orphan).values_list("orphan_id", "pk"))
    for orphan_id, same in by_orphan.items():
        for problem in same:
            problem.orphan_id = keys[orphan_id]
    ImportProblem.objects.bulk_update(problems, ["orphan"], batch_size=1_000)
    RowCorrection.objects.filter(pk__in=[one.pk for one in settled]).update(score_id="", orphan=None)
    count_again({one.job_id for one in settled})


def settled_rows(job: Import) -> set[int]:
    """Returns the rows of an import that other imports have corrected."""
    return set(RowCorrection.objects.filter(job=job).exclude(score_id="").values_list("row", flat=True))


def count_again(keys: Collection[int]) -> None:
    """Counts the open problems of these imports again and stores the numbers."""
    left_out = open_problems().filter(job__in=keys).values_list("job").annotate(count=Count("pk")).order_by()
    counts = dict(left_out)
    imports = list(Import.objects.filter(pk__in=keys).only("pk", "problem_count"))
    for one in imports:
        one.problem_count = counts.get(one.pk, 0)
    Import.objects.bulk_update(imports, ["problem_count"], batch_size=1_000)


def _problems_at(rows: Collection[Row]) -> list[ImportProblem]:
    """Returns the problems of these rows, oldest import first."""
    found = ImportProblem.objects.filter(job__in={key for key, _ in rows}, row__in={row for _, row in rows})
    ordered = found.select_related("job").defer("datapoint").order_by("job", "row")
    # The query finds any of these rows in any of these imports; the pairs are selected here.
    return [problem for problem in ordered if (problem.job_id, problem.row) in rows]
