"""Rows that were left out and then imported on a chart that their player chose (`models.RowCorrection`).

Such a row is settled while the import that brings it is in: it does not count as left out, and no orphan waits for its
chart. Called in the transactions of imports and reverts.
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
"""Key of an import, number of a row in it."""


def corrects(job: Import) -> bool:
    """Whether an import brings rows that another one left out. Only a person at a page can have asked for that."""
    return job.user_intent and RowCorrection.objects.filter(corrected_by=job).exists()


def settle(job: Import, score_ids: Mapping[int, str]) -> None:
    """Settles the rows that a completing import brings: its row -> the ID of the score that it is.

    With them those of other imports that waited by the same orphan, as these were the same row.
    """
    settled = [one for one in RowCorrection.objects.filter(corrected_by=job) if one.corrected_row in score_ids]
    for one in settled:
        one.score_id = score_ids[one.corrected_row]
    # From the rows to the orphans that waited for them, and from those to all rows that waited by the same ones.
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
    """Stores corrections, each in place of an earlier one of its row."""
    RowCorrection.objects.bulk_create(
        [RowCorrection(**{name: getattr(one, name) for name in _COLUMNS}) for one in corrections],
        batch_size=1_000, update_conflicts=True, unique_fields=["job", "row"],
        update_fields=["corrected_by", "corrected_row", "score_id", "orphan"],
    )  # fmt: skip


_COLUMNS = ("job_id", "row", "corrected_by_id", "corrected_row", "score_id", "orphan")


def reopen(job: Import) -> None:
    """Leaves the rows out again that a reverted import had brought, and puts their orphans back."""
    settled = list(RowCorrection.objects.filter(corrected_by=job).exclude(score_id="").order_by("job", "row"))
    if not settled:
        return
    waited = {(one.job_id, one.row): one.orphan for one in settled if one.orphan is not None}
    problems = [problem for problem in _problems_at(waited) if problem.job.state == State.COMPLETED]
    by_orphan: dict[str, list[ImportProblem]] = defaultdict(list)
    for problem in problems:
        by_orphan[waited[(problem.job_id, problem.row)]["orphan_id"]].append(problem)
    # It may be there again: another import may have brought the same row meanwhile.
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
    """Returns the rows of an import that other imports have brought on chosen charts."""
    return set(RowCorrection.objects.filter(job=job).exclude(score_id="").values_list("row", flat=True))


def count_again(keys: Collection[int]) -> None:
    """Stores how many rows of these imports are left out."""
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
    # The query finds these rows of any of these imports; the pairs are picked out here.
    return [problem for problem in ordered if (problem.job_id, problem.row) in rows]
