"""What can be said of one file by itself: doubles, text that cannot be stored, and what its game declares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imports.formats.shape_errors import issues
from imports.formats.text import is_storable, is_too_deep, unstorable_path
from imports.games import BY_SLUG
from imports.games.javascript import MAX_SAFE_INTEGER
from imports.games.shapes import Record
from imports.games.spec import Playtype
from imports.seeds.invariants import level_problems, once_of
from imports.seeds.rows import ChartRow, Problem, SongRow

Finding = Iterator[str]


def problems_of_songs(file: str, game: str, rows: Sequence[SongRow]) -> Iterator[Problem]:
    """Everything wrong with a game's songs."""
    declared = BY_SLUG.get(game)
    ids = _Seen("id")
    for index, row in enumerate(rows):
        for said in (*ids.again(row.id, index), *_texts(row.title, row.artist, *row.alt_titles, *row.search_terms)):
            yield Problem(file, said, index, row.key)
        for said in _data(row.data, declared.song_data if declared else None):
            yield Problem(file, said, index, row.key)


def problems_of_charts(file: str, game: str, rows: Sequence[ChartRow]) -> Iterator[Problem]:
    """Everything wrong with a game's charts, their songs aside."""
    declared = BY_SLUG.get(game)
    playtypes = declared.by_name if declared else None
    ids, slots = _Seen("chartID"), _Seen("primary chart of song, playtype and difficulty")
    once = [(rule.keys, _Seen(rule.what)) for rule in once_of(game)] if declared else []
    for index, row in enumerate(rows):
        found = [*ids.again(row.chart_id, index), *_texts(row.chart_id, row.difficulty, row.level, *row.versions)]
        if row.is_primary:
            found += slots.again((row.song_id, row.playtype, row.difficulty), index)
        wrong = list(_as_declared(row, playtypes))
        if row.is_primary and not wrong:  # only data of the right shape can be looked into
            found += (said for keys, seen in once for key in keys(row) for said in seen.again(key, index))
            found += level_problems(game, row)
        yield from (Problem(file, said, index, row.key) for said in (*found, *wrong))


class _Seen:
    """Finds what stands twice."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._first: dict[Any, int] = {}

    def again(self, value: Any, index: int) -> Finding:
        first = self._first.setdefault(value, index)
        if first != index:
            told = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            yield f"the {self._what} {told} stands in row {first} already"


def _texts(*texts: str) -> Finding:
    if not all(map(is_storable, texts)):
        yield "holds a NUL character, which cannot be stored"


def _as_declared(row: ChartRow, playtypes: Mapping[str, Playtype] | None) -> Finding:
    """What the game has to say; of a game that is not built yet any playtype, difficulty and data will do."""
    if playtypes is None:
        yield from _data(row.data, None)
        return
    playtype = playtypes.get(row.playtype)
    if playtype is None:
        yield f"playtype: {row.playtype} is none of {', '.join(playtypes)}"
        return
    if playtype.difficulty_names is not None and row.difficulty not in playtype.difficulty_names:
        yield f"difficulty: {row.difficulty} is none of {', '.join(playtype.difficulty_names)}"
    yield from (f"versions: {version} is not known" for version in row.versions if version not in playtype.versions)
    if len(set(row.versions)) < len(row.versions):
        yield "versions: one stands twice"
    yield from _data(row.data, playtype.chart_data)


def _data(data: Mapping[str, Any], shape: Record | None) -> Finding:
    """Whether it can be stored and read back, then whether it has its declared shape."""
    if is_too_deep(data):
        yield "data: is nested too deeply"
        return
    path = unstorable_path(data)
    if path is not None:
        yield f"data{path}: holds a NUL character, which cannot be stored"
    if _is_too_large(data):
        yield "data: holds a whole number beyond 2^53"
    elif shape is not None:
        for issue in issues(shape, data):
            where = ".".join(map(str, ("data", *issue["path"])))
            yield f"{where}: {issue['message']}"


def _is_too_large(value: Any) -> bool:
    """Doubles are all that formulas and clients know."""
    if isinstance(value, dict):
        return any(map(_is_too_large, value.values()))
    if isinstance(value, list):
        return any(map(_is_too_large, value))
    return type(value) is int and abs(value) > MAX_SAFE_INTEGER
