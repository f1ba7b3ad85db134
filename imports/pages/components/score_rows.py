"""Stored scores as rows of a table, each compared with what the player had on its chart before."""

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
DEFAULT_METRIC = F("best_keys__0")  # a column of its own in an array: the JSON documents need not be read


@dataclass(frozen=True, slots=True)
class ScoreScope:
    """Some scores of a player (`included`), and those that were there before them (`earlier`)."""

    player: int
    included: Q
    earlier: Q

    def scores(self) -> QuerySet[Score]:
        return Score.objects.filter(self.included, user_id=self.player)

    def baselines(self, charts: Iterable[int]) -> dict[int, ChartBaseline]:
        """What these scores are compared with, by chart. One query."""
        rows = self.chart_baselines(list(charts))
        return {row["chart_id"]: ChartBaseline(row["before"], row["top"]) for row in rows}

    def chart_baselines(self, charts: Any) -> QuerySet[Any, Any]:
        """`chart_id`, `before` and `top` of each chart: the best of the earlier scores, and of the included ones."""
        # In one pass over the player's scores on these charts, with a filter for each of the two.
        by_chart = Score.objects.filter(user_id=self.player, chart__in=charts).values("chart_id")
        return by_chart.annotate(
            before=Max(DEFAULT_METRIC, filter=self.earlier), top=Max(DEFAULT_METRIC, filter=self.included)
        ).order_by()


def import_scope(job: Import) -> ScoreScope:
    """What an import brought; earlier is what came with the player's imports before it."""
    # By imports and not by times: the page tells what this import made better than it was.
    return ScoreScope(job.user_id, Q(from_import=job), Q(from_import__lt=job.pk))


def session_scope(session: Session) -> ScoreScope:
    """What was played in a session; earlier is what was played before it, or nobody knows when."""
    here = Q(game=session.game, playtype=session.playtype) & Q(
        time_achieved__range=(session.time_started, session.time_ended)
    )
    return ScoreScope(session.user_id, here, Q(time_achieved__lt=session.time_started) | Q(time_achieved=None))


def rating_order(playtype: Playtype, *, upwards: bool = False) -> Any:
    """Orders by the default score rating, highest first unless `upwards`; scores without one come last."""
    rating = rating_expression(playtype)
    return rating.asc(nulls_last=True) if upwards else rating.desc(nulls_last=True)


def rating_expression(playtype: Playtype) -> Cast:
    """The default score rating, for the database."""
    return Cast(KT(f"calculated_data__{playtype.default_score_rating}"), FloatField())


@dataclass(frozen=True, slots=True)
class ChartBaseline:
    """On one chart: the best of the earlier scores, None without any, and the best of these."""

    before: float | None
    best: float | None

    @property
    def is_raised(self) -> bool:
        return self.before is not None and self.best is not None and self.best > self.before


Place = Literal["best", "first", "under", "same", ""]


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """A score with its chart, compared with what was there before."""

    score: Score
    chart: Chart
    game: Game
    baseline: ChartBaseline

    @property
    def playtype(self) -> Playtype:
        return self.game.by_name[self.score.playtype]

    @property
    def place(self) -> Place:
        """Whether it was a best when it came."""
        value, before, top = self.score.best_keys[0], self.baseline.before, self.baseline.best
        if value is None or top is None:
            return ""
        # Of several on one chart that came together, the best one alone was a best.
        if value < self.best:
            return "under"
        if before is None:
            return "first"
        return "same" if value == before else "best"

    @property
    def best(self) -> float:
        """The best on the chart, these scores included."""
        return max((known for known in (self.baseline.before, self.baseline.best) if known is not None), default=0)

    @property
    def gain(self) -> str:
        """How much better than the best before, signed; empty for all but new bests."""
        value, before = self.score.best_keys[0], self.baseline.before
        if self.place != "best" or not value or before is None:
            return ""
        return format_metric_difference(value - before, self.shown)

    @property
    def gap(self) -> str:
        """How far under the best; empty for what is none."""
        value = self.score.best_keys[0]
        return format_metric(self.best - value, self.shown) if self.place == "under" and value is not None else ""

    @property
    def shown(self) -> Shown:
        """How the default metric is written."""
        return metric_format(self.playtype, self.playtype.default_metric)


def compare_scores(
    scores: Sequence[Score], scope: ScoreScope, baselines: Mapping[int, ChartBaseline] | None = None
) -> list[ScoreComparison]:
    """These scores of one game with what they are compared with. Three queries, however many they are; two where the
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
    # Where players' number is not the one that bests are compared by, the percentage stands beside it.
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
    """A timed score, in short. `is_new_best`: the best of these, and better than before; a first play is none.

    `value` is that of the default metric, `level_number` orders the levels, and `rating` is the default one.
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
    """Plays in the order in which they were made, and by chart what they are compared with."""

    plays: Sequence[Play]
    baselines: Mapping[int, ChartBaseline]


def plays_of(scope: ScoreScope, game: str, playtype: Playtype, *, most: int) -> Plays:
    """The timed ones of these scores, `most` at most. `playtype`: of the ratings. Two queries."""
    ladder = row_ladder(game)
    columns = (
        "pk", "chart_id", KT(f"score_data__{ladder}"), KT("score_data__grade"), "chart__level", "chart__level_num",
        "best_keys__0", rating_expression(playtype), "time_achieved",
    )  # fmt: skip
    timed = scope.scores().filter(time_achieved__isnull=False)
    rows = list(timed.order_by("time_achieved", "pk").values_list(*columns)[:most])
    baselines = scope.baselines({chart for _, chart, *_ in rows})
    tops = {chart: baseline.best for chart, baseline in baselines.items() if baseline.is_raised}
    found = []
    for key, chart, lamp, grade, level, number, value, rating, time in rows:
        # Of several equal ones the first was the new best.
        is_new_best = value is not None and tops.get(chart) == value
        if is_new_best:
            del tops[chart]
        light = light_of(game, ladder, lamp)
        found.append(Play(key, chart, light, grade, level, number, value, rating, int(time), is_new_best))
    return Plays(found, baselines)


def rating_of(score: Score, playtype: Playtype) -> str:
    """The default score rating, written out."""
    name = playtype.default_score_rating
    return format_rating(score.calculated_data.get(name), playtype.score_ratings[name].shown, kind="score")


def rating_value(score: Score, playtype: Playtype) -> float:
    """The default score rating; 0 for a score without one."""
    value: float = score.calculated_data.get(playtype.default_score_rating) or 0
    return value


def main_metric(playtype: Playtype) -> str:
    """What players call the score: `score`, or the default metric of games without one."""
    return "score" if "score" in playtype.metrics else playtype.default_metric


def main_number(metrics: dict[str, Any], playtype: Playtype) -> str:
    name = main_metric(playtype)
    return format_metric(metrics[name], metric_format(playtype, name))


def metric_format(playtype: Playtype, name: str) -> Shown:
    metric = playtype.metrics[name]
    return metric.shown if isinstance(metric, Integer | Decimal) else Shown.RAW


def get_page(found: QuerySet[Any] | Sequence[Any], request: HttpRequest) -> Page[Any]:
    """Fifty rows of these. Two queries, none of a list."""
    return Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
