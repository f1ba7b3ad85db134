"""Answers that are files, or as long as files: what was sent, and the rows that were left out of it.

Pages and the API hand out the same bytes. They are complete before the first one leaves, so that whatever breaks on the
way is still an error, and no transaction waits for a slow client; and never in memory as a whole.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header

from imports import jobs
from imports.models import Import, ImportInput, ImportProblem
from imports.pipeline.progress import Progress
from imports.pipeline.run import read

IN_MEMORY = 1 << 20  # bytes; what is longer waits in a file without a name
PIECE = 1 << 16  # bytes
LONGEST_NAME = 150  # characters of a file's name
CSV = "text/csv; charset=utf-8"
COLUMNS = ("row", "type", "message", "datapoint")


class _File(FileResponse):
    block_size = PIECE


def written(pieces: Iterable[bytes], *, content_type: str) -> HttpResponseBase:
    """An answer of all these bytes."""
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it once it is sent
    try:
        for piece in pieces:  # writelines would look at the size only at the end
            file.write(piece)
        size = file.tell()
        file.seek(0)
        if size > IN_MEMORY:
            return _File(file, content_type=content_type)
        content = file.read()
    except BaseException:
        file.close()
        raise
    file.close()
    return HttpResponse(content, content_type=content_type)


def download(pieces: Iterable[bytes], *, name: str, content_type: str) -> HttpResponseBase:
    """The same, to be saved and never to be shown in place: it is somebody else's content, and the address is ours."""
    response = written(pieces, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=_tame(name))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _tame(name: str) -> str:
    """A file's name without folders, and without characters that hide what it is."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:].strip(". ") or "import"


# --- what was sent ----------------------------------------------------------------------------------


def input_file(job: Import) -> HttpResponseBase | None:
    """The bytes that were sent; None once they are no longer stored."""
    sent = ImportInput.objects.filter(job=job).first()
    if sent is None:
        return None
    name = sent.file_name or f"{job.import_id}.json"
    return download(_unpacked(bytes(sent.content)), name=name, content_type="application/octet-stream")


def _unpacked(content: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    while content and not unpacker.eof:
        yield unpacker.decompress(content, PIECE)
        content = unpacker.unconsumed_tail
    yield unpacker.flush()


# --- rows that were left out --------------------------------------------------------------------------


def rows_to_mend(job: Import) -> HttpResponseBase:
    """A file of just the rows that were left out, in the format they came in, to mend and to send again.

    What the file says beside its rows is read from the input. Raises ImportFailed, with 410 once that is not stored.
    """
    source, parsed = read(job, jobs.offered_games(), Progress())
    left_out = ImportProblem.objects.filter(job=job, datapoint__isnull=False).order_by("row")
    rows = list(left_out.values_list("datapoint", flat=True))
    content = source.document(parsed.context.as_sent(), rows)
    return download([content], name=f"{job.import_id}-left-out.json", content_type="application/json")


def problems_csv(job: Import, problems: Iterable[ImportProblem], *, private: bool) -> HttpResponseBase:
    """A table for spreadsheets. What the rows said is for those who may see the input (`private`)."""
    return download(_csv(problems, private=private), name=f"{job.import_id}-errors.csv", content_type=CSV)


def _csv(problems: Iterable[ImportProblem], *, private: bool) -> Iterator[bytes]:
    columns = COLUMNS if private else COLUMNS[:-1]
    yield b"\xef\xbb\xbf" + _line(columns)  # without this mark spreadsheets misread Japanese
    for problem in problems:
        cells = [problem.row, problem.type, inert(problem.message)]
        yield _line([*cells, _inert_json(problem.datapoint)] if private else cells)


def _line(cells: Iterable[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue().encode()


FORMULA = re.compile(r"(^|[;\t\r\n])([\s\"']*)(?=[=+\-@＝＋－＠])")
"""Where a cell may begin, also for a spreadsheet that takes semicolons or tabs for the ends of cells."""


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before what would be one."""
    return FORMULA.sub(r"\1\2'", text)


def _inert_json(value: Any) -> str:
    """JSON that is inert and says exactly the same: what could begin a cell or a formula stands as an escape.

    These letters only occur inside of strings. What remains begins with a bracket, a quote, a letter or a number.
    """
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"[;=@]", lambda found: f"\\u{ord(found[0]):04x}", text)
