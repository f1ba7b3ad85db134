"""The pictures of a result: lamps and grades, where the rating came from, and scores over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, ExpressionWrapper, Func, IntegerField, Max, Min, Value
from django.db.models.fields.json import KT

from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, Score
from imports.pages import import_words, words
from imports.pages.lights import TABLE, edge_ladder, light_of
from imports.pages.numbers import format_change, format_metric, format_rating
from imports.pages.parts import DiffRow, DistributionRow, rail
from imports.pages.score_rows import (
    Held,
    Stretch,
    by_rating,
    held,
    of_import,
    rating_in,
    rating_value,
    score_row,
)

PARTS = 24  # of the time that an import spans
LEAST = 2.0  # percent of the height that a bar of few scores has
SHOWN = 6  # of the best scores
LOOKED_AT = 30  # among which they are looked for: several may be on one chart


def lamps_and_grades(job: Import) -> tuple[list[DistributionRow], list[DistributionRow]]:
    """Both distributions over the import's scores, best value first. One query."""
    if job.game not in BY_SLUG:
        return [], []
    ladder = edge_ladder(job.game)
    rows = (
        Score.objects.filter(from_import=job)
        .values_list(KT(f"score_data__{ladder}"), KT("score_data__grade"))
        .annotate(count=Count("pk"))
        .order_by()
    )
    lamps, grades = Counter[str](), Counter[str]()
    for lamp, grade, count in rows:
        lamps[lamp] += count
        grades[grade] += count
    return _distribution(job.game, ladder, lamps), _distribution(job.game, "grade", grades)


def _distribution(game: str, ladder: str, counts: Counter[str]) -> list[DistributionRow]:
    most = max(counts.values(), default=0)
    order = {value: place for place, value in enumerate(TABLE[game][ladder])}
    return [
        DistributionRow(light_of(game, ladder, value), counts[value], None, rail((("had", counts[value]),), total=most))
        for value in sorted(counts, key=lambda value: order.get(value, -1), reverse=True)
    ]


def highlights(job: Import) -> list[DiffRow]:
    """Where the rating came from. Four queries."""
    if job.game not in BY_SLUG or not job.playtypes:
        return []
    return gains(of_import(job), BY_SLUG[job.game].by_name[job.playtypes[0]])


def gains(stretch: Stretch, playtype: Playtype) -> list[DiffRow]:
    """Of the best of these scores, one a chart, those that gained most rating on theirs. Four queries."""
    scores = list(stretch.scores().filter(playtype=playtype.name).order_by(by_rating(playtype), "pk")[:LOOKED_AT])
    best = [each for each in held(scores, stretch) if each.place in ("best", "first")]
    before = _ratings_before(stretch, playtype, {each.score.chart_id for each in best})
    rows = [(each, before.get(each.score.chart_id)) for each in best]
    rows.sort(key=lambda row: _gain(*row), reverse=True)
    return [_as_diff(each, earlier) for each, earlier in rows[:SHOWN]]


def _ratings_before(stretch: Stretch, playtype: Playtype, charts: set[int]) -> dict[int, float | None]:
    """Chart -> the best rating on it among the earlier scores."""
    if not charts:
        return {}
    earlier = Score.objects.filter(stretch.earlier, user_id=stretch.player, chart__in=charts)
    return dict(earlier.values_list("chart_id").annotate(best=Max(rating_in(playtype))).order_by())


def _gain(each: Held, before: float | None) -> float:
    return rating_value(each.score, each.playtype) - (before or 0)


def _as_diff(each: Held, rating_before: float | None) -> DiffRow:
    row, before, playtype = score_row(each), each.standing.before, each.playtype
    was = "" if before is None else format_metric(before, each.shown)
    changes = ((was, format_metric(each.score.best_keys[0], each.shown)), ("", row.lamp.value))
    form = playtype.score_ratings[playtype.default_score_rating].shown
    change = format_change(rating_before or 0, rating_value(each.score, playtype), form, kind="score")
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
    if span["start"] is None or span["end"] - span["start"] < PARTS:
        return None
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]]
    place = Func("time_achieved", Value(span["start"]), Value(span["end"] + 1), Value(PARTS), function="width_bucket")
    parts = timed.annotate(part=ExpressionWrapper(place, IntegerField())).values_list("part")
    found = list(parts.annotate(count=Count("pk"), best=Max(rating_in(playtype))).order_by("part"))
    length, most = (span["end"] - span["start"]) / PARTS, max(count for _, count, _ in found)
    form = playtype.score_ratings[playtype.default_score_rating].shown
    return OverTime(
        bars=tuple(
            Bar(
                start=int(span["start"] + (part - 1) * length),
                count=count,
                rating=format_rating(best, form, kind="score"),
                x=f"{(part - 1) / PARTS * 100:.2f}%",
                y=f"{100 - _height(count, most):.2f}%",
                height=f"{_height(count, most):.2f}%",
            )
            for part, count, best in found
        ),
        start=int(span["start"]),
        end=int(span["end"]),
        width=f"{100 / PARTS * 0.8:.2f}%",
        rating_name=words.rating_name(playtype.default_score_rating),
        label=import_words.bars_say(sum(count for _, count, _ in found), most),
    )


def _height(count: int, most: int) -> float:
    return max(LEAST, count / most * 100)
