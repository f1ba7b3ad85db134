"""Filters for the names of imports, states and games on the admin's pages. `{% load moderation %}`.

Includes the icons of audit entries, which the players' pages use, too.
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
    """Returns the name of the icon for audit entries with this verb."""
    return AUDIT_ICONS.get(verb, "info")


def state_name(state: str) -> str:
    """Returns the translated name of a state, such as `completed`."""
    return str(STATES[State(state)])


@register.filter
def import_label(job: Import) -> str:
    """Returns the file name of an import, else its service or format. Load its input without the content."""
    sent = getattr(job, "input", None)
    return (sent.file_name if sent else "") or job.service or format_name(job.import_type)


@register.filter
def import_state(job: Import) -> str:
    """Returns the translated state of an import, such as `completed`."""
    return state_name(job.state)


@register.filter
def import_game(job: Import) -> str:
    """Returns `beatmania IIDX (SP)`; empty until a worker has read the file."""
    game = BY_SLUG.get(job.game)
    if game is None:
        return job.game
    return game.label(job.playtypes[0]) if len(job.playtypes) == 1 else game.name
