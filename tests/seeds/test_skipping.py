"""A broken game does not block other games, and with `skip_broken` a broken row does not block its game."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.base import CommandError

from imports.models import Chart, Song
from imports.seeds.load import PartlyLoaded, load
from tests import factories, people
from tests.commands.command_runner import run
from tests.seeds.factories import Row, chart, song, write

pytestmark = pytest.mark.django_db

USC = {"songs_usc": [song(1, data={})]}
BROKEN: dict[str, Row] = {
    "an unknown difficulty": chart(2, "NEW"),
    "an unknown version": chart(2, versions=["booth", "nova"]),
    "an unknown key": chart(2, isNew=True),
    "unknown data": chart(2, data={"inGameID": 2, "isNew": True}),
    "a missing song": chart(3),
    "no chart ID": chart(2, chartID=None),
}


def titles() -> list[str]:
    return list(Song.objects.order_by("game", "song_id").values_list("title", flat=True))


def chart_ids() -> set[str]:
    return set(Chart.objects.values_list("chart_id", flat=True))


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN)
def test_a_broken_row_leaves_its_game_unchanged_and_other_games_are_loaded(tmp_path: Path, row: Row) -> None:
    load(write(tmp_path, songs_sdvx=[song(1, title="Old")]))
    folder = write(tmp_path, songs_arcaea=[], songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(1), row], **USC)

    with pytest.raises(PartlyLoaded) as broken:
        load(folder)

    assert titles() == ["Old", "Song 1"]
    assert not Chart.objects.exists()
    assert {game for game, _ in broken.value.loaded.row_counts} == {"arcaea", "usc"}
    assert [problem.file for problem in broken.value.problems] == ["charts-sdvx.json"]


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN)
def test_a_broken_row_is_skipped_and_the_rest_of_its_game_is_loaded(tmp_path: Path, row: Row) -> None:
    folder = write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[row, chart(1)], **USC)

    loaded = load(folder, skip_broken=True)

    assert [(problem.file, problem.row) for problem in loaded.skipped] == [("charts-sdvx.json", 0)]
    assert chart_ids() == {"EXH of 1"}
    assert titles() == ["Song 1", "Song 2", "Song 1"]
    assert loaded.row_counts["sdvx", "charts"].unchanged == 0
    assert load(folder, skip_broken=True).row_counts["sdvx", "charts"].unchanged == 1


def test_charts_of_a_broken_song_are_skipped_unless_the_song_is_stored(tmp_path: Path) -> None:
    files = {"songs_sdvx": [song(1), song(2, title=5)], "charts_sdvx": [chart(1), chart(2)]}
    loaded = load(write(tmp_path, **files), skip_broken=True)
    assert [str(problem) for problem in loaded.skipped] == [
        "songs-sdvx.json[1] (id 2): title: expected text, got a whole number",
        "charts-sdvx.json[1] (chartID EXH of 2): songID: there is no song 2",
    ]
    assert chart_ids() == {"EXH of 1"}

    load(write(tmp_path, songs_sdvx=[song(1), song(2)]))
    assert len(load(write(tmp_path, **files), skip_broken=True).skipped) == 1
    assert chart_ids() == {"EXH of 1", "EXH of 2"}


def test_a_load_deletes_no_rows_of_a_game_with_broken_rows(tmp_path: Path) -> None:
    load(write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(1), chart(2)], **USC))
    factories.create_import(people.alice(), factories.score_on(Chart.objects.get(chart_id="EXH of 2")))
    folder = write(tmp_path, songs_sdvx=[song(1)], charts_sdvx=[chart(1), chart(1, "NEW")], songs_usc=[])

    loaded = load(folder, skip_broken=True)

    assert titles() == ["Song 1", "Song 2"]
    assert chart_ids() == {"EXH of 1", "EXH of 2"}
    assert loaded.kept == []


def test_a_row_that_conflicts_with_a_stored_one_is_skipped(tmp_path: Path) -> None:
    load(write(tmp_path, songs_other=[song(data={})], charts_other=[chart(playtype="Keyboard")]))

    loaded = load(write(tmp_path, songs_sdvx=[song()], charts_sdvx=[chart(), chart(1, "NOV")]), skip_broken=True)

    assert [problem.message for problem in loaded.skipped] == ["is a chart of other Keyboard already"]
    assert set(Chart.objects.values_list("game", "chart_id")) == {("other", "EXH of 1"), ("sdvx", "NOV of 1")}


def test_an_unreadable_file_is_skipped(tmp_path: Path) -> None:
    load(write(tmp_path, songs_sdvx=[song(1)]))
    folder = write(tmp_path, songs_sdvx="[{", charts_sdvx=[chart(1)])
    assert [problem.row for problem in load(folder, skip_broken=True).skipped] == [None]
    assert chart_ids() == {"EXH of 1"}


# --- the command ------------------------------------------------------------------------------------


def test_the_command_lists_the_games_that_are_not_loaded_and_fails(tmp_path: Path) -> None:
    folder = write(tmp_path, songs_sdvx=[song(1, title=None)], songs_wacca=[song(1, x=1)], **USC)
    with pytest.raises(CommandError) as failed:
        run("load_seeds", folder)
    assert str(failed.value).splitlines() == [
        "Not loaded: sdvx, wacca.",
        "songs-sdvx.json[0] (id 1): title: expected text, got null",
        "songs-wacca.json[0] (id 1): has an unknown key x",
    ]
    assert titles() == ["Song 1"]


def test_the_command_reports_skipped_rows_and_fails(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as failed:
        run("load_seeds", "--skip-broken", write(tmp_path, songs_sdvx=[song(1), song(2, x=1, title=None)], **USC))
    assert str(failed.value).splitlines() == [
        "Skipped 1 broken row. Nothing of their games was deleted.",
        "songs-sdvx.json[1] (id 2): title: expected text, got null",
    ]
    assert titles() == ["Song 1", "Song 1"]


def test_the_command_succeeds_without_broken_rows(tmp_path: Path) -> None:
    assert len(run("load_seeds", "--skip-broken", write(tmp_path, songs_sdvx=[song(1)]))) == 1
