"""`load_seeds SOURCE [--keep] [--wait]`, and `rerate` for pending reratings."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.base import CommandError

from imports import jobs
from imports.models import Chart, Rerating, Song
from tests import factories, people
from tests.commands.command_runner import Terminal, run
from tests.seeds.factories import chart, song, write

pytestmark = pytest.mark.django_db


def test_the_command_reports_the_changes_of_each_game(tmp_path: Path) -> None:
    write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(1)], songs_usc=[song(1, data={})])

    assert run("load_seeds", tmp_path) == [
        "sdvx      charts      1 new,      0 changed,      0 unchanged,      0 deleted",
        "sdvx      songs       2 new,      0 changed,      0 unchanged,      0 deleted",
        "usc       songs       1 new,      0 changed,      0 unchanged,      0 deleted",
    ]


def test_the_keep_option_deletes_no_songs(tmp_path: Path) -> None:
    run("load_seeds", write(tmp_path, songs_sdvx=[song(1)]))
    run("load_seeds", "--keep", write(tmp_path, songs_sdvx=[song(2)]))
    assert Song.objects.count() == 2

    run("load_seeds", write(tmp_path, songs_sdvx=[song(2)]))
    assert Song.objects.count() == 1


def test_the_command_reports_kept_charts_and_reratings(tmp_path: Path) -> None:
    run("load_seeds", write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(1), chart(2)]))
    factories.create_import(people.alice(), *(factories.score_on(each) for each in Chart.objects.all()))

    lines = run("load_seeds", write(tmp_path, songs_sdvx=[song(1)], charts_sdvx=[chart(1, levelNum=17)]))

    assert lines[2:] == [
        "not in the files, but kept because of scores: sdvx EXH of 2",
        "rerated: 1 score changed, 1 player checked",
    ]


def make_harder(folder: Path, *options: str, level: int = 17) -> list[str]:
    """Changes the level of a chart on which two players have a score each. Returns the command's output."""
    run("load_seeds", write(folder, songs_sdvx=[song(1)], charts_sdvx=[chart(1)]))
    for user in (people.alice(), people.bob()):
        factories.create_import(user, factories.score_on(Chart.objects.get()))
    return run("load_seeds", *options, write(folder, songs_sdvx=[song(1)], charts_sdvx=[chart(1, levelNum=level)]))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes the commands believe that a worker is alive; returns the keys of the queued reratings."""
    queued: list[int] = []
    monkeypatch.setattr(jobs, "worker_count", lambda: 1)
    monkeypatch.setattr(jobs, "enqueue_rerating", queued.append)
    return queued


def test_the_command_leaves_reratings_to_a_running_worker(tmp_path: Path, workers: list[int]) -> None:
    lines = make_harder(tmp_path)

    assert workers == [Rerating.objects.get().pk]
    assert Chart.objects.get().level_num == 17
    assert lines[-1] == "scores of 2 players on changed charts are being rerated: manage.py rerate --status"
    assert run("rerate", "--status")[0].endswith("being rerated: 0 of 2 players, 0 scores changed so far")
    assert run("rerate") == ["rerated: 2 scores changed, 2 players checked"]
    assert run("rerate", "--status")[0].endswith("rerated: 2 scores changed, 2 players checked")
    assert run("rerate") == ["Nothing is to be rerated."]


def test_the_wait_option_rerates_scores_in_this_process(tmp_path: Path, workers: list[int]) -> None:
    assert make_harder(tmp_path, "--wait")[-1] == "rerated: 2 scores changed, 2 players checked"
    assert workers == []


def test_a_terminal_shows_the_progress_of_a_rerating(tmp_path: Path, workers: list[int]) -> None:
    make_harder(tmp_path)
    terminal = Terminal()

    run("rerate", output=terminal)

    assert "1 of 2 players rerated" in terminal.getvalue()
    assert terminal.getvalue().endswith("rerated: 2 scores changed, 2 players checked\n")


def test_the_error_of_a_broken_playtype_file_names_its_game(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as failed:
        run("load_seeds", write(tmp_path, songs_sdvx=[song(1)], charts_iidx_dp=[{}]))

    assert str(failed.value).startswith("Not loaded: iidx.\ncharts-iidx-dp.json[0]: has no key ")


def test_the_error_of_a_broken_file_names_the_row(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as failed:
        run("load_seeds", write(tmp_path, songs_sdvx=[song(1), song(2, title=None)]))

    message = "Nothing was loaded.\nsongs-sdvx.json[1] (id 2): title: expected text, got null"
    assert str(failed.value) == message


def test_the_quiet_option_prints_nothing(tmp_path: Path) -> None:
    assert run("load_seeds", "--verbosity", 0, write(tmp_path, songs_sdvx=[song(1)])) == []
