"""Rows that are skipped because they violate the schema, and the row in which a file was cut off."""

from __future__ import annotations

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats.text import storable

MAX_SKIPPED = 100_000
"""Maximum rows that `skip_invalid` skips in one import; a file with more of them is no list of scores."""

MAX_REST = 2_000
"""Characters that are stored of a cut-off row."""

CUT_OFF_IN_ROW = "The file is cut off in this row."
CUT_OFF_HERE = "The file is cut off here."
TOO_MANY_SKIPPED = f"More than {MAX_SKIPPED} scores are invalid. None was imported."


def refuse_too_many(count: int) -> None:
    """Raises ImportFailed if more than `MAX_SKIPPED` rows were skipped."""
    if count > MAX_SKIPPED:
        raise ImportFailed(TOO_MANY_SKIPPED)


def cut_off_row(index: int, rest: str, *, is_row: bool) -> RowProblem:
    """Returns the problem for the part of a cut-off file after its last complete row (`rest`).

    `is_row`: it is the beginning of a row.
    """
    message = CUT_OFF_IN_ROW if is_row else CUT_OFF_HERE
    # As a text, as an incomplete object might be read as a row with fewer members.
    return RowProblem(index, ProblemType.INVALID, message, {"row": storable(rest[:MAX_REST])})


def is_cut_off(message: str) -> bool:
    """Returns whether a problem's message is that the file was cut off."""
    return message in (CUT_OFF_IN_ROW, CUT_OFF_HERE)
