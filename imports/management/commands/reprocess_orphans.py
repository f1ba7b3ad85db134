"""Retries the orphans of players, after new songs and charts were loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.management.counted import counted
from imports.models import User
from imports.pipeline.states import PlayerLocked


class Command(BaseCommand):
    help = "Retries the unmatched scores of the given players, or of all players."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("users", nargs="*", metavar="USER", help="names of players; all by default")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        users = User.objects.filter(orphans__isnull=False).distinct().order_by("pk")
        if options["users"]:
            # Including those without orphans: the output says so for each requested player.
            users = User.objects.filter(username__in=options["users"]).order_by("pk")
            unknown = set(options["users"]) - set(users.values_list("username", flat=True))
            if unknown:
                raise CommandError(f"Unknown players: {', '.join(sorted(unknown))}.")
        tried, locked, counts = 0, 0, Counter[str]()
        for user in users.iterator(chunk_size=1_000):
            try:
                rescue = jobs.retry_orphans_now(user)
            except PlayerLocked:
                locked += 1
                self.stdout.write(
                    f"{user.username}: an import or a revert is running; the workers will retry afterwards"
                )
                continue
            tried += 1
            counts.update(asdict(rescue))
            self.stdout.write(f"{user.username}: {described(asdict(rescue))}")
        # Also if there were no orphans, so that the output is never empty.
        left = f"; {locked} left to the workers" if locked else ""
        self.stdout.write(f"Orphans of {counted(tried, 'player')}: {described(counts)}{left}.")


def described(counts: Mapping[str, int]) -> str:
    """Formats counts as `7 tried, 5 rescued, 2 kept, 0 removed`."""
    return f"{counts['processed']} tried, " + ", ".join(
        f"{counts[name]} {name}" for name in ("rescued", "kept", "removed")
    )
