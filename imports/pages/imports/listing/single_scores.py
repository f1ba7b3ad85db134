"""The scores of imports of one score each, and the lamps of a run of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.db.models import F, OuterRef, Subquery

from imports.games import BY_SLUG
from imports.models import Import, Score, State
from imports.pages.components.lamp_colors import Light, shown_lamp
from imports.pages.components.score_rows import DEFAULT_METRIC, ChartBaseline, ScoreComparison, score_row
from imports.pages.components.view_models import ScoreRow
from imports.pipeline.scoring.chart_loading import charts_by_pk

LAMPS = ("lamp", "clearLamp", "noteLamp", "bellLamp")


def single_scores(jobs: Iterable[Import]) -> dict[int, ScoreRow]:
    """Returns the score of each import with exactly one, by the import's key. Three queries at most."""
    wanted = [job.pk for job in jobs if job.state == State.COMPLETED and job.row_count == job.score_count == 1]
    if not wanted:
        return {}
    earlier = Score.objects.filter(
        user=OuterRef("user"), chart=OuterRef("chart"), from_import__lt=OuterRef("from_import")
    )
    best_before = earlier.order_by(DEFAULT_METRIC.desc(nulls_last=True)).values("best_keys__0")[:1]
    found = list(Score.objects.filter(from_import__in=wanted, game__in=BY_SLUG).annotate(before=Subquery(best_before)))
    charts = charts_by_pk({score.chart_id for score in found})
    return {
        score.from_import_id: score_row(
            ScoreComparison(
                score, charts[score.chart_id], BY_SLUG[score.game], ChartBaseline(score.before, score.best_keys[0])
            )
        )
        for score in found
    }


def lamps_of(runs: Sequence[Sequence[int]]) -> list[list[Light]]:
    """Returns the lamps of the scores of each run, given by the keys of its imports, oldest first. One query."""
    keys = [key for run in runs for key in run]
    if not keys:
        return []
    scores = Score.objects.filter(from_import__in=keys, game__in=BY_SLUG)
    # Without the whole documents: those of hooks may hold the graph of a whole gauge.
    rows = scores.values("from_import_id", "game", **{name: F(f"score_data__{name}") for name in LAMPS})
    lamps = {}
    for row in cast("Iterable[Mapping[str, Any]]", rows):
        present = {name: row[name] for name in LAMPS if row[name] is not None}
        lamps[row["from_import_id"]] = shown_lamp(row["game"], present)
    return [[lamps[key] for key in sorted(run) if key in lamps] for run in runs]
