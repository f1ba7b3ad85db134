"""Holds sessions, bests, stats and counts against the scores."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports.models import User
from imports.pipeline.integrity import check_player


class Command(BaseCommand):
    help = "Recomputes all derived state from the scores and reports every difference; exits 1 where there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("users", nargs="*", metavar="USER", help="names of players; everybody where none is given")
        parser.add_argument("--repair", action="store_true", help="mend what differs")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        users = User.objects.order_by("pk")
        if options["users"]:
            users = users.filter(username__in=options["users"])
            unknown = set(options["users"]) - set(users.values_list("username", flat=True))
            if unknown:
                raise CommandError(f"Unknown players: {', '.join(sorted(unknown))}.")
        players = differences = 0
        for user in users.iterator(chunk_size=1_000):
            players += 1
            for difference in check_player(user, repair=options["repair"]):
                differences += 1
                self.stdout.write(str(difference))
        if differences and not options["repair"]:
            raise CommandError(f"{differences} differences among {players} players. --repair mends them.")
        done = f"{differences} differences mended" if differences else "Nothing differs"
        self.stdout.write(f"{done} among {players} players.")
