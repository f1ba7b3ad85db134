"""A folder's seed files, read row by row.

Charts of 2025 stand in `charts-<game>.json`, those of 2026 in a file for each playtype, which is called by its ID
(`charts-iidx-sp.json`, and `charts-sdvx.json` where there is only one). Which form a row has it says itself.
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
"""The older one first."""

_LISTS = {kind: [msgspec.json.Decoder(list[form]) for form in forms] for kind, forms in _FORMS.items()}  # type: ignore[valid-type]
_ROWS = {form: msgspec.json.Decoder(form) for forms in _FORMS.values() for form in forms}
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])

NOTHING_TO_LOAD = "holds neither songs-<game>.json nor charts-<game>.json"
NO_PLAYTYPE = "has no playtype, and its file is called after none: charts-iidx-sp.json would be"


@dataclass(frozen=True, slots=True)
class SeedFile:
    """One file of a folder: which game's songs or charts it holds; of one playtype alone where `playtype` is one."""

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
    """What a file holds that is called like a seed file."""
    name = path.stem.split("-", maxsplit=1)
    kind, game = cast(Kind, name[0]), name[1]
    if kind == "songs":
        return SeedFile(path, kind, game)
    known = by_id(BY_SLUG.values()).get(game)
    if known is not None:
        return SeedFile(path, kind, known[0].slug, known[1].name)
    # Of a game that is not built yet nothing but its name can be known; most have one playtype, called so.
    is_new = game not in BY_SLUG and "-" not in game
    return SeedFile(path, kind, game.partition("-")[0], "Single" if is_new else None)


def files_in(folder: Path) -> list[SeedFile]:
    """The folder's seed files. Raises SeedsBroken where there are none."""
    if not folder.is_dir():
        raise SeedsBroken.of(str(folder), "is no folder")
    found = [seed_file(path) for path in sorted(folder.iterdir()) if NAME.fullmatch(path.name)]
    if not found and not (folder / COURSES).is_file():
        raise SeedsBroken.of(str(folder), NOTHING_TO_LOAD)
    return found


def read(file: SeedFile) -> tuple[dict[int, Any], list[Problem]]:
    """The readable rows of a file (`SongRow` or `ChartRow`) by their place in it, and what is wrong with the others."""
    if file.holds_part_of_game and file.playtype is None:
        return {}, [Problem(file.name, "is called after a game and playtype that are not known here")]
    try:
        content = without_mark(file.path.read_bytes())
    except OSError as error:
        return {}, [Problem(file.name, f"cannot be read ({error.strerror})")]
    # Nearly always all rows are sound and of one form. One that is not must be reported, however long that takes.
    for decoder in _LISTS[file.kind]:
        try:
            return _sort_out(file, enumerate(decoder.decode(content)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    # Row by row from here on, each as its own JSON, so that one that is broken spoils no other.
    try:
        parts = _PARTS.decode(content)
    except msgspec.ValidationError as error:
        return {}, [Problem(file.name, f"is no list of rows: {in_words(error)}")]
    except (msgspec.DecodeError, RecursionError) as error:
        return {}, [Problem(file.name, f"is no JSON ({error})")]
    return _sort_out(file, ((place, _read_row(file, place, bytes(part))) for place, part in enumerate(parts)))


def _sort_out(file: SeedFile, found: Iterable[tuple[int, Form | Problem]]) -> tuple[dict[int, Any], list[Problem]]:
    """Rows of whichever form as rows of one, and apart from them what cannot be one."""
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
            said = f"playtype: {form.playtype} does not belong into a file of {file.playtype}"
            problems.append(Problem(file.name, said, place, row.key))
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
        said, name = in_words(error), "chartID" if form is ChartOf2025 else "id"
        # The row may be anything, and its key any part of it.
        key = value.get(name) if isinstance(value, dict) else None
        identity = f"{name} {key}"[:120] if isinstance(key, str | int) else ""
        return Problem(file.name, f"{said}{_REASONS.get(said, '')}", row, identity)


_REASONS = {
    "has no key legacySongID": ", by which songs of both forms are known",
    "has no key legacyChartID": ", from which score IDs are made",
}


def _form_of(kind: Kind, row: Any) -> type[Form]:
    """The form that a row wants to have, which may be anything."""
    older, newer = _FORMS[kind]
    if not isinstance(row, dict):
        return older
    if kind == "charts":
        # A chart of 2026 that lacks what it is known by gets a message about that, not that it is none of 2025.
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
    """`Expected `int`, got `str` - at `$.songID`` becomes `songID: expected a whole number, got text`."""
    found = _PLACE.fullmatch(str(error))
    said, place = (found[1], found[2]) if found else (str(error), "")
    said = re.sub(r"`(\w+)`", lambda word: _WORDS.get(word[1], word[1]), said)
    said = said.replace("Object missing required field", "has no key").replace(
        "Object contains unknown field", "has an unknown key"
    )
    said = said[:1].lower() + said[1:]
    return f"{place}: {said}" if place else said
