"""Writes the problems of an import, and the orphans of some of their rows, with COPY."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from imports.errors import ProblemType, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Context
from imports.games.identity import orphan_id
from imports.models import Import, ImportProblem, OrphanScore

to_json = msgspec.json.Encoder().encode


def save_problems(
    job: Import,
    problems: Sequence[RowProblem],
    context: Context,
    *,
    added: datetime,
    settled: Collection[int] = (),
    reported: Mapping[int, str] | None = None,
) -> None:
    """Stores problems, and orphans of the rows that may be imported later; equal rows share an orphan.

    `settled` rows, which another import has corrected, have no orphan. `reported`: the types that a restored import
    reported before (`reported_unknown`) and reports again. Orphans that passed to a later import return to this one.
    """
    if not problems:
        return
    orphans = orphan_ids([problem for problem in problems if problem.row not in settled], context, user_id=job.user_id)
    keys = orphan_keys(orphans.values())
    new: dict[str, RowProblem] = {}  # orphan ID -> the first row that is this orphan
    for problem in problems:
        identity = orphans.get(problem.row)
        if identity is not None and identity not in keys:
            new.setdefault(identity, problem)
    _copy_orphans(job, new, context, added=added)
    keys.update(orphan_keys(new))
    # Of several rows with the same orphan the first reports an unknown chart, the others an existing orphan.
    kinds = {problem.row: ProblemType.NOT_FOUND for problem in new.values()}
    kinds |= {row: ProblemType(kind) for row, kind in (reported or {}).items()}
    if job.put_aside:  # orphans that a revert passed to a later import
        OrphanScore.objects.filter(pk__in=keys.values(), from_import__gt=job.pk).update(from_import=job)

    def columns_of(problem: RowProblem) -> tuple[Any, ...]:
        identity = orphans.get(problem.row)
        kind = problem.type
        if kind is ProblemType.NOT_FOUND:
            kind = kinds.get(problem.row, ProblemType.ORPHAN_EXISTS)
        key = None if identity is None else keys[identity]
        return (job.pk, problem.row, kind.value, problem.message, to_json(problem.datapoint).decode(), key)

    columns = ("job_id", "row", "type", "message", "datapoint", "orphan_id")
    copy_rows(ImportProblem, columns, map(columns_of, problems))


def reported_unknown(job: Import) -> dict[int, str]:
    """Returns row -> `SongOrChartNotFound` or `OrphanExists`, as the import reported it before."""
    kinds = (ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS)
    return dict(ImportProblem.objects.filter(job=job, type__in=kinds).values_list("row", "type"))


def orphan_ids(problems: Iterable[RowProblem], context: Context, *, user_id: int) -> dict[int, str]:
    """Returns row -> the ID of its orphan, for rows that become orphans."""
    sent = context.as_sent()
    return {
        problem.row: orphan_id(
            user_id=user_id, import_type=_kept_as(problem, context), data=problem.datapoint, context=sent
        )
        for problem in problems
        if problem.becomes_orphan
    }


def _kept_as(problem: RowProblem, context: Context) -> str:
    return problem.kept_as or context.import_type


def orphan_keys(identities: Iterable[str]) -> dict[str, int]:
    """Returns orphan ID -> primary key, for existing orphans."""
    return dict(OrphanScore.objects.filter(orphan_id__in=list(identities)).values_list("orphan_id", "pk"))


def reason(message: str, context: Context) -> str:
    """Returns the reason of an orphan: the message of its problem, and a note if the file's version is unknown here."""
    version = context.version
    if not version or version in context.playtype.versions or f"version {version}" in message:
        return message
    return f"{message.removesuffix('.')}. The version {version} is not known here."


def _copy_orphans(job: Import, new: Mapping[str, RowProblem], context: Context, *, added: datetime) -> None:
    """Stores orphans: ID -> the problem of the row."""
    columns = (
        "orphan_id", "user_id", "from_import_id", "import_type", "game", "data", "context", "error_message",
        "time_inserted", "chart_hash", "chart_playtype",
    )  # fmt: skip
    describe = BY_IMPORT_TYPE[context.import_type].unknown_chart
    sent = context.as_sent()
    shared = to_json(sent).decode()

    def columns_of(identity: str, problem: RowProblem) -> tuple[Any, ...]:
        chart = describe(problem.datapoint, sent) if describe and problem.type is ProblemType.NOT_FOUND else None
        return (
            identity, job.user_id, job.pk, _kept_as(problem, context), context.game.slug,
            to_json(problem.datapoint).decode(), shared, reason(problem.message, context), added,
            chart.hash if chart else "", chart.playtype if chart else "",
        )  # fmt: skip

    copy_rows(OrphanScore, columns, (columns_of(*each) for each in new.items()))


def copy_rows(model: type[Any], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Copies rows of Python values into a table; JSON columns take text."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
