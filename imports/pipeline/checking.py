"""What an import would do with each row of an upload. Nothing is stored.

Reading and judging are the import's own (`run.parse`, `run.judged`), so that a check cannot be wrong; what may come in
between the check and the import aside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.utils import timezone

from imports.errors import ProblemType, RowProblem
from imports.formats.base import Context, Parsed
from imports.games.spec import Chart, Game
from imports.models import GameStats
from imports.pipeline import run, stats, store
from imports.pipeline.convert import BLACKLISTED, Chunk
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.stats import StatsChange
from imports.pipeline.upload import Upload


class Verdict(StrEnum):
    """What an import would do with a row."""

    NEW = "new"  # store it
    DUPLICATE = "duplicate"  # count it: the player has this score
    REPEATED = "repeated"  # count it as a duplicate too: an earlier row of the file brings this score
    BLACKLISTED = "blacklisted"  # pass over it: the player deleted this score for good
    UNKNOWN = "unknown"  # leave it out, and keep it as an orphan
    AMBIGUOUS = "ambiguous"  # leave it out: several songs or charts fit
    INVALID = "invalid"  # leave it out: it cannot be such a score
    BROKEN = "broken"  # leave it out: our own code fails over it


OF_PROBLEM: dict[ProblemType, Verdict] = {
    ProblemType.NOT_FOUND: Verdict.UNKNOWN,
    ProblemType.ORPHAN_EXISTS: Verdict.UNKNOWN,
    ProblemType.AMBIGUOUS: Verdict.AMBIGUOUS,
    ProblemType.INVALID: Verdict.INVALID,
    ProblemType.INTERNAL: Verdict.BROKEN,
}
PROBLEMS = frozenset(OF_PROBLEM.values())
"""The verdicts of rows that an import reports as problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which rows to list: those with these verdicts that come after a row, and no more than so many."""

    verdicts: frozenset[Verdict] = PROBLEMS
    after: int = -1
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """One row, counted from 0. Rows with a chart have `score_id`, that of the score they are; others a `problem`.

    `repeats` is the earlier row with the same score. The problem is the one that the import would store.
    """

    row: int
    verdict: Verdict
    chart: Chart | None = None
    score_id: str | None = None
    repeats: int | None = None
    problem: RowProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`totals` counts all rows, each verdict's; `rows` are those that were wished for, in their order.

    `has_more`: more rows than listed fit the wish. `playtypes`: the file's, then others that new scores are of.
    `classes`: provided classes that would rise, as in an import's `class_deltas`; derived ones follow the ratings.
    """

    context: Context
    row_count: int
    totals: Mapping[Verdict, int]
    rows: tuple[CheckedRow, ...]
    has_more: bool
    playtypes: tuple[str, ...]
    classes: tuple[dict[str, str | None], ...]


def check_upload(
    user_id: int,
    upload: Upload,
    *,
    games: Sequence[Game],
    wish: Wish | None = None,
    progress: Progress | None = None,
    most_rows: int | None = None,
) -> Checked:
    """Judges every row. Raises ImportFailed, with the import's own message, where that would fail as a whole."""
    progress = progress or Progress()
    now = timezone.now()
    progress.stage(Stage.READING)
    source, parsed = run.parse(upload, games, received_at=now, most_rows=most_rows)
    row_count = len(parsed.rows)
    tally = _Tally(user_id, parsed.context, wish or Wish())
    known = store.known_scores(user_id)
    for chunk in run.judged(source, parsed, progress, user_id=user_id, now=now, known=known):
        tally.add(chunk)
    return Checked(
        context=parsed.context,
        row_count=row_count,
        totals={verdict: tally.totals[verdict] for verdict in Verdict},
        rows=tally.listed(),
        has_more=tally.has_more,
        playtypes=tuple(tally.playtypes),
        classes=_rising_classes(user_id, parsed),
    )


def _rising_classes(user_id: int, parsed: Parsed) -> tuple[dict[str, str | None], ...]:
    if not parsed.classes:
        return ()
    game, playtype = parsed.context.game.slug, parsed.context.playtype
    stored = GameStats.objects.filter(user_id=user_id, game=game, playtype=playtype.name).first()
    before = stored.classes if stored else {}
    after = stats.raised(playtype, before, parsed.classes)
    return tuple(StatsChange(game, playtype.name, {}, {}, before, after).deltas())


@dataclass(slots=True)
class _Tally:
    """Counts every row, and keeps as many as are to be listed."""

    user_id: int
    context: Context
    wish: Wish
    totals: Counter[Verdict] = field(default_factory=Counter)
    has_more: bool = False
    playtypes: dict[str, None] = field(init=False)  # a set in order
    _rows: list[CheckedRow] = field(default_factory=list)
    _first: dict[str, int] = field(default_factory=dict)  # score ID -> the row that brings it
    _orphans: dict[int, str] = field(default_factory=dict)  # row -> orphan ID, of rows with an unknown chart

    def __post_init__(self) -> None:
        self.playtypes = {self.context.playtype.name: None}

    def add(self, chunk: Chunk) -> None:
        """Takes in a chunk of judged rows."""
        self.totals[Verdict.NEW] += len(chunk.scores)
        self.totals.update(_of_repeat(key) for _, _, key in chunk.repeats)
        self.totals.update(OF_PROBLEM[problem.type] for problem in chunk.problems)
        for score in chunk.scores:
            self.playtypes[score.chart.playtype] = None
            self._first[score.score_id] = score.row
        if not self.has_more:
            self._list(chunk)

    def _list(self, chunk: Chunk) -> None:
        if Verdict.UNKNOWN in self.wish.verdicts:
            self._orphans |= store.orphan_ids(chunk.problems, self.context, user_id=self.user_id)
        for row in sorted(self._wished(chunk), key=lambda row: row.row):
            if len(self._rows) == self.wish.limit:
                self.has_more = True
                return
            self._rows.append(row)

    def _wished(self, chunk: Chunk) -> Iterator[CheckedRow]:
        return (row for row in self._of_wanted_kinds(chunk, self.wish.verdicts) if row.row > self.wish.after)

    def _of_wanted_kinds(self, chunk: Chunk, wanted: frozenset[Verdict]) -> Iterator[CheckedRow]:
        """Makes no more of these than are asked for: most rows are of one kind, and seldom listed."""
        if Verdict.NEW in wanted:
            for score in chunk.scores:
                yield CheckedRow(row=score.row, verdict=Verdict.NEW, chart=score.chart, score_id=score.score_id)
        for draft, identity, key in chunk.repeats:
            if (verdict := _of_repeat(key)) in wanted:
                repeats = self._first[identity] if key is None else None
                yield CheckedRow(row=draft.row, verdict=verdict, chart=draft.chart, score_id=identity, repeats=repeats)
        for problem in chunk.problems:
            if (verdict := OF_PROBLEM[problem.type]) in wanted:
                yield CheckedRow(row=problem.row, verdict=verdict, problem=problem)

    def listed(self) -> tuple[CheckedRow, ...]:
        """The rows in their order."""
        again = self._orphans_again()
        return tuple(_told_again(row) if row.row in again else row for row in self._rows)

    def _orphans_again(self) -> set[int]:
        """The rows that are listed and whose orphan is there already, or will be by an earlier row."""
        ids = {row.row: self._orphans[row.row] for row in self._rows if row.row in self._orphans}
        there = store.orphan_keys(ids.values()) if ids else {}
        first: dict[str, int] = {}
        for number, identity in self._orphans.items():
            first.setdefault(identity, number)
        return {number for number, identity in ids.items() if identity in there or first[identity] != number}


def _of_repeat(key: int | None) -> Verdict:
    if key is None:
        return Verdict.REPEATED
    return Verdict.BLACKLISTED if key == BLACKLISTED else Verdict.DUPLICATE


def _told_again(row: CheckedRow) -> CheckedRow:
    problem: Any = row.problem
    return replace(row, problem=replace(problem, type=ProblemType.ORPHAN_EXISTS))
