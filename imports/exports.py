"""Responses that are downloads: inputs of imports, rows that were left out, exports and tables of scores.

Pages and the API return the same bytes. They are complete before the first one is sent, so that the length is known and
an exception still gives an error response; but never completely in memory.
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
from imports.pipeline.checking import CheckResult
from imports.pipeline.progress import Progress
from imports.pipeline.scoring.reading import read
from imports.pipeline.upload import Upload
from imports.takeout.csv_cells import csv_line, escape_formula, escape_formula_json
from imports.takeout.score_table import score_table
from imports.takeout.stored_file import parts_of, safe_file_name, uploaded

MAX_MEMORY_BYTES = 1 << 20  # longer content is in an anonymous file
CHUNK_BYTES = 1 << 16
CSV = "text/csv; charset=utf-8"
COLUMNS = ("row", "type", "message", "datapoint")


class _File(FileResponse):
    block_size = CHUNK_BYTES


def bytes_response(pieces: Iterable[bytes], *, content_type: str) -> HttpResponseBase:
    """Returns a response with all these bytes."""
    file = SpooledTemporaryFile(MAX_MEMORY_BYTES)  # noqa: SIM115 - closed by the response after it is sent
    try:
        for piece in pieces:  # writelines would check the size only at the end
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
    """Returns a download that browsers save and never display, as it is untrusted content on our origin."""
    response = bytes_response(pieces, content_type=content_type)
    disposition = content_disposition_header(as_attachment=True, filename=safe_file_name(name))
    response.headers["Content-Disposition"] = disposition
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


# --- inputs -----------------------------------------------------------------------------------------


def input_file(job: Import) -> HttpResponseBase | None:
    """Returns the input of an import; None if it is no longer stored."""
    sent = ImportInput.objects.filter(job=job).defer("content").first()
    if sent is None:
        return None
    source = BY_IMPORT_TYPE.get(job.import_type)
    # Rows that are imported again are stored as JSON in every format.
    extension = source.extensions[0] if source and kept_rows.FIELD not in sent.fields else ".json"
    name = sent.file_name or f"{job.import_id}{extension}"
    # A generic content type, so that no browser interprets the file.
    return download_response(uploaded(sent.job_id), name=name, content_type="application/octet-stream")


# --- exports ------------------------------------------------------------------------------------------


def data_export_file(export: DataExport) -> HttpResponseBase:
    """Returns the ZIP of a finished export."""
    name = f"{export.user.username}-{export.time_queued:%Y-%m-%d}.zip"
    return download_response(parts_of(export), name=name, content_type="application/zip")


def score_table_file(user: User, game: str, playtype: Playtype) -> HttpResponseBase:
    """Returns the scores of a player on a playtype as a table."""
    name = f"{user.username}-{game}-{playtype.name}.csv"
    return download_response(score_table(user, game, playtype), name=name, content_type=CSV)


# --- rows that were left out --------------------------------------------------------------------------


def failed_rows_file(job: Import) -> HttpResponseBase:
    """Returns a file of only the rows that were left out, in the import's format, to be corrected and uploaded again.

    The rest of the file is read from the input. Raises ImportFailed, with status 410 if that is no longer stored.
    """
    source, parsed = read(job, jobs.enabled_games(), Progress())
    left_out = open_problems().filter(job=job, datapoint__isnull=False).order_by("row")
    rows = list(left_out.values_list("datapoint", flat=True))
    content = source.document(parsed.context.as_sent(), rows)
    name = f"{job.import_id}-left-out{source.extensions[0]}"
    return download_response([content], name=name, content_type=source.content_type)


def checked_rows_file(upload: Upload, checked: CheckResult) -> HttpResponseBase:
    """Does the same for a file that was checked and is not imported yet. `checked` lists the rows with problems."""
    source = BY_IMPORT_TYPE[upload.import_type]
    rows = [row.problem.datapoint for row in checked.rows if row.problem and row.problem.datapoint is not None]
    stem = upload.file_name.rpartition(".")[0] or "scores"
    content = source.document(checked.context.as_sent(), rows)
    return download_response([content], name=f"{stem}-left-out{source.extensions[0]}", content_type=source.content_type)


def problems_csv(job: Import, problems: Iterable[ImportProblem], *, private: bool) -> HttpResponseBase:
    """Returns a table for spreadsheets. `private`: it includes the rows' data, for those who may see the input."""

    def lines() -> Iterator[bytes]:
        columns = COLUMNS if private else COLUMNS[:-1]
        yield codecs.BOM_UTF8 + csv_line(columns)  # without a byte order mark spreadsheets misread Japanese
        for problem in problems:
            cells = [problem.row, problem.type, escape_formula(problem.message)]
            yield csv_line([*cells, escape_formula_json(problem.datapoint)] if private else cells)

    return download_response(lines(), name=f"{job.import_id}-errors.csv", content_type=CSV)
