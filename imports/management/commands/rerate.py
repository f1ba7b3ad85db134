"""Rerates scores whose charts or rules have changed, or prints the progress of reratings."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from imports.management.rerating import describe_rerating, rerate_here
from imports.models import Rerating
from imports.seeds import rerate

MAX_LISTED = 5  # reratings, the newest


class Command(BaseCommand):
    help = "Rerates scores whose charts or rules changed, in this process instead of the workers."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", action="store_true", help="only show the progress")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if options["status"]:
            lines = [
                f"{left.time_finished or left.time_queued:%Y-%m-%d %H:%M} UTC  {describe_rerating(left)}"
                for left in Rerating.objects.order_by("-pk")[:MAX_LISTED]
            ]
        else:
            # The sweeper plans this as well; if none has run since the upgrade, no rerating would be found.
            rerate.plan_for_rules()
            lines = [rerate_here(left, self.stdout) for left in rerate.unfinished()]
        for line in lines or ["Nothing is to be rerated."]:
            self.stdout.write(line)
