"""jubeat."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import jubeat
from imports.sample.form import Chart, Player, Row, Sample, Title, since, without_fraction

# era: the first version; top: the level of EXT. From 10.3 on there is also a hard mode.
TITLES = (
    Title("Glass Marble Arcade", "Sixteen Squares", "festo", 9.6),
    Title("積み木の摩天楼", "よんかけよん", "beyond", 10.2, ("Skyscraper of Building Blocks",), ("tsumiki",)),
    Title("Touch Panel Romance", "Fingertip Theory", "clan", 8),
    Title("Snow Globe Uprising", "Sixteen Squares", "ave", 10.6),
    Title("消しゴムの船", "よんかけよん", "qubell", 7, ("The Eraser Boat",), ("keshigomu",)),
    Title("Popcorn Constellation", "Marzipan", "prop", 9.1),
    Title("Hundred Yen Hero", "Fingertip Theory", "beyond", 9.8),
    Title("いちごジャム渋滞", "Marzipan", "festo", 9.3, ("Strawberry Jam",), ("ichigo",)),
    Title("Cubism for Beginners", "Sixteen Squares", "copious", 6),
    Title("四角い虹", "よんかけよん", "ave", 10.4, (), ("shikakui",)),
    Title("Domino Etiquette", "Fingertip Theory", "saucer", 9.5),
    Title("水玉パレード", "Marzipan", "knit", 8, ("Polka Dot Parade",), ("mizutama",)),
    Title("Elevator to the Attic", "Sixteen Squares", "beyond", 10.0),
    Title("折り鶴エレクトロ", "よんかけよん", "clan", 9.7, (), ("orizuru",)),
    Title("Bubble Wrap Ballad", "Marzipan", "ripples", 5),
    Title("Ten Fingers, One Wish", "Fingertip Theory", "ave", 10.8),
    Title("方眼紙の海", "よんかけよん", "festo", 10.3, ("Sea of Graph Paper",), ("houganshi",)),
    Title("Marble Run", "Sixteen Squares", "jubeat", 7),
    Title("Peach Fizz Protocol", "Marzipan", "beyond", 9.2),
    Title("チェス盤の子守唄", "よんかけよん", "qubell", 9.9, (), ("chess",)),
    Title("Jigsaw Getaway", "Fingertip Theory", "ave", 10.5),
    Title("Tile Floor Samba", "Sixteen Squares", "prop", 8),
    Title("金平糖の設計図", "Marzipan", "ave", 9.0, ("Blueprint of Sugar Stars",), ("konpeitou",)),
    Title("Sixty-Four Candles", "Sixteen Squares", "festo", 10.7),
)

BAR = 30  # sections of a chart's music bar


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    return {"displayVersion": title.era}


def versions(title: Title) -> list[str]:
    return since([version for version in jubeat.SINGLE.versions if "omni" not in version], title.era)


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top = title.top
    levels = {
        "BSC": max(1, round(top / 2 - chance.uniform(0.5, 1.5))),
        "ADV": round(top - chance.uniform(2.2, 3)),
        "EXT": top,
    }
    if top >= 10.3:
        levels["HARD EXT"] = top
    for difficulty, level in levels.items():
        notes = int(80 + 80 * level + chance.uniform(-40, 60))
        yield Chart(
            playtype="Single",
            difficulty=difficulty,
            level=f"{level:.1f}" if level >= 9 else str(int(level)),
            level_num=without_fraction(level),
            data={
                "inGameID": number,
                "musicBar": [chance.randint(1, 8) for _ in range(BAR)],
                "noteCount": notes,
            },
        )


# --- a play -------------------------------------------------------------------------------------------

_WORTH = {"perfect": 10, "great": 7, "good": 4, "poor": 1, "miss": 0}  # tenths


def play(chart: Row, player: Player) -> Row:
    """Returns a play of jubeat: 90 % of the million are for hits, 10 % for the music bar."""
    chance, notes = player.chance, chart["data"]["noteCount"]
    is_hard = chart["difficulty"].startswith(jubeat.HARD)
    off = min(notes, int(notes * player.errors(chart["levelNum"] + (0.5 if is_hard else 0)) * chance.uniform(1, 4)))
    miss, poor, good = (int(off * chance.uniform(0, most)) for most in (0.15, 0.1, 0.25))
    judgements = {"perfect": notes - off, "great": off - good - poor - miss, "good": good, "poor": poor, "miss": miss}
    earned = sum(_WORTH[name] * count for name, count in judgements.items())
    bar = chance.uniform(0.9, 1) if off else 1
    score = 90_000 * earned // notes + int(100_000 * bar * earned / (10 * notes))
    if score < jubeat.CLEARED:
        lamp = "FAILED"
    elif miss:
        lamp = "CLEAR"
    else:
        lamp = "EXCELLENT" if score == 1_000_000 else "FULL COMBO"
    return {
        "score": score,
        "musicRate": (100 * earned // notes) * (12 if is_hard else 10) // 10 / 10,
        "lamp": lamp,
        "judgements": judgements,
        "optional": {"maxCombo": notes if miss == 0 else chance.randint(notes // (miss + 1), notes - miss)},
    }


SAMPLE = Sample(
    slug="jubeat",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 9.4},
)
