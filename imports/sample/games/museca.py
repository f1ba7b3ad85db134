"""MÚSECA."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import museca
from imports.sample.form import Chart, Player, Row, Sample, Title

# era: the first version; top: the level of Red; the first search term is the reading that the game shows.
TITLES = (
    Title(
        "花冠のペンデュラム", "小夜時雨", "1", 13, ("Pendulum of the Flower Crown",), ("ﾊﾅｶﾝﾑﾘﾉﾍﾟﾝﾃﾞｭﾗﾑ", "hanakanmuri")
    ),
    Title("Marionette Avenue", "Fig Parlour", "1", 12, (), ("ﾏﾘｵﾈｯﾄｱﾍﾞﾆｭｰ",)),
    Title("螺鈿の鳥籠", "玻璃工房", "1+1/2", 14, ("Mother-of-Pearl Birdcage",), ("ﾗﾃﾞﾝﾉﾄﾘｶｺﾞ", "raden")),
    Title("Ashtray Galaxy", "Nocturne Post", "1", 11, (), ("ｱｼｭﾄﾚｲｷﾞｬﾗｸｼｰ",)),
    Title("ひなげしの手紙", "小夜時雨", "1", 9, (), ("ﾋﾅｹﾞｼﾉﾃｶﾞﾐ", "hinageshi")),
    Title("Spinning Grotesque", "Fig Parlour", "1+1/2", 15, (), ("ｽﾋﾟﾆﾝｸﾞｸﾞﾛﾃｽｸ",)),
    Title("仮面舞踏会の裏口", "玻璃工房", "1", 13, ("Back Door of the Masquerade",), ("ｶﾒﾝﾌﾞﾄｳｶｲﾉｳﾗｸﾞﾁ", "kamen")),
    Title("Gilt Edge", "Nocturne Post", "1+1/2", 12, (), ("ｷﾞﾙﾄｴｯｼﾞ",)),
    Title("夜光虫のアリア", "小夜時雨", "1+1/2", 14, (), ("ﾔｺｳﾁｭｳﾉｱﾘｱ", "yakouchuu")),
    Title("Curator's Waltz", "Fig Parlour", "1", 10, (), ("ｷｭﾚｰﾀｰｽﾞﾜﾙﾂ",)),
    Title("灰かぶりの秒針", "玻璃工房", "1", 13, (), ("ﾊｲｶﾌﾞﾘﾉﾋﾞｮｳｼﾝ", "haikaburi")),
    Title("Velour Machine", "Nocturne Post", "1", 14, (), ("ﾍﾞﾛｱﾏｼｰﾝ",)),
    Title("水鏡の回廊", "小夜時雨", "1+1/2", 12, ("Gallery of the Water Mirror",), ("ﾐｽﾞｶｶﾞﾐﾉｶｲﾛｳ", "mizukagami")),
    Title("Five Petal Riot", "Fig Parlour", "1+1/2", 15, (), ("ﾌｧｲﾌﾞﾍﾟﾀﾙﾗｲｵｯﾄ",)),
    Title("古書店の天球儀", "玻璃工房", "1", 11, (), ("ｺｼｮﾃﾝﾉﾃﾝｷｭｳｷﾞ", "koshoten")),
    Title("Smoke Ring Tango", "Nocturne Post", "1", 12, (), ("ｽﾓｰｸﾘﾝｸﾞﾀﾝｺﾞ",)),
    Title("月下の蝋細工", "小夜時雨", "1+1/2", 13, (), ("ｹﾞｯｶﾉﾛｳｻﾞｲｸ", "gekka")),
    Title("Ornament & Crime Scene", "Fig Parlour", "1", 14, (), ("ｵｰﾅﾒﾝﾄｱﾝﾄﾞｸﾗｲﾑｼｰﾝ",)),
    Title("硝子絵の海", "玻璃工房", "1", 10, ("Sea on Stained Glass",), ("ｶﾞﾗｽｴﾉｳﾐ", "garasue")),
    Title("Last Exhibit", "Nocturne Post", "1+1/2", 15, (), ("ﾗｽﾄｴｸｼﾋﾞｯﾄ",)),
    Title("額縁の中の午後三時", "小夜時雨", "1", 9, (), ("ｶﾞｸﾌﾞﾁﾉﾅｶﾉｺﾞｺﾞｻﾝｼﾞ", "gakubuchi")),
    Title("Harlequin Weather", "Fig Parlour", "1", 13, (), ("ﾊｰﾚｸｲﾝｳｪｻﾞｰ",)),
    Title("鍵穴のオペレッタ", "玻璃工房", "1+1/2", 14, (), ("ｶｷﾞｱﾅﾉｵﾍﾟﾚｯﾀ", "kagiana")),
    Title("Night Watchman's Fugue", "Nocturne Post", "1", 12, (), ("ﾅｲﾄｳｫｯﾁﾏﾝｽﾞﾌｰｶﾞ",)),
)
READINGS = {
    "小夜時雨": "ｻﾖｼｸﾞﾚ",
    "Fig Parlour": "ﾌｨｸﾞﾊﾟｰﾗｰ",
    "玻璃工房": "ﾊﾘｺｳﾎﾞｳ",
    "Nocturne Post": "ﾉｸﾀｰﾝﾎﾟｽﾄ",
}


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    return {"artistJP": READINGS[title.artist], "displayVersion": title.era, "titleJP": title.search[0]}


def versions(_title: Title) -> list[str]:
    return list(museca.SINGLE.versions)


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    red = int(title.top)
    levels = {
        "Green": max(1, red - chance.choice((7, 8))),
        "Yellow": max(4, red - chance.choice((3, 4))),
        "Red": red,
    }
    for difficulty, level in levels.items():
        yield Chart(
            playtype="Single",
            difficulty=difficulty,
            level=str(level),
            level_num=level,
            data={"inGameID": number},
        )


# --- a play -------------------------------------------------------------------------------------------

_CRITICAL = 2  # a near hit is worth half of a critical one


def play(chart: Row, player: Player) -> Row:
    """Returns a play of MÚSECA."""
    chance, level = player.chance, chart["levelNum"]
    notes = 300 + 70 * int(level) + chart["songID"] % 61
    off = int(notes * player.errors(level) * chance.uniform(0.5, 1.4))
    miss = int(off * chance.uniform(0, 0.35))
    near = off - miss
    score = 1_000_000 * (_CRITICAL * (notes - off) + near) // (_CRITICAL * notes)
    if score < museca.CLEAR_SCORE:
        lamp = "FAILED"
    elif miss:
        lamp = "CLEAR"
    else:
        lamp = "CONNECT ALL" if near else "PERFECT CONNECT ALL"
    return {
        "score": score,
        "lamp": lamp,
        "judgements": {"critical": notes - off, "near": near, "miss": miss},
    }


SAMPLE = Sample(
    slug="museca",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 12.6},
)
