"""Parts of the sample that BMS and PMS share: the data of songs and charts, and the generation of plays."""

from __future__ import annotations

import hashlib
from random import Random

from imports.sample.form import Player, Row, Title

_LEVELS = 2  # two levels of the tables differ as much as one level of other games


def song_data(title: Title, chance: Random) -> Row:
    """Returns the data of a song. `era` of a title: its level in the tables (- for none), then the genre."""
    table, genre = title.era.split(maxsplit=1)
    return {
        "genre": genre,
        "subartist": chance.choice((None, None, "obj: Sunday Coder", "obj: 夜更かし")),
        "subtitle": chance.choice((None, None, "[ANOTHER]", "-EXTRA-")),
        "tableString": None if table == "-" else table,
    }


def chart_data(title: Title, *, identity: str, chance: Random) -> Row:
    """Returns the data of a chart. `top` of a title: its Sieglinde difficulty for an easy clear, 0 for none."""
    table = title.era.split()[0]
    level = table.lstrip("★☆●○slt")
    hard = title.top + chance.randint(1, 12) / 4
    return {
        "hashMD5": hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest(),
        "hashSHA256": hashlib.sha256(identity.encode()).hexdigest(),
        "notecount": int(700 + 55 * title.top + chance.uniform(-150, 350)),
        "sglEC": title.top or None,
        "sglHC": hard if title.top else None,
        "tableFolders": [] if table == "-" else [{"level": level, "table": table.removesuffix(level)}],
    }


def draw_judgements(chart: Row, player: Player) -> dict[str, int]:
    """Returns judgement -> number of hits, by the names of BMS, best first."""
    chance, data = player.chance, chart["data"]
    notes, level = data["notecount"], data["sglEC"] or player.skill - 2
    off = player.errors(player.skill + (level - player.skill) / _LEVELS)
    missed = int(notes * off * chance.uniform(0, 0.6))
    good = int(notes * off * chance.uniform(0.2, 0.6))
    great = min(notes - missed - good, int(notes * (0.14 + 2 * off) * chance.uniform(0.7, 1.2)))
    bad = chance.randint(0, missed)
    perfect = notes - missed - good - great
    return {"pgreat": perfect, "great": great, "good": good, "bad": bad, "poor": missed - bad}


_LIMITS = {"EX HARD CLEAR": 0.008, "HARD CLEAR": 0.025, "CLEAR": 0.05, "EASY CLEAR": 0.08}
GAUGES = {"EX HARD CLEAR": "EX-HARD", "HARD CLEAR": "HARD", "CLEAR": "NORMAL", "EASY CLEAR": "EASY"}


def lamp(judgements: dict[str, int], chance: Random) -> str:
    """Returns a random lamp, which is better for fewer missed notes."""
    missed = judgements["bad"] + judgements["poor"]
    if missed == 0:
        return "FULL COMBO"
    share = missed / sum(judgements.values())
    return next((lamp for lamp, limit in _LIMITS.items() if share < limit and chance.random() < 0.75), "FAILED")
