"""Every failure by name. Pure: imports nothing of ours.

Two kinds exist. `ImportFailed` is raised and stops a whole import; `RowProblem` is a value, because rows that
cannot be stored are an ordinary part of an import.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

INPUT_EXPIRED = "The input of this import is no longer stored."


class ImportFailed(Exception):
    """Stops a whole import. `status`, `message`: the HTTP status and the message that its owner gets."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Cancelled(Exception):
    """The import was cancelled while it ran: it is abandoned, and nothing of it stays."""


class ProblemType(StrEnum):
    """Why one row was left out (spec: import-pipeline §5)."""

    NOT_FOUND = "SongOrChartNotFound"
    ORPHAN_EXISTS = "OrphanExists"
    INVALID = "InvalidDatapoint"
    AMBIGUOUS = "AmbiguousTitle"
    INTERNAL = "InternalError"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was left out.

    `row` is its place in the input, counted from 0; `datapoint` is the row as it was sent. `is_unknown`: it names
    something (a difficulty, a version, a member) that this instance does not know today and may know tomorrow.
    `kept_as`: the import type under which the row is kept as an orphan, where that is not the file's.
    """

    row: int
    type: ProblemType
    message: str
    datapoint: Any = field(default=None, compare=False)
    is_unknown: bool = field(default=False, compare=False)
    kept_as: str = field(default="", compare=False)

    @property
    def becomes_orphan(self) -> bool:
        """Whether the row is kept, to be tried again."""
        return self.is_unknown or self.type is ProblemType.NOT_FOUND


class FormulaError(ValueError):
    """A value that a game's formula has no answer for. Its text may be shown to a player."""
