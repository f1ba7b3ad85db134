"""SOUND VOLTEX."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import sdvx
from imports.sample.form import Chart, Player, Row, Sample, Title, since, tier

# era: version and name of the fourth difficulty; top: its level.
TITLES = (
    Title("VERMILION CASCADE", "Kagehira × Noct", "exceed MXM", 19),
    Title(
        "終電後のプラネタリウム",
        "白瀬ユウ feat. 灯",
        "heaven HVN",
        18,
        ("Planetarium After the Last Train",),
        ("shuudengo",),
    ),
    Title("狐火サーキット", "まつりば工房", "vivid MXM", 18, ("Kitsunebi Circuit",), ("kitsunebi",)),
    Title("Sunset Overclock", "DJ Halfbeat", "exceed XCD", 18),
    Title("404号室のワルツ", "深夜図書館", "heaven HVN", 16, ("Waltz of Room 404",), ("yonmaruyon",)),
    Title("Parallax Heart", "Orrery Club", "inf INF", 18),
    Title("Phantom Arcology", "Veil Theory", "gw GRV", 17),
    Title("月面ラジオ放送局", "アンテナ部", "vivid VVD", 17, ("Lunar Radio Station",), ("getsumen radio",)),
    Title(
        "硝子の街、ネオンの雨", "ミナトマチ", "exceed MXM", 17, ("City of Glass, Rain of Neon",), ("garasu no machi",)
    ),
    Title(
        "あの日きみと見た観覧車のいちばん高いところで止まった時計の話",
        "宵待フィルム",
        "exceed MXM",
        18,
        (),
        ("kanransha",),
    ),
    Title("Bitter Lemon Syndicate", "DJ Halfbeat", "gw GRV", 18),
    Title("Tactile Snowfall", "Orrery Club", "vivid MXM", 17),
    Title("Ferrofluid Minuet", "Veil Theory", "booth MXM", 16),
    Title("雨樋のシンフォニー", "白瀬ユウ", "inf INF", 15, ("Rain Gutter Symphony",), ("amadoi",)),
    Title("Half-Life of a Firefly", "Kagehira", "heaven MXM", 18),
    Title("紙飛行機の管弦楽団", "アンテナ部", "exceed XCD", 16, (), ("kamihikouki",)),
    Title("OBSIDIAN//RESET", "Noct", "exceed MXM", 20),
    Title("夜行バスと金平糖", "深夜図書館", "vivid VVD", 16, ("Night Bus and Konpeito",), ("yakou basu",)),
    Title("Copper Aurora Line", "DJ Halfbeat", "heaven HVN", 17),
    Title("零番線のメトロノーム", "ミナトマチ", "gw GRV", 17, (), ("zerobansen",)),
    Title("Saltwater Engine", "Veil Theory", "inf INF", 17),
    Title("ひとさじの宇宙論", "宵待フィルム", "booth INF", 14, (), ("hitosaji",)),
    Title("Graviton Picnic", "Orrery Club", "exceed MXM", 18),
    Title("無重力さんぽ日和", "まつりば工房", "gw MXM", 15, (), ("mujuuryoku sanpo",)),
    Title("Nine Lives of Lamplight", "Kagehira × Noct", "vivid MXM", 19),
    Title("迷子のオルゴール屋", "白瀬ユウ feat. 灯", "heaven MXM", 17, ("The Lost Music Box Shop",), ("maigo",)),
    Title("Quartz Insurrection", "Noct", "exceed XCD", 19),
    Title("霧笛のためのカノン", "ミナトマチ", "inf INF", 16, (), ("muteki canon",)),
    Title("Moth & Magnesium", "Veil Theory", "vivid VVD", 18),
    Title("放課後ステルス大作戦会議", "まつりば工房", "exceed MXM", 17, (), ("houkago",)),
    Title("Cinder Protocol Zero", "Kagehira", "gw GRV", 18),
    Title("みずたまり観測所", "アンテナ部", "booth MXM", 13, (), ("mizutamari",)),
    Title("Velvet Turbine", "DJ Halfbeat", "heaven MXM", 18),
    Title("ソーダ水の海図", "宵待フィルム", "exceed MXM", 16, ("Charts of a Soda Sea",), ("soda",)),
    Title("Anemoia Driveway", "Orrery Club", "exceed MXM", 17),
    Title(
        "千年目の留守番電話",
        "深夜図書館",
        "exceed MXM",
        20,
        ("Answering Machine of the Thousandth Year",),
        ("rusuban",),
    ),
)


# --- charts ---


def song_data(title: Title, _chance: Random) -> Row:
    return {"displayVersion": title.era.split()[0]}


def versions(title: Title) -> list[str]:
    return since(list(sdvx.SINGLE.versions), title.era.split()[0])


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
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
        data: Row = {"inGameID": number}
        if level >= 16:
            worth = level + chance.randint(0, 9) / 10
            data |= {
                "clearTier": tier(worth, f"{level}{'EDCBA'[int(worth * 10) % 10 // 2]}", chance),
                "pucTier": tier(worth, f"{worth:.1f}", chance),
            }
        if level >= 17:
            data["sTier"] = tier(worth, f"T{9 - int(worth * 10) % 10}", chance)
        yield Chart(playtype="Single", difficulty=difficulty, level=str(level), level_num=level, data=data)


# --- a play ---

_CRITICAL = 2  # a near hit is worth half of a critical one


def play(chart: Row, player: Player) -> Row:
    """Returns a play of SOUND VOLTEX."""
    chance, level = player.chance, chart["levelNum"]
    notes = 500 + 90 * int(level) + chart["songID"] % 97
    bad = int(notes * player.errors(level) * chance.uniform(0.4, 1.2))
    # Up to five errors count as none, as full chains would be too rare otherwise.
    bad = bad if bad > 5 else 0
    miss = int(bad * max(0, chance.uniform(-0.05, 0.3)))
    near = bad - miss
    critical = notes - bad
    score = 10_000_000 * (_CRITICAL * critical + near) // (_CRITICAL * notes)
    early = chance.randint(0, near)
    if miss == 0:
        lamp = "ULTIMATE CHAIN" if near else "PERFECT ULTIMATE CHAIN"
    elif score >= 9_650_000 and chance.random() < 0.45:
        lamp = "MAXXIVE CLEAR" if chance.random() < 0.4 else "EXCESSIVE CLEAR"
    else:
        lamp = "CLEAR" if score >= 8_900_000 or chance.random() < 0.3 else "FAILED"
    return {
        "score": score,
        "lamp": lamp,
        "judgements": {"critical": critical, "near": near, "miss": miss},
        "optional": {"fast": early, "slow": near - early},
    }


SAMPLE = Sample(
    slug="sdvx",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 17.4},
)
