"""USC. The same chart can be played with and without a controller."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random

from imports.sample.form import Chart, Player, Row, Sample, Title

# era: the charts' effector; top: the level of INF (17 and above) or EXH.
TITLES = (
    Title("Copper Wire Cathedral", "Lowgain", "tetrapod", 18),
    Title("千の風見鶏", "浅葱カルテット", "さんかく", 17, ("A Thousand Weathercocks",), ("sen no kazamidori",)),
    Title("GRIDLOCK VALKYRIE", "HEXFIELD", "tetrapod", 20),
    Title("Soft Landing Procedure", "Ada Prism", "mellowbits", 14),
    Title("灯台守のテレグラフ", "浅葱カルテット", "さんかく", 16, (), ("toudaimori",)),
    Title("Rotary Sunrise", "Lowgain", "knobhead", 17),
    Title("Laser Cut Heart", "Ada Prism feat. Min", "mellowbits", 18),
    Title("機械仕掛けの夕立", "錆猫", "knobhead", 18, ("Clockwork Shower",), ("kikaijikake no yuudachi",)),
    Title("Terminal Bloom", "HEXFIELD", "tetrapod", 19),
    Title("Second Hand Galaxy", "Moss & Motor", "mellowbits", 15),
    Title("逆走メトロポリス", "錆猫", "さんかく", 19, (), ("gyakusou",)),
    Title("Undervolt", "Lowgain", "knobhead", 16),
    Title("Kerosene Lullaby", "Moss & Motor", "tetrapod", 17),
    Title("紙吹雪のオービット", "浅葱カルテット", "mellowbits", 17, ("Confetti Orbit",), ("kamifubuki",)),
    Title("NULL//POINTER//PRAYER", "HEXFIELD", "tetrapod", 20),
    Title("Slow Knob Waltz", "Ada Prism", "mellowbits", 13),
    Title("終列車はもう出ました", "錆猫 feat. Min", "さんかく", 18, (), ("shuuressha",)),
    Title("Cinnamon Sawtooth", "Moss & Motor", "knobhead", 16),
    Title("Deadlock Samba", "Lowgain", "tetrapod", 18),
    Title("青写真の城", "浅葱カルテット", "さんかく", 18, ("Castle on a Blueprint",), ("aojashin",)),
    Title("Fifth Floor, Homewares", "Ada Prism", "mellowbits", 15),
    Title("Hysteresis", "HEXFIELD", "knobhead", 19),
    Title("ガラス越しのパレード", "錆猫", "さんかく", 17, (), ("garasugoshi",)),
    Title("Everything Must Go", "Moss & Motor", "tetrapod", 17),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(_title: Title, _chance: Random) -> Row:
    return {}


def versions(_title: Title) -> list[str]:
    return []


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top = int(title.top)
    for difficulty, level in (("ADV", top - chance.choice((4, 5))), ("INF" if top >= 17 else "EXH", top)):
        content = hashlib.sha1(f"sample usc {number} {difficulty}".encode(), usedforsecurity=False).hexdigest()
        tables = [{"level": f"{level}", "table": "SC"}] if level >= 17 else []
        for playtype in ("Controller", "Keyboard"):
            yield Chart(
                playtype=playtype,
                difficulty=difficulty,
                level=str(level),
                level_num=level,
                data={"effector": title.era, "hashSHA1": content, "isOfficial": False, "tableFolders": tables},
            )


# --- a play -------------------------------------------------------------------------------------------

_CRITICAL = 2  # a near hit is worth half of a critical one


def play(chart: Row, player: Player) -> Row:
    """Returns a play of USC."""
    chance, level = player.chance, chart["levelNum"]
    notes = 480 + 85 * int(level) + chart["songID"] % 83
    off = int(notes * player.errors(level) * chance.uniform(0.4, 1.2))
    miss = int(off * chance.uniform(0, 0.3))
    near = off - miss
    score = 10_000_000 * (_CRITICAL * (notes - off) + near) // (_CRITICAL * notes)
    early = chance.randint(0, near)
    gauge = chance.choice(("NORMAL", "NORMAL", "HARD"))
    if miss == 0:
        lamp = "ULTIMATE CHAIN" if near else "PERFECT ULTIMATE CHAIN"
    elif score < (9_400_000 if gauge == "HARD" else 8_800_000):
        lamp = "FAILED"
    else:
        lamp = "EXCESSIVE CLEAR" if gauge == "HARD" else "CLEAR"
    return {
        "score": score,
        "lamp": lamp,
        "judgements": {"critical": notes - off, "near": near, "miss": miss},
        "optional": {"fast": early, "slow": near - early},
        "scoreMeta": {"noteMod": chance.choice(("NORMAL", "NORMAL", "MIRROR", "RANDOM")), "gaugeMod": gauge},
    }


SAMPLE = Sample(
    slug="usc",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Controller": 17.2, "Keyboard": 15.8},
)
