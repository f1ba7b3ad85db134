"""CSV with quotes and a header line (RFC 4180), as strict as Tachi's parser. No database access.

The standard library's reader accepts every kind of line end, and quotes within a cell. Tachi refuses such quotes, and
accepts only the kind of line end that comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imports.formats.skipped import CUT_OFF_IN_ROW, refuse_too_many

MAX_COLUMNS = 1_000
"""No real table has a hundredth of that."""

_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_LINE_END = re.compile("\r\n|\r|\n")
_PLAIN = {
    "": re.compile(r"[^,\r\n]*+"),
    "\n": re.compile(r"[^,\n]*+"),
    "\r": re.compile(r"[^,\r]*+"),
    "\r\n": re.compile(r"[^,\r]*+(?:\r(?!\n)[^,\r]*+)*"),
}
"""Line end of a file ("" until it is known) -> pattern of a cell without quotes. Other line ends are text.

No possessive quantifier follows a group with a condition: Python before 3.11.5 matches too much (gh-106052)."""


class CSVError(ValueError):
    """A text is not valid CSV. The message is a sentence for the file's owner."""


Cells = tuple[str, ...]


class CutOffError(CSVError):
    """A text ends within a quoted cell. `cells`: the cells of that record, up to the end."""

    def __init__(self, message: str, cells: Cells) -> None:
        super().__init__(message)
        self.cells = cells


@dataclass(frozen=True, slots=True)
class Records:
    """The records after the header line, in order; one with another number of cells is (message, its cells).

    `columns`: name -> index; of duplicate names, the last.
    """

    columns: Mapping[str, int]
    lines: list[Cells | tuple[str, Cells]]


def read_records(text: str, *, skip_invalid: bool = False) -> Records:
    """Reads the records of a file. Raises CSVError.

    With `skip_invalid`, records with another number of cells and a cut-off last one are returned instead.
    """
    rows = _rows(text)
    header = next(rows, ())
    records, bad = Records({name: place for place, name in enumerate(header)}, []), 0
    message, cells = "", header
    try:
        for number, cells in enumerate(rows, 2):
            if len(cells) == len(header):
                records.lines.append(cells)
                continue
            message = f"Record {number} has {len(cells)} cells, expected {len(header)}."
            if not skip_invalid:
                raise CSVError(message)
            bad += 1
            refuse_too_many(bad)
            records.lines.append((message, cells))
    except CutOffError as cut_off:
        if not skip_invalid:
            raise
        records.lines.append((CUT_OFF_IN_ROW, cut_off.cells))
    else:
        if (
            records.lines
            and records.lines[-1] == (message, cells)
            and len(cells) < len(header)
            and text[-1] not in "\r\n"
        ):
            records.lines[-1] = (CUT_OFF_IN_ROW, cells)
    return records


def _rows(text: str) -> Iterator[Cells]:
    at, number, line_end = 0, 1, ""
    cells: list[str] = []
    while at < len(text) or cells:
        if text.startswith('"', at):
            quoted = _QUOTED.match(text, at)
            if quoted is None:
                message, rest = f"A quote is not closed in record {number}.", text[at + 1 :]
                # If other records follow, the file is not cut off: the quote was never closed.
                raise CSVError(message) if _LINE_END.search(rest) else CutOffError(message, (*cells, rest))
            at = quoted.end()
            cells.append(quoted[1].replace('""', '"'))
        else:
            plain = _PLAIN[line_end].match(text, at)
            cell = plain[0] if plain else ""
            if '"' in cell:
                raise CSVError(f"There is a quote inside a cell in record {number}.")
            at += len(cell)
            cells.append(cell)
        if not line_end:
            found = _LINE_END.match(text, at)
            line_end = found[0] if found else ""
        if text.startswith(",", at):
            at += 1
            if len(cells) == MAX_COLUMNS:
                raise CSVError(f"Record {number} has more than {MAX_COLUMNS} cells.")
            continue
        if at < len(text) and not (line_end and text.startswith(line_end, at)):
            raise CSVError(f"There is text behind a closing quote in record {number}.")
        at += len(line_end)
        yield tuple(cells)  # the garbage collector does not track tuples of texts
        cells, number = [], number + 1


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Returns a file of these rows."""
    lines = [",".join(header)] + [",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()
