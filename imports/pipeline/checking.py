"""Checks an upload: finds the verdict of each row without storing anything.

Reading and judging use the functions of an import (`reading.parse`, `reading.iter_judged`), so that a check predicts
the import exactly, unless other scores are stored in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from django.utils import timezone

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats.base import Context, Parsed
from imports.games.spec import Chart, Game
from imports.models import GameStats, Import
from imports.pipeline.derived import stats
from imports.pipeline.derived.stats import StatsChange
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.scoring import problems, reading, store
from imports.pipeline.scoring.convert import BLACKLISTED, Chunk
from imports.pipeline.upload import Upload

MAX_KNOWN = 500  # keys of duplicates that are reported


class Verdict(StrEnum):
    """The result that an import would have for a row."""

    NEW = "new"  # is stored
    DUPLICATE = "duplicate"  # is counted: the player has this score
    REPEATED = "repeated"  # is counted as a duplicate too: an earlier row of the file is this score
    BLACKLISTED = "blacklisted"  # is skipped: the player deleted this score for good
    UNKNOWN = "unknown"  # is not imported, but stored as an orphan
    AMBIGUOUS = "ambiguous"  # is not imported: several songs or charts match
    INVALID = "invalid"  # is not imported: its values are invalid
    BROKEN = "broken"  # is not imported: our code raised an unexpected exception


VERDICT_OF_PROBLEM: dict[ProblemType, Verdict] = {
    ProblemType.NOT_FOUND: Verdict.UNKNOWN,
    ProblemType.ORPHAN_EXISTS: Verdict.UNKNOWN,
    ProblemType.AMBIGUOUS: Verdict.AMBIGUOUS,
    ProblemType.INVALID: Verdict.INVALID,
    ProblemType.INTERNAL: Verdict.BROKEN,
}
PROBLEMS = frozenset(VERDICT_OF_PROBLEM.values())
"""The verdicts of rows that an import reports as problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """The rows to list: those with these verdicts and a number above `after`, at most `limit`."""

    verdicts: frozenset[Verdict] = PROBLEMS
    after: int = -1
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """One row, numbered from 0. Rows with a chart have the `score_id` of their score, other rows a `problem`.

    `repeats` is the earlier row with the same score. The problem is the one that the import would store.
    """

    row: int
    verdict: Verdict
    chart: Chart | None = None
    score_id: str | None = None
    repeats: int | None = None
    problem: RowProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of a check. `totals` counts the rows of each verdict; `rows` are the requested rows, in order.

    `has_more`: more rows match the filter than are listed. `playtypes`: that of the file, then others of new scores.
    `classes`: provided classes that would rise, as in an import's `class_deltas`; derived ones follow the ratings.
    `known`: keys of the stored scores of the first duplicates.
    """

    context: Context
    row_count: int
    totals: Mapping[Verdict, int]
    rows: tuple[CheckedRow, ...]
    has_more: bool
    playtypes: tuple[str, ...]
    classes: tuple[dict[str, str | None], ...]
    known: tuple[int, ...] = ()


def check_upload(
    user_id: int,
    upload: Upload,
    *,
    games: Sequence[Game],
    row_filter: RowFilter | None = None,
    progress: Progress | None = None,
    max_rows: int | None = None,
) -> CheckResult:
    """Judges every row. Raises ImportFailed, with the message of the import, if the import would fail as a whole."""
    progress = progress or Progress()
    progress.stage(Stage.READING)
    source, parsed = reading.parse(upload, games, received_at=timezone.now(), max_rows=max_rows)
    row_count = len(parsed.rows)
    tally = _Tally(user_id, parsed.context, row_filter or RowFilter())
    known = store.known_scores(user_id, parsed.context.game.slug)
    for chunk in reading.iter_judged(source, parsed, progress, user_id=user_id, known=known):
        tally.add(chunk)
    return CheckResult(
        context=parsed.context,
        row_count=row_count,
        totals={verdict: tally.totals[verdict] for verdict in Verdict},
        rows=tally.listed(),
        has_more=tally.has_more,
        playtypes=tuple(tally.playtypes),
        classes=_rising_classes(user_id, parsed),
        known=tuple(tally.known),
    )


@dataclass(frozen=True, slots=True)
class UnfitRows:
    """The rows of a failed import that break the schema, and the context of its file in the form of orphans."""

    rows: int
    problems: tuple[RowProblem, ...]
    context: Mapping[str, Any]

    @property
    def fit(self) -> int:
        return self.rows - len(self.problems)


def unfit_rows(job: Import, games: Sequence[Game]) -> UnfitRows | None:
    """Returns the rows of a failed import that break the schema; None if it cannot be read even without them."""
    try:
        _, parsed = reading.read(job, games, Progress(), skip_invalid=True)
    except ImportFailed:
        return None
    problems = tuple(row for row in parsed.rows if isinstance(row, RowProblem))
    return UnfitRows(len(parsed.rows), problems, parsed.context.as_sent())


def _rising_classes(user_id: int, parsed: Parsed) -> tuple[dict[str, str | None], ...]:
    if not parsed.classes:
        return ()
    game = parsed.context.game
    stored = GameStats.objects.filter(user_id=user_id, game=game.slug, playtype__in=parsed.classes)
    stored_classes = {row.playtype: row.classes for row in stored}
    deltas = []
    for name, classes in parsed.classes.items():
        before = stored_classes.get(name, {})
        after = stats.raised(game.by_name[name], before, classes)
        deltas += StatsChange(game.slug, name, {}, {}, before, after).deltas()
    return tuple(deltas)


@dataclass(slots=True)
class _Tally:
    """Counts every row, and stores the rows to be listed."""

    user_id: int
    context: Context
    row_filter: RowFilter
    totals: Counter[Verdict] = field(default_factory=Counter)
    has_more: bool = False
    known: list[int] = field(default_factory=list)
    playtypes: dict[str, None] = field(init=False)  # a set in order
    _rows: list[CheckedRow] = field(default_factory=list)  # to be listed
    _first: dict[str, int] = field(default_factory=dict)  # score ID -> the first row with this score
    _orphans: dict[int, str] = field(default_factory=dict)  # row -> orphan ID, of rows with an unknown chart

    def __post_init__(self) -> None:
        self.playtypes = {} if self.context.is_mixed else {self.context.playtype.name: None}

    def add(self, chunk: Chunk) -> None:
        """Counts the rows of a chunk and stores those to be listed."""
        # All rows are counted, even after the limit of listed rows is reached.
        self.totals[Verdict.NEW] += len(chunk.scores)
        self.totals.update(_of_repeat(key) for _, _, key in chunk.repeats)
        self.totals.update(map(_of_problem, chunk.problems))
        repeated = (key for _, _, key in chunk.repeats if key is not None and _of_repeat(key) is Verdict.DUPLICATE)
        self.known += islice(repeated, MAX_KNOWN - len(self.known))
        for score in chunk.scores:
            self.playtypes[score.chart.playtype] = None
            self._first[score.score_id] = score.row
        if self.has_more:
            return
        if Verdict.UNKNOWN in self.row_filter.verdicts:
            self._orphans |= problems.orphan_ids(chunk.problems, self.context, user_id=self.user_id)
        fitting = (row for row in self._rows_of(chunk) if row.row > self.row_filter.after)
        for row in sorted(fitting, key=lambda row: row.row):
            if len(self._rows) == self.row_filter.limit:
                self.has_more = True
                return
            self._rows.append(row)

    def _rows_of(self, chunk: Chunk) -> Iterator[CheckedRow]:
        """Yields the rows with the requested verdicts, and creates no others, because most are rarely listed."""
        wanted = self.row_filter.verdicts
        if Verdict.NEW in wanted:
            for score in chunk.scores:
                yield CheckedRow(row=score.row, verdict=Verdict.NEW, chart=score.chart, score_id=score.score_id)
        for draft, identity, key in chunk.repeats:
            if (verdict := _of_repeat(key)) in wanted:
                repeats = self._first[identity] if key is None else None
                yield CheckedRow(row=draft.row, verdict=verdict, chart=draft.chart, score_id=identity, repeats=repeats)
        for problem in chunk.problems:
            if (verdict := _of_problem(problem)) in wanted:
                yield CheckedRow(row=problem.row, verdict=verdict, problem=problem)

    def listed(self) -> tuple[CheckedRow, ...]:
        """Returns the rows in order; rows whose orphan exists or is created by an earlier row get that problem type."""
        ids = {row.row: self._orphans[row.row] for row in self._rows if row.row in self._orphans}
        there = problems.orphan_keys(ids.values()) if ids else {}
        first: dict[str, int] = {}
        for number, identity in self._orphans.items():
            first.setdefault(identity, number)
        repeated = {number for number, identity in ids.items() if identity in there or first[identity] != number}
        listed = []
        for row in self._rows:
            problem = row.problem
            if row.row in repeated and problem is not None and problem.type is ProblemType.NOT_FOUND:
                listed.append(replace(row, problem=replace(problem, type=ProblemType.ORPHAN_EXISTS)))
            else:
                listed.append(row)
        return tuple(listed)


def _of_problem(problem: RowProblem) -> Verdict:
    return Verdict.UNKNOWN if problem.becomes_orphan else VERDICT_OF_PROBLEM[problem.type]


def _of_repeat(key: int | None) -> Verdict:
    if key is None:
        return Verdict.REPEATED
    return Verdict.BLACKLISTED if key == BLACKLISTED else Verdict.DUPLICATE
