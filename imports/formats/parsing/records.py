"""CSV with quotes and a header line (RFC 4180), as strict as the original's parser. Pure.

The standard library's reader takes every kind of line end, and a quote in the middle of a cell; the original refuses
the second and makes the first line end that it meets the only one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imports.formats.skipped import refuse_too_many

MAX_COLUMNS = 1_000
"""No table of ours has a hundredth of it."""

_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_LINE_END = re.compile("\r\n|\r|\n")
_PLAIN = {
    "": re.compile(r"[^,\r\n]*+"),
    "\n": re.compile(r"[^,\n]*+"),
    "\r": re.compile(r"[^,\r]*+"),
    "\r\n": re.compile(r"(?:[^,\r]|\r(?!\n))*+"),
}
"""Line end of a file, once it is known -> a cell without quotes. Line ends of other kinds are text."""


class CSVError(ValueError):
    """A text is no such CSV. Its words are a sentence for the file's owner."""


Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """The lines behind the header line, in their order; one of another length as what is said of it and its cells.

    `columns`: name -> place. The later of two columns of one name counts.
    """

    columns: Mapping[str, int]
    lines: list[Cells | tuple[str, Cells]]


def read_records(text: str, *, skip_invalid: bool = False) -> Records:
    """The records of a file. Raises CSVError; with `skip_invalid` not for some records of another length."""
    rows = _rows(text)
    header = next(rows, ())
    records, bad = Records({name: place for place, name in enumerate(header)}, []), 0
    for number, cells in enumerate(rows, 2):
        if len(cells) == len(header):
            records.lines.append(cells)
            continue
        said = f"Record {number} has {len(cells)} cells, expected {len(header)}."
        if not skip_invalid:
            raise CSVError(said)
        bad += 1
        refuse_too_many(bad)
        records.lines.append((said, cells))
    return records


def _rows(text: str) -> Iterator[Cells]:
    at, number, line_end = 0, 1, ""
    cells: list[str] = []
    while at < len(text) or cells:
        if text.startswith('"', at):
            quoted = _QUOTED.match(text, at)
            if quoted is None:
                raise CSVError(f"A quote is not closed in record {number}.")
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
        yield tuple(cells)  # of texts alone, which the garbage collector need not look into
        cells, number = [], number + 1


def written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file of these rows."""
    lines = [",".join(header)] + [",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode()
