"""The scores of an import that a moderator should look at: those in the top ten of their charts."""

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
MAX_CHECKED = 2_000  # the highest rated bests of an import
MAX_LISTED = 10
MIN_USUAL = 5  # other bests on a level; the range of fewer is meaningless
BESTS, CHARTS, SCORES = (model._meta.db_table for model in (PersonalBest, Chart, Score))


@dataclass(frozen=True, slots=True)
class TopScore:
    """A best from this import with its rank, and the usual range of the player's other bests on that level.

    `usual` is empty if there are too few other bests. `is_above`: the score exceeds that range.
    """

    key: int  # of the score
    title: str
    chart: ChartName
    score: str
    rank: Rank
    usual: str
    is_above: bool


def top_scores(job: Import) -> list[TopScore]:
    """Returns the scores above the player's usual range first, then by rank. Six queries over a bounded set."""
    bests = PersonalBest.objects.select_related("chart").in_bulk(_top_ten_bests(job))
    charts = charts_by_pk({best.chart_id for best in bests.values()})
    ranks = best_ranks(bests.values())
    ranked = [best for best in bests.values() if ranks[best.pk].out_of > 1]
    usual = _usual_ranges(job, ranked)
    keys = dict(Score.objects.filter(score_id__in=[best.score_id for best in ranked]).values_list("score_id", "pk"))
    lines = []
    for best in ranked:
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


def _top_ten_bests(job: Import) -> list[int]:
    """Returns the primary keys of the bests from this import that fewer than ten others surpass."""
    game = BY_SLUG.get(job.game)
    if game is None:
        return []
    ratings = {name: game.by_name[name].default_score_rating for name in job.playtypes if name in game.by_name}
    with connection.cursor() as cursor:
        # The count on each leaderboard stops after ten index rows, however many players there are.
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
    """Returns (playtype, level) -> 5th and 95th percentile of the player's bests from other imports on that level."""
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
