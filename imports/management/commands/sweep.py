"""Queues abandoned imports again, and does other periodic work: mails, webhooks, deletions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports import jobs
from imports.management.counted import counted


class Command(BaseCommand):
    help = "Queues imports without a worker again, once or continuously."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forever", action="store_true", help="run until stopped by a signal")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if options["forever"]:
            jobs.sweep_forever()  # ends with the process
        self.stdout.write(f"{counted(jobs.sweep_once(), 'import')} queued again.")
