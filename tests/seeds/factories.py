"""Folders of seed files for tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from imports.games import BY_SLUG

Row = dict[str, Any]


def song(number: int = 1, **changed: Any) -> Row:
    """A song of sdvx."""
    row = {
        "id": number,
        "title": f"Song {number}",
        "artist": "Somebody",
        "altTitles": [],
        "searchTerms": [],
        "data": {"displayVersion": "booth"},
    }
    return row | changed


def chart(number: int = 1, difficulty: str = "EXH", **changed: Any) -> Row:
    """A chart of sdvx, by default of level 16, named after its song and difficulty."""
    row = {
        "chartID": f"{difficulty} of {number}",
        "songID": number,
        "playtype": "Single",
        "difficulty": difficulty,
        "level": "16",
        "levelNum": 16,
        "isPrimary": True,
        "versions": ["booth"],
        "data": {"inGameID": number},
    }
    return row | changed


def v3_id(letter: str, legacy_id: object) -> str:
    """An ID such as seeds of 2026 have, the same one for the same row each time."""
    return f"{letter}19d{hashlib.sha256(str(legacy_id).encode()).hexdigest()[:16]}"


def derived_id(letter: str, legacy_id: object) -> str:
    """What the database derives: written down once more, so that nobody changes it unawares."""
    return f"{letter}f{hashlib.sha256(str(legacy_id).encode()).hexdigest()[:18]}"


def song_of_2026(row: Row, game: str = "sdvx") -> Row:
    """A song of 2025 as seeds of 2026 have it."""
    return {**row, "id": v3_id("S", f"{game} {row['id']}"), "legacySongID": row["id"]}


def chart_of_2026(row: Row, game: str = "sdvx") -> Row:
    """A chart of 2025 as seeds of 2026 have it."""
    ids = {
        "id": v3_id("C", row["chartID"]),
        "legacyChartID": row["chartID"],
        "songID": v3_id("S", f"{game} {row['songID']}"),
    }
    return {name: value for name, value in {**row, **ids}.items() if name not in ("chartID", "playtype")}


def as_of_2026(songs: Iterable[Row], charts: Iterable[Row], game: str = "sdvx") -> dict[str, list[Row]]:
    """Files of 2026 for `write`, from rows of 2025: a file of charts for each playtype."""
    files = {f"songs_{game}": [song_of_2026(row, game) for row in songs]}
    for row in charts:
        files.setdefault(f"charts_{BY_SLUG[game].ids[row['playtype']]}", []).append(chart_of_2026(row, game))
    return files


def write(folder: Path, **files: Any) -> Path:
    """Writes `songs_sdvx=[...]` as songs-sdvx.json; text and bytes as they are. Other files of the folder go."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name.replace('_', '-')}.json").write_bytes(data)
    return folder
