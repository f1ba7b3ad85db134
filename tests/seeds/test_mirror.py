"""After a load the catalogue equals the files, independent of its previous state, unless scores would be lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from imports.models import Chart, Song
from imports.seeds import rerate
from imports.seeds.load import Loaded, RowCounts, load
from tests import factories, people
from tests.seeds.factories import chart, song, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two songs with two charts each, loaded."""
    write(tmp_path, songs_sdvx=[song(1), song(2)], charts_sdvx=[chart(n, d) for n in (1, 2) for d in ("NOV", "EXH")])
    load(tmp_path)
    return tmp_path


def counts_by_kind(loaded: Loaded) -> dict[str, RowCounts]:
    return {kind: rows for (_, kind), rows in loaded.row_counts.items()}


def chart_ids() -> set[str]:
    return set(Chart.objects.values_list("chart_id", flat=True))


def versions_of_rows() -> Any:
    """Returns values that change when a row is written, even with equal values."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text, ctid::text FROM imports_chart")
        charts = cursor.fetchall()
        cursor.execute("SELECT xmin::text, ctid::text FROM imports_song")
        return charts, cursor.fetchall()


def test_songs_and_charts_are_stored_with_their_match_keys(tmp_path: Path) -> None:
    one = song(1, title="Ärger", altTitles=["TROUBLE"], searchTerms=["aerger"])
    load(write(tmp_path, songs_sdvx=[one], charts_sdvx=[chart(1, levelNum=16.5, isPrimary=False)]))

    stored = Song.objects.get()
    assert (stored.game, stored.song_id, stored.title, stored.artist) == ("sdvx", 1, "Ärger", "Somebody")
    assert (stored.alt_titles, stored.search_terms) == (["TROUBLE"], ["aerger"])
    assert stored.data == {"displayVersion": "booth"}
    assert stored.match_keys == ["songID:1", "title:ärger", "title:trouble", "alike:ärger", "alike:trouble"]
    found = Chart.objects.get()
    assert (found.chart_id, found.song, found.game, found.playtype) == ("EXH of 1", stored, "sdvx", "Single")
    assert (found.difficulty, found.level, found.level_num, found.is_primary) == ("EXH", "16", 16.5, False)
    assert (found.versions, found.data, found.match_keys) == (["booth"], {"inGameID": 1}, ["inGameID:1"])


def test_a_second_load_writes_nothing(folder: Path) -> None:
    before = versions_of_rows()

    loaded = load(folder)

    assert counts_by_kind(loaded) == {"songs": RowCounts(total=2), "charts": RowCounts(total=4)}
    assert versions_of_rows() == before


def test_new_rows_are_added_changed_rows_replaced_and_missing_rows_deleted(folder: Path) -> None:
    write(folder, songs_sdvx=[song(1, title="New name"), song(3)], charts_sdvx=[chart(1, level="17"), chart(3)])

    loaded = load(folder)

    assert counts_by_kind(loaded) == {
        "songs": RowCounts(total=2, new=1, changed=1, deleted=1),
        "charts": RowCounts(total=2, new=1, changed=1, deleted=3),
    }
    assert set(Song.objects.values_list("title", flat=True)) == {"New name", "Song 3"}
    assert set(Chart.objects.values_list("chart_id", "level")) == {("EXH of 1", "17"), ("EXH of 3", "16")}


def test_the_keep_option_deletes_nothing(folder: Path) -> None:
    write(folder, songs_sdvx=[song(3)], charts_sdvx=[chart(3), chart(1, level="17")])

    loaded = load(folder, keep=True)

    assert counts_by_kind(loaded) == {
        "songs": RowCounts(total=1, new=1),
        "charts": RowCounts(total=2, new=1, changed=1),
    }
    assert (Song.objects.count(), Chart.objects.count()) == (3, 5)


@pytest.mark.parametrize(("game", "playtype"), [("bms", "7K"), ("pms", "Controller")])
def test_songs_and_charts_of_bms_and_pms_are_never_deleted(tmp_path: Path, game: str, playtype: str) -> None:
    fields = dict.fromkeys(("genre", "subtitle", "subartist", "tableString"))
    hashes = [{"notecount": 100, "hashMD5": f"a{n}", "hashSHA256": f"b{n}", "tableFolders": []} for n in range(3)]
    songs = [song(number, data=fields) for number in (1, 2)]
    charts = [chart(number, "CHART", playtype=playtype, versions=[], data=hashes[number]) for number in (1, 2)]
    load(write(tmp_path, **{f"songs_{game}": songs, f"charts_{game}": charts}))

    load(write(tmp_path, **{f"songs_{game}": songs[:1], f"charts_{game}": charts[:1]}))

    assert (Song.objects.count(), Chart.objects.count()) == (2, 2)


def test_a_load_changes_only_the_games_and_kinds_in_the_folder(folder: Path) -> None:
    load(write(folder, songs_usc=[song(1, data={})]))
    load(write(folder, charts_sdvx=[chart(1)]))  # only charts, of existing songs

    assert Song.objects.filter(game="sdvx").count() == 2
    assert chart_ids() == {"EXH of 1"}


def test_a_missing_song_with_charts_is_not_deleted(folder: Path) -> None:
    loaded = load(write(folder, songs_sdvx=[song(1)]))

    assert counts_by_kind(loaded)["songs"] == RowCounts(total=1, kept=1)
    assert Song.objects.count() == 2


def test_a_chart_with_scores_and_its_song_are_never_deleted(folder: Path) -> None:
    played = Chart.objects.get(chart_id="EXH of 2")
    factories.create_import(people.alice(), factories.score_on(played))

    loaded = load(write(folder, songs_sdvx=[song(1)], charts_sdvx=[chart(1)]))

    assert chart_ids() == {"EXH of 1", "EXH of 2"}
    assert set(Song.objects.values_list("song_id", flat=True)) == {1, 2}
    assert loaded.kept == [("sdvx", "EXH of 2")]
    assert counts_by_kind(loaded)["charts"] == RowCounts(total=1, deleted=2, kept=1)
    assert counts_by_kind(loaded)["songs"] == RowCounts(total=1, kept=1)


def test_a_missing_chart_with_scores_is_no_longer_primary_if_a_new_one_is(folder: Path) -> None:
    alice, played = people.alice(), Chart.objects.get(chart_id="EXH of 2")
    factories.create_import(alice, factories.score_on(played))

    loaded = load(write(folder, songs_sdvx=[song(2)], charts_sdvx=[chart(2, chartID="remade")]))

    assert dict(Chart.objects.values_list("chart_id", "is_primary")) == {"EXH of 2": False, "remade": True}
    assert loaded.displaced == [("sdvx", "EXH of 2")]
    rerate.work(loaded.reratings[0].pk)
    assert not alice.bests.get().is_primary


def test_two_charts_may_swap_their_difficulties(folder: Path) -> None:
    swapped = [chart(1, "EXH", chartID="NOV of 1"), chart(1, "NOV", chartID="EXH of 1")]

    load(write(folder, songs_sdvx=[song(1)], charts_sdvx=swapped))

    assert dict(Chart.objects.values_list("chart_id", "difficulty")) == {"NOV of 1": "EXH", "EXH of 1": "NOV"}
    assert all(Chart.objects.values_list("is_primary", flat=True))


def test_a_chart_may_move_to_another_song_when_its_song_is_deleted(folder: Path) -> None:
    load(write(folder, songs_sdvx=[song(2)], charts_sdvx=[chart(2), chart(2, "ADV", chartID="EXH of 1")]))

    assert Chart.objects.get(chart_id="EXH of 1").song.song_id == 2
    assert Song.objects.count() == 1


def test_a_chart_with_scores_cannot_change_its_playtype(tmp_path: Path) -> None:
    from imports.seeds.rows import SeedsBroken  # noqa: PLC0415 - this test alone needs it

    fields = {"notecount": 100, "inGameID": 1, "hashSHA256": None, "2dxtraSet": None, "kaidenAverage": None}
    fields |= {"worldRecord": None, "bpiCoefficient": None}
    songs = [song(1, data={"genre": "x", "displayVersion": None})]
    row = chart(1, "ANOTHER", playtype="SP", versions=[], data=fields)
    load(write(tmp_path, songs_iidx=songs, charts_iidx=[row]))
    score = factories.score_on(Chart.objects.get(), 150, lamp="CLEAR")
    job = factories.create_import(
        people.alice(), score, parts={"meta": {"game": "iidx", "playtype": "SP", "service": "Tests"}}
    )
    assert job.score_count == 1

    with pytest.raises(SeedsBroken) as broken:
        load(write(tmp_path, songs_iidx=songs, charts_iidx=[row | {"playtype": "DP"}]))

    assert broken.value.lines() == ["charts-iidx.json[0] (chartID ANOTHER of 1): is a chart of iidx SP already"]


def test_charts_may_be_loaded_without_their_songs_if_those_are_stored(folder: Path) -> None:
    shutil.rmtree(folder)

    load(write(folder, charts_sdvx=[chart(2, "ADV")]), keep=True)

    assert "ADV of 2" in chart_ids()
