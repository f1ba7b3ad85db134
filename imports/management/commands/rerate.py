"""Rates the scores on changed charts anew, or tells how far that is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports.management.rerating import in_words, work_here
from imports.models import Rerating
from imports.seeds import rerate

TOLD = 5  # reratings


class Command(BaseCommand):
    help = "Ends here what load_seeds left to the workers: rates the scores on changed charts anew."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", action="store_true", help="only tell how far it is")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if options["status"]:
            lines = [_status(left) for left in Rerating.objects.order_by("-pk")[:TOLD]]
        else:
            lines = [work_here(left, self.stdout) for left in rerate.unfinished()]
        for line in lines or ["Nothing is to be rated anew."]:
            self.stdout.write(line)


def _status(left: Rerating) -> str:
    moment = left.time_finished or left.time_queued
    return f"{moment:%Y-%m-%d %H:%M} UTC  {in_words(left)}"
