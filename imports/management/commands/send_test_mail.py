"""Sends a mail at once, to see whether the mail server takes it."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Sends a test mail through the server that EMAIL_URL names."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if not settings.TACHI_MAIL:
            raise CommandError("No mail server is set. EMAIL_URL and TACHI_EMAIL_FROM name one.")
        body = f"This is a test mail from {settings.TACHI_NAME}, {settings.TACHI_PUBLIC_URL}.\n"
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        try:
            EmailMessage(f"Test mail from {settings.TACHI_NAME}", body, to=[options["address"]]).send()
        except (SMTPException, OSError) as error:
            raise CommandError(f"{server} did not take the mail: {error}") from None
        self.stdout.write(f"{server} has taken a mail to {options['address']}.")
