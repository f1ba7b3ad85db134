"""A broken file loads nothing of its game, and every broken row is reported with file, row and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imports.models import Chart, Song
from imports.seeds.load import load
from imports.seeds.rows import SeedsBroken
from tests.seeds.factories import chart, song, write

pytestmark = pytest.mark.django_db


def messages_of(folder: Path, *, keep: bool = False) -> list[str]:
    with pytest.raises(SeedsBroken) as broken:
        load(folder, keep=keep)
    return broken.value.lines()


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


NUL = "holds a NUL character, which cannot be stored"
SONG_1 = "songs-sdvx.json[1] (id 1)"
CHART_1 = "charts-sdvx.json[1] (chartID EXH of 1)"


@pytest.mark.quick_rows(5)
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (3, "songs-sdvx.json[1]: expected an object, got a whole number"),
        (without(song(), "title"), f"{SONG_1}: has no key title"),
        (song(titel="x"), f"{SONG_1}: has an unknown key titel"),
        (song(title=5), f"{SONG_1}: title: expected text, got a whole number"),
        (song(title="x" * 501), f"{SONG_1}: title: expected text of length <= 500"),
        (song(altTitles="x"), f"{SONG_1}: altTitles: expected a list, got text"),
        (song(altTitles=[None]), f"{SONG_1}: altTitles[0]: expected text, got null"),
        (song("one"), "songs-sdvx.json[1] (id one): id: expected a whole number, got text"),  # type: ignore[arg-type]
        (song(-1), "songs-sdvx.json[1] (id -1): id: expected a whole number >= 0"),
        (song(1.5), "songs-sdvx.json[1]: id: expected a whole number, got a number"),  # type: ignore[arg-type]
        (song(7), "songs-sdvx.json[1] (id 7): the id 7 stands in row 0 already"),
        (song(title="a\0b"), f"{SONG_1}: {NUL}"),
        (song(data=[]), f"{SONG_1}: data: expected an object, got a list"),
        (song(data={}), f"{SONG_1}: data.displayVersion: Required"),
        (song(data={"displayVersion": 3}), f"{SONG_1}: data.displayVersion: Expected string, received number"),
        (song(data={"displayVersion": "x", "y": 1}), f"{SONG_1}: data: Unrecognized key(s) in object: 'y'"),
        (song(data={"displayVersion": "\0"}), f"{SONG_1}: data.displayVersion: {NUL}"),
    ],
)
def test_a_broken_song_is_reported_and_nothing_is_loaded(tmp_path: Path, row: Any, expected: str) -> None:
    folder = write(tmp_path, songs_sdvx=[song(7), row])

    assert messages_of(folder) == [expected]
    assert not Song.objects.exists()


@pytest.mark.quick_rows(5)
@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([], "charts-sdvx.json[1]: expected an object, got a list"),
        (without(chart(), "versions"), f"{CHART_1}: has no key versions"),
        (chart(level=16), f"{CHART_1}: level: expected text, got a whole number"),
        (chart(levelNum="16"), f"{CHART_1}: levelNum: expected a number, got text"),
        (chart(isPrimary=1), f"{CHART_1}: isPrimary: expected true or false, got a whole number"),
        (chart(chartID=""), "charts-sdvx.json[1] (chartID ): chartID: expected text of length >= 1"),
        (chart(playtype="Double"), f"{CHART_1}: playtype: Double is not one of Single"),
        (
            chart(difficulty="HARD", chartID="EXH of 1"),
            f"{CHART_1}: difficulty: HARD is not one of NOV, ADV, EXH, INF, GRV, HVN, VVD, XCD, NBL, MXM, ULT",
        ),
        (chart(versions=["booth", "moth"]), f"{CHART_1}: versions: moth is not known"),
        (chart(versions=["booth", "booth"]), f"{CHART_1}: versions: one stands twice"),
        (chart(data={"inGameID": -1}), f"{CHART_1}: data.inGameID: Number must be greater than or equal to 0"),
        (chart(data={"inGameID": 2**60}), f"{CHART_1}: data: holds a whole number beyond 2^53"),
        (chart(songID=2), f"{CHART_1}: songID: there is no song 2"),
        (
            chart(chartID="NOV of 1", difficulty="ADV"),
            "charts-sdvx.json[1] (chartID NOV of 1): the chartID NOV of 1 stands in row 0 already",
        ),
        (
            chart(difficulty="NOV", chartID="EXH of 1", data={"inGameID": 9}),
            f"{CHART_1}: the primary chart of song, playtype and difficulty 1, Single, NOV stands in row 0 already",
        ),
    ],
)
def test_a_broken_chart_is_reported_and_nothing_is_loaded(tmp_path: Path, row: Any, expected: str) -> None:
    folder = write(tmp_path, songs_sdvx=[song(1)], charts_sdvx=[chart(1, "NOV"), row])

    assert messages_of(folder) == [expected]
    assert not Song.objects.exists()
    assert not Chart.objects.exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{}", "songs-sdvx.json: is not a list of rows: expected a list, got an object"),
        ("", "songs-sdvx.json: is not JSON (Input data was truncated)"),
        ("[{}", "songs-sdvx.json: is not JSON (Input data was truncated)"),
        ("\ufeff\ufeff[]", "songs-sdvx.json: is not JSON (JSON is malformed: invalid character (byte 0))"),
        (b'[{"id": 1, "title": "\xff"}]', "songs-sdvx.json[0]: is not UTF-8"),
        ("[" * 2000 + "]" * 2000, "songs-sdvx.json: is not JSON (maximum recursion depth exceeded)"),
    ],
)
def test_a_file_without_a_list_of_rows_is_refused(tmp_path: Path, content: Any, expected: str) -> None:
    assert messages_of(write(tmp_path, songs_sdvx=content))[0].startswith(expected[:60])


def test_data_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(60):
        deep = {"in": deep}

    assert messages_of(write(tmp_path, songs_unbuilt=[song(data=deep)])) == [
        "songs-unbuilt.json[0] (id 1): data: is nested too deeply"
    ]


def test_the_first_ten_problems_of_each_file_are_reported(tmp_path: Path) -> None:
    folder = write(tmp_path, songs_sdvx=[song(n, title=n) for n in range(12)], songs_usc=[song(1, title=None)])

    lines = messages_of(folder)

    assert lines[9:] == [
        "songs-sdvx.json[9] (id 9): title: expected text, got a whole number",
        "songs-sdvx.json: 2 more",
        "songs-usc.json[0] (id 1): title: expected text, got null",
    ]


def test_a_folder_without_seed_files_is_refused(tmp_path: Path) -> None:
    assert messages_of(write(tmp_path, goals=[])) == [
        f"{tmp_path}: holds neither songs-<game>.json nor charts-<game>.json"
    ]
    assert messages_of(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: is neither a folder nor a file"]


SONGS = {"songs_unbuilt": [song(data={})], "songs_sdvx": [song()]}


def test_a_chart_id_used_in_two_games_is_refused(tmp_path: Path) -> None:
    both = write(tmp_path, **SONGS, charts_unbuilt=[chart(playtype="Keyboard")], charts_sdvx=[chart()])

    assert messages_of(both) == ["charts-unbuilt.json[0] (chartID EXH of 1): is a chart of sdvx Single already"]


def test_a_chart_id_that_another_game_has_stored_is_refused(tmp_path: Path) -> None:
    load(write(tmp_path, **SONGS, charts_unbuilt=[chart(playtype="Keyboard")]))

    taken = write(tmp_path, **SONGS, charts_sdvx=[chart()])

    assert messages_of(taken) == ["charts-sdvx.json[0] (chartID EXH of 1): is a chart of unbuilt Keyboard already"]


def test_charts_of_an_unknown_game_may_have_any_data(tmp_path: Path) -> None:
    odd = chart(playtype="Whatever", difficulty="五", versions=["??"], data={"a": [{"b": None}]})

    load(write(tmp_path, songs_newgame=[song(data={"x": 1.5})], charts_newgame=[odd]))

    assert Chart.objects.get().data == {"a": [{"b": None}]}
