"""`load_seeds DIR [--keep]`"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.base import CommandError

from imports.models import Chart, Song
from tests import builders, people
from tests.commands.running import run
from tests.seeds.folders import chart, song, write

pytestmark = pytest.mark.django_db


def test_it_says_what_it_did_to_each_game(tmp_path: Path) -> None:
    write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(1)], songs_usc=[song(1, data={})])

    assert run("load_seeds", tmp_path) == [
        "sdvx      charts      1 new,      0 changed,      0 unchanged,      0 deleted",
        "sdvx      songs       2 new,      0 changed,      0 unchanged,      0 deleted",
        "usc       songs       1 new,      0 changed,      0 unchanged,      0 deleted",
    ]


def test_keep_deletes_nothing(tmp_path: Path) -> None:
    run("load_seeds", write(tmp_path, songs_sdvx=[song(1)]))
    run("load_seeds", "--keep", write(tmp_path, songs_sdvx=[song(2)]))
    assert Song.objects.count() == 2

    run("load_seeds", write(tmp_path, songs_sdvx=[song(2)]))
    assert Song.objects.count() == 1


def test_it_names_charts_that_it_kept_and_counts_what_it_rated_anew(tmp_path: Path) -> None:
    run("load_seeds", write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(1), chart(2)]))
    builders.an_import(people.alice(), *(builders.score_on(each) for each in Chart.objects.all()))

    lines = run("load_seeds", write(tmp_path, songs_sdvx=[song(1)], charts_sdvx=[chart(1, levelNum=17)]))

    assert lines[2:] == [
        "not in the files, but kept because of scores: sdvx EXH of 2",
        "rated anew: 1 scores changed, 1 players looked at",
    ]


def test_a_broken_file_fails_and_names_the_row(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as failed:
        run("load_seeds", write(tmp_path, songs_sdvx=[song(1), song(2, title=None)]))

    said = "Nothing was loaded.\nsongs-sdvx.json[1] (id 2): title: expected text, got null"
    assert str(failed.value) == said


def test_quiet_is_quiet(tmp_path: Path) -> None:
    assert run("load_seeds", "--verbosity", 0, write(tmp_path, songs_sdvx=[song(1)])) == []
