"""Bans a player, as moderators do in the admin."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from imports.models import AuditEntry, User

REASON = "banned on the command line"


class Command(BaseCommand):
    help = "Bans a player and records it in the audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the name of the player (case-insensitive)")
        parser.add_argument("--reason", default=REASON, help="the reason in the audit log")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        user = User.objects.filter(username__iexact=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']}.")
        # One transaction: every ban has an audit entry, and concurrent calls write only one.
        with transaction.atomic():
            if not User.objects.filter(pk=user.pk, is_banned=False).update(is_banned=True):
                self.stdout.write(f"{user} is already banned.")
                return
            AuditEntry.objects.create(verb=AuditEntry.Verb.BANNED, subject=user, reason=options["reason"])
        self.stdout.write(f"{user} is banned.")
