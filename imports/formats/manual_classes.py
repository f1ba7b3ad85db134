"""file/import-class: classes that a player sets manually, without scores (spec: api-v3 §3.8). Created by the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from imports.errors import ImportFailed
from imports.formats.base import Context, Draft, Format, Parsed, ParseOptions
from imports.formats.json_document import UNREADABLE
from imports.formats.schema import written
from imports.formats.text import cut, without_mark
from imports.games import by_id
from imports.games.spec import Game, Playtype

IMPORT_TYPE = "file/import-class"
SERVICE = "Manual Class Import"


class Given(msgspec.Struct):
    """The input that the API stores. `game`: the game's ID in the API of 2026. `classes`: class set -> class id."""

    game: str
    classes: dict[str, Any]


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads the classes. Raises ImportFailed, status 400."""
    try:
        given = msgspec.json.decode(without_mark(data), type=Given)
    except UNREADABLE:
        raise ImportFailed("Invalid class import.") from None
    known = by_id(options.games)
    if given.game not in known:
        raise ImportFailed(cut(f"Invalid game {given.game}. Expected any of {', '.join(known)}."))
    game, playtype = known[given.game]
    check_classes(given.classes, playtype, name=given.game)
    classes = {playtype.name: given.classes}
    return Parsed(context=context_of(game, playtype), rows=[], classes=classes, sets_classes=True, received=options.now)


def context_of(game: Game, playtype: Playtype) -> Context:
    return Context(game=game, playtype=playtype, import_type=IMPORT_TYPE, service=SERVICE)


def check_classes(classes: Mapping[str, Any], playtype: Playtype, *, name: str) -> None:
    """Raises ImportFailed if a class cannot be set manually. `name`: the game's ID in the API of 2026."""
    provided = [group for group in playtype.classes.values() if group.is_provided]
    if not provided:
        raise ImportFailed(f"{name} does not support manual class imports.")
    if not classes:
        raise ImportFailed("At least one class must be provided.")
    for set_name, class_id in classes.items():
        group = playtype.classes.get(set_name)
        if group is None:
            names = ", ".join(each.name for each in provided)
            raise ImportFailed(cut(f'Invalid class set "{set_name}" for {name}. Expected any of {names}.'))
        if not group.is_provided:
            raise ImportFailed(f'Class set "{set_name}" is derived and cannot be set manually.')
        if class_id not in group.ids:
            known = ", ".join(group.ids)
            raise ImportFailed(cut(f'Invalid class "{written(class_id)}" for {set_name}. Expected any of {known}.'))


# --- rows (there are none) ------------------------------------------------------------------------------


def draft(*_: Any) -> Draft:
    raise AssertionError("a class import has no rows")


def restore(context: Mapping[str, Any], rows: Sequence[Any], options: ParseOptions) -> Parsed:
    """Returns a parsed file of these rows, without classes."""
    game = options.game(context["game"])
    return Parsed(context=context_of(game, game.by_name[context["playtype"]]), rows=[*rows], received=options.now)


IMPORT = Format(
    import_type=IMPORT_TYPE,
    name="Classes given by hand",
    parse=parse,
    key=lambda _row, _context: None,
    find=lambda *_: None,
    draft=draft,
    as_sent=lambda row: row,
    restore=restore,
    document=lambda _context, _rows: b"{}",
    chart_reference=lambda _row, _context: None,
    service=SERVICE,
    takes_files=False,
)
