"""Songs and charts of the invented titles, in the seeds format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from imports.games import chunithm, iidx, sdvx
from imports.sample.titles import CHUNITHM, IIDX, SDVX, Title

Row = dict[str, Any]

FIRST_IDS = {"sdvx": 730_001, "chunithm": 7_901, "iidx": 730_001}  # in-game IDs too; CHUNITHM's stay under 8,000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One game's rows."""

    songs: list[Row]
    charts: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chart:
    """What differs between the charts of a song."""

    playtype: str
    difficulty: str
    level: str
    level_num: float
    data: Row


def catalogue() -> dict[str, Sheet]:
    """Everything, by game; rows in the order that the seeds format asks for."""
    return {
        "chunithm": _sheet("chunithm", CHUNITHM, song_data=_chunithm_song, charts=_chunithm, versions=_since_chunithm),
        "iidx": _sheet("iidx", IIDX, song_data=_iidx_song, charts=_iidx, versions=_since_iidx),
        "sdvx": _sheet("sdvx", SDVX, song_data=_sdvx_song, charts=_sdvx, versions=_since_sdvx),
    }


def _sheet(
    game: str,
    titles: Sequence[Title],
    *,
    song_data: Callable[[Title, Random], Row],
    charts: Callable[[Title, Random], Iterator[_Chart]],
    versions: Callable[[Title], list[str]],
) -> Sheet:
    sheet = Sheet([], [])
    for number, title in enumerate(titles, FIRST_IDS[game]):
        chance = Random(f"{game} {number}")
        sheet.songs.append(
            {
                "altTitles": list(title.also),
                "artist": title.artist,
                "data": song_data(title, chance),
                "id": number,
                "searchTerms": list(title.search),
                "title": title.title,
            }
        )
        found = sorted(charts(title, chance), key=lambda chart: (chart.playtype, chart.difficulty))
        sheet.charts.extend(_row(game, number, chart, versions(title)) for chart in found)
    return sheet


def _row(game: str, number: int, chart: _Chart, versions: list[str]) -> Row:
    identity = f"sample {game} {number} {chart.playtype} {chart.difficulty}"
    return {
        "chartID": hashlib.sha256(identity.encode()).hexdigest()[:40],
        "data": {"inGameID": number, **chart.data},
        "difficulty": chart.difficulty,
        "isPrimary": True,
        "level": chart.level,
        "levelNum": chart.level_num,
        "playtype": chart.playtype,
        "songID": number,
        "versions": versions,
    }


def _tier(value: float, text: str, chance: Random) -> Row:
    return {"individualDifference": chance.random() < 0.2, "text": text, "value": round(value, 1)}


# --- SOUND VOLTEX -------------------------------------------------------------------------------------


def _sdvx_song(title: Title, _chance: Random) -> Row:
    return {"displayVersion": title.era.split()[0]}


def _since_sdvx(title: Title) -> list[str]:
    return _since(list(sdvx.SINGLE.versions), title.era.split()[0])


def _since(versions: list[str], first: str) -> list[str]:
    return versions[versions.index(first) :]


def _sdvx(title: Title, chance: Random) -> Iterator[_Chart]:
    top = int(title.top)
    levels = {
        "NOV": max(2, top - chance.choice((11, 12))),
        "ADV": max(6, top - chance.choice((5, 6))),
        "EXH": top - chance.choice((1, 2)),
        title.era.split()[1]: top,
    }
    if top == 20:
        levels["ULT"] = 20
    for difficulty, level in levels.items():
        data: Row = {}
        if level >= 16:
            worth = level + chance.randint(0, 9) / 10
            data = {
                "clearTier": _tier(worth, f"{level}{'EDCBA'[int(worth * 10) % 10 // 2]}", chance),
                "pucTier": _tier(worth, f"{worth:.1f}", chance),
            }
        if level >= 17:
            data["sTier"] = _tier(worth, f"T{9 - int(worth * 10) % 10}", chance)
        yield _Chart(playtype="Single", difficulty=difficulty, level=str(level), level_num=level, data=data)


# --- CHUNITHM -----------------------------------------------------------------------------------------


def _chunithm_song(title: Title, chance: Random) -> Row:
    version, genre = title.era.split(maxsplit=1)
    return {
        "displayVersion": f"CHUNITHM {chunithm.VERSIONS[version]}",
        "duration": round(chance.uniform(118, 152), 3),
        "genre": genre,
    }


def _since_chunithm(title: Title) -> list[str]:
    return _since(list(chunithm.SINGLE.versions), title.era.split()[0])


def _chunithm(title: Title, chance: Random) -> Iterator[_Chart]:
    top = title.top
    levels = {
        "BASIC": max(2, round(top - chance.uniform(9, 10))),
        "ADVANCED": max(5, round(top - chance.uniform(6, 7))),
        "EXPERT": round((top - chance.uniform(2.6, 3.4)) * 2) / 2,
        "MASTER": top,
    }
    if top >= 14.6:
        levels["ULTIMA"] = round(top + chance.uniform(0.2, 0.4), 1)
    for difficulty, level in levels.items():
        plus = "+" if level % 1 >= 0.5 else ""
        yield _Chart(
            playtype="Single", difficulty=difficulty, level=f"{int(level)}{plus}", level_num=_short(level), data={}
        )


def _short(number: float) -> float:
    """9 rather than 9.0, as JSON files write it."""
    return int(number) if number == int(number) else number


# --- beatmania IIDX -----------------------------------------------------------------------------------


def _iidx_song(title: Title, _chance: Random) -> Row:
    version, genre = title.era.split(maxsplit=1)
    return {"displayVersion": version, "genre": genre}


def _since_iidx(title: Title) -> list[str]:
    newest = [version for version in iidx.VERSIONS if version.isdecimal()]
    return [*_since(newest, title.era.split()[0]), "inf"]


def _iidx(title: Title, chance: Random) -> Iterator[_Chart]:
    another = int(title.top)
    levels = {
        "NORMAL": max(2, another - chance.choice((6, 7))),
        "HYPER": max(4, another - chance.choice((2, 3))),
        "ANOTHER": another,
    }
    if title.top > another:
        levels["LEGGENDARIA"] = 12
    for difficulty, level in levels.items():
        notes = int(150 + 135 * level + chance.uniform(-90, 160) + (250 if difficulty == "LEGGENDARIA" else 0))
        yield _iidx_chart("SP", difficulty, level, notes, chance)
        if difficulty != "NORMAL":
            dp_level = min(12, level + chance.choice((0, 0, 1)))
            yield _iidx_chart("DP", difficulty, dp_level, int(notes * chance.uniform(0.95, 1.15)), chance)


def _iidx_chart(playtype: str, difficulty: str, level: int, notes: int, chance: Random) -> _Chart:
    return _Chart(
        playtype=playtype,
        difficulty=difficulty,
        level=str(level),
        level_num=level,
        data={
            "2dxtraSet": None,
            "hashSHA256": None,
            "notecount": notes,
            **_bpi(level, notes, chance),
            **(_sp_tiers if playtype == "SP" else _dp_tiers)(level, chance),
        },
    )


def _bpi(level: int, notes: int, chance: Random) -> Row:
    """Only the two highest levels have figures."""
    if level < 11:
        return {"bpiCoefficient": None, "kaidenAverage": None, "worldRecord": None}
    return {
        "bpiCoefficient": round(chance.uniform(0.85, 1.45), 6) if chance.random() < 0.8 else None,
        "kaidenAverage": int(2 * notes * chance.uniform(0.82, 0.89)),
        "worldRecord": int(2 * notes * chance.uniform(0.965, 0.995)),
    }


def _sp_tiers(level: int, chance: Random) -> Row:
    if level < 11:
        return {"exhcTier": None, "hcTier": None, "ncTier": None}
    normal = level + chance.randint(0, 7) / 10
    hard = normal + chance.randint(0, 3) / 10
    return {
        "exhcTier": _tier(hard + chance.randint(1, 4) / 10, "EX", chance),
        "hcTier": _tier(hard, _letter(hard), chance),
        "ncTier": _tier(normal, _letter(normal), chance),
    }


def _dp_tiers(level: int, chance: Random) -> Row:
    value = level + chance.randint(0, 8) / 10
    return {"dpTier": _tier(value, f"{value:.1f}", chance)}


def _letter(value: float) -> str:
    return "FEDCBAS"[min(6, int(value * 10) % 10)]
