"""Checks of a single file: duplicates, text that cannot be stored, and the game's declarations. No database access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imports.formats.shape_errors import issues
from imports.formats.text import is_storable, is_too_deep, unstorable_path
from imports.games import BY_SLUG
from imports.games.javascript import MAX_SAFE_INTEGER
from imports.games.shapes import Record
from imports.games.spec import Playtype
from imports.seeds.invariants import level_problems, unique_keys_of
from imports.seeds.rows import ChartRow, Problem, SongRow

Finding = Iterator[str]


class SongChecks:
    """The checks of a game's songs."""

    def __init__(self, game: str) -> None:
        declared = BY_SLUG.get(game)
        self._shape = declared.song_data if declared else None
        self._numbers, self._v3_ids = _SeenKeys("id"), _SeenKeys("id")

    def problems(self, file: str, rows: Mapping[int, SongRow]) -> Iterator[Problem]:
        """Everything wrong with these rows, which are given by their places in the file."""
        for index, row in rows.items():
            place = (file, index)
            found = [
                *(self._v3_ids.repeats(row.v3_id, place) if row.v3_id else ()),
                *self._numbers.repeats(row.song_id, place),
                *_texts(row.title, row.artist, *row.alt_titles, *row.search_terms),
                *_data(row.data, self._shape),
            ]
            yield from (Problem(file, message, index, row.key) for message in found)


class ChartChecks:
    """The checks of a game's charts, which may be in several files; not of their songs."""

    def __init__(self, game: str) -> None:
        self._game = game
        declared = BY_SLUG.get(game)
        self._playtypes = declared.by_name if declared else None
        self._ids, self._v3_ids = _SeenKeys("chartID"), _SeenKeys("id")
        self._slots = _SeenKeys("primary chart of song, playtype and difficulty")
        self._once = [(rule.keys, _SeenKeys(rule.what)) for rule in unique_keys_of(game)] if declared else []

    def problems(self, file: str, rows: Mapping[int, ChartRow]) -> Iterator[Problem]:
        """Everything wrong with these rows, which are given by their places in the file."""
        for index, row in rows.items():
            place = (file, index)
            found = [
                *(self._v3_ids.repeats(row.v3_id, place) if row.v3_id else ()),
                *self._ids.repeats(row.chart_id, place),
                *_texts(row.chart_id, row.difficulty, row.level, *row.versions),
            ]
            if row.is_primary:
                found += self._slots.repeats((row.song_id, row.playtype, row.difficulty), place)
            wrong = list(_as_declared(row, self._playtypes))
            # Only data of the right shape can be checked further, and only primary charts must be unique.
            if row.is_primary and not wrong:
                found += (text for keys, seen in self._once for key in keys(row) for text in seen.repeats(key, place))
                found += level_problems(self._game, row)
            yield from (Problem(file, message, index, row.key) for message in (*found, *wrong))


class _SeenKeys:
    """Finds duplicate values, in one file or in several."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._first: dict[Any, tuple[str, int]] = {}

    def repeats(self, value: Any, place: tuple[str, int]) -> Finding:
        file, row = first = self._first.setdefault(value, place)
        if first != place:
            written = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            where = f"row {row}" if file == place[0] else f"{file}[{row}]"
            yield f"the {self._what} {written} stands in {where} already"


def _texts(*texts: str) -> Finding:
    if not all(map(is_storable, texts)):
        yield "holds a NUL character, which cannot be stored"


def _as_declared(row: ChartRow, playtypes: Mapping[str, Playtype] | None) -> Finding:
    """Yields violations of the game's declaration. A game that this release lacks may have any playtype and data."""
    if playtypes is None:
        yield from _data(row.data, None)
        return
    playtype = playtypes.get(row.playtype)
    if playtype is None:
        yield f"playtype: {row.playtype} is not one of {', '.join(playtypes)}"
        return
    known = playtype.difficulty_names
    if known is not None and not playtype.has_special_charts and row.difficulty not in known:
        yield f"difficulty: {row.difficulty} is not one of {', '.join(known)}"
    yield from (f"versions: {version} is not known" for version in row.versions if version not in playtype.versions)
    if len(set(row.versions)) < len(row.versions):
        yield "versions: one stands twice"
    yield from _data(row.data, playtype.chart_data)


def _data(data: Mapping[str, Any], shape: Record | None) -> Finding:
    """Yields errors of data that cannot be stored exactly, or that does not have the declared shape."""
    if is_too_deep(data):
        yield "data: is nested too deeply"
        return
    path = unstorable_path(data)
    if path is not None:  # PostgreSQL stores NUL neither in text nor in JSON
        yield f"data{path}: holds a NUL character, which cannot be stored"
    # JSON has no such limit, but a double would round the number.
    if _is_too_large(data):
        yield "data: holds a whole number beyond 2^53"
    elif shape is not None:
        for issue in issues(shape, data):
            where = ".".join(map(str, ("data", *issue["path"])))
            yield f"{where}: {issue['message']}"


def _is_too_large(value: Any) -> bool:
    """Returns whether data has an integer that a double cannot represent: formulas and clients use doubles."""
    if isinstance(value, dict):
        return any(map(_is_too_large, value.values()))
    if isinstance(value, list):
        return any(map(_is_too_large, value))
    return type(value) is int and abs(value) > MAX_SAFE_INTEGER
