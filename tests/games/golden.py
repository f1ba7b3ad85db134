"""The golden vectors: what the original really answered. They lie beside the repository and are not part of it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from imports.games import BY_SLUG, GAMES, playtype_of
from imports.games.spec import Chart, Game, Playtype, Song

FOLDER = Path(__file__).parents[2].parent / "shared" / "golden"

needed = pytest.mark.skipif(
    not FOLDER.is_dir() or bool(os.environ.get("CI")), reason="the golden vectors (../shared/golden) are not here"
)

NAMES = [f"{game.slug}:{playtype.name}" for game in GAMES for playtype in game.playtypes]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def config() -> Any:
    return read("gpts.json")


@cache
def unsettled() -> dict[str, set[str]]:
    """Names of the cases whose bests rest on a tie, which we settle by content."""
    cases = read("order-dependent.json")["cases"]
    return {gpt: {case["name"] for case in found} for gpt, found in cases.items()}


def of_playtype(folder: str, name: str) -> Any:
    return read(f"{folder}/{name.replace(':', '-')}.json")


def named(name: str) -> tuple[Game, Playtype]:
    slug, playtype = name.split(":")
    return BY_SLUG[slug], playtype_of(slug, playtype)


def charts_in(document: Mapping[str, Any]) -> list[Chart]:
    """The charts of a document, with its songs where it has any."""
    songs = {song["id"]: _song(song) for song in document.get("songs") or ()}
    return [_chart(row, songs) for row in document["charts"]]


def _song(row: Mapping[str, Any]) -> Song:
    return Song(pk=row["id"], song_id=row["id"], title=row["title"], artist=row["artist"], data=row["data"])


def _chart(row: Mapping[str, Any], songs: Mapping[int, Song]) -> Chart:
    return Chart(
        pk=0,
        chart_id=row["chartID"],
        song=songs.get(row["songID"]) or Song(pk=row["songID"], song_id=row["songID"], title=""),
        playtype=row["playtype"],
        difficulty=row["difficulty"],
        level=row["level"],
        level_num=row["levelNum"],
        is_primary=row["isPrimary"],
        versions=tuple(row["versions"]),
        data=row["data"],
    )


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Where two pieces of data differ; numbers may differ by a part in a billion."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected.keys() | actual.keys():
            yield from differences(expected.get(key), actual.get(key), f"{path}.{key}")
    elif _is_number(expected) and _is_number(actual):
        if not math.isclose(expected, actual, rel_tol=1e-9):
            yield f"{path}: expected {expected!r}, got {actual!r}"
    elif expected != actual:
        yield f"{path}: expected {expected!r}, got {actual!r}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
