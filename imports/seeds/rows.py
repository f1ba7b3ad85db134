"""The rows of the two kinds of seed files in their two forms, and the problems of invalid rows.

Seeds of 2025 identify songs by numbers and charts by 40 hexadecimal digits. Those of 2026 have IDs of v3 as well; rows
of either form are identified by the IDs of 2025.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from imports.games.javascript import MAX_SAFE_INTEGER

Kind = Literal["songs", "charts"]

# PostgreSQL refuses index entries of 2,700 bytes and more; no real title is a tenth as long.
Line = Annotated[str, Meta(max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Number = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
V3SongID = Annotated[str, Meta(pattern="^S[0-9a-f]{19}$")]
V3ChartID = Annotated[str, Meta(pattern="^C[0-9a-f]{19}$")]


class _Song(msgspec.Struct, forbid_unknown_fields=True, rename="camel", gc=False, kw_only=True):
    title: Line
    artist: Annotated[str, Meta(max_length=5_000)]
    alt_titles: list[Line]
    search_terms: list[str]
    data: dict[str, Any]


class SongOf2025(_Song):
    """A song in `songs-<game>.json` of 2025."""

    id: Number

    def row(self, _playtype: str | None) -> SongRow:
        return SongRow(song_id=self.id, v3_id="", **shared_fields(self, _Song))


class SongOf2026(_Song):
    """A song in `songs-<group>.json` of 2026."""

    id: V3SongID
    legacy_song_id: Number = msgspec.field(name="legacySongID")

    def row(self, _playtype: str | None) -> SongRow:
        return SongRow(song_id=self.legacy_song_id, v3_id=self.id, **shared_fields(self, _Song))


class _Chart(msgspec.Struct, forbid_unknown_fields=True, gc=False, kw_only=True):
    difficulty: Name
    level: Annotated[str, Meta(max_length=100)]
    level_num: float = msgspec.field(name="levelNum")
    is_primary: bool = msgspec.field(name="isPrimary")
    versions: list[Name]
    data: dict[str, Any]


class ChartOf2025(_Chart):
    """A chart in `charts-<game>.json` of 2025."""

    chart_id: Name = msgspec.field(name="chartID")
    song_id: Number = msgspec.field(name="songID")
    playtype: Annotated[str, Meta(min_length=1, max_length=16)]

    def row(self, _playtype: str | None) -> ChartRow:
        return ChartRow(
            chart_id=self.chart_id,
            v3_id="",
            song_id=self.song_id,
            playtype=self.playtype,
            **shared_fields(self, _Chart),
        )


class ChartOf2026(_Chart):
    """A chart in `charts-<game>.json` of 2026. The file's name determines the playtype."""

    id: V3ChartID
    legacy_chart_id: Name = msgspec.field(name="legacyChartID")
    song_id: V3SongID = msgspec.field(name="songID")

    def row(self, playtype: str | None) -> ChartRow:
        return ChartRow(
            chart_id=self.legacy_chart_id,
            v3_id=self.id,
            song_id=self.song_id,
            playtype=playtype or "",  # an empty one is refused later
            **shared_fields(self, _Chart),
        )


def shared_fields(row: msgspec.Struct, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Returns the fields that both forms of a row share."""
    return {name: getattr(row, name) for name in kind.__struct_fields__}


@dataclass(frozen=True, slots=True, kw_only=True)
class SongRow:
    """A song of either form. `song_id` is its number; `v3_id` is empty if the file has none."""

    song_id: int
    v3_id: str
    title: str
    artist: str
    alt_titles: list[str]
    search_terms: list[str]
    data: dict[str, Any]  # game-specific

    @property
    def key(self) -> str:
        return f"id {self.v3_id or self.song_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """A chart of either form. `chart_id` is its ID of 2025; `song_id` is a number, or the song's ID of v3."""

    chart_id: str
    v3_id: str
    song_id: int | str
    playtype: str
    difficulty: str
    level: str
    level_num: float  # 0: unknown or unrated
    is_primary: bool
    versions: list[str]
    data: dict[str, Any]  # playtype-specific

    @property
    def key(self) -> str:
        return f"id {self.v3_id}" if self.v3_id else f"chartID {self.chart_id}"


Row = SongRow | ChartRow
Form = SongOf2025 | SongOf2026 | ChartOf2025 | ChartOf2026


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a file, or of one of its rows (`row` counts from 0). `key`: that of the row, if it has one."""

    file: str
    message: str
    row: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}[{self.row}]"
        return f"{place}{f' ({self.key})' if self.key else ''}: {self.message}"


SHOWN = 10  # problems of one file that are listed


class SeedsBroken(Exception):
    """The files contradict their format, each other or the database. Nothing of them was loaded."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems in the seeds")
        self.problems = list(problems)

    @classmethod
    def of(cls, source: str, message: str) -> SeedsBroken:
        """Returns the error for a whole file, folder or archive."""
        return cls([Problem(source, message)])

    def lines(self) -> list[str]:
        """The first problems of each file, a line each."""
        return lines_of(self.problems)


def lines_of(problems: Sequence[Problem]) -> list[str]:
    """The first problems of each file, a line each."""
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    lines = []
    for file, found in by_file.items():
        lines += [str(problem) for problem in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"{file}: {len(found) - SHOWN:,} more")
    return lines
