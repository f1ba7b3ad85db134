"""Compares sessions, bests, stats and counts with the scores."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Exists, OuterRef, QuerySet

from imports.management.counted import counted
from imports.models import Import, User
from imports.pipeline.derived.integrity import check_player

PROGRESS_SECONDS = 10.0  # between two lines of progress, and before the first one
TERMINAL_SECONDS = 0.2  # the same in a terminal, where the line is overwritten


class Command(BaseCommand):
    help = "Recomputes all derived state from the scores and reports every difference. Exits with 1 if there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("users", nargs="*", default=[], metavar="USER", help="names of players; all by default")
        which.add_argument("--sample", type=int, metavar="N", help="check only N random players with imports")
        parser.add_argument("--repair", action="store_true", help="repair the differences")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        users = chosen_users(options["users"], sample=options["sample"])
        total = users.count()
        progress = Progress(self, total)
        players = differences = 0
        # Each player is checked in a transaction under their lock, so that others can import meanwhile.
        for user in users.iterator(chunk_size=1_000):
            for difference in check_player(user, repair=options["repair"]):
                differences += 1
                progress.clear()
                self.stdout.write(str(difference))
            players += 1
            progress.show(players, differences)
        progress.clear()
        found, checked = counted(differences, "difference"), counted(players, "player")
        # An error only if differences remain, so that a nightly job can alert by the exit code.
        if differences and not options["repair"]:
            raise CommandError(f"{found} among {checked}. --repair corrects them.")
        done = f"{found} repaired" if differences else "Nothing differs"
        self.stdout.write(f"{done} among {checked}.")


def chosen_users(names: list[str], *, sample: int | None) -> QuerySet[User]:
    """Returns the players to check. Raises CommandError for unknown names and a sample below 1."""
    users = User.objects.order_by("pk")
    if sample is not None:
        if sample < 1:
            raise CommandError("--sample requires a number of at least 1.")
        # The sample is drawn once: as a subquery it would differ between counting and reading.
        having = users.filter(Exists(Import.objects.filter(user=OuterRef("pk"))))
        return users.filter(pk__in=list(having.order_by("?").values_list("pk", flat=True)[:sample]))
    if not names:
        return users
    found = users.filter(username__in=names)
    unknown = set(names) - set(found.values_list("username", flat=True))
    if unknown:
        raise CommandError(f"Unknown players: {', '.join(sorted(unknown))}.")
    return found


class Progress:
    """Writes the progress of a check to standard error: one moving line in a terminal, else a line now and then."""

    def __init__(self, command: BaseCommand, total: int) -> None:
        self._output = command.stderr
        self._total = total
        self._moves = command.stderr.isatty()
        self._interval = TERMINAL_SECONDS if self._moves else PROGRESS_SECONDS
        self._begun = self._shown = time.monotonic()

    def show(self, done: int, differences: int) -> None:
        now = time.monotonic()
        if now - self._shown < self._interval or done == self._total:
            return
        self._shown = now
        left = (now - self._begun) / done * (self._total - done)
        found, players = counted(differences, "difference"), counted(self._total, "player")
        text = f"{done:,} of {players}, {found}, about {left:,.0f} s left"
        self._output.write(f"\r{text:<79}" if self._moves else text, ending="" if self._moves else "\n")
        self._output.flush()

    def clear(self) -> None:
        """Clears the moving line, so that other output starts on an empty line."""
        if self._moves:
            self._output.write(f"\r{'':<79}\r", ending="")
