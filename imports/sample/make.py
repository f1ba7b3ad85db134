"""Writes the catalogue (seeds/) and the demo files (files/) next to this module: `python -m imports.sample.make`."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from imports.sample.catalogue import Sheet, catalogue
from imports.sample.form import Row
from imports.sample.plays import DAY, LAST_EVENING, by_in_game_id, by_song_id, by_title, document, plays

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"
FILES = HERE / "files"
SERVICE = "Night Logger"


def main() -> None:
    """Writes all files."""
    for path, content in everything().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


def everything() -> dict[Path, str]:
    """Returns path -> content of every generated file."""
    sheets = catalogue()
    files = {}
    for game, sheet in sheets.items():
        files[SEEDS / f"songs-{game}.json"] = _as_seeds(sheet.songs)
        files[SEEDS / f"charts-{game}.json"] = _as_seeds(sheet.charts)
    documents = {
        "sdvx": _sdvx(sheets["sdvx"]),
        "chunithm": _demo(sheets["chunithm"], "chunithm:Single", classes={"dan": "DAN_IV", "emblem": "DAN_III"}),
        "iidx-sp": _demo(sheets["iidx"], "iidx:SP", classes={"dan": "DAN_9"}),
        "iidx-dp": _demo(sheets["iidx"], "iidx:DP", count=20, classes={"dan": "DAN_4"}, named_by_title=False),
    }
    for name, body in documents.items():
        # One line per score, to be readable.
        lines = [json.dumps(score, ensure_ascii=False) for score in body["scores"]]
        members = [
            f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in body.items() if key != "scores"
        ]
        members.append('"scores": [\n    ' + ",\n    ".join(lines) + "\n  ]")
        files[FILES / f"{name}.json"] = "{\n  " + ",\n  ".join(members) + "\n}\n"
    return files


def _as_seeds(rows: list[Row]) -> str:
    return json.dumps(rows, ensure_ascii=False, indent="\t", sort_keys=True) + "\n"


def _charts(sheet: Sheet, gpt: str) -> list[Row]:
    return [chart for chart in sheet.charts if chart["playtype"] == gpt.split(":")[1]]


def _titles(sheet: Sheet) -> dict[int, str]:
    return {song["id"]: song["title"] for song in sheet.songs}


def _sdvx(sheet: Sheet) -> Row:
    """Returns two evenings of plays, with two misspelt titles and an impossible chain."""
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


def _demo(sheet: Sheet, gpt: str, *, count: int = 40, classes: dict[str, str], named_by_title: bool = True) -> Row:
    chance = Random(f"{gpt.removesuffix(':Single')} demo")
    name = by_title(_titles(sheet)) if named_by_title else by_song_id
    scores = list(plays(gpt, _charts(sheet, gpt), count, chance=chance, name=name))
    return document(gpt, scores, service=SERVICE, classes=classes)


if __name__ == "__main__":
    main()
