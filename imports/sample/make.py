"""Writes the catalogue (seeds/) and the demo files (files/) beside this module: `python -m imports.sample.make`."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from imports.sample.catalogue import Sheet, catalogue
from imports.sample.form import Row
from imports.sample.plays import DAY, LAST_EVENING, by_in_game_id, by_song_id, by_title, document, plays

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"
FILES = HERE / "files"
SERVICE = "Night Logger"


def main() -> None:
    """Writes everything anew."""
    for path, content in everything().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


def everything() -> dict[Path, str]:
    """Every generated file with its content."""
    sheets = catalogue()
    files = {}
    for game, sheet in sheets.items():
        files[SEEDS / f"songs-{game}.json"] = _as_seeds(sheet.songs)
        files[SEEDS / f"charts-{game}.json"] = _as_seeds(sheet.charts)
    documents = {
        "sdvx": _sdvx(sheets["sdvx"]),
        "chunithm": _chunithm(sheets["chunithm"]),
        "iidx-sp": _iidx(sheets["iidx"], "iidx:SP", count=40, dan="DAN_9"),
        "iidx-dp": _iidx(sheets["iidx"], "iidx:DP", count=20, dan="DAN_4"),
    }
    return files | {FILES / f"{name}.json": _as_document(whole) for name, whole in documents.items()}


def _as_seeds(rows: list[Row]) -> str:
    return json.dumps(rows, ensure_ascii=False, indent="\t", sort_keys=True) + "\n"


def _as_document(whole: Row) -> str:
    """A line a score, so that a person can read it."""
    lines = [json.dumps(score, ensure_ascii=False) for score in whole["scores"]]
    rest = {name: json.dumps(part, ensure_ascii=False) for name, part in whole.items() if name != "scores"}
    parts = [f'"{name}": {part}' for name, part in rest.items()] + [
        '"scores": [\n    ' + ",\n    ".join(lines) + "\n  ]"
    ]
    return "{\n  " + ",\n  ".join(parts) + "\n}\n"


def _charts(sheet: Sheet, gpt: str) -> list[Row]:
    return [chart for chart in sheet.charts if chart["playtype"] == gpt.split(":")[1]]


def _titles(sheet: Sheet) -> dict[int, str]:
    return {song["id"]: song["title"] for song in sheet.songs}


def _sdvx(sheet: Sheet) -> Row:
    """Two evenings; two titles that are misspelt, and a chain that cannot have been one."""
    chance, charts, by_name = Random("sdvx demo"), _charts(sheet, "sdvx:Single"), by_title(_titles(sheet))
    first = list(plays("sdvx:Single", charts, 31, chance=chance, name=by_name, last=LAST_EVENING - DAY))
    second = list(plays("sdvx:Single", charts, 26, chance=chance, name=by_name))
    second += plays(
        "sdvx:Single", charts, 3, chance=chance, name=by_in_game_id, last=second[-1]["timeAchieved"] + 300_000
    )
    _misspell(first[8], "Tactile Snowfal", "MXM")
    _misspell(second[14], "月面ラヂオ放送局", "VVD")
    second[21] |= {"lamp": "ULTIMATE CHAIN", "judgements": second[21]["judgements"] | {"miss": 2}}
    first[-1]["comment"] = "last train, one more"
    return document("sdvx:Single", [*first, *second], service=SERVICE, classes={"dan": "DAN_9"})


def _misspell(row: Row, title: str, difficulty: str) -> None:
    row.update(matchType="songTitle", identifier=title, difficulty=difficulty)


def _chunithm(sheet: Sheet) -> Row:
    chance, charts, by_name = Random("chunithm demo"), _charts(sheet, "chunithm:Single"), by_title(_titles(sheet))
    scores = list(plays("chunithm:Single", charts, 40, chance=chance, name=by_name))
    return document("chunithm:Single", scores, service=SERVICE, classes={"dan": "DAN_IV", "emblem": "DAN_III"})


def _iidx(sheet: Sheet, gpt: str, *, count: int, dan: str) -> Row:
    names: dict[str, Any] = {"iidx:SP": by_title(_titles(sheet)), "iidx:DP": by_song_id}
    scores = list(plays(gpt, _charts(sheet, gpt), count, chance=Random(f"{gpt} demo"), name=names[gpt]))
    return document(gpt, scores, service=SERVICE, classes={"dan": dan})


if __name__ == "__main__":
    main()
