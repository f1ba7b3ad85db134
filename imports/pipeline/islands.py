"""The arithmetic of sessions: islands of timed scores whose neighbours are at most two hours apart. Pure.

All times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import NamedTuple

GAP = 7_200_000  # ms: neighbours this far apart still belong together


class Timed(NamedTuple):
    """What sessions need to know of a score. `values`: its ratings, in the order the caller asked for them."""

    key: int
    time: float
    import_key: int
    values: tuple[float | None, ...] = ()


def age(score: Timed) -> tuple[int, int]:
    """What scores are sorted by, oldest first."""
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


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, both ends included; `key` is the session that it is, 0 for none."""

    start: float
    end: float
    key: int = 0

    def reaches(self, other: Span | Island) -> bool:
        return self.start <= other.end and self.end >= other.start


def windows(touched: Iterable[float], sessions: Iterable[Span]) -> list[Span]:
    """The disjoint stretches whose islands may have changed: the touched times and the sessions that they reach."""
    points = [(start, end, True) for start, end in _stretches(sorted(set(touched)))]
    spans = sorted([*points, *((session.start, session.end, False) for session in sessions)])
    found: list[Span] = []
    start = end = -inf
    is_touched = False
    for first, last, touches in [*spans, (inf, inf, False)]:
        if first <= end + GAP:
            end, is_touched = max(end, last), is_touched or touches
            continue
        if is_touched:
            found.append(Span(start, end))
        start, end, is_touched = first, last, touches
    return found


def _stretches(times: Sequence[float]) -> list[tuple[float, float]]:
    """First and last of each run of sorted times whose neighbours are at most two hours apart."""
    cuts = [i for i, (a, b) in enumerate(pairwise(times), 1) if b > a + GAP]
    return [(times[start], times[end - 1]) for start, end in pairwise([0, *cuts, len(times)])] if times else []


def islands(scores: Sequence[Timed]) -> list[Island]:
    """Cuts scores, sorted by time, wherever neighbours are more than two hours apart."""
    if not scores:
        return []
    cuts = [i for i, (a, b) in enumerate(pairwise(scores), 1) if b.time > a.time + GAP]
    return [Island(tuple(scores[start:end])) for start, end in pairwise([0, *cuts, len(scores)])]


def match(found: Sequence[Island], sessions: Sequence[Span]) -> tuple[dict[int, int], set[int]]:
    """Which island keeps which session: ({place of the island: session key}, keys of sessions left over).

    Both are sorted by time and disjoint among themselves. The oldest session (smallest key) chooses first: where
    islands were joined, it is the one that stays; where one was split, it stays with the score that was brought first.
    """
    reached: dict[int, list[int]] = {}
    place = 0
    for session in sessions:
        while place < len(found) and found[place].end < session.start:
            place += 1
        last = place
        while last < len(found) and session.reaches(found[last]):
            reached.setdefault(session.key, []).append(last)
            last += 1
    kept: dict[int, int] = {}
    for key in sorted(reached):
        free = [i for i in reached[key] if i not in kept]
        if free:
            kept[min(free, key=lambda i: age(found[i].first))] = key
    return kept, {session.key for session in sessions} - set(kept.values())
