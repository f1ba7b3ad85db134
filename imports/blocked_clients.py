"""Programs that may not submit scores for now, because moderators keep them out: BlockedClient rows."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Lower, StrIndex

from imports.models import AuditEntry, BlockedClient, User


def refusal_of(client: str) -> str | None:
    """What the sender of this User-Agent is told, or None when it may submit. One query over a small table."""
    text = Value(client.replace("\0", ""))
    found = BlockedClient.objects.alias(at=StrIndex(Lower(text), Lower(F("pattern")))).filter(at__gt=0)
    return found.values_list("message", flat=True).first()


def block(blocked: BlockedClient, *, by: User) -> None:
    """Saves a new or changed pattern, on record with what it says."""
    # One transaction: no block without its entry.
    with transaction.atomic():
        if blocked._state.adding:
            blocked.created_by = by
        blocked.save()
        _note(AuditEntry.Verb.CLIENT_BLOCKED, blocked, by=by)


def unblock(chosen: Sequence[BlockedClient], *, by: User) -> None:
    """Lets these programs submit again, on record."""
    # One transaction: nothing is let in again without its entry.
    with transaction.atomic():
        for blocked in chosen:
            _note(AuditEntry.Verb.CLIENT_UNBLOCKED, blocked, by=by)
        BlockedClient.objects.filter(pk__in=[blocked.pk for blocked in chosen]).delete()


def _note(verb: AuditEntry.Verb, blocked: BlockedClient, *, by: User) -> None:
    AuditEntry.objects.create(verb=verb, actor=by, reason=f"{blocked.pattern}: {blocked.message}")
