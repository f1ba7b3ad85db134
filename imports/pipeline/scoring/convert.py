"""Converts rows to judged scores. No database access: a callable looks up the stored scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from imports.errors import ProblemType, RowProblem
from imports.formats.base import Catalogue, Draft, Format, Parsed
from imports.games import judging
from imports.games.identity import score_id
from imports.games.spec import Chart, Playtype

log = logging.getLogger(__name__)

CHUNK_ROWS = 5_000  # rows judged between two queries
FIRST_IMPORT_CHUNK_ROWS = 250  # there are no queries, so a chunk is small enough for the processor's cache
MAX_FUTURE_MS = 86_400_000  # maximum difference of a score's time to the time of receipt

BLACKLISTED = 0  # instead of a primary key
DELETED = -1  # likewise: this import stored the score before, and its player has deleted it

Known = Callable[[Sequence[str]], Mapping[str, int | None]]
"""Returns the stored scores among these IDs, with their primary keys, or BLACKLISTED, or DELETED.

None means that another import stored the score and its player has deleted it: the row counts as a duplicate.
"""


@dataclass(slots=True)
class Judged:
    """A new, valid score that can be stored. `time_achieved` in Unix milliseconds."""

    row: int
    score_id: str
    chart: Chart
    comment: str | None
    time_achieved: float | None
    score_data: dict[str, Any]
    score_meta: Mapping[str, Any]
    calculated_data: dict[str, float | None]
    best_keys: list[float | None]
    service: str = ""  # if it differs from that of the file
    is_highlighted: bool = False


@dataclass(slots=True)
class Chunk:
    """The result of judging some rows: new scores, problems, and the keys of known scores.

    `repeats`: the drafts of known scores, each with its score ID and key: None if an earlier row of the file has the
    score or its owner deleted it, or BLACKLISTED. `passed_over`: rows that are not scores in their format.
    """

    rows_done: int
    scores: list[Judged] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    duplicate_count: int = 0
    repeats: list[tuple[Draft, str, int | None]] = field(default_factory=list)
    passed_over: list[int] = field(default_factory=list)

    def add_repeat(self, draft: Draft, identity: str, key: int | None) -> None:
        """Counts a duplicate of a stored score or an earlier row; a blacklisted score is not counted."""
        self.repeats.append((draft, identity, key))
        if key == BLACKLISTED:
            return
        self.duplicate_count += 1
        if key is not None:
            self.known.add(key)


class Converted(NamedTuple):
    """Rows and their drafts, each with its score ID. The chunk has the problems of rows that could not be converted."""

    chunk: Chunk
    rows: Sequence[Any]
    drafts: Sequence[tuple[str, Draft]]

    @property
    def score_ids(self) -> list[str]:
        return [score_id for score_id, _ in self.drafts]


LookUp = Callable[[Iterable[Converted], Known], Iterator[tuple[Converted, Mapping[str, int | None]]]]
"""Yields the same in the same order, each with the stored scores among its score IDs."""


def look_up_in_turn(
    converted: Iterable[Converted], known: Known
) -> Iterator[tuple[Converted, Mapping[str, int | None]]]:
    """Looks up the scores of some rows before the next ones are converted."""
    for each in converted:
        yield each, known(each.score_ids)


def judge_rows(
    parsed: Parsed,
    source: Format,
    catalogue: Catalogue,
    *,
    user_id: int,
    now: int,
    known: Known | None,
    rules: int | None = None,
    look_up: LookUp = look_up_in_turn,
) -> Iterator[Chunk]:
    """Judges all rows in order, in chunks. `known` is None for a player without scores.

    `now`: when the rows were received, in Unix milliseconds. `rules`: the year of the rules that apply, None for the
    current ones. Rows are released once they are judged.
    """
    seen: set[str] = set()
    playtypes = parsed.context.game.by_name
    size = CHUNK_ROWS if known else FIRST_IMPORT_CHUNK_ROWS
    converted = _convert(parsed, source, catalogue, user_id=user_id, size=size)

    def stored_among(score_ids: Sequence[str]) -> Mapping[str, int | None]:
        return known(score_ids) if known and score_ids else {}

    # One query for all rows of a chunk. Rows that repeat an earlier one of the file are in `seen`.
    for (chunk, rows, drafts), there in look_up(converted, stored_among):
        start = chunk.rows_done - len(rows)
        for identity, draft in drafts:
            if identity in there or identity in seen:
                key = there.get(identity)
                if key == DELETED:  # its first row was the score; further rows are still repeats
                    key = None if identity in seen else BLACKLISTED
                    seen.add(identity)
                chunk.add_repeat(draft, identity, key)
                continue
            judged = _judge_or_report(draft, identity, playtypes[draft.chart.playtype], now=now, rules=rules)
            if isinstance(judged, Judged):
                seen.add(identity)
                chunk.scores.append(judged)
            else:
                chunk.problems.append(RowProblem(draft.row, *judged, source.as_sent(rows[draft.row - start])))
        # Rows that could not be converted precede those that could not be judged.
        chunk.problems.sort(key=lambda problem: problem.row)
        yield chunk


def _convert(parsed: Parsed, source: Format, catalogue: Catalogue, *, user_id: int, size: int) -> Iterator[Converted]:
    """Converts the rows in order, this many at a time, and releases them."""
    context, chosen, playtypes = parsed.context, parsed.chosen, parsed.context.game.by_name
    for start in range(0, len(parsed.rows), size):
        rows = parsed.rows[start : start + size]
        parsed.rows[start : start + size] = [None] * len(rows)
        chunk = Chunk(rows_done=start + len(rows))
        drafts = []
        for index, row in enumerate(rows, start):
            if isinstance(row, RowProblem):
                made: Draft | RowProblem | None = row
            elif index in chosen:
                made = source.draft(row, index, context, chosen[index])
            else:
                made = source.convert(row, index, context, catalogue)
            if isinstance(made, Draft):
                playtype = playtypes[made.chart.playtype]
                drafts.append((score_id(user_id, made.chart.chart_id, made.play, playtype), made))
            elif made is None:
                chunk.passed_over.append(index)
            else:
                chunk.problems.append(made)
        yield Converted(chunk, rows, drafts)


def _judge_or_report(
    draft: Draft, identity: str, playtype: Playtype, *, now: int, rules: int | None
) -> Judged | tuple[ProblemType, str]:
    """Judges a row; one that raises an unexpected exception (for impossible chart data, say) becomes a problem."""
    try:
        judged = judge(draft, identity, playtype, now=now, rules=rules)
    except Exception:
        log.exception("row %s on chart %s could not be judged", draft.row, draft.chart.chart_id)
        return ProblemType.INTERNAL, "An internal service error has occured."
    return (ProblemType.INVALID, judged) if isinstance(judged, str) else judged


def judge(draft: Draft, identity: str, playtype: Playtype, *, now: int, rules: int | None = None) -> Judged | str:
    """Returns the score, or a message if it is invalid (spec: import-pipeline §9)."""
    if draft.time_achieved is not None and draft.time_achieved > now + MAX_FUTURE_MS:
        return "Invalid timestamp: score happens in the future."
    play = draft.play
    ratings, problems = judging.judge(play, draft.chart, playtype, rules=rules)
    if ratings is None:
        return judging.message(problems)
    return Judged(
        row=draft.row,
        score_id=identity,
        chart=draft.chart,
        comment=draft.comment,
        time_achieved=draft.time_achieved,
        score_data={**play.metrics, "judgements": play.judgements, "optional": play.optional},
        score_meta=draft.score_meta,
        calculated_data=ratings,
        best_keys=judging.best_keys(play.metrics, play.optional, playtype),
        service=draft.service,
        is_highlighted=draft.is_highlighted,
    )
