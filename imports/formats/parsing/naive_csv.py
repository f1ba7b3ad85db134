"""CSV as the original splits it for the tables of the official sites: at every comma, quoted or not. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from imports.errors import ImportFailed
from imports.formats.skipped import refuse_too_many

MAX_HEADER = 1_000  # characters
MAX_HEADERS = 50


@dataclass(slots=True)
class Line:
    """A line with as many cells as there are headers. `text` is as it was sent."""

    text: str
    cells: list[str]


@dataclass(slots=True)
class BadLine:
    """A line with another number of cells."""

    text: str
    message: str


@dataclass(slots=True)
class Table:
    """`columns`: how many headers there are; what they are called does not matter."""

    columns: int
    lines: list[Line | BadLine] = field(default_factory=list)


def read_header(text: str) -> int:
    """How many headers the first line has. Raises ImportFailed for one that cannot be of such a table.

    Both limits are looked at character by character, so that the one that is exceeded first is reported.
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
    """The whole of a file. Raises ImportFailed for a line of another length, or keeps it where those are skipped."""
    table, bad = Table(read_header(text)), 0
    for number, line in enumerate(text.split("\n")):
        if number == 0 or "," not in line:  # one with a single cell is passed over, as a blank line is
            continue
        cells = line.split(",")
        if len(cells) == table.columns:
            table.lines.append(Line(line, [_unwrapped(cell) for cell in cells] if '"' in line else cells))
            continue
        said = f"Row {number} has an invalid amount of cells ({len(cells)}, expected {table.columns})."
        if not skip_invalid:
            raise ImportFailed(said)
        bad += 1
        refuse_too_many(bad)
        table.lines.append(BadLine(line, said))
    return table


def _unwrapped(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def wrapped(cell: str) -> str:
    """A cell that reads as this text: one that looks wrapped must be wrapped once more."""
    return f'"{cell}"' if _unwrapped(cell) != cell else cell
