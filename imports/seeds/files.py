"""A folder's seed files, read row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from imports.seeds.rows import ChartRow, Kind, Problem, Row, SeedsBroken, SongRow

NAME = re.compile(r"(songs|charts)-([a-z0-9]{1,16})\.json")
_TYPES: dict[Kind, type[Row]] = {"songs": SongRow, "charts": ChartRow}
_LISTS = {kind: msgspec.json.Decoder(list[row]) for kind, row in _TYPES.items()}  # type: ignore[valid-type]
_ROWS = {kind: msgspec.json.Decoder(row) for kind, row in _TYPES.items()}
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class SeedFile:
    """One file of a folder: which game's songs or charts it holds."""

    path: Path
    kind: Kind
    game: str

    @property
    def name(self) -> str:
        return self.path.name


def files_in(folder: Path) -> list[SeedFile]:
    """The folder's songs-<game>.json and charts-<game>.json. Raises SeedsBroken where there are none."""
    if not folder.is_dir():
        raise SeedsBroken([Problem(str(folder), "is no folder")])
    found = [SeedFile(path, cast(Kind, match[1]), match[2]) for path, match in _named(folder)]
    if not found:
        raise SeedsBroken([Problem(str(folder), "holds neither songs-<game>.json nor charts-<game>.json")])
    return found


def _named(folder: Path) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in sorted(folder.iterdir()):
        match = NAME.fullmatch(path.name)
        if match is not None:
            yield path, match


def read(file: SeedFile) -> tuple[list[Any], list[Problem]]:
    """The rows of a file (`SongRow` or `ChartRow`), or what is wrong with it."""
    try:
        content = file.path.read_bytes()
    except OSError as error:
        return [], [Problem(file.name, f"cannot be read ({error.strerror})")]
    try:
        return _LISTS[file.kind].decode(content), []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [], _told(file, content)


def _told(file: SeedFile, content: bytes) -> list[Problem]:
    """The same once more, a row at a time, so that every broken row is told of."""
    try:
        parts = _PARTS.decode(content)
    except msgspec.ValidationError as error:
        return [Problem(file.name, f"is no list of rows: {in_words(error)}")]
    except (msgspec.DecodeError, RecursionError) as error:
        return [Problem(file.name, f"is no JSON ({error})")]
    found = [_problem(file, row, bytes(part)) for row, part in enumerate(parts)]
    return [problem for problem in found if problem is not None]


def _problem(file: SeedFile, row: int, part: bytes) -> Problem | None:
    try:
        _ROWS[file.kind].decode(part)
    except UnicodeDecodeError:
        return Problem(file.name, "is not UTF-8", row)
    except RecursionError:
        return Problem(file.name, "is nested too deeply", row)
    except msgspec.MsgspecError as error:
        return Problem(file.name, in_words(error), row, _key(file.kind, part))
    return None


def _key(kind: Kind, part: bytes) -> str:
    """The key of a row that may be anything."""
    name = "id" if kind == "songs" else "chartID"
    try:
        value = msgspec.json.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    key = value.get(name) if isinstance(value, dict) else None
    return f"{name} {key}"[:120] if isinstance(key, str | int) else ""


_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_PLACE = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL)


def in_words(error: Exception) -> str:
    """`Expected `int`, got `str` - at `$.songID`` becomes `songID: expected a whole number, got text`."""
    found = _PLACE.fullmatch(str(error))
    said, place = (found[1], found[2]) if found else (str(error), "")
    said = re.sub(r"`(\w+)`", lambda word: _WORDS.get(word[1], word[1]), said)
    said = said.replace("Object missing required field", "has no key").replace(
        "Object contains unknown field", "has an unknown key"
    )
    said = said[:1].lower() + said[1:]
    return f"{place}: {said}" if place else said
