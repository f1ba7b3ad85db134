"""`ban NAME [--reason TEXT]`"""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError

from imports.models import AuditEntry
from tests import people
from tests.commands.command_runner import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


def test_the_command_bans_a_player_once_with_an_audit_entry() -> None:
    alice = people.alice()
    assert run("ban", "ALICE", "--reason", "Copies scores") == ["Alice is banned."]
    assert run("ban", "alice") == ["Alice is already banned."]
    alice.refresh_from_db()
    assert alice.is_banned
    [entry] = AuditEntry.objects.filter(verb=AuditEntry.Verb.BANNED)
    assert (entry.subject, entry.actor, entry.reason) == (alice, None, "Copies scores")


def test_the_command_fails_for_an_unknown_user() -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        run("ban", "nobody")
