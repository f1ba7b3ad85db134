"""The lamps and grades of a player's bests before and after an import."""

from __future__ import annotations

from typing import Any

import pytest

from imports import jobs
from imports.models import Chart, Import
from tests import factories, people
from tests.pipeline.factories import revert_import

pytestmark = pytest.mark.django_db


def on(charts: list[Chart], score: int, lamp: str = "CLEAR", **fields: Any) -> list[dict[str, Any]]:
    return [factories.score_on(chart, score, lamp=lamp, **fields) for chart in charts]


def counts_of(job: Import, ladder: str) -> dict[str, list[int]]:
    assert job.best_counts is not None
    return dict(job.best_counts["Single"][ladder])


def test_best_counts_cover_all_bests_before_and_after_the_import() -> None:
    alice, charts = people.alice(), factories.charts(5)
    factories.create_import(alice, *on(charts[:4], 8_000_000))
    rows = [*on(charts[:2], 9_900_000, "ULTIMATE CHAIN"), *on(charts[4:], 7_500_000, "FAILED")]
    job = factories.create_import(alice, *rows)
    assert counts_of(job, "lamp") == {"CLEAR": [4, 2], "ULTIMATE CHAIN": [0, 2], "FAILED": [0, 1]}
    assert counts_of(job, "grade") == {"B": [4, 2], "S": [0, 2], "C": [0, 1]}


def test_best_counts_use_merged_lamps() -> None:
    alice, charts = people.alice(), factories.charts(2)
    factories.create_import(alice, *on(charts, 9_900_000))
    job = factories.create_import(alice, *on(charts[:1], 8_000_000, "EXCESSIVE CLEAR"), *on(charts[1:], 8_100_000))
    assert counts_of(job, "lamp") == {"CLEAR": [2, 1], "EXCESSIVE CLEAR": [0, 1]}
    assert counts_of(job, "grade") == {"S": [2, 2]}


def test_reverts_and_restores_preserve_best_counts() -> None:
    alice, charts = people.alice(), factories.charts(3)
    first = factories.create_import(alice, *on(charts, 8_000_000))
    job = factories.create_import(alice, *on(charts[:2], 9_900_000, "ULTIMATE CHAIN"))
    before = job.best_counts
    for each in (job, first):
        revert_import(each)
    for each in (job, first):
        jobs.restore(each, by=alice)
        factories.run_job(each)
    job.refresh_from_db()
    assert job.best_counts == before


@pytest.mark.parametrize("rows", [1, 2])
def test_an_import_of_a_single_row_or_without_new_scores_has_no_best_counts(rows: int) -> None:
    alice, charts = people.alice(), factories.charts(2)
    first = factories.create_import(alice, *on(charts[:rows], 8_000_000))
    again = factories.create_import(alice, *on(charts[:rows], 8_000_000))
    assert (first.best_counts is None) == (rows == 1)
    assert again.best_counts is None
