"""The pictures of a result: lamps and grades, and where the rating came from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Max,
    QuerySet,
    When,
)
from django.db.models.fields.json import KT

from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Import, Score
from imports.pages.components.import_summary import find_playtype
from imports.pages.components.lamp_colors import TABLE, Light, lamp_ladders, light_of, row_ladder, shown_lamp
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
from imports.pages.texts import import_texts
from imports.pages.texts.numbers import format_change, format_metric
from imports.pipeline.rankings.counting_bests import count_bests

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
    # What the table does not know comes last: scores of older rules may have values that are gone.
    order = {value: place for place, value in enumerate(TABLE[game][ladder])}
    return [
        DistributionRow(light_of(game, ladder, value), counts[value], None, rail((("had", counts[value]),), total=most))
        for value in sorted(counts, key=lambda value: order.get(value, -1), reverse=True)
    ]


def highlights(job: Import, *, with_places: bool = False) -> list[DiffRow]:
    """What raised the rating: each best with its effect on the profile rating. Seven queries; none where none did.

    `with_places`: and its place of today among the bests that count.
    """
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
    lamps = _lamps_of_bests(scope, best, job.game) if best else {}
    places = _places(job, {each.score.playtype for each in best.values()}) if with_places else {}
    return [
        replace(
            _diff_row(best[chart], None, lamps.get(chart)),
            change=_effect_text(effect, best[chart].playtype),
            value=places.get(chart, ""),
        )
        for chart, effect in effects.items()
        if chart in best
    ]


def rest_of_gain(job: Import, shown: Sequence[DiffRow]) -> str:
    """What the rating changed beyond the effects that are shown, signed; empty for nothing, or where none are kept."""
    # Of several playtypes the effects are of different ratings, which do not add up.
    if job.rating_gains is None or len(job.rating_changes) != 1:
        return ""
    [(name, ratings)] = job.rating_changes.items()
    playtype = find_playtype(job.game, name)
    if playtype is None:
        return ""
    before, after = ratings.get(playtype.default_profile_rating, (None, None))
    rest = (after or 0) - (before or 0) - sum(effect for _, effect in job.rating_gains[: len(shown)])
    return _effect_text(rest, playtype) if rest > 0 else ""


def _places(job: Import, playtypes: Collection[str]) -> dict[int, str]:
    """Chart -> `now #2 of 50`, of the bests that count towards the rating. A query for each playtype."""
    found: dict[int, str] = {}
    for name in playtypes:
        counted = count_bests(job.user_id, job.game, BY_SLUG[job.game].by_name[name])
        places = counted.places_of_charts
        found |= {chart: import_texts.place_now(place, len(places)) for chart, place in places.items()}
    return found


def _lamps_of_bests(scope: ScoreScope, charts: Collection[int], game: str) -> dict[int, tuple[str, Light]]:
    """Chart -> the lamp of the best before these scores, empty for none, and with them. One query."""
    ladders = lamp_ladders(game)
    orders = [{value: place for place, value in enumerate(TABLE[game][ladder])} for ladder in ladders]
    rows = (
        Score.objects.filter(scope.earlier | scope.included, user_id=scope.player, chart__in=charts)
        .annotate(is_earlier=Case(When(scope.earlier, then=True), default=False, output_field=BooleanField()))
        .values_list("chart_id", "is_earlier", *(KT(f"score_data__{ladder}") for ladder in ladders))
        .order_by()
        .distinct()
    )
    before: dict[int, list[Sequence[str]]] = defaultdict(list)
    after: dict[int, list[Sequence[str]]] = defaultdict(list)
    for chart, is_earlier, *values in rows:
        after[chart].append(values)
        if is_earlier:
            before[chart].append(values)

    def highest(values: Sequence[Sequence[str]]) -> Light:
        # A best takes each of its lamps from the score that has the highest of that ladder.
        tops = {}
        for place, (ladder, order) in enumerate(zip(ladders, orders, strict=True)):
            # Values of older rules that are gone are the lowest.
            tops[ladder] = max((order.get(row[place], -1), row[place]) for row in values)[1]
        return shown_lamp(game, tops)

    return {
        chart: (highest(before[chart]).short if chart in before else "", highest(values))
        for chart, values in after.items()
    }


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


def _diff_row(each: ScoreComparison, rating_before: float | None, lamps: tuple[str, Light] | None = None) -> DiffRow:
    """`lamps`: of the best before and of the best now, where they are shown."""
    row, before, playtype = score_row(each), each.baseline.before, each.playtype
    metric_before = "" if before is None else format_metric(before, each.shown)
    lamp_before, lamp = lamps or ("", row.lamp)
    pairs = (
        (metric_before, format_metric(each.score.best_keys[0], each.shown)),
        (lamp_before, lamp.short if lamp_before else lamp.value),
    )
    changes = tuple(pair for pair in pairs if pair[0] != pair[1])
    shown = playtype.score_ratings[playtype.default_score_rating].shown
    change = format_change(rating_before or 0, rating_value(each.score, playtype), shown, kind="score")
    return DiffRow(row.song, row.chart, lamp, changes, change, row.rating, row.url)
