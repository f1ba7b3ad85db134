"""Queues again what a dead worker or an empty Redis left behind, and does what is due: mails, webhooks, deletions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports import jobs


class Command(BaseCommand):
    help = "Queues again the imports that nobody works on; once, or for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forever", action="store_true", help="go on until a signal stops it")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if options["forever"]:
            jobs.sweep_forever()  # ends with the process
        self.stdout.write(f"{jobs.sweep_once()} imports queued again.")
