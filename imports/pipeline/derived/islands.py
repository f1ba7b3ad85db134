"""Computes sessions: islands of timed scores whose neighbours are at most two hours apart. No database access.

All times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import NamedTuple, Protocol

SESSION_GAP_MS = 7_200_000  # scores exactly this far apart are in one session


class Timed(NamedTuple):
    """The values of a score that sessions need. `values`: its ratings, in the order requested by the caller."""

    key: int
    time: float
    import_key: int
    values: tuple[float | None, ...] = ()


def age(score: Timed) -> tuple[int, int]:
    """Returns the sort key of scores by the order of their imports, oldest first."""
    return score.import_key, score.key


@dataclass(frozen=True)
class Island:
    """The scores of one session, sorted by time."""

    scores: tuple[Timed, ...]

    @property
    def start(self) -> float:
        return self.scores[0].time

    @property
    def end(self) -> float:
        return self.scores[-1].time

    @cached_property
    def first(self) -> Timed:
        """The oldest score by import, independent of later restores and matched orphans."""
        return min(self.scores, key=age)


class Interval(Protocol):
    """Anything with a start and an end, both included."""

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Span:
    """A plain interval."""

    start: float
    end: float


def windows(touched: Iterable[float], sessions: Iterable[Interval]) -> list[Span]:
    """Returns disjoint intervals whose islands may have changed: the touched times and the sessions near them."""
    times = sorted(set(touched))
    # Close times are grouped into runs first: a hundred thousand times are a few thousand runs to sort.
    cuts = (
        [0, *(i for i, (a, b) in enumerate(pairwise(times), 1) if b > a + SESSION_GAP_MS), len(times)] if times else []
    )
    points = [(times[start], times[end - 1], True) for start, end in pairwise(cuts)]
    # Goes through all spans by their starts; the last one, at infinity, ends the open window.
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
    # Scores exactly two hours apart are in one island, independent of the order of imports.
    cuts = [i for i, (a, b) in enumerate(pairwise(scores), 1) if b.time > a.time + SESSION_GAP_MS]
    return [Island(tuple(scores[start:end])) for start, end in pairwise([0, *cuts, len(scores)])]
