"""Tries the orphans of players again, after new songs and charts were loaded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.models import User
from imports.pipeline.orphans import reprocess
from imports.pipeline.states import Busy


class Command(BaseCommand):
    help = "Tries again the rows whose songs or charts were unknown: of these players, or of everybody who has some."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("users", nargs="*", metavar="USER", help="names of players")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        users = User.objects.filter(orphans__isnull=False).distinct().order_by("pk")
        if options["users"]:
            users = User.objects.filter(username__in=options["users"]).order_by("pk")
            unknown = set(options["users"]) - set(users.values_list("username", flat=True))
            if unknown:
                raise CommandError(f"Unknown players: {', '.join(sorted(unknown))}.")
        for user in users.iterator(chunk_size=1_000):
            try:
                rescue = reprocess(user, jobs.offered_games())
            except Busy:
                self.stdout.write(f"{user.username}: an import or a revert is under way; left for the next time")
                continue
            self.stdout.write(
                f"{user.username}: {rescue.processed} tried, {rescue.rescued} rescued, {rescue.kept} kept, "
                f"{rescue.removed} removed"
            )
