"""Plays, charts and bests for the tests of games, short enough for tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from imports.games import judging
from imports.games.judging import Candidate
from imports.games.spec import Chart, Merge, Play, Playtype, Song


def play(
    *, judgements: Mapping[str, int | None] | None = None, optional: Mapping[str, Any] | None = None, **metrics: Any
) -> Play:
    return Play(metrics, judgements or {}, optional or {})


def copy_of(given: Play) -> Play:
    """Returns a copy to derive into, so that rows of tables are not changed."""
    return Play(dict(given.metrics), given.judgements, given.optional)


def chart(
    level_num: float = 10,
    *,
    difficulty: str = "ANY",
    song: Mapping[str, Any] | None = None,
    song_id: int = 1,
    is_primary: bool = True,
    data: Mapping[str, Any] | None = None,
) -> Chart:
    return Chart(
        pk=1,
        chart_id="c0ffee",
        song=Song(pk=song_id, song_id=song_id, title="Song", data=song or {}),
        playtype="Any",
        difficulty=difficulty,
        level=str(level_num),
        level_num=level_num,
        is_primary=is_primary,
        data=data or {},
    )


class Rated(NamedTuple):
    """A row of a game's `RATINGS`: a play and its expected rating."""

    playtype: Playtype
    rating: str
    play: Play
    chart: Chart
    expected: float | None


class InvalidPlay(NamedTuple):
    """A row of a game's `REFUSED`: an impossible play and its expected problems, in order."""

    playtype: Playtype
    play: Play
    chart: Chart
    problems: list[str]


def assert_rated(row: Rated) -> None:
    """Asserts that the play is accepted, and that its rating is the expected one to a part in a billion."""
    ratings, problems = judging.judge(copy_of(row.play), row.chart, row.playtype)
    assert problems == []
    assert ratings is not None
    rating = ratings[row.rating]
    assert rating == (None if row.expected is None else pytest.approx(row.expected, rel=1e-9))


def assert_refused(row: InvalidPlay) -> None:
    assert judging.judge(copy_of(row.play), row.chart, row.playtype) == (None, row.problems)


class Row(NamedTuple):
    ratings: Mapping[str, float | None]
    chart: Chart


class MemoryBests:
    """The personal bests of a player in memory, an implementation of `imports.games.spec.Bests`."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def rated(self, rating: str, *, primary_only: bool = True) -> list[tuple[float, Chart]]:
        rows = (row for row in self.rows if row.chart.is_primary or not primary_only)
        found = [(value, row.chart) for row in rows if (value := row.ratings.get(rating)) is not None]
        return sorted(found, key=lambda pair: -pair[0])

    def top(self, rating: str, count: int | None = None) -> list[float]:
        return [value for value, _ in self.rated(rating)][:count]


def bests_of(rating: str, values: Sequence[float | None]) -> MemoryBests:
    return MemoryBests([Row({rating: value}, chart()) for value in values])


def composed_best(scores: Sequence[Candidate], chart: Chart, playtype: Playtype) -> dict[str, Any]:
    """Returns the best that `judging.compose` makes of these scores on a chart."""
    primary = _chosen(scores, 0, playtype, smallest=False)
    assert primary is not None
    lenders: list[tuple[Merge, Candidate]] = []
    for place, merge in enumerate(playtype.merges, 1):
        lender = _chosen(scores, place, playtype, smallest=merge.smallest, primary=primary)
        if lender is not None:
            lenders.append((merge, lender))
    best = judging.compose(primary, lenders, chart, playtype)
    return {
        "metrics": best.metrics,
        "judgements": best.judgements,
        "optional": best.optional,
        "time": best.time_achieved,
        "ratings": best.ratings,
        "composed": list(best.composed_from),
    }


def _chosen(
    scores: Sequence[Candidate], place: int, playtype: Playtype, *, smallest: bool, primary: Candidate | None = None
) -> Candidate | None:
    """Returns the score that the pipeline would choose: largest key, then earliest, untimed last, then the primary."""
    sign, keyed = 1 if smallest else -1, []
    for score in scores:
        keys = judging.best_keys(score.metrics, score.optional, playtype)
        worth = keys[place]
        if worth is not None:
            moment = (score.time_achieved is None, score.time_achieved or 0)
            keyed.append(((sign * worth, *moment, score is not primary, keys[0], score.score_id), score))
    return min(keyed, key=lambda pair: pair[0])[1] if keyed else None
