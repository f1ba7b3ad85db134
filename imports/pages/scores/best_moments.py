"""What a player will remember of a session: its biggest gain, a first lamp, its best score, and what was nearly one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F
from django.db.models.fields.json import KT

from imports.catalogue.chart_names import ChartName
from imports.games.spec import Playtype
from imports.models import PersonalBest, Score, Session
from imports.pages.components.lamp_colors import Light, light_of, row_ladder
from imports.pages.components.score_rows import (
    ScoreScope,
    rating_expression,
    rating_order,
    rating_value,
    score_rows,
)
from imports.pages.components.view_models import DiffRow, SongName
from imports.pages.texts import formatting, score_texts

MAX_GAP_SHARE = 0.005  # of the best before, that a near miss was away from it


@dataclass(frozen=True, slots=True)
class Moment:
    """`number` is what is told of it, and `rest` explains it; `grade` stands below the score of a first lamp."""

    icon: str
    label: str
    song: SongName
    chart: ChartName
    url: str
    number: str
    rest: str = ""
    grade: Light | None = None


def best_moments(session: Session, scope: ScoreScope, playtype: Playtype, gains: Sequence[DiffRow]) -> list[Moment]:
    """Four at most, of different kinds; `gains` are those of the session, largest first. Twelve queries at most."""
    moments = [
        _biggest_gain(gains, playtype),
        _first_lamp(session, scope),
        _best_score(scope, playtype),
        _near_miss(scope),
    ]
    return [moment for moment in moments if moment]


def _biggest_gain(gains: Sequence[DiffRow], playtype: Playtype) -> Moment | None:
    if not gains or not gains[0].change:
        return None
    gain, rating = gains[0], formatting.rating_name(playtype.default_score_rating)
    return Moment("chart-line", score_texts.BIGGEST_GAIN, gain.song, gain.chart, gain.url, gain.change, rating)


def _first_lamp(session: Session, scope: ScoreScope) -> Moment | None:
    """The highest lamp that the player never had before on any chart of that level. Four queries."""
    ladder = row_ladder(session.game)
    lamp, columns = KT(f"score_data__{ladder}"), ("chart__level", "chart__level_num")
    here = scope.scores().annotate(lamp=lamp).values_list("lamp", *columns).distinct().order_by()
    reached = [(light_of(session.game, ladder, value), level, number) for value, level, number in here]
    before = (
        Score.objects.filter(scope.earlier, user=scope.player, game=session.game, playtype=session.playtype)
        .filter(chart__level__in={level for _, level, _ in reached})
        .annotate(lamp=lamp).values_list("chart__level", "lamp").distinct().order_by()
    )  # fmt: skip
    highest: dict[str, int] = {}  # level -> how far up the ladder the player had been on it
    for level, value in before:
        highest[level] = max(highest.get(level, 0), light_of(session.game, ladder, value).lit)
    new = [each for each in reached if each[0].lit > highest.get(each[1], 0)]
    if not new:
        return None
    light, level, _ = max(new, key=lambda each: (each[0].lit, each[2]))
    score = scope.scores().annotate(lamp=lamp).filter(lamp=light.value, chart__level=level)
    row = score_rows(score.order_by("-best_keys__0", "pk")[:1], scope)[0]
    label = score_texts.first_lamp(light.value, level)
    return Moment("trophy", label, row.song, row.chart, row.url, row.score, grade=row.grade)


def _best_score(scope: ScoreScope, playtype: Playtype) -> Moment | None:
    """The highest rating, and which of the player's bests it is now. Five queries."""
    score = scope.scores().order_by(rating_order(playtype), "pk").first()
    value = rating_value(score, playtype) if score else 0
    if score is None or not value:
        return None
    place = ""
    if PersonalBest.objects.filter(user=scope.player, chart=score.chart_id, score_id=score.score_id).exists():
        bests = PersonalBest.objects.filter(user=scope.player, game=score.game, playtype=score.playtype)
        higher = bests.annotate(value=rating_expression(playtype)).filter(value__gt=value).count()
        place = score_texts.place_now(higher + 1)
    row = score_rows([score], scope)[0]
    label = score_texts.best_of_session(formatting.rating_name(playtype.default_score_rating))
    return Moment("star", label, row.song, row.chart, row.url, row.rating, place)


def _near_miss(scope: ScoreScope) -> Moment | None:
    """The play that came nearest to a best and did not reach it. Five queries."""
    charts = scope.chart_baselines(scope.scores().values("chart")).filter(before__gt=F("top"))
    nearest = charts.annotate(gap=F("before") - F("top")).order_by("gap", "chart_id").first()
    if nearest is None or nearest["gap"] > nearest["before"] * MAX_GAP_SHARE:
        return None
    tries = scope.scores().filter(chart=nearest["chart_id"])
    row = score_rows(tries.filter(best_keys__0=nearest["top"]).order_by("pk")[:1], scope)[0]
    gap = score_texts.minus(row.gap)
    return Moment("flag", score_texts.SO_CLOSE, row.song, row.chart, row.url, gap, score_texts.missed(tries.count()))
