"""Loads songs and charts from files in the seeds format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import jobs
from imports.management.counted import counted
from imports.management.progress_bar import has_workers
from imports.management.rerating import rerate_here
from imports.seeds.files import COURSES, seed_file
from imports.seeds.load import Loaded, PartlyLoaded, RowCounts, load
from imports.seeds.rows import SeedsBroken, lines_of
from imports.seeds.sources import open_source

MAX_NAMED_CHARTS = 5


class Command(BaseCommand):
    help = (
        "Loads songs and charts from songs-<game>.json and charts-<game>.json, in the format of 2025 or 2026. Songs "
        "and charts that are not in the files are deleted, except those of bms and pms, charts that have scores, and "
        "their songs. Courses are loaded from bms-course-lookup.json and never deleted. A game with an invalid row is "
        "not changed; the others are loaded, and the command exits with 1."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        what = "a folder with the files, a .tar.gz or .zip file, or the http(s) address of one"
        parser.add_argument("source", metavar="SOURCE", help=what)
        parser.add_argument("--keep", action="store_true", help="do not delete anything")
        parser.add_argument(
            "--skip-broken",
            action="store_true",
            help="load games with invalid rows without those rows; nothing is deleted from these games",
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="rerate the scores on changed charts in this process instead of a worker",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        failure: list[str] = []
        try:
            with open_source(options["source"]) as folder:
                loaded = load(folder, keep=options["keep"], skip_broken=options["skip_broken"])
        except PartlyLoaded as broken:
            loaded, failure = broken.loaded, not_loaded_lines(broken)
        except SeedsBroken as broken:
            raise CommandError("\n".join(["Nothing was loaded.", *broken.lines()])) from None
        lines = summary_lines(loaded)
        for left in loaded.reratings:
            # Without a worker nobody would do it, and the old ratings would stay on the changed charts.
            if options["wait"] or not has_workers():
                done = rerate_here(left, self.stdout)
                lines += [done] if left.players_done else []
                continue
            jobs.enqueue_rerating(left.pk)
            if left.player_count:
                players = counted(left.player_count, "player")
                lines.append(f"scores of {players} on changed charts are being rerated: manage.py rerate --status")
        if loaded.orphan_owners:
            lines.append(
                f"orphans of {counted(loaded.orphan_owners, 'player')} are queued to be retried by the workers"
            )
        if options["verbosity"]:
            for line in lines:
                self.stdout.write(line)
        # Last, and with exit code 1: what was loaded stays, but scripts must notice the failure.
        failure += skipped_lines(loaded)
        if failure:
            raise CommandError("\n".join(failure))


def not_loaded_lines(broken: PartlyLoaded) -> list[str]:
    """Returns lines about the games that were not loaded, with the reasons."""
    files = {problem.file for problem in broken.problems}
    games = sorted({"courses" if file == COURSES else seed_file(Path(file)).game for file in files})
    first = f"Not loaded: {', '.join(games)}." if broken.loaded.row_counts else "Nothing was loaded."
    return [first, *broken.lines()]


def skipped_lines(loaded: Loaded) -> list[str]:
    """Returns lines about the skipped rows, with the reasons; empty if none was skipped."""
    if not loaded.skipped:
        return []
    rows = {(problem.file, problem.row) for problem in loaded.skipped}
    return [
        f"Skipped {counted(len(rows), 'broken row')}. Nothing of their games was deleted.",
        *lines_of(loaded.skipped),
    ]


def summary_lines(loaded: Loaded) -> list[str]:
    """Returns lines about a load: one per game and kind, then notes for moderators."""
    lines = [f"{game:9} {kind:6} {describe_counts(rows)}" for (game, kind), rows in sorted(loaded.row_counts.items())]
    if loaded.new_courses or loaded.changed_courses:
        lines.append(f"courses          {loaded.new_courses:6,} new, {loaded.changed_courses:6,} changed")
    lines += _named_charts("not in the files, but kept because of scores", loaded.kept)
    lines += _named_charts("no longer primary, as another chart is in its place", loaded.displaced)
    return lines


def describe_counts(rows: RowCounts) -> str:
    """Formats the counts of one game's songs or charts."""
    kept = f", {rows.kept:,} kept" if rows.kept else ""
    counts = {"new": rows.new, "changed": rows.changed, "unchanged": rows.unchanged, "deleted": rows.deleted}
    return ", ".join(f"{count:6,} {name}" for name, count in counts.items()) + kept


def _named_charts(what: str, charts: Sequence[tuple[str, str]]) -> list[str]:
    if not charts:
        return []
    names = ", ".join(f"{game} {chart}" for game, chart in charts[:MAX_NAMED_CHARTS])
    more = f" and {len(charts) - MAX_NAMED_CHARTS:,} more" if len(charts) > MAX_NAMED_CHARTS else ""
    return [f"{what}: {names}{more}"]
