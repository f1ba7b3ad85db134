"""The version in which a song of CHUNITHM or Arcaea appeared: in the song in 2025, in its charts in 2026."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imports.models import Song
from imports.seeds.load import load
from tests import people
from tests.api.envelopes import body
from tests.seeds.factories import as_of_2026, chart, song, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

SONG_DATA = {"chunithm": {"genre": "ORIGINAL"}, "arcaea": {"songPack": "Arcaea"}}
PLAYTYPE = {"chunithm": "Single", "arcaea": "Touch"}
DIFFICULTIES = {"chunithm": ("BASIC", "MASTER", "ULTIMA"), "arcaea": ("Past", "Future", "Beyond")}
VERSIONS = {"chunithm": "sun", "arcaea": "mobile"}


def files(game: str, form: str) -> dict[str, Any]:
    """Returns a song with three charts, the last of which appeared later."""
    of_2025 = form == "2025"
    appeared = {"displayVersion": "FIRST"}
    songs = [song(1, data={**SONG_DATA[game], **(appeared if of_2025 else {})})]
    charts = [
        chart(
            1,
            difficulty,
            playtype=PLAYTYPE[game],
            versions=[VERSIONS[game]],
            data={
                **({"inGameID": 1} if game == "chunithm" else {"inGameStrID": "one", "notecount": 5}),
                **({} if of_2025 else {"displayVersion": "LATER"} if difficulty in ("ULTIMA", "Beyond") else appeared),
            },
        )
        for difficulty in DIFFICULTIES[game]
    ]
    return {f"songs_{game}": songs, f"charts_{game}": charts} if of_2025 else as_of_2026(songs, charts, game)


@pytest.mark.parametrize("game", SONG_DATA)
@pytest.mark.parametrize(("form", "last"), [("2025", "FIRST"), ("2026", "LATER")])
def test_both_versions_of_the_api_have_it_where_their_clients_expect_it(
    tmp_path: Path, game: str, form: str, last: str
) -> None:
    load(write(tmp_path, **files(game, form)))
    of_2025 = body(people.guest(), f"/api/v1/games/{game}/{PLAYTYPE[game]}/songs/1")["song"]
    assert of_2025["data"] == {**SONG_DATA[game], "displayVersion": "FIRST"}
    charts = body(people.guest(), f"/api/v1/games/{game}/songs/{Song.objects.get().v3_id}")["charts"]
    versions = {chart["difficulty"]: chart["data"]["displayVersion"] for chart in charts}
    assert versions == dict(zip(DIFFICULTIES[game], ("FIRST", "FIRST", last), strict=True))


@pytest.mark.parametrize("game", SONG_DATA)
def test_loading_seeds_of_2026_again_changes_nothing(tmp_path: Path, game: str) -> None:
    load(write(tmp_path, **files(game, "2025")))
    load(write(tmp_path, **files(game, "2026")))
    again = load(tmp_path)
    assert {counts.written for counts in again.row_counts.values()} == {0}


def test_charts_of_other_games_have_no_version(tmp_path: Path) -> None:
    load(write(tmp_path, songs_sdvx=[song()], charts_sdvx=[chart()]))
    (listed,) = body(people.guest(), "/api/v1/games/sdvx/charts")["charts"]
    assert "displayVersion" not in listed["data"]
