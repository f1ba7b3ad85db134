"""The arithmetic of sessions: islands of timed scores whose neighbours are at most two hours apart. Pure.

All times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import NamedTuple, Protocol

SESSION_GAP_MS = 7_200_000  # neighbours this far apart still belong together


class Timed(NamedTuple):
    """What sessions need to know of a score. `values`: its ratings, in the order the caller asked for them."""

    key: int
    time: float
    import_key: int
    values: tuple[float | None, ...] = ()


def age(score: Timed) -> tuple[int, int]:
    """Returns what scores are sorted by, oldest first."""
    return score.import_key, score.key


@dataclass(frozen=True)
class Island:
    """Scores that belong together, sorted by time."""

    scores: tuple[Timed, ...]

    @property
    def start(self) -> float:
        return self.scores[0].time

    @property
    def end(self) -> float:
        return self.scores[-1].time

    @cached_property
    def first(self) -> Timed:
        """The score that was brought first: of the earliest import, whenever that was restored or its row rescued."""
        return min(self.scores, key=age)


class Interval(Protocol):
    """Something that lasts from a start to an end, both included."""

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Span:
    """An interval and nothing else."""

    start: float
    end: float


def windows(touched: Iterable[float], sessions: Iterable[Interval]) -> list[Span]:
    """Returns the disjoint intervals whose islands may have changed: the touched times and the sessions they reach."""
    times = sorted(set(touched))
    # Runs of close times first: a hundred thousand times are a few thousand runs to be sorted among the sessions.
    cuts = (
        [0, *(i for i, (a, b) in enumerate(pairwise(times), 1) if b > a + SESSION_GAP_MS), len(times)] if times else []
    )
    points = [(times[start], times[end - 1], True) for start, end in pairwise(cuts)]
    # A sweep over all of them by their starts; the last one, at infinity, ends the window that is open.
    spans = sorted([*points, *((session.start, session.end, False) for session in sessions)])
    found: list[Span] = []
    start = end = -inf
    is_touched = False
    for first, last, touches in [*spans, (inf, inf, False)]:
        if first <= end + SESSION_GAP_MS:
            end, is_touched = max(end, last), is_touched or touches
            continue
        if is_touched:
            found.append(Span(start, end))
        start, end, is_touched = first, last, touches
    return found


def islands(scores: Sequence[Timed]) -> list[Island]:
    """Cuts scores, sorted by time, wherever neighbours are more than two hours apart."""
    if not scores:
        return []
    # Exactly two hours apart still belong together, whatever the order of imports.
    cuts = [i for i, (a, b) in enumerate(pairwise(scores), 1) if b.time > a.time + SESSION_GAP_MS]
    return [Island(tuple(scores[start:end])) for start, end in pairwise([0, *cuts, len(scores)])]
