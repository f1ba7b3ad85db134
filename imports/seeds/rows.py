"""The rows of the two kinds of seed file, and how a row that is none is told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Kind = Literal["songs", "charts"]

# PostgreSQL refuses index entries of 2,700 bytes and more; no real title has a tenth of that.
Line = Annotated[str, Meta(max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class SongRow(msgspec.Struct, forbid_unknown_fields=True, rename="camel", gc=False):
    """A song of one game. `data` is the game's own."""

    id: Number
    title: Line
    artist: Annotated[str, Meta(max_length=5_000)]
    alt_titles: list[Line]
    search_terms: list[str]
    data: dict[str, Any]

    @property
    def key(self) -> str:
        return f"id {self.id}"


class ChartRow(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A chart. `level_num` 0 means unknown or unrated; `data` is the playtype's own."""

    chart_id: Name = msgspec.field(name="chartID")
    song_id: Number = msgspec.field(name="songID")
    playtype: Annotated[str, Meta(min_length=1, max_length=16)]
    difficulty: Name
    level: Annotated[str, Meta(max_length=100)]
    level_num: float = msgspec.field(name="levelNum")
    is_primary: bool = msgspec.field(name="isPrimary")
    versions: list[Name]
    data: dict[str, Any]

    @property
    def key(self) -> str:
        return f"chartID {self.chart_id}"


Row = SongRow | ChartRow


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file, or with one row of it (`row` counts from 0). `key` is the row's own, if it has one."""

    file: str
    message: str
    row: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}[{self.row}]"
        return f"{place}{f' ({self.key})' if self.key else ''}: {self.message}"


SHOWN = 10  # problems of one file that are told


class SeedsBroken(Exception):
    """The files contradict their format, each other or the database. Nothing was loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems in the seeds")
        self.problems = list(problems)

    def lines(self) -> list[str]:
        """The first problems of each file, a line each."""
        told: dict[str, list[Problem]] = {}
        for problem in self.problems:
            told.setdefault(problem.file, []).append(problem)
        lines = []
        for file, found in told.items():
            lines += [str(problem) for problem in found[:SHOWN]]
            if len(found) > SHOWN:
                lines.append(f"{file}: {len(found) - SHOWN:,} more")
        return lines
