"""Filters of the admin's pages: what imports and games are called. `{% load moderation %}`."""

from __future__ import annotations

from django import template

from imports.formats import BY_IMPORT_TYPE
from imports.games import BY_SLUG
from imports.models import Import

register = template.Library()


@register.filter
def import_label(job: Import) -> str:
    """An import by its file, or else by what sent it. Its input, without the content, is loaded with it."""
    sent = getattr(job, "input", None)
    kind = BY_IMPORT_TYPE.get(job.import_type)
    return (sent.file_name if sent else "") or job.service or (kind.name if kind else job.import_type)


@register.filter
def import_game(job: Import) -> str:
    """`beatmania IIDX (SP)`; empty while nobody has looked into the file."""
    game = BY_SLUG.get(job.game)
    if game is None:
        return job.game
    return game.label(job.playtypes[0]) if len(job.playtypes) == 1 else game.name
