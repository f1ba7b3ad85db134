"""How many scores stand at each lamp and each grade, and the best of them: the pictures of a result."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count
from django.db.models.fields.json import KT

from imports.games import BY_SLUG
from imports.models import Import, Score
from imports.pages.lights import TABLE, edge_ladder, light_of
from imports.pages.numbers import format_metric
from imports.pages.parts import DiffRow, DistributionRow, rail
from imports.pages.score_rows import Held, by_rating, held, of_import, score_row

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
    """The import's best new scores by rating, one a chart, with what they replace."""
    if job.game not in BY_SLUG or not job.playtypes:
        return []
    stretch, playtype = of_import(job), BY_SLUG[job.game].by_name[job.playtypes[0]]
    scores = list(stretch.scores().filter(playtype=playtype.name).order_by(by_rating(playtype), "pk")[:LOOKED_AT])
    best = [each for each in held(scores, stretch) if each.place in ("best", "first")]
    return [_as_diff(each) for each in best[:SHOWN]]


def _as_diff(each: Held) -> DiffRow:
    row, before = score_row(each), each.standing.before
    was = "" if before is None else format_metric(before, each.shown)
    changes = ((was, format_metric(each.score.best_keys[0], each.shown)), ("", row.lamp.value))
    return DiffRow(row.song, row.chart, row.lamp, changes, row.gain, row.rating)
