"""Thousands of distinct scores on real charts import without a problem, for each game with charts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from imports import jobs
from imports.models import ImportProblem, Score, State
from imports.pipeline.scoring import store
from imports.sample.plays import document, plays
from imports.seeds.load import load
from tests import factories, people
from tests.games import vectors

FOLDER = vectors.SHARED / "seeds"
SCORES = 2_000
GPTS = [
    "arcaea:Touch",
    "chunithm:Single",
    "ddr:SP",
    "maimai:Single",
    "maimaidx:Single",
    "museca:Single",
    "ongeki:Single",
    "popn:9B",
    "sdvx:Single",
    "wacca:Single",
]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir() or bool(os.environ.get("CI")),
        reason="the seeds (../shared/seeds) are missing, or this is CI",
    ),
]


def rows(kind: str, game: str) -> list[Any]:
    found: list[Any] = json.loads((FOLDER / f"{kind}-{game}.json").read_bytes())
    return found


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Returns a folder with the files of only one game, as loading all takes longer than the import."""
    game = request.getfixturevalue("gpt").split(":")[0]
    for kind in ("songs", "charts"):
        (tmp_path / f"{kind}-{game}.json").symlink_to(FOLDER / f"{kind}-{game}.json")
    return tmp_path


@pytest.fixture
def _low_bulk_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lowers the thresholds, so that rows are judged while others are stored, as with five times as many."""
    monkeypatch.setattr(store, "BULK_THRESHOLD", SCORES)
    monkeypatch.setattr(store, "MAX_CHUNKS_PER_COPY", 4)


@pytest.mark.usefixtures("_low_bulk_thresholds")
@pytest.mark.parametrize("gpt", GPTS)
def test_thousands_of_scores_on_real_charts_are_imported_without_a_problem(gpt: str, folder: Path) -> None:
    load(folder)
    game, playtype = gpt.split(":")
    charts = [row for row in rows("charts", game) if row["playtype"] == playtype and row["isPrimary"]]
    scores = list(plays(gpt, charts, SCORES, chance=Random(gpt)))
    content = json.dumps(document(gpt, scores, service="Ten games")).encode()

    job = factories.run_job(jobs.submit(people.alice(), jobs.Upload(content=content, import_type="file/batch-manual")))

    message = list(ImportProblem.objects.filter(job=job).values_list("message", flat=True)[:3])
    assert (message, job.error_message) == ([], "")
    assert (job.state, job.score_count, job.duplicate_count) == (State.COMPLETED, SCORES, 0)
    assert Score.objects.filter(from_import=job).count() == SCORES


def test_the_tested_games_are_all_games_with_charts() -> None:
    assert {gpt.split(":")[0] for gpt in GPTS} == {
        path.stem.removeprefix("charts-") for path in FOLDER.glob("charts-*")
    }
