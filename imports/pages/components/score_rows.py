"""Stored scores as rows of a table, each compared with the player's earlier scores on its chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.core.paginator import Page, Paginator
from django.db.models import F, FloatField, Max, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.http import HttpRequest

from imports.catalogue.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.games.spec import Chart, Decimal, Game, Integer, Playtype, Shown
from imports.models import Import, Score, Session
from imports.pages.components.lamp_colors import Light, light_of, row_ladder, shown_lamp
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import ScoreRow
from imports.pages.core.urls import score_url
from imports.pages.texts.numbers import format_floored_percent, format_metric, format_metric_difference, format_rating
from imports.pipeline.scoring.chart_loading import charts_by_pk

PER_PAGE = 50
DEFAULT_METRIC = F("best_keys__0")  # from an array column, so that the JSON documents are not read


@dataclass(frozen=True, slots=True)
class ScoreScope:
    """Some scores of a player (`included`), and the scores before them (`earlier`)."""

    player: int
    included: Q
    earlier: Q

    def scores(self) -> QuerySet[Score]:
        return Score.objects.filter(self.included, user_id=self.player)

    def baselines(self, charts: Iterable[int]) -> dict[int, ChartBaseline]:
        """Returns the baselines of comparison by chart. One query."""
        rows = self.chart_baselines(list(charts))
        return {row["chart_id"]: ChartBaseline(row["before"], row["top"]) for row in rows}

    def chart_baselines(self, charts: Any) -> QuerySet[Any, Any]:
        """Returns `chart_id`, `before` and `top` of each chart: the best of the earlier and of the included scores."""
        # One pass over the player's scores on these charts, with a filter for each of the two.
        by_chart = Score.objects.filter(user_id=self.player, chart__in=charts).values("chart_id")
        return by_chart.annotate(
            before=Max(DEFAULT_METRIC, filter=self.earlier), top=Max(DEFAULT_METRIC, filter=self.included)
        ).order_by()


def import_scope(job: Import) -> ScoreScope:
    """Returns the scope of an import's scores; the earlier ones are those of the player's previous imports."""
    # By imports and not by times, because the page shows the improvements by this import.
    return ScoreScope(job.user_id, Q(from_import=job), Q(from_import__lt=job.pk))


def session_scope(session: Session) -> ScoreScope:
    """Returns the scope of a session's scores; scores before it and scores without a time are earlier."""
    here = Q(game=session.game, playtype=session.playtype) & Q(
        time_achieved__range=(session.time_started, session.time_ended)
    )
    return ScoreScope(session.user_id, here, Q(time_achieved__lt=session.time_started) | Q(time_achieved=None))


def rating_order(playtype: Playtype, *, upwards: bool = False) -> Any:
    """Returns the order by the default score rating, highest first unless `upwards`; scores without one come last."""
    rating = rating_expression(playtype)
    return rating.asc(nulls_last=True) if upwards else rating.desc(nulls_last=True)


def rating_expression(playtype: Playtype) -> Cast:
    """Returns the default score rating as a database expression."""
    return Cast(KT(f"calculated_data__{playtype.default_score_rating}"), FloatField())


Place = Literal["best", "first", "under", "same", ""]


@dataclass(frozen=True, slots=True)
class ChartBaseline:
    """On one chart: the best of the earlier scores, None if there are none, and the best of the included ones."""

    before: float | None
    best: float | None

    @property
    def is_raised(self) -> bool:
        return self.before is not None and self.best is not None and self.best > self.before

    @property
    def highest(self) -> float:
        """The best of all these scores on the chart."""
        return max((known for known in (self.before, self.best) if known is not None), default=0)

    def place_of(self, value: float | None) -> Place:
        """Returns whether an included score with this value was a new best, a first play or neither."""
        if value is None or self.best is None:
            return ""
        # Of several included scores on one chart, only the best one was a new best.
        if value < self.highest:
            return "under"
        if self.before is None:
            return "first"
        return "same" if value == self.before else "best"


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """A score with its chart, compared with the earlier scores."""

    score: Score
    chart: Chart
    game: Game
    baseline: ChartBaseline

    @property
    def playtype(self) -> Playtype:
        return self.game.by_name[self.score.playtype]

    @property
    def place(self) -> Place:
        """Whether the score was a new best, a first play or neither."""
        return self.baseline.place_of(self.score.best_keys[0])

    @property
    def gain(self) -> str:
        """The signed difference of a new best to the best before; empty for other scores."""
        value, before = self.score.best_keys[0], self.baseline.before
        if self.place != "best" or not value or before is None:
            return ""
        return format_metric_difference(value - before, self.shown)

    @property
    def gap(self) -> str:
        """The signed difference of a lower score to the best; empty for other scores."""
        value = self.score.best_keys[0]
        return (
            format_metric(self.baseline.highest - value, self.shown)
            if self.place == "under" and value is not None
            else ""
        )

    @property
    def shown(self) -> Shown:
        """The format of the default metric."""
        return metric_format(self.playtype, self.playtype.default_metric)


def compare_scores(
    scores: Sequence[Score], scope: ScoreScope, baselines: Mapping[int, ChartBaseline] | None = None
) -> list[ScoreComparison]:
    """Compares these scores of one game with the earlier ones. Three queries for any number; two if the
    `baselines` of their charts are known.
    """
    if not scores:
        return []
    charts = charts_by_pk({score.chart_id for score in scores})
    if baselines is None:
        baselines = scope.baselines(charts)
    game = BY_SLUG[scores[0].game]
    return [ScoreComparison(score, charts[score.chart_id], game, baselines[score.chart_id]) for score in scores]


def score_rows(scores: Sequence[Score] | QuerySet[Score], scope: ScoreScope) -> list[ScoreRow]:
    return [score_row(each) for each in compare_scores(list(scores), scope)]


def score_row(each: ScoreComparison) -> ScoreRow:
    score, playtype = each.score, each.playtype
    # If players use another number than the default metric, the percentage is shown beside it.
    has_percent = main_metric(playtype) != playtype.default_metric
    return ScoreRow(
        song=played_song(each.chart),
        chart=difficulty_name(each.game, each.chart),
        lamp=shown_lamp(each.game.slug, score.score_data),
        score=main_number(score.score_data, playtype),
        grade=light_of(each.game.slug, "grade", score.score_data["grade"]),
        rating=rating_of(score, playtype),
        standing=each.place,
        gain=each.gain,
        gap=each.gap,
        percent=format_floored_percent(score.score_data.get("percent")) if has_percent else "",
        time=None if score.time_achieved is None else int(score.time_achieved),
        url=score_url(score.score_id),
        is_highlight=score.highlight,
    )


@dataclass(frozen=True, slots=True)
class Play:
    """A timed score in short. `is_new_best`: the best of the included ones, and better than before; no first play.

    `value`: of the default metric; `level_number`: the order of levels; `rating`: the default one.
    """

    key: int
    chart: int
    lamp: Light
    grade: str
    level: str
    level_number: float
    value: float | None
    rating: float | None
    time: int  # ms
    is_new_best: bool


@dataclass(frozen=True, slots=True)
class Plays:
    """Plays in order of time, and the baselines by chart."""

    plays: Sequence[Play]
    baselines: Mapping[int, ChartBaseline]


def plays_of(scope: ScoreScope, game: str, playtype: Playtype, *, limit: int) -> Plays:
    """Returns the timed scores of a scope, at most `limit`. `playtype`: of the ratings. Two queries."""
    ladder = row_ladder(game)
    columns = (
        "pk", "chart_id", KT(f"score_data__{ladder}"), KT("score_data__grade"), "chart__level", "chart__level_num",
        "best_keys__0", rating_expression(playtype), "time_achieved",
    )  # fmt: skip
    timed = scope.scores().filter(time_achieved__isnull=False)
    rows = list(timed.order_by("time_achieved", "pk").values_list(*columns)[:limit])
    baselines = scope.baselines({chart for _, chart, *_ in rows})
    tops = {chart: baseline.best for chart, baseline in baselines.items() if baseline.is_raised}
    found = []
    for key, chart, lamp, grade, level, number, value, rating, time in rows:
        # Of equal scores the first one was the new best.
        is_new_best = value is not None and tops.get(chart) == value
        if is_new_best:
            del tops[chart]
        light = light_of(game, ladder, lamp)
        found.append(Play(key, chart, light, grade, level, number, value, rating, int(time), is_new_best))
    return Plays(found, baselines)


def rating_of(score: Score, playtype: Playtype) -> str:
    """Returns the default score rating as text."""
    name = playtype.default_score_rating
    return format_rating(score.calculated_data.get(name), playtype.score_ratings[name].shown, kind="score")


def rating_value(score: Score, playtype: Playtype) -> float:
    """Returns the default score rating; 0 for a score without one."""
    value: float = score.calculated_data.get(playtype.default_score_rating) or 0
    return value


def main_metric(playtype: Playtype) -> str:
    """Returns the metric that players call the score: `score`, or the default metric of games without one."""
    return "score" if "score" in playtype.metrics else playtype.default_metric


def main_number(metrics: dict[str, Any], playtype: Playtype) -> str:
    name = main_metric(playtype)
    return format_metric(metrics[name], metric_format(playtype, name))


def metric_format(playtype: Playtype, name: str) -> Shown:
    metric = playtype.metrics[name]
    return metric.shown if isinstance(metric, Integer | Decimal) else Shown.RAW


def get_page(found: QuerySet[Any] | Sequence[Any], request: HttpRequest) -> Page[Any]:
    """Returns the requested page of fifty rows. Two queries, none for a list."""
    return Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
