"""The real songs and charts of all games load quickly, and a second load changes nothing."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from imports.models import Chart, Song
from imports.seeds.load import load
from tests.games import vectors
from tests.seeds.factories import as_of_2026, write

FOLDER = vectors.SHARED / "seeds"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir() or bool(os.environ.get("CI")),
        reason="the seeds (../shared/seeds) are missing, or this is CI",
    ),
]


def rows(kind: str) -> list[Any]:
    return [row for path in FOLDER.glob(f"{kind}-*.json") for row in json.loads(path.read_bytes())]


def test_a_second_load_of_all_real_seeds_changes_nothing() -> None:
    songs, charts = rows("songs"), rows("charts")

    begun = time.process_time()
    first = load(FOLDER)
    second = load(FOLDER)

    assert time.process_time() - begun < 60
    assert sum(rows.new for rows in first.row_counts.values()) == len(songs) + len(charts)
    assert all(rows.unchanged == rows.total for rows in second.row_counts.values())
    assert (Song.objects.count(), Chart.objects.count()) == (len(songs), len(charts))


@pytest.mark.parametrize("game", ["ddr", "pms", "sdvx"])
def test_seeds_of_both_forms_have_the_same_songs_and_charts(tmp_path: Path, game: str) -> None:
    songs, charts = (
        json.loads(path.read_bytes()) if (path := FOLDER / f"{kind}-{game}.json").is_file() else []
        for kind in ("songs", "charts")
    )
    folder = tmp_path / "seeds"
    load(write(folder, **{f"songs_{game}": songs, f"charts_{game}": charts}))
    before = set(Chart.objects.values_list("pk", "chart_id", "song_id"))
    write(folder, **as_of_2026(songs, charts, game))

    first = load(folder)
    second = load(folder)

    assert sum(rows.changed for rows in first.row_counts.values()) == len(songs) + len(charts)
    assert sum(rows.unchanged for rows in second.row_counts.values()) == len(songs) + len(charts)
    assert not first.reratings
    assert set(Chart.objects.values_list("pk", "chart_id", "song_id")) == before
