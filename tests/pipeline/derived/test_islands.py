"""Sessions are islands of scores: the arithmetic, without a database."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.pipeline.derived.islands import SESSION_GAP_MS, Island, Span, Timed, islands, windows

HOUR = 3_600_000.0


def timed(*hours: float) -> list[Timed]:
    return [Timed(key=i, time=hour * HOUR, import_key=1) for i, hour in enumerate(hours, 1)]


def lengths(found: list[Island]) -> list[int]:
    return [len(island.scores) for island in found]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        ([5], [1]),
        ([0, 1, 2], [3]),
        ([0, 2], [2]),  # exactly two hours belong together
        ([0, 2 + 1 / HOUR], [1, 1]),  # a millisecond more does not
        ([0, 0, 0], [3]),
        ([0, 1.5, 3, 4.5, 6], [5]),  # a chain is one session however long
        ([0, 1, 4, 5, 9], [2, 2, 1]),
    ],
)
def test_scores_are_cut_where_neighbours_are_more_than_two_hours_apart(times: list[float], expected: list[int]) -> None:
    assert lengths(islands(timed(*times))) == expected


@pytest.mark.parametrize(
    ("touched", "sessions", "expected"),
    [
        ([5], [], [(5, 5)]),
        ([5], [(0, 4)], [(0, 5)]),
        ([5], [(0, 2.9)], [(5, 5)]),
        ([5], [(0, 3), (7, 8)], [(0, 8)]),  # a bridge
        ([1, 20], [(0, 2), (10, 11)], [(0, 2), (20, 20)]),  # the session between them is left alone
        ([1], [(0, 2)], [(0, 2)]),  # a score taken away from inside
    ],
)
def test_windows_cover_the_touched_times_and_their_sessions_only(
    touched: list[float], sessions: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    spans = [Span(start * HOUR, end * HOUR) for start, end in sessions]

    found = windows([time * HOUR for time in touched], spans)

    assert [(span.start / HOUR, span.end / HOUR) for span in found] == expected


TIMES = st.lists(st.integers(0, 40), max_size=30)


@given(TIMES)
def test_islands_contain_every_score_once_and_are_more_than_two_hours_apart(hours: list[int]) -> None:
    scores = timed(*sorted(hours))

    found = islands(scores)

    assert [score for island in found for score in island.scores] == scores
    assert all(b.start - a.end > SESSION_GAP_MS for a, b in itertools.pairwise(found))
    assert all(b.time - a.time <= SESSION_GAP_MS for i in found for a, b in zip(i.scores, i.scores[1:], strict=False))


@given(TIMES, TIMES)
def test_the_windows_yield_the_islands_of_the_whole_history(before: list[int], added: list[int]) -> None:
    old = islands(timed(*sorted(before)))
    spans = [Span(island.start, island.end) for island in old]
    everything = timed(*sorted([*before, *added]))

    changed = windows([hour * HOUR for hour in added], spans)

    seen = [score for score in everything if any(w.start <= score.time <= w.end for w in changed)]
    untouched = [(s.start, s.end) for s in spans if not any(w.start <= s.start <= w.end for w in changed)]
    found = [(island.start, island.end) for island in islands(seen)]
    assert sorted(found + untouched) == [(island.start, island.end) for island in islands(everything)]
