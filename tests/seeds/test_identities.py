"""Seeds of 2025 and of 2026 identify the same songs and charts, in either order of loading (spec: api-v3 §5)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from imports import jobs
from imports.games import identity
from imports.models import Chart, Import, PersonalBest, Score, Song, User, find_chart, find_song
from imports.pipeline.orphans import reprocess
from imports.seeds.load import Loaded, RowCounts, load
from imports.seeds.rows import SeedsBroken
from tests import factories, people
from tests.seeds.factories import (
    Row,
    as_of_2026,
    chart,
    chart_of_2026,
    derived_id,
    song,
    song_of_2026,
    v3_id,
    write,
)

pytestmark = pytest.mark.django_db

SONGS = [song(1), song(2)]
CHARTS = [chart(number, name) for number in (1, 2) for name in ("NOV", "EXH")]
OF_2025 = {"songs_sdvx": SONGS, "charts_sdvx": CHARTS}
OF_2026 = as_of_2026(SONGS, CHARTS)

EXH = "EXH of 1"
REAL_CHART, DERIVED_CHART = v3_id("C", EXH), derived_id("C", EXH)
REAL_SONG, DERIVED_SONG = v3_id("S", "sdvx 1"), derived_id("S", "sdvx:1")

IIDX_DATA = {
    "notecount": 100, "inGameID": 1, "hashSHA256": None, "2dxtraSet": None, "kaidenAverage": None, "worldRecord": None,
    "bpiCoefficient": None,
}  # fmt: skip
IIDX_SONGS = [song(1, data={"genre": "x", "displayVersion": None})]
IIDX_CHARTS = [chart(1, "ANOTHER", chartID=name, playtype=name, versions=[], data=IIDX_DATA) for name in ("SP", "DP")]


def counts_by_kind(loaded: Loaded) -> dict[str, RowCounts]:
    return {kind: rows for (_, kind), rows in loaded.row_counts.items()}


def identities() -> dict[str, Any]:
    """Returns what must not change: the primary keys and IDs of rows, and everything derived from scores."""
    return {
        "songs": set(Song.objects.values_list("pk", "game", "song_id")),
        "charts": set(Chart.objects.values_list("pk", "chart_id", "song_id")),
        "scores": set(Score.objects.values_list("pk", "score_id", "chart_id")),
        "bests": set(PersonalBest.objects.values_list("pk", "chart_id")),
    }


def messages_of_load(folder: Path, **files: Any) -> list[str]:
    with pytest.raises(SeedsBroken) as broken:
        load(write(folder, **files))
    return broken.value.lines()


@pytest.fixture
def alice() -> User:
    return people.alice()


def import_score(user: User, identifier: str = "1", score: int = 9_000_000) -> Import:
    row = {"matchType": "tachiSongID", "identifier": identifier, "difficulty": "EXH", "score": score, "lamp": "CLEAR"}
    return factories.create_import(user, row)


# --- loading both forms -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "then"), [(OF_2025, OF_2026), (OF_2026, OF_2025)], ids=["2025", "2026"])
def test_loading_seeds_of_the_other_form_keeps_scores_and_bests(
    tmp_path: Path, alice: User, first: dict[str, list[Row]], then: dict[str, list[Row]]
) -> None:
    load(write(tmp_path, **first))
    import_score(alice)
    before = identities()

    loaded = load(write(tmp_path, **then))

    assert identities() == before
    changed = 4 if then is OF_2026 else 0  # their IDs
    assert counts_by_kind(loaded) == {
        "songs": RowCounts(total=2, changed=changed // 2),
        "charts": RowCounts(total=4, changed=changed),
    }
    assert not loaded.reratings
    again = import_score(alice)
    assert (again.score_count, again.duplicate_count) == (0, 1)
    for name in (EXH, REAL_CHART):
        assert find_chart(name) == Chart.objects.get(chart_id=EXH)
    for name in ("1", REAL_SONG):
        assert find_song("sdvx", name) == Song.objects.get(song_id=1)


@pytest.mark.parametrize("files", [OF_2025, OF_2026], ids=["2025", "2026"])
def test_score_ids_are_made_from_the_chart_id_of_2025(tmp_path: Path, alice: User, files: dict[str, list[Row]]) -> None:
    load(write(tmp_path, **files))

    import_score(alice)

    hashed = {"chartID": EXH, "lamp": "CLEAR", "optional.exScore": None, "score": 9_000_000, "userID": alice.pk}
    assert Score.objects.get().score_id == f"T{hashlib.sha256(identity.canonical(hashed).encode()).hexdigest()}"


def versions_of_rows() -> list[Any]:
    """Returns values that change when a row is written, even with equal values."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text, ctid::text FROM imports_chart")
        charts = cursor.fetchall()
        cursor.execute("SELECT xmin::text, ctid::text FROM imports_song")
        return [charts, cursor.fetchall()]


def test_a_second_load_of_seeds_of_2026_writes_nothing(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2026))
    before = versions_of_rows()

    loaded = load(tmp_path)

    assert counts_by_kind(loaded) == {"songs": RowCounts(total=2), "charts": RowCounts(total=4)}
    assert versions_of_rows() == before


def test_a_file_may_have_rows_of_both_forms(tmp_path: Path) -> None:
    songs = [SONGS[0], song_of_2026(SONGS[1])]
    charts = [CHARTS[0], *map(chart_of_2026, CHARTS[2:])]

    load(write(tmp_path, songs_sdvx=songs, charts_sdvx=charts))

    assert set(Song.objects.values_list("song_id", "v3_id")) == {(1, DERIVED_SONG), (2, v3_id("S", "sdvx 2"))}
    assert set(Chart.objects.values_list("chart_id", flat=True)) == {"NOV of 1", "NOV of 2", "EXH of 2"}


# --- IDs of v3 --------------------------------------------------------------------------------------------


def test_ids_of_v3_are_derived_for_seeds_without_them(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2025))

    assert Chart.objects.get(chart_id=EXH).v3_id == DERIVED_CHART
    assert Song.objects.get(song_id=1).v3_id == DERIVED_SONG
    assert not any(Chart.objects.values_list("former_ids", flat=True))


def test_seeds_of_2026_replace_derived_ids_which_still_find_their_rows(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2025))
    load(write(tmp_path, **OF_2026))

    found = Chart.objects.get(chart_id=EXH)
    assert (found.v3_id, found.former_ids) == (REAL_CHART, [DERIVED_CHART])
    assert find_chart(DERIVED_CHART, game="sdvx") == found
    assert find_chart(DERIVED_CHART, game="usc") is None
    assert (found.song.v3_id, found.song.former_ids) == (REAL_SONG, [DERIVED_SONG])
    assert find_song("sdvx", DERIVED_SONG) == found.song
    assert find_song("usc", DERIVED_SONG) is None


def test_a_former_id_that_is_used_again_is_no_longer_a_former_id(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2026))
    other = {**OF_2026["songs_sdvx"][0], "id": v3_id("S", "other")}
    load(write(tmp_path, songs_sdvx=[other, OF_2026["songs_sdvx"][1]]))
    assert Song.objects.get(song_id=1).former_ids == [REAL_SONG]

    load(write(tmp_path, songs_sdvx=OF_2026["songs_sdvx"]))

    found = Song.objects.get(song_id=1)
    assert (found.v3_id, found.former_ids) == (REAL_SONG, [v3_id("S", "other")])


def test_two_rows_may_swap_their_ids_and_are_found_by_the_new_ones(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2026))
    one, two = OF_2026["songs_sdvx"]
    first, second, *others = OF_2026["charts_sdvx"]
    swapped = [{**first, "id": second["id"]}, {**second, "id": first["id"]}]

    load(write(tmp_path, songs_sdvx=[{**one, "id": two["id"]}, {**two, "id": one["id"]}], charts_sdvx=swapped + others))

    assert find_song("sdvx", one["id"]) == Song.objects.get(song_id=2)
    assert find_song("sdvx", two["id"]) == Song.objects.get(song_id=1)
    found = find_chart(first["id"])
    assert found is not None
    assert found.chart_id == second["legacyChartID"]
    assert found.former_ids == [second["id"]]


def test_songs_of_two_games_with_the_same_number_have_different_ids(tmp_path: Path) -> None:
    load(write(tmp_path, songs_sdvx=[song(1)], songs_usc=[song(1, data={})]))

    assert set(Song.objects.values_list("game", "v3_id")) == {
        ("sdvx", derived_id("S", "sdvx:1")),
        ("usc", derived_id("S", "usc:1")),
    }


@pytest.mark.parametrize("identifier", ["x", "", "9" * 40, "S19d35e0b57fffffffff", "-1"])
def test_unknown_ids_find_no_song_or_chart(tmp_path: Path, identifier: str) -> None:
    load(write(tmp_path, **OF_2025))

    assert find_song("sdvx", identifier) is None
    assert find_chart(identifier) is None


# --- imports ----------------------------------------------------------------------------------------------


def test_an_import_may_identify_songs_by_number_id_or_former_id(tmp_path: Path, alice: User) -> None:
    load(write(tmp_path, **OF_2025))
    load(write(tmp_path, **OF_2026))

    for score, identifier in enumerate(("1", REAL_SONG, DERIVED_SONG), 9_000_000):
        assert import_score(alice, identifier, score).score_count == 1
    assert import_score(alice, REAL_SONG, 9_000_000).duplicate_count == 1
    assert set(Score.objects.values_list("chart__chart_id", flat=True)) == {EXH}


def test_a_row_with_an_unknown_song_id_is_an_orphan_until_seeds_have_the_id(tmp_path: Path, alice: User) -> None:
    load(write(tmp_path, **OF_2025))
    waiting = import_score(alice, REAL_SONG)
    assert waiting.problems.get().message == f"Cannot find chart tachiSongID:{REAL_SONG}."
    assert waiting.orphans.count() == 1

    load(write(tmp_path, **OF_2026))
    assert reprocess(alice, jobs.enabled_games()).rescued == 1

    assert Score.objects.get().chart.chart_id == EXH


# --- the contents of files --------------------------------------------------------------------------------


def test_a_file_of_one_playtype_deletes_no_chart_of_another(tmp_path: Path) -> None:
    load(write(tmp_path, songs_iidx=IIDX_SONGS, charts_iidx=IIDX_CHARTS))

    loaded = load(write(tmp_path, charts_iidx_sp=[]))

    assert counts_by_kind(loaded)["charts"] == RowCounts(deleted=1)
    assert Chart.objects.get().playtype == "DP"


def test_files_of_both_playtypes_are_loaded_as_one_game(tmp_path: Path) -> None:
    files = as_of_2026(IIDX_SONGS, IIDX_CHARTS, "iidx")
    assert set(files) == {"songs_iidx", "charts_iidx-sp", "charts_iidx-dp"}

    loaded = load(write(tmp_path, **files))

    assert counts_by_kind(loaded)["charts"] == RowCounts(total=2, new=2)
    assert set(Chart.objects.values_list("game", "playtype")) == {("iidx", "SP"), ("iidx", "DP")}


def test_seeds_of_2026_delete_missing_songs_and_charts(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2025))

    loaded = load(write(tmp_path, **as_of_2026(SONGS[:1], CHARTS[:1])))

    assert counts_by_kind(loaded) == {
        "songs": RowCounts(total=1, changed=1, deleted=1),
        "charts": RowCounts(total=1, changed=1, deleted=3),
    }


def test_charts_of_2026_may_be_loaded_without_their_songs(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2026))

    load(write(tmp_path, charts_sdvx=[*OF_2026["charts_sdvx"], chart_of_2026(chart(2, "ADV"))]))

    assert Chart.objects.get(chart_id="ADV of 2").song.song_id == 2


# --- refusals ---------------------------------------------------------------------------------------------

SONG, CHART = OF_2026["songs_sdvx"][0], OF_2026["charts_sdvx"][1]
AT_SONG, AT_CHART = f"songs-sdvx.json[0] (id {REAL_SONG})", f"charts-sdvx.json[0] (id {REAL_CHART})"


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [without(SONG, "legacySongID")],
            f"{AT_SONG}: has no key legacySongID, by which songs of both forms are known",
        ),
        ([{**SONG, "legacySongID": None}], f"{AT_SONG}: legacySongID: expected a whole number, got null"),
        (
            [{**SONG, "id": "S1"}],
            "songs-sdvx.json[0] (id S1): id: expected text matching regex '^S[0-9a-f]{19}$'",
        ),
        ([{**SONG, "legacyID": 1}], f"{AT_SONG}: has an unknown key legacyID"),
        (
            [SONG, {**SONG, "legacySongID": 7}],
            f"songs-sdvx.json[1] (id {REAL_SONG}): the id {REAL_SONG} stands in row 0 already",
        ),
        (
            [SONG, {**SONG, "id": v3_id("S", "other")}],
            f"songs-sdvx.json[1] (id {v3_id('S', 'other')}): the id 1 stands in row 0 already",
        ),
    ],
)
def test_a_broken_song_of_2026_is_reported(tmp_path: Path, rows: list[Row], expected: str) -> None:
    assert messages_of_load(tmp_path, songs_sdvx=rows) == [expected]
    assert not Song.objects.exists()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([without(CHART, "legacyChartID")], f"{AT_CHART}: has no key legacyChartID, from which score IDs are made"),
        ([{**CHART, "playtype": "Single"}], f"{AT_CHART}: has an unknown key playtype"),
        ([{**CHART, "songID": 1}], f"{AT_CHART}: songID: expected text, got a whole number"),
        ([{**CHART, "songID": v3_id("S", "x")}], f"{AT_CHART}: songID: there is no song {v3_id('S', 'x')}"),
        ([{**CHART, "difficulty": "HARD", "versions": ["moth"]}], f"{AT_CHART}: versions: moth is not known"),
        (
            [CHART, {**CHART, "legacyChartID": "other", "difficulty": "ADV"}],
            f"charts-sdvx.json[1] (id {REAL_CHART}): the id {REAL_CHART} stands in row 0 already",
        ),
        (
            [CHART, {**CHART, "id": v3_id("C", "other"), "difficulty": "ADV"}],
            f"charts-sdvx.json[1] (id {v3_id('C', 'other')}): the chartID EXH of 1 stands in row 0 already",
        ),
    ],
)
def test_a_broken_chart_of_2026_is_reported(tmp_path: Path, rows: list[Row], expected: str) -> None:
    assert expected in messages_of_load(tmp_path, songs_sdvx=[SONG], charts_sdvx=rows)
    assert not Chart.objects.exists()


def test_a_chart_of_2026_in_a_file_without_or_of_another_playtype_is_refused(tmp_path: Path) -> None:
    files = as_of_2026(IIDX_SONGS, IIDX_CHARTS, "iidx")
    songs, [row] = files["songs_iidx"], files["charts_iidx-sp"]
    key = f"id {row['id']}"

    assert messages_of_load(tmp_path, songs_iidx=songs, charts_iidx=[row]) == [
        f"charts-iidx.json[0] ({key}): has no playtype, and its file is called after none: charts-iidx-sp.json would be"
    ]
    assert messages_of_load(tmp_path, songs_iidx=IIDX_SONGS, charts_iidx_dp=IIDX_CHARTS[:1]) == [
        "charts-iidx-dp.json[0] (chartID SP): playtype: SP does not belong into a file of DP"
    ]
    assert messages_of_load(tmp_path, songs_iidx=songs, charts_iidx_tp=[row]) == [
        "charts-iidx-tp.json: is called after a game and playtype that are not known here"
    ]


def test_charts_of_an_unknown_game_have_one_playtype(tmp_path: Path) -> None:
    row = chart_of_2026(chart(1, "POLAR", versions=["??"]), "poco")

    load(write(tmp_path, songs_poco=[song_of_2026(song(1), "poco")], charts_poco=[row]))

    assert Chart.objects.values_list("game", "playtype").get() == ("poco", "Single")


def test_a_chart_in_two_files_of_a_game_is_refused(tmp_path: Path) -> None:
    files = as_of_2026(IIDX_SONGS, IIDX_CHARTS[:1], "iidx")
    [row] = files["charts_iidx-sp"]
    again = {**row, "id": v3_id("C", "other")}

    assert messages_of_load(tmp_path, songs_iidx=files["songs_iidx"], charts_iidx_dp=[row], charts_iidx_sp=[again]) == [
        f"charts-iidx-sp.json[0] (id {again['id']}): the chartID SP stands in charts-iidx-dp.json[0] already"
    ]


def test_an_id_of_v3_that_another_row_keeps_is_refused(tmp_path: Path) -> None:
    load(write(tmp_path, **OF_2026))
    one, other = song_of_2026(song(7)) | {"id": REAL_SONG}, chart_of_2026(chart(2, "ADV")) | {"id": REAL_CHART}
    usc = song_of_2026(song(7, data={}), "usc") | {"id": REAL_SONG}

    assert messages_of_load(tmp_path, songs_sdvx=[one]) == [
        f"songs-sdvx.json[0] (id {REAL_SONG}): id: is that of sdvx 1 already"
    ]
    assert messages_of_load(tmp_path, songs_usc=[usc]) == [
        f"songs-usc.json[0] (id {REAL_SONG}): id: is that of sdvx 1 already"
    ]
    factories.create_import(people.alice(), factories.score_on(Chart.objects.get(chart_id=EXH)))
    assert messages_of_load(tmp_path, charts_sdvx=[other]) == [
        f"charts-sdvx.json[0] (id {REAL_CHART}): id: is that of sdvx EXH of 1 already"
    ]


def test_broken_rows_of_2026_are_skipped_with_the_rows_that_need_them(tmp_path: Path) -> None:
    load(write(tmp_path, songs_usc=[song_of_2026(song(9, data={}), "usc") | {"id": v3_id("S", "sdvx 2")}]))

    loaded = load(write(tmp_path, **OF_2026), skip_broken=True)

    assert counts_by_kind(loaded) == {"songs": RowCounts(total=1, new=1), "charts": RowCounts(total=2, new=2)}
    assert {(problem.file, problem.row) for problem in loaded.skipped} == {
        ("songs-sdvx.json", 1),
        ("charts-sdvx.json", 2),
        ("charts-sdvx.json", 3),
    }
