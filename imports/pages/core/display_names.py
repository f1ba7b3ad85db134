"""How imports, games, ratings and classes are called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from imports.catalogue import format_names
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, ImportInput
from imports.pages.texts import formatting


def get_input(job: Import) -> ImportInput | None:
    """What was sent, None once it is no longer kept. Loaded with the import: see `permissions.visible_imports`."""
    # Where there is no row, Django raises an AttributeError, and asks the database only if it was not loaded along.
    return getattr(job, "input", None)


def kept_until(job: Import) -> datetime | None:
    """Until when what was sent is kept, and the import can be brought back or tried again; None once it is gone."""
    # From the receipt of the file and not from the import's end: that is what `prune_inputs` goes by.
    sent = get_input(job)
    return None if sent is None else sent.received_at + timedelta(days=settings.TACHI_KEEP_INPUT_DAYS)


def import_name(job: Import, *, private: bool) -> str:
    """An import by its file, or else by what sent it. Files' names are for those who may see the file (`private`)."""
    sent = get_input(job) if private else None
    return (sent.file_name if sent else "") or job.service or format_name(job)


def format_name(job: Import) -> str:
    # An import of a kind that this version no longer reads still has a page.
    return format_names.format_name(job.import_type)


def game_name(slug: str, playtypes: Sequence[str]) -> str:
    """`SOUND VOLTEX`, `beatmania IIDX (SP)`; the slug of a game that is no longer there."""
    game = BY_SLUG.get(slug)
    if game is None:
        return slug
    return game.label(playtypes[0]) if len(playtypes) == 1 else game.name


def import_description(job: Import, *, name: str) -> str:
    """The second line of an import: its game and where it came from, as far as the name does not say it."""
    # While it waits, nobody has looked into the file: which game it is of is not known yet.
    game = game_name(job.game, job.playtypes) if job.game else ""
    source = job.service or format_name(job)
    # A second line that repeats the first says nothing.
    parts = [game, "" if source == name else source]
    return ", ".join(part for part in parts if part) or format_name(job)


def class_name(playtype: Playtype, class_set: str, class_id: str) -> str:
    """`Argento III`; a provided class says of what: `Dan 九段`."""
    group = playtype.classes[class_set]
    name = group.values[group.index(class_id)].name
    return f"{formatting.class_set_name(class_set)} {name}" if group.is_provided else name
