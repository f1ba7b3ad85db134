"""Filters of the admin's pages: what imports and games are called. `{% load moderation %}`.

The symbols of audit entries are here, too, as the players' pages have them as well.
"""

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
AUDIT_ICONS = {
    "uploaded": "file-up",
    "completed": "circle-check",
    "failed": "octagon-x",
    "cancelled": "ban",
    "reverted": "undo-2",
    "restored": "rotate-ccw",
    "retried": "rotate-ccw",
    "class set": "trophy",
    "orphan deleted": "trash-2",
    "score deleted": "trash-2",
}


def audit_icon(verb: str) -> str:
    """The name of the symbol that an audit entry with this verb has in the history of an import."""
    return AUDIT_ICONS.get(verb, "info")


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
