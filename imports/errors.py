"""The failures of imports and rows. Imports no other module of the product.

`ImportFailed` is raised and stops a whole import; `RowProblem` is a value, because rows that cannot be stored are a
normal part of an import.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

INPUT_EXPIRED = "The input of this import is no longer stored."


class ImportFailed(Exception):
    """Stops a whole import. `status`, `message`: the HTTP status and message for its owner."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Cancelled(Exception):
    """The import was cancelled while it ran: it stops, and nothing of it is stored."""


class ProblemType(StrEnum):
    """The reason why a row was left out (spec: import-pipeline §5)."""

    NOT_FOUND = "SongOrChartNotFound"
    ORPHAN_EXISTS = "OrphanExists"
    INVALID = "InvalidDatapoint"
    AMBIGUOUS = "AmbiguousTitle"
    INTERNAL = "InternalError"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was left out.

    `row` is its index in the input, from 0; `datapoint` is the row as sent. `is_unknown`: it has a value (a difficulty,
    a version, a member) that this instance does not know, but may know later. `kept_as`: the import type under which
    the row is stored as an orphan, if that is not the file's.
    """

    row: int
    type: ProblemType
    message: str
    datapoint: Any = field(default=None, compare=False)
    is_unknown: bool = field(default=False, compare=False)
    kept_as: str = field(default="", compare=False)

    @property
    def becomes_orphan(self) -> bool:
        """Whether the row is stored as an orphan, to be tried again."""
        return self.is_unknown or self.type is ProblemType.NOT_FOUND


class FormulaError(ValueError):
    """A value is outside the range of a game's formula. The message may be shown to a player."""
