"""All metrics of a score, line by line, in the order of the game's declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imports.games.judging import as_of_today
from imports.games.spec import Decimal, Graph, Integer, Metric, Playtype
from imports.models import Score
from imports.pages.components.lamp_colors import Light, light_of
from imports.pages.texts import formatting, score_texts
from imports.pages.texts.numbers import format_metric, format_number, format_rating

WIDTH, HEIGHT = 600, 100  # units of a trace
MAX_POINTS = 300  # points of a trace; longer lists are thinned


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A metric. `light`: of a grade; `trace`: of a list of numbers, points of a polyline in a box of 600 by 100."""

    name: str
    text: str
    light: Light | None = None
    trace: str = ""


def metric_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    """Returns the provided and derived metrics, in the order of the declaration."""
    # A lamp of older rules is shown with its current name.
    given = as_of_today(score.score_data, playtype)
    return [
        _line(name, metric, given[name], game=score.game) for name, metric in playtype.metrics.items() if name in given
    ]


def optional_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    """Returns the optional metrics of the score."""
    given: Mapping[str, Any] = score.score_data.get("optional") or {}
    return [
        _line(name, metric, given[name], game=score.game)
        for name, metric in playtype.optional.items()
        if given.get(name) is not None
    ]


def judgement_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    given: Mapping[str, Any] = score.score_data.get("judgements") or {}
    return [
        MetricLine(score_texts.metric_name(name), format_number(given[name]))
        for name in playtype.judgements
        if given.get(name) is not None
    ]


def rating_lines(score: Score, playtype: Playtype) -> list[MetricLine]:
    """Returns all ratings of the score, the default one first."""
    names = sorted(playtype.score_ratings, key=lambda name: name != playtype.default_score_rating)
    return [
        MetricLine(
            formatting.rating_name(name, playtype),
            format_rating(score.calculated_data[name], playtype.score_ratings[name].shown, kind="score"),
        )
        for name in names
        if score.calculated_data.get(name) is not None
    ]


def _line(name: str, metric: Metric, value: Any, *, game: str) -> MetricLine:
    label = score_texts.metric_name(name)
    if isinstance(metric, Integer | Decimal):
        return MetricLine(label, format_metric(value, metric.shown))
    if not isinstance(metric, Graph):
        return MetricLine(label, str(value), light=light_of(game, "grade", value) if name == "grade" else None)
    known = [each for each in value if each is not None]
    if not known:
        return MetricLine(label, score_texts.list_of_values(0, "", ""))
    low, high = min(known), max(known)
    text = score_texts.list_of_values(len(value), format_number(low), format_number(high))
    if len(known) == 1:  # a single point is no line
        return MetricLine(label, text)
    points = []
    # No more points than are visible, because a gauge may have thousands of values; gaps are skipped.
    for place in range(0, len(value), max(1, len(value) // MAX_POINTS)):
        if value[place] is not None:
            x = place / max(1, len(value) - 1) * WIDTH
            y = HEIGHT - (value[place] - low) / ((high - low) or 1) * HEIGHT
            points.append(f"{x:.1f},{y:.1f}")
    return MetricLine(label, text, trace=" ".join(points))
