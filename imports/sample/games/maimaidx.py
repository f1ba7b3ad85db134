"""maimai DX. Older songs have standard charts, newer ones DX charts."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import maimaidx
from imports.sample.form import Chart, Player, Row, Sample, Title, since, without_fraction

# era: the first version, type of the charts, genre; top: the level of Master. From 13.5 on there is also a Re:Master.
TITLES = (
    Title("Soap Bubble Syndicate", "Foam Party", "universeplus DX maimai", 13.2, (), ("shabondama",)),
    Title("銭湯ロケット", "湯けむり連合", "universeplus Std POPS＆アニメ", 11.8, ("Bathhouse Rocket",), ("sentou",)),
    Title("Hydrophone", "Deep End", "festival DX maimai", 13.9),
    Title("番台さんの休日", "湯けむり連合", "universeplus Std ゲーム＆バラエティ", 10.6, (), ("bandai",)),
    Title("Undertow Arithmetic", "Deep End", "buddies DX maimai", 14.3),
    Title(
        "牛乳瓶のオーロラ",
        "湯けむり連合",
        "festival DX POPS＆アニメ",
        12.4,
        ("Aurora in a Milk Bottle",),
        ("gyuunyuu",),
    ),
    Title("Lifeguard Lullaby", "Foam Party", "universeplus Std maimai", 9.8),
    Title("Chlorine Crush", "Foam Party", "festivalplus DX maimai", 12.9),
    Title("煙突の上の三日月", "湯けむり連合", "prism DX POPS＆アニメ", 12.0, (), ("entotsu",)),
    Title("Diving Bell Disco", "Deep End", "buddiesplus DX ゲーム＆バラエティ", 13.4),
    Title("Synchronised Sinking", "Deep End", "prism DX maimai", 14.6),
    Title("ぬるま湯革命", "湯けむり連合", "universeplus Std maimai", 11.2, ("The Lukewarm Revolution",), ("nurumayu",)),
    Title("Waterslide Theorem", "Foam Party", "festival DX maimai", 13.0),
    Title("Rubber Duck Armada", "Foam Party", "prismplus DX ゲーム＆バラエティ", 12.6),
    Title("のれんをくぐれば", "湯けむり連合", "universeplus Std POPS＆アニメ", 8.9, (), ("noren",)),
    Title("Pressure Ridge", "Deep End", "buddies DX maimai", 14.0),
    Title("Second Rinse", "Spray", "universeplus Std maimai", 12.2),
    Title("下駄箱の鍵は何番", "湯けむり連合", "festivalplus DX ゲーム＆バラエティ", 11.5, (), ("getabako",)),
    Title("Mist Machine", "Spray", "prism DX maimai", 13.6),
    Title("Nozzle", "Spray", "universeplus Std ゲーム＆バラエティ", 13.7),
    Title(
        "富士山のペンキ絵", "湯けむり連合", "buddiesplus DX POPS＆アニメ", 12.7, ("Fuji in House Paint",), ("fujisan",)
    ),
    Title("Tidal Locker", "Deep End", "festival DX maimai", 13.3),
    Title("Sprinkler Serenade", "Spray", "universeplus Std maimai", 10.1),
    Title("Evaporation Day", "Spray", "prismplus DX maimai", 14.1),
)

DX = 10_000  # offset of the in-game IDs of DX charts


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, chance: Random) -> Row:
    return {"duration": round(chance.uniform(115, 150), 3), "genre": title.era.split()[2]}


def versions(title: Title) -> list[str]:
    newest = [version for version in maimaidx.SINGLE.versions if "omni" not in version]
    return since(newest, title.era.split()[0])


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top, (version, kind, _) = title.top, title.era.split()
    levels = {
        "Basic": max(2, round(top / 2 - chance.uniform(1.5, 2.5))),
        "Advanced": max(4, round(top - chance.uniform(4.6, 5.6), 1)),
        "Expert": round(top - chance.uniform(1.8, 2.8), 1),
        "Master": top,
    }
    if top >= 13.5:
        levels["Re:Master"] = round(top + chance.uniform(0.2, 0.6), 1)
    for difficulty, level in levels.items():
        yield Chart(
            playtype="Single",
            difficulty=f"DX {difficulty}" if kind == "DX" else difficulty,
            level=f"{int(level)}{'+' if level >= 7 and level % 1 > 0.55 else ''}",
            level_num=without_fraction(level),
            data={
                "displayVersion": f"maimai でらっくす {maimaidx.SINGLE.versions[version]}",
                "inGameID": number + DX if kind == "DX" else number,
            },
        )


# --- a play -------------------------------------------------------------------------------------------


def play(chart: Row, player: Player) -> Row:
    """Returns a play of maimai DX; the last percent is for breaks."""
    chance, level = player.chance, chart["levelNum"]
    notes = 120 + 60 * int(level) + chart["songID"] % 59
    off = min(notes, int(notes * player.errors(level) * chance.uniform(0.5, 1.2)))
    miss, good = int(off * chance.uniform(0, 0.15)), int(off * chance.uniform(0, 0.2))
    hit = notes - off
    critical = hit if off == 0 and chance.random() < 0.2 else int(hit * chance.uniform(0.4, 0.9))
    judgements = {
        "pcrit": critical,
        "perfect": hit - critical,
        "great": off - good - miss,
        "good": good,
        "miss": miss,
    }
    share = (hit + 0.8 * judgements["great"] + 0.5 * good) / notes
    is_perfect = critical == notes
    percent = 101 if is_perfect else round(100 * share + chance.uniform(0.5 if off == 0 else 0.2, 0.98), 4)
    if off == 0:
        lamp = "ALL PERFECT+" if is_perfect else "ALL PERFECT"
    elif miss == 0:
        lamp = "FULL COMBO" if good else "FULL COMBO+"
    else:
        lamp = "CLEAR" if percent >= maimaidx.GRADE_FLOORS["A"] else "FAILED"
    return {
        "percent": percent,
        "lamp": lamp,
        "judgements": judgements,
        "optional": {"maxCombo": notes if miss == 0 else chance.randint(notes // (miss + 1), notes - miss)},
    }


SAMPLE = Sample(
    slug="maimaidx",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 12.8},
)
