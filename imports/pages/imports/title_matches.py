"""Rows of an import whose titles merely look like known ones: what they mean, and an upload that says so."""

from __future__ import annotations

from collections.abc import Sequence

from imports.errors import ProblemType
from imports.formats import BY_IMPORT_TYPE
from imports.jobs import Upload
from imports.models import Import, ImportProblem
from imports.models.row_corrections import open_problems
from imports.pages.imports.row_correction import corrected_upload
from imports.pipeline.suggestions import Kept, Match, sure_matches

UNKNOWN = (ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS)
MAX_ROWS = 2_000  # rows that are looked at together; those beyond have their turn once these are in


def find_matches(problems: Sequence[ImportProblem]) -> dict[int, Match]:
    """Row -> what it can only have meant. The problems come with their imports and orphans. Two queries."""
    return sure_matches(
        {
            problem.row: Kept(problem.datapoint, problem.orphan.context, problem.job.import_type)
            for problem in problems
            if problem.type in UNKNOWN and problem.orphan is not None
        }
    )


def find_import_matches(job: Import) -> dict[int, Match]:
    """The same for all of an import. Three queries."""
    return find_matches(_unknown_rows(job))


def corrected_rows(job: Import, *, client: str) -> tuple[Upload, list[int]] | None:
    """An upload of all rows with a sure match, on their charts, and their numbers in the import. None without any."""
    problems = {problem.row: problem for problem in _unknown_rows(job)}
    matches = find_matches(list(problems.values()))
    if not matches:
        return None
    orphan = problems[next(iter(matches))].orphan
    context = orphan.context if orphan is not None else {}  # the matches are of rows with orphans
    rows = {row: (problems[row].datapoint, match.chart) for row, match in matches.items()}
    return corrected_upload(job, context, rows, client=client), list(matches)


def _unknown_rows(job: Import) -> list[ImportProblem]:
    """The rows that name an unknown title. They come with their orphans."""
    source = BY_IMPORT_TYPE.get(job.import_type)
    if source is None or source.asks_by_title is None:
        return []
    asking = {f"datapoint__{member}": value for member, value in source.asks_by_title.items()}
    found = open_problems().filter(job=job, type__in=UNKNOWN, **asking)
    return list(found.select_related("orphan", "job").order_by("row")[:MAX_ROWS])
