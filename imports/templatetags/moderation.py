"""Filters of the admin's pages: what imports and games are called. `{% load moderation %}`."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy

from imports.catalogue.format_names import format_name
from imports.games import BY_SLUG
from imports.models import Import, State

register = template.Library()

STATES = {
    State.QUEUED: gettext_lazy("queued"),
    State.RUNNING: gettext_lazy("running"),
    State.COMPLETED: gettext_lazy("completed"),
    State.FAILED: gettext_lazy("failed"),
    State.CANCELLED: gettext_lazy("cancelled"),
    State.REVERTED: gettext_lazy("reverted"),
}


def state_name(state: str) -> str:
    """`completed`, in the reader's language."""
    return str(STATES[State(state)])


@register.filter
def import_label(job: Import) -> str:
    """An import by its file, or else by what sent it. Its input, without the content, is loaded with it."""
    sent = getattr(job, "input", None)
    return (sent.file_name if sent else "") or job.service or format_name(job.import_type)


@register.filter
def import_state(job: Import) -> str:
    """Where an import stands: `completed`."""
    return state_name(job.state)


@register.filter
def import_game(job: Import) -> str:
    """`beatmania IIDX (SP)`; empty while nobody has looked into the file."""
    game = BY_SLUG.get(job.game)
    if game is None:
        return job.game
    return game.label(job.playtypes[0]) if len(job.playtypes) == 1 else game.name
