"""pop'n music. Players use a song's genre as often as its title."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random

from imports.games import popn
from imports.sample.form import Chart, Player, Row, Sample, Title, since

# era: version and genre, with its English name after a slash if it is not English; top: the level of EX.
TITLES = (
    Title("ゆうやけ商店会のうた", "なかよし商店会", "peace ご当地ソング/LOCAL ANTHEM", 36, (), ("yuuyake",)),
    Title("Bubble Bath Bandits", "Tubby & The Ducks", "kaimei SURF", 39),
    Title("おばけのティータイム", "まよなか倶楽部", "unilab ハロウィン/HALLOWEEN", 41, ("Ghosts at Tea",), ("obake",)),
    Title("Telescope Parade", "Mint Observatory", "unilab FUTURE POP", 43),
    Title("忍者カフェ開店中", "影丸バンド", "kaimei 和ロック/JAPANESE ROCK", 45, ("Ninja Café Open",), ("ninja",)),
    Title("Rubber Boots", "Tubby & The Ducks", "peace SKA", 34),
    Title("雪だるま三兄弟", "なかよし商店会", "peace ウィンターポップ/WINTER POP", 33, (), ("yukidaruma",)),
    Title("Grandfather Clock Core", "Mint Observatory", "unilab SPEED", 48),
    Title("消しゴムのなみだ", "ちいさな文房具", "kaimei バラード/BALLAD", 28, (), ("keshigomu",)),
    Title("Lazy Volcano", "Tubby & The Ducks", "unilab EXOTICA", 37),
    Title("月曜日のライオン", "影丸バンド", "kaimei アフロビート/AFROBEAT", 42, ("Monday's Lion",), ("getsuyoubi",)),
    Title("Pixel Picnic", "Mint Observatory", "peace CHIPTUNE", 40),
    Title("深夜三時のパン屋さん", "まよなか倶楽部", "unilab シティポップ/CITY POP", 38, (), ("panya",)),
    Title("Button Masher's Lament", "Nine Thumbs", "kaimei PROGRESSIVE", 49),
    Title(
        "カエルの気象予報", "ちいさな文房具", "peace レインソング/RAIN SONG", 30, ("The Frog's Forecast",), ("kaeru",)
    ),
    Title("Sugar Cube Derby", "Nine Thumbs", "unilab BREAKBEATS", 44),
    Title("ちょうちょ結びの魔法", "ちいさな文房具", "kaimei メルヘン/FAIRY TALE", 35, (), ("chouchou",)),
    Title("Nine Thumbs Theme", "Nine Thumbs", "peace FUNK", 46),
    Title("まねきねこ大行進", "なかよし商店会", "unilab 音頭/ONDO", 40, (), ("manekineko",)),
    Title("Moonlit Trampoline", "Mint Observatory", "kaimei TRANCE", 47),
    Title("影ふみ百鬼夜行", "影丸バンド", "unilab 妖怪メタル/YOUKAI METAL", 50, ("Shadow Tag Parade",), ("kagefumi",)),
    Title("Postcard from Nowhere", "Tubby & The Ducks", "peace BOSSA NOVA", 31),
    Title("迷子のサーカス列車", "まよなか倶楽部", "kaimei サーカス/CIRCUS", 43, (), ("maigo",)),
    Title("Alarm Clock Uprising", "Nine Thumbs", "unilab PUNK", 41),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    genre, _, english = title.era.split(maxsplit=1)[1].partition("/")
    return {"displayVersion": title.era.split()[0], "genre": genre, "genreEN": english or None}


def versions(title: Title) -> list[str]:
    return since(list(popn.NINE_BUTTONS.versions), title.era.split()[0])


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top = int(title.top)
    levels = {
        "Easy": max(1, top // 4 - chance.choice((0, 1, 2))),
        "Normal": max(5, top // 2 - chance.choice((0, 1, 3))),
        "Hyper": top - chance.choice((6, 8, 9)),
        "EX": top,
    }
    for difficulty, level in levels.items():
        content = hashlib.sha256(f"sample popn {number} {difficulty}".encode()).hexdigest()
        yield Chart(
            playtype="9B",
            difficulty=difficulty,
            level=str(level),
            level_num=level,
            data={"hashSHA256": content, "inGameID": number},
        )


# --- a play -------------------------------------------------------------------------------------------

_WORTH = {"cool": 10, "great": 7, "good": 4, "bad": 0}
_LEVELS = 3  # three of the fifty levels differ as much as one level of other games


def play(chart: Row, player: Player) -> Row:
    """Returns a play of pop'n music."""
    chance, level = player.chance, chart["levelNum"]
    notes = 180 + 22 * int(level) + chart["songID"] % 53
    off = int(notes * player.errors(player.skill + (level - player.skill) / _LEVELS) * chance.uniform(0.6, 1.6))
    bad = int(off * chance.uniform(0, 0.3))
    good = int(off * chance.uniform(0.1, 0.4))
    judgements = {"cool": notes - 3 * off, "great": 3 * off - good - bad, "good": good, "bad": bad}
    if judgements["cool"] < 0:
        judgements |= {"cool": 0, "great": notes - good - bad}
    score = 100_000 * sum(_WORTH[name] * count for name, count in judgements.items()) // (10 * notes)
    return {"score": score, "clearMedal": _medal(good, bad, notes, chance), "judgements": judgements}


def _medal(good: int, bad: int, notes: int, chance: Random) -> str:
    """Returns the medal. Goods determine the shape of a full combo's medal and bads that of a clear's."""
    if bad == 0 and good == 0:
        return "perfect"
    if bad == 0:
        return f"fullCombo{_shape(good)}"
    if bad < notes * 0.06:
        return f"clear{_shape(bad)}"
    return "easyClear" if chance.random() < 0.3 else f"failed{chance.choice(('Star', 'Diamond', 'Circle'))}"


def _shape(count: int) -> str:
    return "Star" if count <= 5 else "Diamond" if count <= 20 else "Circle"


SAMPLE = Sample(
    slug="popn",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"9B": 41},
)
