"""Rows -> judged scores. Pure: what is in the database already is asked for through a callable."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imports.errors import ProblemType, RowProblem
from imports.formats.base import Catalogue, Draft, Format, Parsed
from imports.games import judging
from imports.games.identity import score_id
from imports.games.spec import Chart, Playtype

log = logging.getLogger(__name__)

CHUNK = 5_000  # rows judged between two looks at the database
PIECE = 250  # rows judged at a time where nothing is looked up: what they are made of stays in the processor's cache
FUTURE = 86_400_000  # ms by which a score's time may lie ahead of ours

BLACKLISTED = 0  # in place of a primary key

Known = Callable[[Sequence[str]], Mapping[str, int]]
"""Which of these score IDs the player has already, with their primary keys, or BLACKLISTED."""


@dataclass(slots=True)
class Judged:
    """A score that is new and valid, ready to be stored. `time_achieved` in Unix milliseconds."""

    row: int
    score_id: str
    chart: Chart
    comment: str | None
    time_achieved: float | None
    score_data: dict[str, Any]
    score_meta: Mapping[str, Any]
    calculated_data: dict[str, float | None]
    best_keys: list[float | None]


@dataclass(slots=True)
class Chunk:
    """The outcome of some rows: what is new, what was left out, and the keys of what was there already.

    `repeats`: the drafts of the latter, each with its score ID and key: None where an earlier row of this very file
    brings the score, and BLACKLISTED.
    """

    rows_done: int
    scores: list[Judged] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    duplicate_count: int = 0
    repeats: list[tuple[Draft, str, int | None]] = field(default_factory=list)


def judge_rows(
    parsed: Parsed, source: Format, catalogue: Catalogue, *, user_id: int, now: int, known: Known | None
) -> Iterator[Chunk]:
    """Judges all rows in order, a chunk at a time. `now` in Unix milliseconds; `known` is None for a newcomer.

    Rows are let go of as they are done.
    """
    seen: set[str] = set()
    size = CHUNK if known else PIECE
    for start in range(0, len(parsed.rows), size):
        rows = parsed.rows[start : start + size]
        parsed.rows[start : start + size] = [None] * len(rows)
        chunk = Chunk(rows_done=start + len(rows))
        drafts = _convert(rows, start, parsed, source, catalogue, chunk=chunk, user_id=user_id)
        there = known([identity for identity, _ in drafts]) if known and drafts else {}
        for identity, draft in drafts:
            if identity in there or identity in seen:
                key = there.get(identity)
                chunk.repeats.append((draft, identity, key))
                _count_known(chunk, key)
                continue
            judged = _judge_or_report(draft, identity, parsed.context.playtype, now=now)
            if isinstance(judged, Judged):
                seen.add(identity)
                chunk.scores.append(judged)
            else:
                chunk.problems.append(RowProblem(draft.row, *judged, source.as_sent(rows[draft.row - start])))
        chunk.problems.sort(key=lambda problem: problem.row)
        yield chunk


def _count_known(chunk: Chunk, key: int | None) -> None:
    """Duplicates are counted, within the file too; a blacklisted score leaves no trace, as its owner wished."""
    if key == BLACKLISTED:
        return
    chunk.duplicate_count += 1
    if key is not None:
        chunk.known.add(key)


def _convert(
    rows: Sequence[Any],
    start: int,
    parsed: Parsed,
    source: Format,
    catalogue: Catalogue,
    *,
    chunk: Chunk,
    user_id: int,
) -> list[tuple[str, Draft]]:
    drafts = []
    for index, row in enumerate(rows, start):
        made = row if isinstance(row, RowProblem) else source.convert(row, index, parsed.context, catalogue)
        if isinstance(made, RowProblem):
            chunk.problems.append(made)
        else:
            drafts.append((score_id(user_id, made.chart.chart_id, made.play, parsed.context.playtype), made))
    return drafts


def _judge_or_report(draft: Draft, identity: str, playtype: Playtype, *, now: int) -> Judged | tuple[ProblemType, str]:
    """A row that breaks our own code (a chart with impossible data, say) is left out; the others go in."""
    try:
        judged = judge(draft, identity, playtype, now=now)
    except Exception:
        log.exception("row %s on chart %s could not be judged", draft.row, draft.chart.chart_id)
        return ProblemType.INTERNAL, "An internal service error has occured."
    return (ProblemType.INVALID, judged) if isinstance(judged, str) else judged


def judge(draft: Draft, identity: str, playtype: Playtype, *, now: int) -> Judged | str:
    """The score, or the message that says why it cannot be one (spec: import-pipeline §9)."""
    if draft.time_achieved is not None and draft.time_achieved > now + FUTURE:
        return "Invalid timestamp: score happens in the future."
    play = draft.play
    ratings, problems = judging.judge(play, draft.chart, playtype)
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
    )
