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
    """Returns a song of sdvx."""
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
    """Returns a chart of sdvx, by default of level 16, with an ID of its song and difficulty."""
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
    """Returns an ID as in seeds of 2026, always the same for a row."""
    return f"{letter}19d{hashlib.sha256(str(legacy_id).encode()).hexdigest()[:16]}"


def derived_id(letter: str, legacy_id: object) -> str:
    """Returns the ID that the database derives. Repeated here, so that it is not changed by accident."""
    return f"{letter}f{hashlib.sha256(str(legacy_id).encode()).hexdigest()[:18]}"


def song_of_2026(row: Row, game: str = "sdvx") -> Row:
    """Returns a song of 2025 in the form of 2026."""
    return {**row, "id": v3_id("S", f"{game} {row['id']}"), "legacySongID": row["id"]}


def chart_of_2026(row: Row, game: str = "sdvx") -> Row:
    """Returns a chart of 2025 in the form of 2026."""
    ids = {
        "id": v3_id("C", row["chartID"]),
        "legacyChartID": row["chartID"],
        "songID": v3_id("S", f"{game} {row['songID']}"),
    }
    return {name: value for name, value in {**row, **ids}.items() if name not in ("chartID", "playtype")}


def as_of_2026(songs: Iterable[Row], charts: Iterable[Row], game: str = "sdvx") -> dict[str, list[Row]]:
    """Returns files of 2026 for `write`, from rows of 2025: a file of charts per playtype."""
    files = {f"songs_{game}": [song_of_2026(row, game) for row in songs]}
    for row in charts:
        files.setdefault(f"charts_{BY_SLUG[game].ids[row['playtype']]}", []).append(chart_of_2026(row, game))
    return files


def write(folder: Path, **files: Any) -> Path:
    """Writes `songs_sdvx=[...]` as songs-sdvx.json; text and bytes unchanged. Deletes other files of the folder."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name.replace('_', '-')}.json").write_bytes(data)
    return folder
