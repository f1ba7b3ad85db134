"""One load, from a folder to the catalogue. The whole story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from imports.models import Rerating
from imports.seeds import checks, mirror, rerate
from imports.seeds.files import SeedFile, files_in, read
from imports.seeds.mirror import NEVER_DELETED, Counts, Stale
from imports.seeds.rows import Kind, Problem, SeedsBroken


@dataclass(slots=True)
class Tally:
    """What a load did to the songs or charts of one game. `kept`: not in the file, but not deleted either."""

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
    """What a load did. Charts in `kept` and `displaced` by (game, chart ID)."""

    tallies: dict[tuple[str, Kind], Tally] = field(default_factory=lambda: defaultdict(Tally))
    kept: list[tuple[str, str]] = field(default_factory=list)  # not in the files, but with scores
    displaced: list[tuple[str, str]] = field(default_factory=list)  # no longer primary: a chart of the files is
    rerating: Rerating | None = None  # what is left to do for scores on changed charts

    def note(self, kind: Kind, what: str, counts: Counts) -> None:
        for game, count in counts.items():
            setattr(self.tallies[game, kind], what, count)


def load(folder: Path, *, keep: bool = False) -> Loaded:
    """Makes the catalogue what the folder's files say; with `keep`, deletes nothing.

    Raises SeedsBroken, and then has changed nothing.
    """
    files = files_in(folder)
    loaded = Loaded()
    # One transaction: a look-up must never see songs without their charts, and a broken file must load nothing.
    with transaction.atomic():
        mirror.prepare()
        problems = [problem for file in files for problem in _stage(file, loaded)]
        if problems:
            raise SeedsBroken(problems)
        mirror.plan(sum(tally.total for tally in loaded.tallies.values()))
        stale = _apply(
            loaded, songs_of=_mirrored(files, "songs", keep=keep), charts_of=_mirrored(files, "charts", keep=keep)
        )
        mirror.finish(sum(tally.written for tally in loaded.tallies.values()))
        loaded.rerating = rerate.plan(stale.rated, stale.flagged)
    return loaded


def _mirrored(files: Sequence[SeedFile], kind: Kind, *, keep: bool) -> list[str]:
    """The games whose rows go when they are missing from this kind of file."""
    return [] if keep else [f.game for f in files if f.kind == kind and f.game not in NEVER_DELETED]


def _stage(file: SeedFile, loaded: Loaded) -> list[Problem]:
    """Reads and checks a file and copies its rows beside the catalogue."""
    rows, problems = read(file)
    if not problems:
        check = checks.problems_of_songs if file.kind == "songs" else checks.problems_of_charts
        problems = list(check(file.name, file.game, rows))
    if not problems:
        stage = mirror.stage_songs if file.kind == "songs" else mirror.stage_charts
        stage(file.name, file.game, rows)
        loaded.tallies[file.game, file.kind].total = len(rows)
    return problems


def _apply(loaded: Loaded, *, songs_of: Sequence[str], charts_of: Sequence[str]) -> Stale:
    """Deletes first, so that nothing stands in the way of what is new; songs go last, once their charts have moved.

    Returns the charts whose scores have to be looked at again.
    """
    loaded.note("charts", "deleted", mirror.delete_charts(charts_of))
    problems = [*mirror.charts_of_others(), *mirror.charts_without_song(songs_of)]
    if problems:
        raise SeedsBroken(problems)
    stale = mirror.stale_charts()
    loaded.note("songs", "changed", mirror.change_songs())
    loaded.note("songs", "new", mirror.insert_songs())
    displaced = mirror.displace_charts()
    mirror.vacate_charts()
    loaded.note("charts", "changed", mirror.change_charts())
    loaded.note("charts", "new", mirror.insert_charts())
    loaded.note("songs", "deleted", mirror.delete_songs(songs_of))
    loaded.note("songs", "kept", mirror.kept_songs(songs_of))
    loaded.kept = mirror.kept_charts(charts_of)
    for game, _ in loaded.kept:
        loaded.tallies[game, "charts"].kept += 1
    loaded.displaced = [(game, chart) for _, game, chart in displaced]
    return Stale(stale.rated, stale.flagged | {key for key, _, _ in displaced})
