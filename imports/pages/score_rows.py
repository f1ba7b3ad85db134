"""Stored scores as rows of a table, each held against what the player had on its chart before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F, FloatField, Max, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.games.spec import Chart, Decimal, Game, Integer, Playtype, Shown
from imports.models import Import, Score, Session
from imports.pages.addresses import played_song, score_url
from imports.pages.lights import light_of, shown_lamp
from imports.pages.numbers import floor_percent, format_metric, format_rating, signed_metric
from imports.pages.parts import ScoreRow
from imports.pipeline.catalogue import charts_by_pk

PER_PAGE = 50
DEFAULT_METRIC = F("best_keys__0")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some scores of a player (`here`), and those that were there before them (`earlier`)."""

    player: int
    here: Q
    earlier: Q

    def scores(self) -> QuerySet[Score]:
        return Score.objects.filter(self.here, user_id=self.player)


def of_import(job: Import) -> Stretch:
    """What an import brought; earlier is what came with the player's imports before it."""
    return Stretch(job.user_id, Q(from_import=job), Q(from_import__lt=job.pk))


def of_session(session: Session) -> Stretch:
    """What was played in a session; earlier is what was played before it, or nobody knows when."""
    here = Q(game=session.game, playtype=session.playtype) & Q(
        time_achieved__range=(session.time_started, session.time_ended)
    )
    return Stretch(session.user_id, here, Q(time_achieved__lt=session.time_started) | Q(time_achieved=None))


def by_rating(playtype: Playtype, *, upwards: bool = False) -> Any:
    """Orders by the default score rating, highest first unless `upwards`; scores without one come last."""
    rating = rating_in(playtype)
    return rating.asc(nulls_last=True) if upwards else rating.desc(nulls_last=True)


def rating_in(playtype: Playtype) -> Cast:
    """The default score rating, for the database."""
    return Cast(KT(f"calculated_data__{playtype.default_score_rating}"), FloatField())


@dataclass(frozen=True, slots=True)
class Standing:
    """On one chart: the best of the earlier scores, None without any, and the best of these."""

    before: float | None
    top: float | None


Place = Literal["best", "first", "under", "same", ""]


@dataclass(frozen=True, slots=True)
class Held:
    """A score with its chart, held against what was there before."""

    score: Score
    chart: Chart
    game: Game
    standing: Standing

    @property
    def playtype(self) -> Playtype:
        return self.game.by_name[self.score.playtype]

    @property
    def place(self) -> Place:
        """Whether it was a best when it came."""
        value, before, top = self.score.best_keys[0], self.standing.before, self.standing.top
        if value is None or top is None:
            return ""
        if value < self.best:
            return "under"
        if before is None:
            return "first"
        return "same" if value == before else "best"

    @property
    def best(self) -> float:
        """The best on the chart, these scores included."""
        return max((known for known in (self.standing.before, self.standing.top) if known is not None), default=0)

    @property
    def gain(self) -> str:
        """How much better than the best before, signed; empty for all but new bests."""
        value, before = self.score.best_keys[0], self.standing.before
        return (
            signed_metric(value - before, self.shown) if self.place == "best" and value and before is not None else ""
        )

    @property
    def gap(self) -> str:
        """How far under the best; empty for what is none."""
        value = self.score.best_keys[0]
        return format_metric(self.best - value, self.shown) if self.place == "under" and value is not None else ""

    @property
    def shown(self) -> Shown:
        """How the default metric is written."""
        return shown_of(self.playtype, self.playtype.default_metric)


def held(scores: Sequence[Score], stretch: Stretch) -> list[Held]:
    """These scores of one game with what they are held against. Three queries, however many they are."""
    if not scores:
        return []
    charts = charts_by_pk({score.chart_id for score in scores})
    standings = _standings(stretch, charts)
    game = BY_SLUG[scores[0].game]
    return [Held(score, charts[score.chart_id], game, standings[score.chart_id]) for score in scores]


def score_rows(scores: Sequence[Score], stretch: Stretch) -> list[ScoreRow]:
    return [score_row(each) for each in held(scores, stretch)]


def _standings(stretch: Stretch, charts: Iterable[int]) -> dict[int, Standing]:
    rows = (
        Score.objects.filter(user_id=stretch.player, chart__in=list(charts))
        .values_list("chart_id")
        .annotate(
            before=Max(DEFAULT_METRIC, filter=stretch.earlier),
            top=Max(DEFAULT_METRIC, filter=stretch.here),
        )
        .order_by()
    )
    return {chart: Standing(before, top) for chart, before, top in rows}


def score_row(each: Held) -> ScoreRow:
    score, playtype = each.score, each.playtype
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
        percent=_second_number(score.score_data, playtype),
        time=None if score.time_achieved is None else int(score.time_achieved),
        url=score_url(score.score_id),
        is_highlight=score.highlight,
    )


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
    return format_metric(metrics[name], shown_of(playtype, name))


def shown_of(playtype: Playtype, name: str) -> Shown:
    metric = playtype.metrics[name]
    return metric.shown if isinstance(metric, Integer | Decimal) else Shown.RAW


def _second_number(metrics: dict[str, Any], playtype: Playtype) -> str:
    return "" if main_metric(playtype) == playtype.default_metric else floor_percent(metrics.get("percent"))
