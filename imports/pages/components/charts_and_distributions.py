"""The pictures of a result: lamps and grades, where the rating came from, and scores over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, ExpressionWrapper, Func, IntegerField, Max, Min, QuerySet, Value
from django.db.models.fields.json import KT

from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, Score
from imports.pages.components.lamp_colors import TABLE, light_of, row_ladder
from imports.pages.components.score_rows import (
    ScoreComparison,
    ScoreScope,
    compare_scores,
    import_scope,
    rating_expression,
    rating_order,
    rating_value,
    score_row,
)
from imports.pages.components.view_models import DiffRow, DistributionRow, rail
from imports.pages.texts import formatting, import_texts
from imports.pages.texts.numbers import format_change, format_metric, format_rating

BAR_COUNT = 24  # of the time that an import spans
MIN_BAR_PERCENT = 2.0  # percent of the height that a bar of few scores has
MAX_HIGHLIGHTS = 6  # of the best scores
MAX_CANDIDATES = 30  # among which they are looked for: several may be on one chart


def lamps_and_grades(job: Import) -> tuple[list[DistributionRow], list[DistributionRow]]:
    """Both distributions over the import's scores, best value first. One query."""
    return distributions(Score.objects.filter(from_import=job), job.game) if job.game in BY_SLUG else ([], [])


def distributions(scores: QuerySet[Score], game: str) -> tuple[list[DistributionRow], list[DistributionRow]]:
    """How many of these scores of one game stand at each lamp and at each grade, best value first. One query."""
    ladder = row_ladder(game)
    # Both at once: grouped by pairs of lamp and grade, so that the scores are read a single time.
    rows = (
        scores.values_list(KT(f"score_data__{ladder}"), KT("score_data__grade")).annotate(count=Count("pk")).order_by()
    )
    lamps, grades = Counter[str](), Counter[str]()
    for lamp, grade, count in rows:
        lamps[lamp] += count
        grades[grade] += count
    return distribution(game, ladder, lamps), distribution(game, "grade", grades)


def distribution(game: str, ladder: str, counts: Mapping[str, int]) -> list[DistributionRow]:
    """How many stand at each value of a ladder, best value first."""
    most = max(counts.values(), default=0)
    # What the table does not know comes last: scores of older rules may bear values that are gone.
    order = {value: place for place, value in enumerate(TABLE[game][ladder])}
    return [
        DistributionRow(light_of(game, ladder, value), counts[value], None, rail((("had", counts[value]),), total=most))
        for value in sorted(counts, key=lambda value: order.get(value, -1), reverse=True)
    ]


def highlights(job: Import) -> list[DiffRow]:
    """What raised the rating: each best with its effect on the profile rating. Four queries; none where none did."""
    if job.game not in BY_SLUG or not job.playtypes:
        return []
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]]
    if job.rating_gains is None:  # it came in before effects were kept: what each best gained on its own chart
        return gains(import_scope(job), playtype)
    effects = dict(job.rating_gains[:MAX_HIGHLIGHTS])
    scope = import_scope(job)
    scores = list(scope.scores().filter(chart__in=effects).order_by("pk")) if effects else []
    best = {
        each.score.chart_id: each for each in compare_scores(scores, scope) if each.place in ("best", "first", "same")
    }
    return [
        replace(_diff_row(best[chart], None), change=_effect_text(effect, best[chart].playtype), value="")
        for chart, effect in effects.items()
        if chart in best
    ]


def _effect_text(effect: float, playtype: Playtype) -> str:
    """An effect on the default profile rating, signed: `+0.024`; nothing where it reads as none."""
    shown = playtype.profile_ratings[playtype.default_profile_rating].shown
    return format_change(0, effect, shown, kind="score")


def gains(scope: ScoreScope, playtype: Playtype) -> list[DiffRow]:
    """Of the best of these scores, one a chart, those that gained most rating on theirs. Four queries."""
    # What gained most is looked for among the highest ratings: to compare all scores of a large import would read
    # every chart of it.
    scores = list(scope.scores().filter(playtype=playtype.name).order_by(rating_order(playtype), "pk")[:MAX_CANDIDATES])
    return gains_among(compare_scores(scores, scope), scope, playtype)


def gains_among(scores: Iterable[ScoreComparison], scope: ScoreScope, playtype: Playtype) -> list[DiffRow]:
    """Of these scores, highest rating first, those that gained most. One query."""
    best = [each for each in scores if each.place in ("best", "first")]
    charts = {each.score.chart_id for each in best}
    ratings_before: dict[int, float | None] = {}
    if charts:
        earlier = Score.objects.filter(scope.earlier, user_id=scope.player, chart__in=charts)
        ratings_before = dict(
            earlier.values_list("chart_id").annotate(best=Max(rating_expression(playtype))).order_by()
        )

    def gain(each: ScoreComparison) -> float:
        # A first play gains all of its rating.
        return rating_value(each.score, playtype) - (ratings_before.get(each.score.chart_id) or 0)

    best.sort(key=gain, reverse=True)
    return [_diff_row(each, ratings_before.get(each.score.chart_id)) for each in best[:MAX_HIGHLIGHTS]]


def _diff_row(each: ScoreComparison, rating_before: float | None) -> DiffRow:
    row, before, playtype = score_row(each), each.baseline.before, each.playtype
    metric_before = "" if before is None else format_metric(before, each.shown)
    changes = ((metric_before, format_metric(each.score.best_keys[0], each.shown)), ("", row.lamp.value))
    shown = playtype.score_ratings[playtype.default_score_rating].shown
    change = format_change(rating_before or 0, rating_value(each.score, playtype), shown, kind="score")
    return DiffRow(row.song, row.chart, row.lamp, changes, change, row.rating, row.url)


# --- over time --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the time (Unix milliseconds): how many scores, the best rating; where its bar stands, in percent."""

    start: int
    count: int
    rating: str
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class OverTime:
    """`_over_time.html`: when the scores were achieved, in parts of one length. `label` is the picture's text."""

    bars: tuple[Bar, ...]
    start: int
    end: int
    width: str
    rating_name: str
    label: str


def over_time(job: Import) -> OverTime | None:
    """None where there is nothing to see: no times, or all within one part. Two queries."""
    if job.game not in BY_SLUG or not job.playtypes:
        return None
    timed = Score.objects.filter(from_import=job, time_achieved__isnull=False)
    span = timed.aggregate(start=Min("time_achieved"), end=Max("time_achieved"))
    if span["start"] is None or span["end"] - span["start"] < BAR_COUNT:
        return None
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]]
    # The database sorts the scores into the parts, so that a row a part and not a row a score comes back. It leaves the
    # upper bound out: with one millisecond more the last score is in the last part and not behind it.
    place = Func(
        "time_achieved", Value(span["start"]), Value(span["end"] + 1), Value(BAR_COUNT), function="width_bucket"
    )
    parts = timed.annotate(part=ExpressionWrapper(place, IntegerField())).values_list("part")
    found = list(parts.annotate(count=Count("pk"), best=Max(rating_expression(playtype))).order_by("part"))
    length, most = (span["end"] - span["start"]) / BAR_COUNT, max(count for _, count, _ in found)
    shown = playtype.score_ratings[playtype.default_score_rating].shown
    return OverTime(
        bars=tuple(
            Bar(
                start=int(span["start"] + (part - 1) * length),
                count=count,
                rating=format_rating(best, shown, kind="score"),
                x=f"{(part - 1) / BAR_COUNT * 100:.2f}%",
                y=f"{100 - _height(count, most):.2f}%",
                height=f"{_height(count, most):.2f}%",
            )
            for part, count, best in found
        ),
        start=int(span["start"]),
        end=int(span["end"]),
        width=f"{100 / BAR_COUNT * 0.8:.2f}%",  # a fifth of each part is the gap to the next bar
        rating_name=formatting.rating_name(playtype.default_score_rating),
        label=import_texts.bars_label(sum(count for _, count, _ in found), most),
    )


def _height(count: int, most: int) -> float:
    return max(MIN_BAR_PERCENT, count / most * 100)
