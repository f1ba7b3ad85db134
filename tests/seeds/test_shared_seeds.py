"""The real songs and charts of all games load, quickly, and a second time without a change. They are not part of us."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from imports.models import Chart, Song
from imports.seeds.load import load

FOLDER = Path(__file__).parents[2].parent / "shared" / "seeds"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir() or bool(os.environ.get("CI")), reason="the seeds (../shared/seeds) are not here"
    ),
]


def rows(kind: str) -> list[Any]:
    return [row for path in FOLDER.glob(f"{kind}-*.json") for row in json.loads(path.read_bytes())]


def test_all_of_the_shared_seeds_load_and_load_again_without_a_change() -> None:
    songs, charts = rows("songs"), rows("charts")

    begun = time.monotonic()
    first = load(FOLDER)
    second = load(FOLDER)

    assert time.monotonic() - begun < 60
    assert sum(tally.new for tally in first.tallies.values()) == len(songs) + len(charts)
    assert all(tally.unchanged == tally.total for tally in second.tallies.values())
    assert (Song.objects.count(), Chart.objects.count()) == (len(songs), len(charts))
