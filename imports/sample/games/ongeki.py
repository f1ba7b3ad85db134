"""O.N.G.E.K.I."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import ongeki
from imports.sample.form import Chart, Player, Row, Sample, Title, without_fraction

# era: the first version (after オンゲキ; - for the first of all) and genre; top: the level of MASTER.
TITLES = (
    Title("Card Shuffle Chronicle", "Wildcard Society", "bright/VARIETY", 13.1, (), ("shuffle",)),
    Title("放課後マグネット", "右ひだり放送部", "-/オンゲキ", 11.6, ("After-school Magnet",), ("magnet",)),
    Title("Lever Arms Race", "Fulcrum", "R.E.D./オンゲキ", 14.2),
    Title("鈴なりの坂道", "金鈴楽隊", "SUMMER/オンゲキ", 12.3, ("Slope of Ringing Bells",), ("suzunari",)),
    Title("Bullet Points", "Fulcrum", "R.E.D. PLUS/VARIETY", 13.8),
    Title("昼休みバリアフリー", "右ひだり放送部", "PLUS/POPS＆ANIME", 10.8, (), ("hiruyasumi",)),
    Title("Belfry Break", "Wildcard Society", "Re:Fresh/オンゲキ", 14.6),
    Title("かざぐるま戦線", "金鈴楽隊", "bright/オンゲキ", 12.9, ("Pinwheel Front",), ("kazaguruma",)),
    Title("Sidestep Sonnet", "Fulcrum", "SUMMER PLUS/VARIETY", 12.0),
    Title("黒板消しの雪", "右ひだり放送部", "bright MEMORY Act.1/POPS＆ANIME", 11.1, (), ("kokuban",)),
    Title("Deckbuilder's Waltz", "Wildcard Society", "bright MEMORY Act.2/VARIETY", 13.3),
    Title("Retain Gauge", "Fulcrum", "Re:Fresh/オンゲキ", 14.0),
    Title(
        "文化祭前夜の配線図", "右ひだり放送部", "R.E.D./POPS＆ANIME", 12.6, ("Wiring on Festival Eve",), ("bunkasai",)
    ),
    Title("Gold Foil Rarity", "Wildcard Society", "-/VARIETY", 9.9),
    Title("風鈴クロスファイア", "金鈴楽隊", "bright MEMORY Act.3/オンゲキ", 14.4, (), ("fuurin",)),
    Title("Wall Tap Wonder", "Fulcrum", "PLUS/オンゲキ", 11.9),
    Title(
        "保健室の短波放送",
        "右ひだり放送部",
        "SUMMER/POPS＆ANIME",
        10.3,
        ("Short Wave from the Sickroom",),
        ("hokenshitsu",),
    ),
    Title("Flick Book Finale", "Wildcard Society", "Re:Fresh/VARIETY", 13.6),
    Title("鳴らない鈴の行方", "金鈴楽隊", "R.E.D. PLUS/オンゲキ", 13.0, (), ("naranai",)),
    Title("Counterweight", "Fulcrum", "bright/オンゲキ", 13.9),
    Title(
        "二限目の流れ弾",
        "右ひだり放送部",
        "bright MEMORY Act.1/VARIETY",
        12.2,
        ("Stray Shot in Second Period",),
        ("nigenme",),
    ),
    Title("Triple Lane Theory", "Wildcard Society", "-/オンゲキ", 12.7),
    Title("千羽の鈴", "金鈴楽隊", "Re:Fresh/オンゲキ", 14.8, ("A Thousand Bells",), ("senba",)),
    Title("Pivot", "Fulcrum", "SUMMER PLUS/オンゲキ", 11.3),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, chance: Random) -> Row:
    return {"duration": round(chance.uniform(112, 148), 3), "genre": title.era.split("/")[1]}


def versions(title: Title) -> list[str]:
    newest = ["refresh", "refreshOmni"]
    return newest if title.era.startswith("Re:Fresh") else ["brightMemory3", "brightMemory3Omni", *newest]


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top, version = title.top, title.era.split("/")[0]
    levels = {
        "BASIC": max(2, round(top / 2 - chance.uniform(2.5, 3.5))),
        "ADVANCED": max(5, round(top - chance.uniform(5, 6))),
        "EXPERT": round(top - chance.uniform(2.4, 3.2), 1),
        "MASTER": top,
    }
    for difficulty, level in levels.items():
        notes = int(100 + 85 * level + chance.uniform(-60, 120))
        yield Chart(
            playtype="Single",
            difficulty=difficulty,
            level=f"{int(level)}{'+' if level % 1 > 0.65 else ''}",
            level_num=without_fraction(level),
            data={
                "displayVersion": "オンゲキ" if version == "-" else f"オンゲキ {version}",
                "inGameID": number,
                "maxPlatScore": 2 * notes,
            },
        )


# --- a play -------------------------------------------------------------------------------------------

HITS, BELLS = 950_000, 60_000  # maximum points for each
_WORTH = {"cbreak": 10, "break": 9, "hit": 6, "miss": 0}  # tenths


def play(chart: Row, player: Player) -> Row:
    """Returns a play of O.N.G.E.K.I."""
    chance, level, most = player.chance, chart["levelNum"], chart["data"]["maxPlatScore"]
    notes, bells = most // 2, 20 + chart["songID"] % 37
    off = min(notes, chance.randint(0, 6) + int(notes * player.errors(level) * chance.uniform(0.3, 1.2)))
    hit, miss = int(off * chance.uniform(0, 0.25)), int(off * chance.uniform(0, 0.12))
    judgements = {"cbreak": notes - off, "break": off - hit - miss, "hit": hit, "miss": miss}
    caught = bells - min(bells, int(miss * chance.uniform(0, 0.8)))
    earned = sum(_WORTH[name] * count for name, count in judgements.items())
    score = HITS * earned // (10 * notes) + BELLS * caught // bells
    if miss:
        note_lamp = "CLEAR" if score >= ongeki.GRADE_FLOORS["A"] else "LOSS"
    elif hit:
        note_lamp = "FULL COMBO"
    else:
        note_lamp = "ALL BREAK+" if score == ongeki.PERFECT else "ALL BREAK"
    return {
        "score": score,
        "noteLamp": note_lamp,
        "bellLamp": "FULL BELL" if caught == bells and note_lamp != "LOSS" else "NONE",
        "platinumScore": int(most * (notes - off) / notes * chance.uniform(0.9, 1)),
        "judgements": judgements,
        "optional": {"bellCount": caught, "totalBellCount": bells, "damage": miss + chance.randint(0, 2)},
    }


SAMPLE = Sample(
    slug="ongeki",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 12.8},
)
