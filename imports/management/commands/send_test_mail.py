"""Sends a mail immediately, to test the mail server."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Sends a test mail through the server in EMAIL_URL."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if not settings.TACHI_MAIL:
            raise CommandError("No mail server is configured. Set EMAIL_URL and TACHI_EMAIL_FROM.")
        body = f"This is a test mail from {settings.TACHI_NAME}, {settings.TACHI_PUBLIC_URL}.\n"
        server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        try:
            EmailMessage(f"Test mail from {settings.TACHI_NAME}", body, to=[options["address"]]).send()
        except (SMTPException, OSError) as error:
            raise CommandError(f"{server} rejected the mail: {error}") from None
        self.stdout.write(f"{server} accepted a mail to {options['address']}.")
