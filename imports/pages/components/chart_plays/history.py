"""A player's scores on one chart over time: a plot, and the rows of the table with the same numbers."""

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
MARGIN_PERCENT = 6.0  # free margin of the plot, in percent of its width and height


@dataclass(frozen=True, slots=True)
class PlayRow:
    """A score on the chart. `gain`: the signed difference to the best before; `is_best`: the best when played."""

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
    """The position of a score in the plot, in percent; `to_x`, `to_y`: that of the next score, empty for the last."""

    x: str
    y: str
    is_best: bool
    light: str
    to_x: str = ""
    to_y: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """`_history.html`. `values`: at the upper edge, in the middle and at the lower edge; `start`, `end` in ms."""

    points: tuple[Point, ...]
    values: tuple[str, str, str]
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class ChartHistory:
    """A player's scores on a chart. `rows`: newest first. `plot`: None with fewer than two timed scores."""

    rows: tuple[PlayRow, ...]
    plot: Plot | None
    count: int
    note: str


def get_chart_history(chart: Chart, player: User) -> ChartHistory | None:
    """Returns the player's scores on the chart; None if there are none. At most three queries."""
    game = BY_SLUG[chart.game]
    playtype = game.by_name[chart.playtype]
    mine = Score.objects.filter(chart=chart, user=player)
    latest = list(mine.order_by(F("time_achieved").desc(nulls_last=True), "-pk")[:MAX_SCORES])
    if not latest:
        return None
    count, before = len(latest), None
    # Only a full list can omit older scores. Their best decides which listed scores were bests when played.
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
    """Returns rows of these scores, oldest first."""
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
    """Returns the plot of the rows with a time and a value, oldest first; None if there are fewer than two."""
    # Untimed scores are only in the table, because they have no position in time.
    timed = [(row, row.time, row.value) for row in rows if row.time is not None and row.value is not None]
    if len(timed) < 2:
        return None
    values, start, end = [value for _, _, value in timed], timed[0][1], timed[-1][1]
    low, high, shown = min(values), max(values), metric_format(playtype, playtype.default_metric)
    points = [
        # High and low are swapped, because y is counted from the upper edge.
        Point(_percent(time, start, end), _percent(value, high, low), row.is_best, row.lamp.color)
        for row, time, value in timed
    ]
    joined = [replace(here, to_x=there.x, to_y=there.y) for here, there in pairwise(points)]
    # Between whole numbers a whole number, because no score has a half.
    middle = (high + low) // 2 if float(high).is_integer() and float(low).is_integer() else (high + low) / 2
    top, half, bottom = (format_metric(value, shown) for value in (high, middle, low))
    label = score_texts.history_label(len(points), bottom, top)
    return Plot((*joined, points[-1]), (top, half, bottom), start, end, label)


def _percent(value: float, low: float, high: float) -> str:
    part = (value - low) / (high - low) if high != low else 0.5  # equal values are in the middle
    return f"{MARGIN_PERCENT + part * (100 - 2 * MARGIN_PERCENT):.2f}%"
