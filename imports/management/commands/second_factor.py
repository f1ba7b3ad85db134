"""Gives a moderator a second factor for the admin, or takes it away."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.models import User


class Command(BaseCommand):
    help = "Makes a new authenticator and recovery codes for a moderator, in place of old ones; shown only now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="whose; names count whatever their case")
        parser.add_argument("--reset", action="store_true", help="forget what there is, and make nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        from tachi_imports.admin_site import second_factor  # noqa: PLC0415 - its models want Django to be ready

        user = User.objects.filter(username__iexact=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['name']}.")
        if options["reset"]:
            there = second_factor.reset(user)
            self.stdout.write(f"{user} has no second factor any more." if there else f"{user} had no second factor.")
            return
        # The old ones stop working at once: whoever asks for new ones may have lost the device to somebody.
        address, key, codes = second_factor.enrol(user)
        self.stdout.write(f"For the authenticator of {user}, as a QR code or by hand:\n  {address}\n  key {key}")
        self.stdout.write("Recovery codes, each good for once:\n" + "\n".join(f"  {code}" for code in codes))
