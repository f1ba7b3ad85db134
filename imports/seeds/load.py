"""The whole sequence of a load, from a folder to the catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from imports.models import Rerating
from imports.pipeline import orphan_retries
from imports.seeds import courses, mirror, rerate
from imports.seeds.checks import ChartChecks, SongChecks
from imports.seeds.files import SeedFile, files_in, read
from imports.seeds.mirror import NEVER_DELETED, NOTHING, Counts, Listed, Stale
from imports.seeds.rows import Kind, Problem, SeedsBroken


@dataclass(slots=True)
class RowCounts:
    """The numbers of songs or charts of a game in a load. `kept`: not in the file, but not deleted."""

    total: int = 0  # rows in the file
    new: int = 0
    changed: int = 0
    deleted: int = 0
    kept: int = 0

    @property
    def unchanged(self) -> int:
        return self.total - self.new - self.changed

    @property
    def written(self) -> int:
        return self.new + self.changed + self.deleted


@dataclass(slots=True)
class Loaded:
    """The result of a load. Charts in `kept` and `displaced` are (game, chart ID)."""

    row_counts: dict[tuple[str, Kind], RowCounts] = field(default_factory=lambda: defaultdict(RowCounts))
    kept: list[tuple[str, str]] = field(default_factory=list)  # not in the files, but with scores
    displaced: list[tuple[str, str]] = field(default_factory=list)  # no longer primary, replaced by one of the files
    reratings: list[Rerating] = field(default_factory=list)  # pending, for scores on changed charts
    skipped: list[Problem] = field(default_factory=list)  # broken rows that were skipped
    new_courses: int = 0
    changed_courses: int = 0
    orphan_owners: int = 0  # players whose orphans are retried

    def renewed_games(self) -> set[str]:
        """Returns the games with new or changed rows, whose orphans may be found now."""
        return {game for (game, _), rows in self.row_counts.items() if rows.new or rows.changed}

    def note(self, kind: Kind, what: str, counts: Counts) -> None:
        for game, count in counts.items():
            setattr(self.row_counts[game, kind], what, count)

    def add(self, other: Loaded) -> None:
        """Adds the result of another game."""
        self.row_counts |= other.row_counts
        for name in ("kept", "displaced", "reratings", "skipped"):
            getattr(self, name).extend(getattr(other, name))


class PartlyLoaded(SeedsBroken):
    """The files of some games are broken, and these games are unchanged. `loaded` is the result of the others."""

    def __init__(self, problems: Sequence[Problem], loaded: Loaded) -> None:
        super().__init__(problems)
        self.loaded = loaded


def load(folder: Path, *, keep: bool = False, skip_broken: bool = False) -> Loaded:
    """Makes the catalogue equal to the folder's files, game by game; with `keep`, deletes nothing.

    A game with a broken row is not changed, or with `skip_broken` is loaded without that row and without deletions.
    Raises PartlyLoaded after all games were tried, and SeedsBroken if there is nothing to load.
    """
    files = files_in(folder)
    loaded, problems = Loaded(), list[Problem]()
    for game in sorted({file.game for file in files}):
        try:
            # One transaction per game: a look-up must never see songs without their charts.
            with transaction.atomic():
                part = _load_game([f for f in files if f.game == game], keep=keep, skip_broken=skip_broken)
        except SeedsBroken as broken:
            problems += broken.problems
        else:
            loaded.add(part)
    try:
        loaded.new_courses, loaded.changed_courses = courses.load(folder)
    except SeedsBroken as broken:
        problems += broken.problems
    # Outside the transaction: it waits for retries of orphans that are running, which may wait for deleted charts.
    # If this is not reached, the nightly job does it.
    loaded.orphan_owners = orphan_retries.plan(loaded.renewed_games())
    if problems:
        raise PartlyLoaded(problems, loaded)
    return loaded


def _load_game(files: Sequence[SeedFile], *, keep: bool, skip_broken: bool) -> Loaded:
    loaded = Loaded()
    mirror.create_staging_tables()
    _skip(_stage(files, loaded), loaded, skip_broken=skip_broken)
    mirror.plan(sum(rows.total for rows in loaded.row_counts.values()))
    mirror.find_songs()
    mirror.find_display_versions()
    stale = _apply(loaded, files, keep=keep or bool(loaded.skipped), skip_broken=skip_broken)
    mirror.finish(sum(rows.written for rows in loaded.row_counts.values()))
    rerating = rerate.plan(stale.rated, stale.flagged)
    loaded.reratings = [rerating] if rerating else []
    return loaded


def _skip(problems: Sequence[Problem], loaded: Loaded, *, skip_broken: bool) -> None:
    """Records skipped rows. Raises SeedsBroken unless broken rows may be skipped."""
    if problems and not skip_broken:
        raise SeedsBroken(problems)
    loaded.skipped += problems


def _stage(files: Sequence[SeedFile], loaded: Loaded) -> list[Problem]:
    """Reads and checks a game's files and copies their valid rows into the staging tables.

    Returns the problems of the others.
    """
    game, problems = files[0].game, list[Problem]()
    songs, charts = SongChecks(game), ChartChecks(game)
    for file in files:
        rows, found = read(file)
        found += (songs if file.kind == "songs" else charts).problems(file.name, rows)
        broken = {problem.row for problem in found}
        valid = {place: row for place, row in rows.items() if place not in broken}
        stage = mirror.stage_songs if file.kind == "songs" else mirror.stage_charts
        stage(file.name, game, valid)
        loaded.row_counts[game, file.kind].total += len(valid)
        problems += found
    return problems


def _apply(loaded: Loaded, files: Sequence[SeedFile], *, keep: bool, skip_broken: bool) -> Stale:
    """Applies the staged rows. Deletes charts first, so that new ones do not conflict; songs last, after their charts.

    Nothing is deleted of a game with broken rows, as one of them may be the missing one. Returns the charts whose
    scores must be rerated.
    """
    game = files[0].game
    songs, charts = (NOTHING if keep else listed_in(files, kind) for kind in ("songs", "charts"))
    loaded.note("charts", "deleted", mirror.delete_charts(charts))
    # Another row may need a row that was skipped.
    while problems := mirror.contradictions(songs):
        _skip(problems, loaded, skip_broken=skip_broken)
        songs = charts = NOTHING
        for kind, count in mirror.discard(problems).items():
            loaded.row_counts[game, kind].total -= count
    # Before any change: it compares the stored charts with the files.
    stale = mirror.stale_charts()
    loaded.note("songs", "changed", mirror.change_songs())
    loaded.note("songs", "new", mirror.insert_songs())
    displaced = mirror.displace_charts()
    mirror.vacate_charts()
    loaded.note("charts", "changed", mirror.change_charts())
    loaded.note("charts", "new", mirror.insert_charts())
    loaded.note("songs", "deleted", mirror.delete_songs(songs))
    loaded.note("songs", "kept", mirror.kept_songs(songs))
    loaded.kept = mirror.kept_charts(charts)
    for kept_of, _ in loaded.kept:
        loaded.row_counts[kept_of, "charts"].kept += 1
    loaded.displaced = [(game, chart) for _, game, chart in displaced]
    return Stale(stale.rated, stale.flagged | {key for key, _, _ in displaced})


def listed_in(files: Sequence[SeedFile], kind: Kind) -> Listed:
    """Returns the rows that are deleted if they are missing from this kind of a game's files."""
    found = [file for file in files if file.kind == kind and file.game not in NEVER_DELETED]
    if not found:
        return NOTHING
    parts = [file.playtype for file in found if file.holds_part_of_game and file.playtype]
    return Listed(found[0].game, parts if len(parts) == len(found) else None)
