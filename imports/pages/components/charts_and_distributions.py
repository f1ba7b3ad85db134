"""Parts of a result: distributions of lamps and grades, and the bests that raised the rating."""

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

MAX_HIGHLIGHTS = 6  # listed gains
EARLIER_KEPT_GAINS = 10  # maximum number of gains of an import that earlier releases stored
MAX_CANDIDATES = 30  # scores among which gains are searched: several may be on one chart


def lamps_and_grades(job: Import) -> tuple[list[DistributionRow], list[DistributionRow]]:
    """Returns both distributions of the import's scores, best value first. One query."""
    return distributions(Score.objects.filter(from_import=job), job.game) if job.game in BY_SLUG else ([], [])


def distributions(scores: QuerySet[Score], game: str) -> tuple[list[DistributionRow], list[DistributionRow]]:
    """Returns the numbers of these scores of one game by lamp and by grade, best value first. One query."""
    ladder = row_ladder(game)
    # Grouped by pairs of lamp and grade, so that the scores are read once.
    rows = (
        scores.values_list(KT(f"score_data__{ladder}"), KT("score_data__grade")).annotate(count=Count("pk")).order_by()
    )
    lamps, grades = Counter[str](), Counter[str]()
    for lamp, grade, count in rows:
        lamps[lamp] += count
        grades[grade] += count
    return distribution(game, ladder, lamps), distribution(game, "grade", grades)


def distribution(game: str, ladder: str, counts: Mapping[str, int]) -> list[DistributionRow]:
    """Returns the counts by value of a ladder, best value first."""
    most = max(counts.values(), default=0)
    # Unknown values come last: scores of older rules may have removed values.
    order = {value: place for place, value in enumerate(TABLE[game][ladder])}
    return [
        DistributionRow(light_of(game, ladder, value), counts[value], None, rail((("had", counts[value]),), total=most))
        for value in sorted(counts, key=lambda value: order.get(value, -1), reverse=True)
    ]


def highlights(job: Import, *, with_places: bool = False) -> list[DiffRow]:
    """Returns the bests that raised the rating, with their gains. Seven queries; none if there are no gains.

    `with_places`: with the current rank among the counting bests.
    """
    if job.game not in BY_SLUG or not job.playtypes:
        return []
    playtype = BY_SLUG[job.game].by_name[job.playtypes[0]]
    if job.rating_gains is None:  # an import before gains were stored: the gain of each best on its own chart
        return gains(import_scope(job), playtype)
    effects = dict(job.rating_gains[:MAX_HIGHLIGHTS])
    scope = import_scope(job)
    scores = list(scope.scores().filter(chart__in=effects).order_by("pk")) if effects else []
    compared = compare_scores(scores, scope)
    places = _places(job, {each.score.playtype for each in compared}) if with_places else {}
    return effect_rows(effects, compared, scope, values=places)


def effect_rows(
    effects: Mapping[int, float],
    scores: Iterable[ScoreComparison],
    scope: ScoreScope,
    *,
    values: Mapping[int, str] | None = None,
) -> list[DiffRow]:
    """Returns the charts whose bests raised the profile rating by these `effects`, each with the best score on it.

    `values`: chart -> the text of its row; the ratings if None. One query.
    """
    best: dict[int, ScoreComparison] = {}
    for each in scores:
        known = best.get(each.score.chart_id)
        if known is None or _worth(each) > _worth(known):
            best[each.score.chart_id] = each
    lamps = _lamps_of_bests(scope, best, next(iter(best.values())).game.slug) if best else {}
    rows = []
    for chart, effect in effects.items():
        if chart not in best:
            continue
        row = _diff_row(best[chart], None, lamps.get(chart))
        # A score below the best only raises its lamp.
        if row.changes or best[chart].place != "under":
            value = row.value if values is None else values.get(chart, "")
            rows.append(replace(row, change=effect_text(effect, best[chart].playtype), value=value))
    return rows


def _worth(each: ScoreComparison) -> tuple[float, float]:
    """Returns the sort key of scores on one chart: the metric of bests, then the rating."""
    return each.score.best_keys[0] or 0, rating_value(each.score, each.playtype)


def new_bests(job: Import, charts: Collection[str]) -> dict[str, tuple[float, bool]]:
    """Returns chart ID -> (effect on the profile rating, is first play) of an import's new bests on these charts.

    Five queries.
    """
    scope = import_scope(job)
    scores = list(scope.scores().filter(chart__chart_id__in=charts).order_by("pk")) if charts else []
    effects = dict(job.rating_gains or ())
    found = (each for each in compare_scores(scores, scope) if each.place in ("best", "first"))
    return {each.chart.chart_id: (effects.get(each.score.chart_id, 0.0), each.place == "first") for each in found}


def rest_of_gain(job: Import, shown: Sequence[DiffRow]) -> str:
    """Returns a sentence on the gains of the bests that are not shown; empty if there are none or they are unknown."""
    # Gains of several playtypes are of different ratings, which cannot be added.
    if job.rating_gains is None or len(job.rating_changes) != 1:
        return ""
    [(name, ratings)] = job.rating_changes.items()
    playtype = find_playtype(job.game, name)
    if playtype is None:
        return ""
    before, after = ratings.get(playtype.default_profile_rating, (None, None))
    rest = (after or 0) - (before or 0) - sum(effect for _, effect in job.rating_gains[: len(shown)])
    more, without = len(job.rating_gains) - len(shown), job.best_count + job.first_play_count - len(job.rating_gains)
    # Earlier releases stored the ten largest gains, so that with ten it is unknown whether there were more.
    is_counted = len(job.rating_gains) != EARLIER_KEPT_GAINS
    return import_texts.other_gains(
        effect_text(rest, playtype) if rest > 0 else "",
        more if is_counted else None,
        without if is_counted and shown else None,
    )


def _places(job: Import, playtypes: Collection[str]) -> dict[int, str]:
    """Returns chart -> `now #2 of 50` for counting bests. One query for each playtype."""
    found: dict[int, str] = {}
    for name in playtypes:
        counted = count_bests(job.user_id, job.game, BY_SLUG[job.game].by_name[name])
        places = counted.places_of_charts
        found |= {chart: import_texts.place_now(place, len(places)) for chart, place in places.items()}
    return found


def _lamps_of_bests(scope: ScoreScope, charts: Collection[int], game: str) -> dict[int, tuple[str, Light]]:
    """Returns chart -> (lamp of the best before these scores, empty for none; lamp with them). One query."""
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
        # A best takes the highest value of each lamp ladder from its scores.
        tops = {}
        for place, (ladder, order) in enumerate(zip(ladders, orders, strict=True)):
            # Removed values of older rules count as the lowest.
            tops[ladder] = max((order.get(row[place], -1), row[place]) for row in values)[1]
        return shown_lamp(game, tops)

    return {
        chart: (highest(before[chart]).short if chart in before else "", highest(values))
        for chart, values in after.items()
    }


def effect_text(effect: float, playtype: Playtype) -> str:
    """Returns a gain of the default profile rating as signed text: `+0.024`; empty if it rounds to zero."""
    shown = playtype.profile_ratings[playtype.default_profile_rating].shown
    return format_change(0, effect, shown, kind="score")


def gains(scope: ScoreScope, playtype: Playtype) -> list[DiffRow]:
    """Returns the best scores that raised the rating of their charts the most, one per chart. Five queries."""
    # Only among the highest ratings: comparing all scores of a large import would read all of its charts.
    scores = list(scope.scores().filter(playtype=playtype.name).order_by(rating_order(playtype), "pk")[:MAX_CANDIDATES])
    best = [each for each in compare_scores(scores, scope) if each.place in ("best", "first")]
    charts = {each.score.chart_id for each in best}
    ratings_before: dict[int, float | None] = {}
    if charts:
        earlier = Score.objects.filter(scope.earlier, user_id=scope.player, chart__in=charts)
        ratings_before = dict(
            earlier.values_list("chart_id").annotate(best=Max(rating_expression(playtype))).order_by()
        )

    def gain(each: ScoreComparison) -> float:
        # The gain of a first play is its whole rating.
        return rating_value(each.score, playtype) - (ratings_before.get(each.score.chart_id) or 0)

    # A higher score with a lower lamp may be a new best with a lower rating.
    best = sorted((each for each in best if gain(each) >= 0), key=gain, reverse=True)
    return [_diff_row(each, ratings_before.get(each.score.chart_id)) for each in best[:MAX_HIGHLIGHTS]]


def _diff_row(each: ScoreComparison, rating_before: float | None, lamps: tuple[str, Light] | None = None) -> DiffRow:
    """Returns the row of a gain. `lamps`: of the best before and of the current best, if they are shown."""
    row, before, playtype = score_row(each), each.baseline.before, each.playtype
    metric_before = "" if before is None else format_metric(before, each.shown)
    lamp_before, lamp = lamps or ("", row.lamp)
    pairs = (
        # A best may take its lamp from a lower score, so that the metric does not change.
        (metric_before, format_metric(each.baseline.highest, each.shown)),
        (lamp_before, lamp.short if lamp_before else lamp.value),
    )
    changes = tuple(pair for pair in pairs if pair[0] != pair[1])
    shown = playtype.score_ratings[playtype.default_score_rating].shown
    change = format_change(rating_before or 0, rating_value(each.score, playtype), shown, kind="score")
    return DiffRow(row.song, row.chart, lamp, changes, change, row.rating, row.url)
