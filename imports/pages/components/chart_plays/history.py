"""A player's scores on one chart over time: as a picture, and as the rows of the table that holds its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.db.models import F, Max

from imports.games import BY_SLUG
from imports.games.spec import Game, Playtype
from imports.models import Chart, Score, User
from imports.pages.components.lamp_colors import Light, light_of, shown_lamp
from imports.pages.components.score_rows import DEFAULT_METRIC, main_number, metric_format, rating_of
from imports.pages.core.urls import score_url
from imports.pages.texts import score_texts
from imports.pages.texts.numbers import format_metric, format_metric_difference

MAX_SCORES = 100  # of the latest scores
MARGIN_PERCENT = 6.0  # percent of the picture's width and height that stay free around it


@dataclass(frozen=True, slots=True)
class PlayRow:
    """A score on the chart. `gain` is what it added to the best, signed; `is_best`: the best when it was played."""

    url: str
    time: int | None  # ms
    score: str
    grade: Light
    lamp: Light
    rating: str
    is_best: bool
    is_first: bool
    gain: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """Where a score stands in the picture, in percent; `to_x` and `to_y` are the next one's, empty for the last."""

    x: str
    y: str
    is_best: bool
    light: str
    to_x: str = ""
    to_y: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """`_history.html`: `low` and `high` are the values at the lower and upper edge; `start`, `end` in ms."""

    points: tuple[Point, ...]
    low: str
    high: str
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class ChartHistory:
    """`rows` newest first. `plot` is None where fewer than two scores say when they were achieved."""

    rows: tuple[PlayRow, ...]
    plot: Plot | None
    count: int
    note: str


def get_chart_history(chart: Chart, player: User) -> ChartHistory | None:
    """None where the player has no score on it. Three queries at most."""
    game = BY_SLUG[chart.game]
    playtype = game.by_name[chart.playtype]
    mine = Score.objects.filter(chart=chart, user=player)
    latest = list(mine.order_by(F("time_achieved").desc(nulls_last=True), "-pk")[:MAX_SCORES])
    if not latest:
        return None
    count, before = len(latest), None
    # Only a full page can hide older scores. Their best decides which of the listed ones were bests when played.
    if count == MAX_SCORES:
        count = mine.count()
        older = mine.exclude(pk__in=[score.pk for score in latest])
        before = older.aggregate(top=Max(DEFAULT_METRIC))["top"]
    rows = _play_rows(latest[::-1], game, playtype, before=before)
    return ChartHistory(
        rows=tuple(rows[::-1]),
        plot=_plot(rows, playtype),
        count=count,
        note=score_texts.latest_part_note(len(rows), count),
    )


def _play_rows(scores: Sequence[Score], game: Game, playtype: Playtype, *, before: float | None) -> list[PlayRow]:
    """Rows of these scores, oldest first."""
    shown, best, rows = metric_format(playtype, playtype.default_metric), before, []
    for score in scores:
        value = score.best_keys[0]
        is_best = value is not None and (best is None or value > best)
        rows.append(
            PlayRow(
                url=score_url(score.score_id),
                time=None if score.time_achieved is None else int(score.time_achieved),
                score=main_number(score.score_data, playtype),
                grade=light_of(game.slug, "grade", score.score_data["grade"]),
                lamp=shown_lamp(game.slug, score.score_data),
                rating=rating_of(score, playtype),
                is_best=is_best,
                is_first=is_best and best is None,
                gain=format_metric_difference(value - best, shown)
                if is_best and value is not None and best is not None
                else "",
                value=value,
            )
        )
        best = value if is_best else best
    return rows


def _plot(rows: Sequence[PlayRow], playtype: Playtype) -> Plot | None:
    """Of the rows with a time and a value, oldest first."""
    # Untimed scores stay in the table: there is no place for them between the others.
    timed = [(row, row.time, row.value) for row in rows if row.time is not None and row.value is not None]
    if len(timed) < 2:
        return None
    values, start, end = [value for _, _, value in timed], timed[0][1], timed[-1][1]
    low, high, shown = min(values), max(values), metric_format(playtype, playtype.default_metric)
    points = [
        # High and low change places, as y is counted from the picture's upper edge.
        Point(_percent(time, start, end), _percent(value, high, low), row.is_best, row.lamp.color)
        for row, time, value in timed
    ]
    joined = [replace(here, to_x=there.x, to_y=there.y) for here, there in pairwise(points)]
    ends = format_metric(low, shown), format_metric(high, shown)
    return Plot((*joined, points[-1]), *ends, start, end, score_texts.history_label(len(points), *ends))


def _percent(value: float, low: float, high: float) -> str:
    part = (value - low) / (high - low) if high != low else 0.5  # equal values lie in the middle
    return f"{MARGIN_PERCENT + part * (100 - 2 * MARGIN_PERCENT):.2f}%"
