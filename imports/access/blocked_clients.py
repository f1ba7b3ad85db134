"""Programs that moderators have blocked from submitting scores: rows of BlockedClient."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Lower, StrIndex

from imports.models import AuditEntry, BlockedClient, User


def block_message(client: str) -> str | None:
    """Returns the message for a blocked User-Agent; None if it may submit. One query of a small table."""
    text = Value(client.replace("\0", ""))
    # Not `icontains`, which would search for the User-Agent in the patterns, instead of the reverse.
    matching = BlockedClient.objects.alias(at=StrIndex(Lower(text), Lower(F("pattern")))).filter(at__gt=0)
    return matching.values_list("message", flat=True).first()


def block(blocked: BlockedClient, *, by: User) -> None:
    """Saves a new or changed pattern and its audit entry."""
    # One transaction: no block without its audit entry.
    with transaction.atomic():
        if blocked._state.adding:
            blocked.created_by = by
        blocked.save()
        AuditEntry.objects.record(AuditEntry.Verb.CLIENT_BLOCKED, by=by, reason=f"{blocked.pattern}: {blocked.message}")


def unblock(chosen: Sequence[BlockedClient], *, by: User) -> None:
    """Deletes these patterns and records an audit entry for each."""
    # One transaction: no unblocking without its audit entry.
    with transaction.atomic():
        for blocked in chosen:
            reason = f"{blocked.pattern}: {blocked.message}"
            AuditEntry.objects.record(AuditEntry.Verb.CLIENT_UNBLOCKED, by=by, reason=reason)
        BlockedClient.objects.filter(pk__in=[blocked.pk for blocked in chosen]).delete()
