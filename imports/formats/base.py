"""What a format is: bytes -> rows, and row + charts -> draft or problem. Pure: no Django, no database.

`pipeline.run` calls, in this order: `parse`; `keys` over all rows; then (with the charts those keys found, loaded in
one query a kind of key) `convert` row by row. Nothing here raises for a bad row: `convert` returns a `RowProblem`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imports.errors import RowProblem
from imports.games.spec import Chart, Game, Play, Playtype, Song

Key = tuple[str, str, str]
"""How a song or chart is asked for: (game slug, kind, value), e.g. ("sdvx", "inGameID", "995")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """What an upload says beside its bytes. `now` in Unix milliseconds; `games` are this instance's, in order."""

    games: Sequence[Game]
    now: int
    infer_time_achieved: bool = False
    skip_invalid: bool = False  # a row that breaks the schema becomes a RowProblem instead of failing the import
    fields: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the rows of one file share. `service` is as sent, `score_service` as scores bear it."""

    game: Game
    playtype: Playtype
    import_type: str
    service: str
    score_service: str
    version: str | None = None

    def as_sent(self) -> dict[str, Any]:
        """The context that orphans are stored and hashed with."""
        return {
            "game": self.game.slug,
            "playtype": self.playtype.name,
            "service": self.service,
            "version": self.version,
        }


@dataclass(slots=True, kw_only=True)
class Parsed:
    """A file that could be read. `rows` are the format's own objects, or a problem where a bad row was skipped.

    `classes`: class set -> class id, for the context's playtype; None where the file says nothing of classes.
    """

    context: Context
    rows: list[Any]
    classes: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The songs and charts that the keys of one import found. `memo` is for formats to remember their answers in."""

    songs: Mapping[Key, Sequence[Song]] = field(default_factory=dict)
    charts: Mapping[Key, Sequence[Chart]] = field(default_factory=dict)
    charts_of: Mapping[int, Sequence[Chart]] = field(default_factory=dict)  # by song pk; all playtypes
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class Draft:
    """A converted score, not yet judged and not yet stored. `time_achieved` in Unix milliseconds, None if unknown."""

    row: int
    chart: Chart
    play: Play
    score_meta: Mapping[str, Any]
    comment: str | None
    time_achieved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One import type's way of reading.

    parse(data, options) -> Parsed, or raises ImportFailed when the file as a whole cannot be read.
    key(row, context) -> the Key this row asks with, or None where none can find anything.
    convert(row, index, context, catalogue) -> Draft or RowProblem.
    as_sent(row) -> the row as JSON data, exactly as it was sent (for problems and orphans).
    document(context as sent, rows as sent) -> a file of just these rows.
    """

    import_type: str
    name: str
    parse: Callable[[bytes, ParseOptions], Parsed]
    key: Callable[[Any, Context], Key | None]
    convert: Callable[[Any, int, Context, Catalogue], Draft | RowProblem]
    as_sent: Callable[[Any], Any]
    document: Callable[[Mapping[str, Any], Sequence[Any]], bytes]
