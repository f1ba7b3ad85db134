"""`ban NAME [--reason TEXT]`"""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError

from imports.models import AuditEntry
from tests import people
from tests.commands.command_runner import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


def test_a_player_is_banned_on_record_and_only_once() -> None:
    alice = people.alice()
    assert run("ban", "ALICE", "--reason", "Copies scores") == ["Alice is banned."]
    assert run("ban", "alice") == ["Alice is banned already."]
    alice.refresh_from_db()
    assert alice.is_banned
    [entry] = AuditEntry.objects.filter(verb=AuditEntry.Verb.BANNED)
    assert (entry.subject, entry.actor, entry.reason) == (alice, None, "Copies scores")


def test_nobody_of_that_name_is_an_error() -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        run("ban", "nobody")
