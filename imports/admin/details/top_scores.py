"""The scores of an import that a moderator should look at: those among the best ten of their charts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from imports.admin.details.transitions import number
from imports.catalogue.chart_names import ChartName, difficulty_name
from imports.games import BY_SLUG, playtype_of
from imports.games.spec import Decimal, Playtype
from imports.models import Chart, Import, PersonalBest, Score
from imports.pipeline.rankings.ranks import Rank, best_ranks
from imports.pipeline.scoring.chart_loading import charts_by_pk

TOP = 10  # ranks
MAX_CHECKED = 2_000  # bests of an import, the highest rated
MAX_LISTED = 10
MIN_USUAL = 5  # other bests on a level before its range says anything
BESTS, CHARTS, SCORES = (model._meta.db_table for model in (PersonalBest, Chart, Score))


@dataclass(frozen=True, slots=True)
class TopScore:
    """A best that this import brought, with its rank, and the range of the player's other bests on that level.

    `usual` is empty where there are too few of them; `is_above`: the score is higher than any of them.
    """

    key: int  # of the score
    title: str
    chart: ChartName
    score: str
    rank: Rank
    usual: str
    is_above: bool


def top_scores(job: Import) -> list[TopScore]:
    """Those above the player's usual range first, then by rank. Six queries, of a bounded number of bests."""
    bests = PersonalBest.objects.select_related("chart").in_bulk(_at_the_top(job))
    charts = charts_by_pk({best.chart_id for best in bests.values()})
    ranks = best_ranks(bests.values())
    found = [best for best in bests.values() if ranks[best.pk].out_of > 1]
    usual = _usual_ranges(job, found)
    keys = dict(Score.objects.filter(score_id__in=[best.score_id for best in found]).values_list("score_id", "pk"))
    lines = []
    for best in found:
        playtype = playtype_of(best.game, best.playtype)
        value = best.score_data[playtype.default_metric]
        span = usual.get((best.playtype, best.chart.level))
        lines.append(
            TopScore(
                key=keys[best.score_id],
                title=charts[best.chart_id].song.title,
                chart=difficulty_name(BY_SLUG[best.game], charts[best.chart_id]),
                score=_metric(value, playtype),
                rank=ranks[best.pk],
                usual=_("{low} to {high}").format(low=_metric(span[0], playtype), high=_metric(span[1], playtype))
                if span
                else "",
                is_above=span is not None and value > span[1],
            )
        )
    return sorted(lines, key=lambda line: (not line.is_above, line.rank.rank, -line.rank.out_of))[:MAX_LISTED]


def _at_the_top(job: Import) -> list[int]:
    """Keys of the bests that this import brought and that fewer than ten others are above."""
    game = BY_SLUG.get(job.game)
    if game is None:
        return []
    ratings = {name: game.by_name[name].default_score_rating for name in job.playtypes if name in game.by_name}
    with connection.cursor() as cursor:
        # The look at each leaderboard ends after ten rows of its index, however many players there are.
        cursor.execute(
            f"""
            SELECT mine.id FROM (
                SELECT best.id, best.chart_id, best.rank_keys
                FROM unnest(%s::text[], %s::text[]) AS wanted (playtype, rating)
                JOIN {BESTS} AS best ON (best.user_id, best.game, best.playtype) = (%s, %s, wanted.playtype)
                JOIN {SCORES} AS score ON score.score_id = best.score_id AND score.from_import_id = %s
                ORDER BY (best.calculated_data->>wanted.rating)::float8 DESC NULLS LAST, best.id LIMIT %s
            ) AS mine
            WHERE (SELECT count(*) FROM (
                SELECT FROM {BESTS} AS o WHERE o.chart_id = mine.chart_id AND o.rank_keys > mine.rank_keys LIMIT %s
            ) AS above) < %s
            LIMIT %s
            """,  # noqa: S608 - names of our own tables
            [
                list(ratings), list(ratings.values()), job.user_id, job.game, job.pk, MAX_CHECKED, TOP, TOP,
                4 * MAX_LISTED,
            ],
        )  # fmt: skip
        return [key for (key,) in cursor.fetchall()]


def _usual_ranges(job: Import, bests: Iterable[PersonalBest]) -> dict[tuple[str, str], tuple[float, float]]:
    """(playtype, level) -> where nine of ten of the player's bests from other imports on that level lie."""
    wanted = sorted(
        {(best.playtype, best.chart.level, playtype_of(best.game, best.playtype).default_metric) for best in bests}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT wanted.playtype, wanted.level,
                percentile_disc(0.05) WITHIN GROUP (ORDER BY (best.score_data->>wanted.metric)::float8),
                percentile_disc(0.95) WITHIN GROUP (ORDER BY (best.score_data->>wanted.metric)::float8)
            FROM unnest(%s::text[], %s::text[], %s::text[]) AS wanted (playtype, level, metric)
            JOIN {BESTS} AS best ON (best.user_id, best.game, best.playtype) = (%s, %s, wanted.playtype)
            JOIN {CHARTS} AS chart ON chart.id = best.chart_id AND chart.level = wanted.level
            WHERE NOT EXISTS (SELECT FROM {SCORES} AS score
                WHERE score.score_id = best.score_id AND score.from_import_id = %s)
            GROUP BY 1, 2 HAVING count(*) >= %s
            """,  # noqa: S608 - names of our own tables
            [
                *([line[part] for line in wanted] for part in range(3)), job.user_id, job.game, job.pk, MIN_USUAL,
            ],
        )  # fmt: skip
        return {(playtype, level): (low, high) for playtype, level, low, high in cursor.fetchall()}


def _metric(value: float, playtype: Playtype) -> str:
    metric = playtype.metrics[playtype.default_metric]
    return f"{number(value)}%" if isinstance(metric, Decimal) else number(value)
