"""WACCA."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import wacca
from imports.sample.form import Chart, Player, Row, Sample, Title, without_fraction

# era: version and genre; top: the internal level of EXPERT. Above 12.5 there is also an INFERNO.
TITLES = (
    Title("360度の夜明け", "環状線ユニオン", "reverse ハードコア", 12.8, ("Dawn in All Directions",), ("sanbyaku",)),
    Title("Halo Mechanics", "Perimeter", "plus オリジナル", 13.3),
    Title("輪郭だけの街", "透目ゆき", "reverse バラエティ", 10.4, (), ("rinkaku",)),
    Title("Bezel", "Perimeter", "reverse オリジナル", 11.6),
    Title("回転木馬は眠らない", "環状線ユニオン", "plus バラエティ", 12.1, ("The Carousel Never Sleeps",), ("kaiten",)),
    Title("Oblate", "Torus Lane", "reverse ハードコア", 13.8),
    Title("はちみつ遠心分離機", "ぐるぐる隊", "plus アニメ／ＰＯＰ", 9.6, (), ("hachimitsu",)),
    Title("Tangent Lovers", "Torus Lane feat. 透目ゆき", "reverse オリジナル", 12.4),
    Title("円卓会議は踊る", "ぐるぐる隊", "reverse アニメ／ＰＯＰ", 11.2, (), ("entaku",)),
    Title("Crownless", "Perimeter", "plus ハードコア", 14.1),
    Title("外周三十七分", "環状線ユニオン", "reverse オリジナル", 12.7, ("Thirty-seven Minutes Around",), ("gaishuu",)),
    Title("Hypotrochoid", "Torus Lane", "plus バラエティ", 10.8),
    Title("鏡面仕上げの恋", "透目ゆき", "reverse アニメ／ＰＯＰ", 9.9, (), ("kyoumen",)),
    Title("Reverse Gear Ritual", "Perimeter", "reverse ハードコア", 13.1),
    Title("七つ目のランタン", "透目ゆき", "plus オリジナル", 11.8, (), ("nanatsume",)),
    Title("Apsis", "Torus Lane", "reverse オリジナル", 13.6),
    Title("じゃんけん無限軌道", "ぐるぐる隊", "plus バラエティ", 12.2, ("Rock Paper Caterpillar",), ("janken",)),
    Title("Event Horizon Diner", "Perimeter", "reverse バラエティ", 11.4),
    Title("扇風機ロックンロール", "ぐるぐる隊", "reverse アニメ／ＰＯＰ", 8.7, (), ("senpuuki",)),
    Title("Gyre", "Torus Lane", "plus ハードコア", 13.0),
    Title("観測者のワルツ", "環状線ユニオン", "reverse オリジナル", 12.0, (), ("kansokusha",)),
    Title("Azimuth Zero", "Perimeter", "plus オリジナル", 13.9),
    Title("まるい月のレシピ", "透目ゆき", "reverse アニメ／ＰＯＰ", 9.2, ("Recipe for a Round Moon",), ("marui",)),
    Title("Ring Main", "Torus Lane", "reverse ハードコア", 12.9),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    version, genre = title.era.split(maxsplit=1)
    return {"displayVersion": version, "genre": genre}


def versions(title: Title) -> list[str]:
    return ["plus"] if title.era.startswith("plus") else list(wacca.SINGLE.versions)


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top = title.top
    levels = {
        "NORMAL": max(2.0, round(top - chance.uniform(6.5, 7.5))),
        "HARD": max(5.0, round(top - chance.uniform(2.8, 3.6), 1)),
        "EXPERT": top,
    }
    if top > 12.5:
        levels["INFERNO"] = round(top + chance.uniform(0.4, 0.9), 1)
    for difficulty, level in levels.items():
        yield Chart(
            playtype="Single",
            difficulty=difficulty,
            level=f"{int(level)}{'+' if level % 1 > 0.65 else ''}",
            level_num=without_fraction(level),
            data={"inGameID": number},
        )


# --- a play -------------------------------------------------------------------------------------------

_WORTH = {"marvelous": 10, "great": 7, "good": 3, "miss": 0}


def play(chart: Row, player: Player) -> Row:
    """Returns a play of WACCA."""
    chance, level = player.chance, chart["levelNum"]
    notes = 250 + 75 * int(level) + chart["songID"] % 71
    off = min(notes, int(notes * player.errors(level) * chance.uniform(0.9, 2)))
    good = int(off * chance.uniform(0, 0.25))
    miss = int(off * chance.uniform(0, 0.15))
    judgements = {"marvelous": notes - off, "great": off - good - miss, "good": good, "miss": miss}
    score = wacca.PERFECT_SCORE * sum(_WORTH[name] * count for name, count in judgements.items()) // (10 * notes)
    if miss == 0:
        lamp = "ALL MARVELOUS" if score == wacca.PERFECT_SCORE else "FULL COMBO"
    elif miss <= 5:
        lamp = "MISSLESS"
    else:
        lamp = "CLEAR" if score >= 850_000 or chance.random() < 0.4 else "FAILED"
    return {
        "score": score,
        "lamp": lamp,
        "judgements": judgements,
        "optional": {"maxCombo": notes if miss == 0 else chance.randint(notes // (miss + 1), notes - miss)},
    }


SAMPLE = Sample(
    slug="wacca",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 12.4},
)
