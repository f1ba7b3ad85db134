"""Display names of imports, games, ratings and classes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from imports.catalogue import format_names
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, ImportInput
from imports.pages.texts import formatting

SHORT_NAMES = {
    "chunithm": "CHUNI",
    "gitadora": "GITA",
    "iidx": "IIDX",
    "maimaidx": "DX",
    "ongeki": "ONGEKI",
    "popn": "POP",
    "sdvx": "SV",
}
"""Game -> its common abbreviation."""


def get_input(job: Import) -> ImportInput | None:
    """Returns the input, None if it is no longer stored. Loaded with the import: see `permissions.visible_imports`."""
    # Without a row, Django raises an AttributeError; it queries the database only if the row was not preloaded.
    return getattr(job, "input", None)


def kept_until(job: Import) -> datetime | None:
    """Returns until when the input is stored, so that the import can be restored or retried; None if it is removed."""
    # From the receipt of the file and not from the import's end, as in `prune_inputs`.
    sent = get_input(job)
    return None if sent is None else sent.received_at + timedelta(days=settings.TACHI_KEEP_INPUT_DAYS)


def import_name(job: Import, *, private: bool) -> str:
    """Returns the name of an import: its file name, if the reader may see it (`private`), or its source."""
    sent = get_input(job) if private else None
    return (sent.file_name if sent else "") or job.service or format_name(job)


def format_name(job: Import) -> str:
    # An import of a removed format still has a page.
    return format_names.format_name(job.import_type)


def game_name(slug: str, playtypes: Sequence[str]) -> str:
    """Returns `SOUND VOLTEX` or `beatmania IIDX (SP)`; the slug of a removed game."""
    game = BY_SLUG.get(slug)
    if game is None:
        return slug
    return game.label(playtypes[0]) if len(playtypes) == 1 else game.name


def short_game_name(slug: str) -> str:
    """Returns the common abbreviation of a game (`SV`, `IIDX`), or its name if it has none."""
    return SHORT_NAMES.get(slug) or game_name(slug, [])


def import_description(job: Import, *, name: str) -> str:
    """Returns the second line of an import: its game and source, unless the name contains them."""
    # The file of a queued import has not been read, so that its game is unknown.
    game = game_name(job.game, job.playtypes) if job.game else ""
    source = job.service or format_name(job)
    # The second line must not repeat the first.
    parts = [game, "" if source == name else source]
    return ", ".join(part for part in parts if part) or format_name(job)


def class_name(playtype: Playtype, class_set: str, class_id: str) -> str:
    """Returns `Argento III`, or for a provided class with its set: `Dan 九段`."""
    group = playtype.classes[class_set]
    name = group.values[group.index(class_id)].name
    return f"{formatting.class_set_name(class_set)} {name}" if group.is_provided else name
