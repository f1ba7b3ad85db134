"""Bans a player, as a moderator would in the admin."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from imports.models import AuditEntry, User

REASON = "banned on the command line"


class Command(BaseCommand):
    help = "Bans a player, on record. One who is banned already stays so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="whom; names count whatever their case")
        parser.add_argument("--reason", default=REASON, help="what goes on record")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        user = User.objects.filter(username__iexact=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']}.")
        # One transaction: no ban without its entry, and one entry where two say it at once.
        with transaction.atomic():
            if not User.objects.filter(pk=user.pk, is_banned=False).update(is_banned=True):
                self.stdout.write(f"{user} is banned already.")
                return
            AuditEntry.objects.create(verb=AuditEntry.Verb.BANNED, subject=user, reason=options["reason"])
        self.stdout.write(f"{user} is banned.")
