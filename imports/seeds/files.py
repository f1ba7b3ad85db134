"""Reads a folder's seed files, row by row.

Charts of 2025 are in `charts-<game>.json`, those of 2026 in a file per playtype, named by its ID
(`charts-iidx-sp.json`, or `charts-sdvx.json` if there is only one). The form of a row is determined by its members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from imports.formats.text import without_mark
from imports.games import BY_SLUG, by_id
from imports.seeds.rows import ChartOf2025, ChartOf2026, Form, Kind, Problem, Row, SeedsBroken, SongOf2025, SongOf2026

NAME = re.compile(r"songs-[a-z0-9]{1,16}\.json|charts-[a-z0-9]{1,16}(-[a-z0-9]{1,16})?\.json")
COURSES = "bms-course-lookup.json"
_FORMS: dict[Kind, tuple[type[Form], type[Form]]] = {
    "songs": (SongOf2025, SongOf2026),
    "charts": (ChartOf2025, ChartOf2026),
}
"""Kind -> forms of a row, the older one first."""

_LISTS = {kind: [msgspec.json.Decoder(list[form]) for form in forms] for kind, forms in _FORMS.items()}  # type: ignore[valid-type]
_ROWS = {form: msgspec.json.Decoder(form) for forms in _FORMS.values() for form in forms}
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])

NOTHING_TO_LOAD = "holds neither songs-<game>.json nor charts-<game>.json"
NO_PLAYTYPE = "has no playtype, and its file is called after none: charts-iidx-sp.json would be"


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A file with songs or charts of a game; `playtype`: the only one of its charts, if known."""

    path: Path
    kind: Kind
    game: str
    playtype: str | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def holds_part_of_game(self) -> bool:
        return self.path.stem.count("-") > 1


def seed_file(path: Path) -> SeedFile:
    """Returns the kind, game and playtype of a file with the name of a seed file."""
    name = path.stem.split("-", maxsplit=1)
    kind, game = cast(Kind, name[0]), name[1]
    if kind == "songs":
        return SeedFile(path, kind, game)
    known = by_id(BY_SLUG.values()).get(game)
    if known is not None:
        return SeedFile(path, kind, known[0].slug, known[1].name)
    # A game that this release lacks probably has one playtype, with the usual name.
    is_new = game not in BY_SLUG and "-" not in game
    return SeedFile(path, kind, game.partition("-")[0], "Single" if is_new else None)


def files_in(folder: Path) -> list[SeedFile]:
    """Returns the folder's seed files. Raises SeedsBroken if there are none."""
    if not folder.is_dir():
        raise SeedsBroken.of(str(folder), "is neither a folder nor a file")
    found = [seed_file(path) for path in sorted(folder.iterdir()) if NAME.fullmatch(path.name)]
    if not found and not (folder / COURSES).is_file():
        raise SeedsBroken.of(str(folder), NOTHING_TO_LOAD)
    return found


def read(file: SeedFile) -> tuple[dict[int, Any], list[Problem]]:
    """Returns the valid rows of a file (index -> `SongRow` or `ChartRow`), and the problems of the others."""
    if file.holds_part_of_game and file.playtype is None:
        return {}, [Problem(file.name, "is called after a game and playtype that are not known here")]
    try:
        content = without_mark(file.path.read_bytes())
    except OSError as error:
        return {}, [Problem(file.name, f"cannot be read ({error.strerror})")]
    # Fast path: nearly always all rows are valid and of one form.
    for decoder in _LISTS[file.kind]:
        try:
            return _sort_out(file, enumerate(decoder.decode(content)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    # Otherwise each row is decoded separately, so that a broken one does not affect the others.
    try:
        parts = _PARTS.decode(content)
    except msgspec.ValidationError as error:
        return {}, [Problem(file.name, f"is not a list of rows: {in_words(error)}")]
    except (msgspec.DecodeError, RecursionError) as error:
        return {}, [Problem(file.name, f"is not JSON ({error})")]
    return _sort_out(file, ((place, _read_row(file, place, bytes(part))) for place, part in enumerate(parts)))


def _sort_out(file: SeedFile, found: Iterable[tuple[int, Form | Problem]]) -> tuple[dict[int, Any], list[Problem]]:
    """Returns rows of either form as index -> row, and the problems of the others."""
    rows: dict[int, Row] = {}
    problems: list[Problem] = []
    for place, form in found:
        if isinstance(form, Problem):
            problems.append(form)
            continue
        row = rows[place] = form.row(file.playtype)
        if isinstance(form, ChartOf2026) and file.playtype is None:
            problems.append(Problem(file.name, NO_PLAYTYPE, place, row.key))
        elif isinstance(form, ChartOf2025) and file.holds_part_of_game and form.playtype != file.playtype:
            message = f"playtype: {form.playtype} does not belong into a file of {file.playtype}"
            problems.append(Problem(file.name, message, place, row.key))
    broken = {problem.row for problem in problems}
    return {place: row for place, row in rows.items() if place not in broken}, problems


def _read_row(file: SeedFile, row: int, part: bytes) -> Form | Problem:
    form, value = _FORMS[file.kind][0], None
    try:
        value = msgspec.json.decode(part)
        form = _form_of(file.kind, value)
        return _ROWS[form].decode(part)
    except UnicodeDecodeError:
        return Problem(file.name, "is not UTF-8", row)
    except RecursionError:
        return Problem(file.name, "is nested too deeply", row)
    except msgspec.MsgspecError as error:
        message, name = in_words(error), "chartID" if form is ChartOf2025 else "id"
        # The row may be any JSON value, and so may its key.
        key = value.get(name) if isinstance(value, dict) else None
        identity = f"{name} {key}"[:120] if isinstance(key, str | int) else ""
        return Problem(file.name, f"{message}{_REASONS.get(message, '')}", row, identity)


_REASONS = {
    "has no key legacySongID": ", by which songs of both forms are known",
    "has no key legacyChartID": ", from which score IDs are made",
}


def _form_of(kind: Kind, row: Any) -> type[Form]:
    """Returns the form that an invalid row (any JSON value) probably has."""
    older, newer = _FORMS[kind]
    if not isinstance(row, dict):
        return older
    if kind == "charts":
        # A chart of 2026 without its keys gets a message about those, not about the keys of 2025.
        return newer if "chartID" not in row and not row.keys().isdisjoint(("id", "legacyChartID")) else older
    # Songs of both forms have an `id`: a number in 2025, a text that begins with S in 2026.
    is_newer = "legacySongID" in row or (isinstance(row.get("id"), str) and row["id"].startswith("S"))
    return newer if is_newer else older


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
    """Returns msgspec's message in plain words.

    ``Expected `int`, got `str` - at `$.songID` `` becomes `songID: expected a whole number, got text`.
    """
    found = _PLACE.fullmatch(str(error))
    message, place = (found[1], found[2]) if found else (str(error), "")
    message = re.sub(r"`(\w+)`", lambda word: _WORDS.get(word[1], word[1]), message)
    message = message.replace("Object missing required field", "has no key").replace(
        "Object contains unknown field", "has an unknown key"
    )
    message = message[:1].lower() + message[1:]
    return f"{place}: {message}" if place else message
