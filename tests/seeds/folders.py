"""Folders of seed files for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    """A chart of sdvx, of level 16 unless told otherwise, named after its song and difficulty."""
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
