"""Everything that a score holds, line by line, as its game declares it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imports.games.spec import Decimal, Graph, Integer, Metric, Playtype
from imports.models import Score
from imports.pages import play_words, words
from imports.pages.lights import Light, light_of
from imports.pages.numbers import format_metric, format_rating, grouped

WIDE, HIGH = 600, 100  # the units in which a trace is drawn
POINTS = 300  # of a trace; longer lists are thinned


@dataclass(frozen=True, slots=True)
class MetricLine:
    """`name` and `text`; a grade has its `light`; a list of numbers a `trace`: points of a polyline of 600 by 100."""

    name: str
    text: str
    light: Light | None = None
    trace: str = ""


def metric_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    """What was given and what follows from it, in the order of the declaration."""
    return [
        _line(name, metric, score.score_data[name], game=score.game)
        for name, metric in playtype.metrics.items()
        if name in score.score_data
    ]


def optional_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    """What the file said beyond what it must."""
    given: Mapping[str, Any] = score.score_data.get("optional") or {}
    return [
        _line(name, metric, given[name], game=score.game)
        for name, metric in playtype.optional.items()
        if given.get(name) is not None
    ]


def judgement_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    given: Mapping[str, Any] = score.score_data.get("judgements") or {}
    return [
        MetricLine(play_words.metric_name(name), grouped(given[name]))
        for name in playtype.judgements
        if given.get(name) is not None
    ]


def rating_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    """Every rating of the score, the default one first."""
    names = sorted(playtype.score_ratings, key=lambda name: name != playtype.default_score_rating)
    return [
        MetricLine(
            words.rating_name(name),
            format_rating(score.calculated_data[name], playtype.score_ratings[name].shown, kind="score"),
        )
        for name in names
        if score.calculated_data.get(name) is not None
    ]


def _line(name: str, metric: Metric, value: Any, *, game: str) -> MetricLine:
    label = play_words.metric_name(name)
    match metric:
        case Graph():
            return _list_line(label, value)
        case Integer() | Decimal():
            return MetricLine(label, format_metric(value, metric.shown))
    return MetricLine(label, str(value), light=light_of(game, "grade", value) if name == "grade" else None)


def _list_line(label: str, values: Sequence[Any]) -> MetricLine:
    known = [value for value in values if value is not None]
    if not known:
        return MetricLine(label, play_words.list_of_values(0, "", ""))
    low, high = min(known), max(known)
    text = play_words.list_of_values(len(values), grouped(low), grouped(high))
    return MetricLine(label, text, trace=" ".join(_points(values, low, high)) if len(known) > 1 else "")


def _points(values: Sequence[Any], low: float, high: float) -> Iterator[str]:
    """As many as can be seen; gaps are passed over."""
    step = max(1, len(values) // POINTS)
    span = (high - low) or 1
    for place in range(0, len(values), step):
        if values[place] is not None:
            x, y = place / max(1, len(values) - 1) * WIDE, HIGH - (values[place] - low) / span * HIGH
            yield f"{x:.1f},{y:.1f}"
