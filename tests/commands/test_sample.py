"""The sample catalogue and demo files equal the generator's output, fit their games, and import as documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from imports import jobs
from imports.models import Chart, Import, ImportProblem, Session, Song, State
from imports.sample.games import SAMPLES
from imports.sample.make import FILES, SEEDS, everything
from imports.sample.plays import SKILLS
from imports.seeds.load import load
from tests import factories, people
from tests.commands.command_runner import run


def test_the_sample_in_the_repository_equals_the_generators_output() -> None:
    written = {path: path.read_text(encoding="utf-8") for folder in (SEEDS, FILES) for path in folder.iterdir()}

    assert everything() == written


@pytest.mark.django_db
def test_each_game_has_a_few_dozen_songs() -> None:
    load(SEEDS)

    songs = {sample.slug: Song.objects.filter(game=sample.slug).count() for sample in SAMPLES}
    assert all(count >= 24 for count in songs.values()), songs
    charted = {f"{game}:{playtype}" for game, playtype in Chart.objects.values_list("game", "playtype").distinct()}
    assert charted == set(SKILLS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "scores", "problems", "sessions"),
    [
        ("sdvx", 57, ["SongOrChartNotFound", "SongOrChartNotFound", "InvalidDatapoint"], 2),
        ("chunithm", 40, [], 1),
        ("iidx-sp", 40, [], 1),
        ("iidx-dp", 20, [], 1),
    ],
)
def test_the_demo_files_import_as_documented(name: str, scores: int, problems: list[str], sessions: int) -> None:
    load(SEEDS)

    job = imported((FILES / f"{name}.json").read_bytes())

    assert (job.state, job.score_count, job.duplicate_count) == (State.COMPLETED, scores, 0)
    assert list(ImportProblem.objects.order_by("row").values_list("type", flat=True)) == problems
    assert Session.objects.count() == sessions
    assert any(delta["set"] == "dan" for delta in job.class_deltas)


@pytest.mark.quick_rows(6)
@pytest.mark.django_db
@pytest.mark.parametrize("game", ["sdvx", *SKILLS])
def test_the_command_generates_the_given_number_of_scores(game: str, tmp_path: Path) -> None:
    load(SEEDS)

    [text] = run("make_sample", game, "--scores", 300)

    job = imported(text.encode())
    assert (job.score_count, job.duplicate_count, job.problem_count) == (300, 0, 0)


def test_the_same_seed_generates_the_same_scores() -> None:
    def made(seed: int) -> Any:
        return json.loads(run("make_sample", "sdvx", "--scores", 50, "--seed", seed)[0])

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_the_command_can_use_charts_of_other_seeds(tmp_path: Path) -> None:
    chart = json.loads((SEEDS / "charts-sdvx.json").read_text())[0] | {"songID": 5}
    (tmp_path / "charts-sdvx.json").write_text(json.dumps([chart]))

    [text] = run("make_sample", "sdvx", "--scores", 3, "--seeds", tmp_path)

    assert {score["identifier"] for score in json.loads(text)["scores"]} == {"5"}


def test_an_unknown_game_or_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="taiko is not one of iidx:SP, iidx:DP, "):
        run("make_sample", "taiko")
    with pytest.raises(CommandError, match="cannot be read"):
        run("make_sample", "sdvx", "--seeds", tmp_path)


def imported(content: bytes) -> Import:
    return factories.run_job(jobs.submit(people.alice(), jobs.Upload(content=content, import_type="file/batch-manual")))
