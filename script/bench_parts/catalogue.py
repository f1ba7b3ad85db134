"""Generated songs and charts, and a player's scores on them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from imports.pipeline.derived.session_names import ADJECTIVES, NOUNS
from imports.sample.plays import DAY, LAST_EVENING, by_in_game_id, document, plays

Row = dict[str, Any]


def numbered(song: Row) -> Row:
    """Returns data of charts that the game identifies by the number of their song."""
    return {"inGameID": song["id"]}


def noted(song: Row) -> Row:
    """Returns data of charts of beatmania IIDX."""
    unrated = dict.fromkeys(("exhcTier", "hcTier", "ncTier", "2dxtraSet", "hashSHA256"))
    figures = {"notecount": NOTES, "bpiCoefficient": None, "kaidenAverage": 1_700, "worldRecord": 1_970}
    return {**numbered(song), **figures, **unrated}


def hashed(song: Row) -> Row:
    """Returns data of charts of BMS, which programs identify by the hashes of their files."""
    identity = f"bench bms {song['id']}".encode()
    hashes = {
        "hashMD5": hashlib.md5(identity, usedforsecurity=False).hexdigest(),
        "hashSHA256": hashlib.sha256(identity).hexdigest(),
    }
    return {**hashes, "notecount": NOTES, "sglEC": None, "sglHC": None, "tableFolders": [], "aiLevel": None}


@dataclass(frozen=True)
class Sheet:
    """The shape of a game's catalogue. `levels`: of the easiest charts; each further difficulty is one level higher."""

    songs: int
    difficulties: tuple[str, ...]
    levels: tuple[int, ...]
    song_data: Mapping[str, Any]
    versions: tuple[str, ...]
    playtype: str = "Single"
    chart_data: Callable[[Row], Row] = numbered


NOTES = 1_000  # of every chart of beatmania IIDX and BMS
# Levels near the skill of the sample's player, so that every chart is played.
SHEETS = {
    "sdvx": Sheet(
        2_000, ("NOV", "ADV", "EXH", "MXM"), (14, 15, 16, 17), {"displayVersion": "booth"}, ("booth", "vivid")
    ),
    "chunithm": Sheet(
        1_000,
        ("BASIC", "ADVANCED", "EXPERT", "MASTER"),
        (10, 11),
        {"displayVersion": "CHUNITHM", "duration": 120.5, "genre": "ORIGINAL"},
        ("paradiselost",),
    ),
    "iidx": Sheet(
        2_500,
        ("NORMAL", "HYPER", "ANOTHER"),
        (8, 9, 10),
        {"displayVersion": "32", "genre": "TECHNO"},
        ("32", "33", "inf"),
        playtype="SP",
        chart_data=noted,
    ),
    "bms": Sheet(
        2_000,
        ("CHART",),
        (0,),
        dict.fromkeys(("genre", "subtitle", "subartist", "tableString")),
        (),
        playtype="7K",
        chart_data=hashed,
    ),
}
NAMES = {"sdvx:Single": "SOUND VOLTEX", "chunithm:Single": "CHUNITHM"}


def write_seeds(folder: Path) -> dict[str, list[Row]]:
    """Writes seeds into a new folder. Returns the chart rows by game."""
    folder.mkdir()
    charts: dict[str, list[Row]] = {}
    for game, sheet in SHEETS.items():
        chance = Random(game)
        songs = [song(number, sheet, chance) for number in range(1, sheet.songs + 1)]
        charts[game] = [row for each in songs for row in charts_of(each, game, sheet, chance)]
        (folder / f"songs-{game}.json").write_text(json.dumps(songs), encoding="utf-8")
        (folder / f"charts-{game}.json").write_text(json.dumps(charts[game]), encoding="utf-8")
    return charts


def song(number: int, sheet: Sheet, chance: Random) -> Row:
    title = f"{chance.choice(ADJECTIVES)} {chance.choice(NOUNS)} No. {number}"
    artist = f"{chance.choice(ADJECTIVES)} {chance.choice(NOUNS)}"
    found = {"id": number, "title": title, "artist": artist, "altTitles": [], "searchTerms": []}
    return found | {"data": dict(sheet.song_data)}


def charts_of(song: Row, game: str, sheet: Sheet, chance: Random) -> list[Row]:
    easiest = chance.choice(sheet.levels)
    return [
        {
            "chartID": hashlib.sha256(f"bench {game} {song['id']} {difficulty}".encode()).hexdigest()[:40],
            "songID": song["id"],
            "playtype": sheet.playtype,
            "difficulty": difficulty,
            "level": str(level),
            "levelNum": level,
            "isPrimary": True,
            "versions": list(sheet.versions),
            "data": sheet.chart_data(song),
        }
        for level, difficulty in enumerate(sheet.difficulties, easiest)
    ]


def scores(gpt: str, charts: list[Row], count: int, *, seed: str, days_later: int = 0) -> bytes:
    """Returns a BATCH-MANUAL document of different scores, the last of which is `days_later` after those of others."""
    last = LAST_EVENING + days_later * DAY
    made = plays(gpt, charts, count, chance=Random(seed), name=by_in_game_id, last=last)
    return json.dumps(document(gpt, list(made), service="Bench"), ensure_ascii=False).encode()
