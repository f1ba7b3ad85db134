"""Deletes expired inputs of imports."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from imports import jobs
from imports.management.counted import counted


class Command(BaseCommand):
    help = "Deletes the stored inputs of finished imports that are older than TACHI_KEEP_INPUT_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=settings.TACHI_KEEP_INPUT_DAYS, help="the number of days to keep"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self.stdout.write(f"{counted(jobs.prune_inputs(older_than_days=options['days']), 'input')} deleted.")
