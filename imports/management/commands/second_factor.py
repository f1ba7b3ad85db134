"""Sets up or resets a moderator's second factor for the admin."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.models import User


class Command(BaseCommand):
    help = "Replaces the authenticator and recovery codes of a moderator. The new ones are shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the name of the moderator (case-insensitive)")
        parser.add_argument("--reset", action="store_true", help="delete the second factor without creating a new one")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        from tachi_imports.admin_site import second_factor  # noqa: PLC0415 - its models need Django to be set up

        user = User.objects.filter(username__iexact=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']}.")
        if options["reset"]:
            deleted = second_factor.reset(user)
            self.stdout.write(f"{user} no longer has a second factor." if deleted else f"{user} had no second factor.")
            return
        # The old ones stop working immediately: the device may have been lost or stolen.
        address, key, codes = second_factor.enrol(user)
        self.stdout.write(f"For the authenticator of {user}, as a QR code or by hand:\n  {address}\n  key {key}")
        self.stdout.write("Recovery codes, each valid once:\n" + "\n".join(f"  {code}" for code in codes))
