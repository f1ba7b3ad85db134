"""Queues again the imports that a dead worker or an empty Redis left behind, and orphans that are to be tried."""

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
        # Everything that the loop does in turn, once, for whoever runs this from cron.
        jobs.sweep_reratings()
        jobs.sweep_rules()
        jobs.sweep_keys()
        jobs.sweep_exports()
        jobs.sweep_departures()
        jobs.OrphanSweep()()
        self.stdout.write(f"{jobs.sweep()} imports queued again.")
