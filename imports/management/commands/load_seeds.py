"""Loads songs and charts from files in the seeds format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.management.following import has_workers
from imports.management.rerating import work_here
from imports.seeds.load import Loaded, Tally, load
from imports.seeds.rows import SeedsBroken
from imports.seeds.sources import opened

NAMED = 5  # charts that are named


class Command(BaseCommand):
    help = (
        "Makes the catalogue what songs-<game>.json and charts-<game>.json say. Songs and charts that are not in the "
        "files are deleted, except those of bms and pms, charts that have scores, and their songs."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = "a folder with the files, a .tar.gz or .zip file, or the http(s) address of one"
        parser.add_argument("source", metavar="SOURCE", help=what)
        parser.add_argument("--keep", action="store_true", help="delete nothing")
        parser.add_argument(
            "--wait",
            action="store_true",
            help="rate the scores on changed charts here, rather than have a worker do it",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        try:
            with opened(options["source"]) as folder:
                loaded = load(folder, keep=options["keep"])
        except SeedsBroken as broken:
            raise CommandError("\n".join(["Nothing was loaded.", *broken.lines()])) from None
        lines = [*summary(loaded), *self._rerate(loaded, here=options["wait"])]
        if options["verbosity"]:
            for line in lines:
                self.stdout.write(line)

    def _rerate(self, loaded: Loaded, *, here: bool) -> list[str]:
        """Sees to the scores on changed charts; what the operator should know of it."""
        left = loaded.rerating
        if left is None:
            return []
        if here or not has_workers():
            return [work_here(left, self.stdout)]
        jobs.rerate_later(left.pk)
        players = f"{left.player_count:,} players"
        return [f"scores of {players} on changed charts are being rated anew: manage.py rerate --status"]


def summary(loaded: Loaded) -> list[str]:
    """What a load did, a line each game and kind, and then what a moderator should know."""
    lines = [f"{game:9} {kind:6} {in_words(tally)}" for (game, kind), tally in sorted(loaded.tallies.items())]
    lines += _named("not in the files, but kept because of scores", loaded.kept)
    lines += _named("no longer primary, as another chart is in its place", loaded.displaced)
    return lines


def in_words(tally: Tally) -> str:
    """The counts of one game's songs or charts."""
    kept = f", {tally.kept:,} kept" if tally.kept else ""
    counts = {"new": tally.new, "changed": tally.changed, "unchanged": tally.unchanged, "deleted": tally.deleted}
    return ", ".join(f"{count:6,} {name}" for name, count in counts.items()) + kept


def _named(what: str, charts: Sequence[tuple[str, str]]) -> list[str]:
    if not charts:
        return []
    names = ", ".join(f"{game} {chart}" for game, chart in charts[:NAMED])
    more = f" and {len(charts) - NAMED:,} more" if len(charts) > NAMED else ""
    return [f"{what}: {names}{more}"]
