"""CSV as Tachi splits it for the tables of official sites: at every comma, quoted or not. No database access."""

from __future__ import annotations

from dataclasses import dataclass, field

from imports.errors import ImportFailed
from imports.formats.skipped import CUT_OFF_IN_ROW, refuse_too_many

MAX_HEADER = 1_000  # characters
MAX_HEADERS = 50


@dataclass(slots=True)
class Line:
    """A line with as many cells as the header line. `text` is as sent."""

    text: str
    cells: list[str]


@dataclass(slots=True)
class BadLine:
    """A line with another number of cells."""

    text: str
    message: str


@dataclass(slots=True)
class Table:
    """`columns`: the number of columns; their names are ignored."""

    columns: int
    lines: list[Line | BadLine] = field(default_factory=list)


def read_header(text: str) -> int:
    """Returns the number of columns in the header line. Raises ImportFailed if it is empty or exceeds a limit.

    The limit that is exceeded first, reading character by character, is reported.
    """
    header = text.partition("\n")[0]
    if not header:
        raise ImportFailed("Expected headers, but received nothing in the first row.")
    behind_last = len("".join(part + "," for part in header.split(",", MAX_HEADERS)[:MAX_HEADERS]))
    has_too_many = header.count(",") >= MAX_HEADERS and behind_last < len(header)
    if len(header) > MAX_HEADER and not (has_too_many and behind_last < MAX_HEADER):
        raise ImportFailed(f"Headers were longer than {MAX_HEADER} characters long.")
    if has_too_many:
        raise ImportFailed("Too many CSV headers.")
    return header.count(",") + 1


def read_table(text: str, *, skip_invalid: bool = False) -> Table:
    """Reads a file. A line of another length raises ImportFailed or, with `skip_invalid`, becomes a BadLine."""
    table, bad = Table(read_header(text)), 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if number == 0 or "," not in line:  # a line with a single cell is ignored, as a blank line is
            continue
        cells = line.split(",")
        if len(cells) == table.columns:
            table.lines.append(Line(line, [_unwrapped(cell) for cell in cells] if '"' in line else cells))
            continue
        message = f"Row {number} has an invalid amount of cells ({len(cells)}, expected {table.columns})."
        if not skip_invalid:
            raise ImportFailed(message)
        bad += 1
        refuse_too_many(bad)
        is_cut_off = number == len(lines) - 1 and len(cells) < table.columns  # it has no line end
        table.lines.append(BadLine(line, CUT_OFF_IN_ROW if is_cut_off else message))
    return table


def _unwrapped(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def wrapped(cell: str) -> str:
    """Returns a cell that reads as this text: a text in quotes is quoted once more."""
    return f'"{cell}"' if _unwrapped(cell) != cell else cell
