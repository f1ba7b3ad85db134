"""Answers that are files, or as long as files: what was sent, the rows left out of it, what a player takes out.

Pages and the API hand out the same bytes. They are complete before the first one leaves, so that they have a length and
whatever breaks on the way is still an error; and never in memory as a whole.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header

from imports import jobs
from imports.formats import BY_IMPORT_TYPE, kept_rows
from imports.games.spec import Playtype
from imports.models import DataExport, Import, ImportInput, ImportProblem, User
from imports.models.row_corrections import open_problems
from imports.pipeline.progress import Progress
from imports.pipeline.scoring.reading import read
from imports.takeout.csv_cells import csv_line, escape_formula, escape_formula_json
from imports.takeout.score_table import score_table
from imports.takeout.stored_file import parts_of, safe_file_name, uploaded

MAX_MEMORY_BYTES = 1 << 20  # bytes; what is longer waits in a file without a name
CHUNK_BYTES = 1 << 16  # bytes
CSV = "text/csv; charset=utf-8"
COLUMNS = ("row", "type", "message", "datapoint")


class _File(FileResponse):
    block_size = CHUNK_BYTES


def bytes_response(pieces: Iterable[bytes], *, content_type: str) -> HttpResponseBase:
    """An answer of all these bytes."""
    file = SpooledTemporaryFile(MAX_MEMORY_BYTES)  # noqa: SIM115 - the answer closes it once it is sent
    try:
        for piece in pieces:  # writelines would look at the size only at the end
            file.write(piece)
        size = file.tell()
        file.seek(0)
        if size > MAX_MEMORY_BYTES:
            return _File(file, content_type=content_type)
        content = file.read()
    except BaseException:
        file.close()
        raise
    file.close()
    return HttpResponse(content, content_type=content_type)


def download_response(pieces: Iterable[bytes], *, name: str, content_type: str) -> HttpResponseBase:
    """The same, to be saved and never to be shown in place: it is somebody else's content, and the address is ours."""
    response = bytes_response(pieces, content_type=content_type)
    disposition = content_disposition_header(as_attachment=True, filename=safe_file_name(name))
    response.headers["Content-Disposition"] = disposition
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


# --- what was sent ----------------------------------------------------------------------------------


def input_file(job: Import) -> HttpResponseBase | None:
    """The bytes that were sent; None once they are no longer stored."""
    sent = ImportInput.objects.filter(job=job).defer("content").first()
    if sent is None:
        return None
    source = BY_IMPORT_TYPE.get(job.import_type)
    # Rows that were kept are stored as JSON, whatever the format they came in.
    extension = source.extensions[0] if source and kept_rows.FIELD not in sent.fields else ".json"
    name = sent.file_name or f"{job.import_id}{extension}"
    # Octets and not JSON: whatever the file claims to be, no browser should read it as anything.
    return download_response(uploaded(sent.job_id), name=name, content_type="application/octet-stream")


# --- what a player takes out --------------------------------------------------------------------------


def data_export_file(export: DataExport) -> HttpResponseBase:
    """The ZIP of a finished export."""
    name = f"{export.user.username}-{export.time_queued:%Y-%m-%d}.zip"
    return download_response(parts_of(export), name=name, content_type="application/zip")


def score_table_file(user: User, game: str, playtype: Playtype) -> HttpResponseBase:
    """The scores of a player on one game as a table."""
    name = f"{user.username}-{game}-{playtype.name}.csv"
    return download_response(score_table(user, game, playtype), name=name, content_type=CSV)


# --- rows that were left out --------------------------------------------------------------------------


def failed_rows_file(job: Import) -> HttpResponseBase:
    """A file of just the rows that were left out, in the format they came in, to correct and to send again.

    What the file says beside its rows is read from the input. Raises ImportFailed, with 410 once that is not stored.
    """
    source, parsed = read(job, jobs.enabled_games(), Progress())
    left_out = open_problems().filter(job=job, datapoint__isnull=False).order_by("row")
    rows = list(left_out.values_list("datapoint", flat=True))
    content = source.document(parsed.context.as_sent(), rows)
    name = f"{job.import_id}-left-out{source.extensions[0]}"
    return download_response([content], name=name, content_type=source.content_type)


def problems_csv(job: Import, problems: Iterable[ImportProblem], *, private: bool) -> HttpResponseBase:
    """A table for spreadsheets. What the rows said is for those who may see the input (`private`)."""

    def lines() -> Iterator[bytes]:
        columns = COLUMNS if private else COLUMNS[:-1]
        yield codecs.BOM_UTF8 + csv_line(columns)  # without this mark spreadsheets misread Japanese
        for problem in problems:
            cells = [problem.row, problem.type, escape_formula(problem.message)]
            yield csv_line([*cells, escape_formula_json(problem.datapoint)] if private else cells)

    return download_response(lines(), name=f"{job.import_id}-errors.csv", content_type=CSV)
