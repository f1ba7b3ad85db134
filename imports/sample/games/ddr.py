"""DDR. Single and double charts; the songs are in all categories of flare skill."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from random import Random

from imports.games import ddr
from imports.sample.form import Chart, Player, Row, Sample, Title, since

FIRST_ID = 730_001

# era: version and flare category; top: the level of EXPERT, and with a half of CHALLENGE, which is one higher.
TITLES = (
    Title("Turnpike Rhapsody", "Overpass", "a CLASSIC", 14),
    Title("靴ひもロケット", "アキレス同盟", "a20 WHITE", 13, ("Shoelace Rocket",), ("kutsuhimo",)),
    Title("NEON HOPSCOTCH", "DJ Chalkline", "a3 GOLD", 15.5),
    Title("Left Foot First", "The Understeps", "a CLASSIC", 11),
    Title("交差点フラミンゴ", "アキレス同盟", "a20plus WHITE", 14, ("Crossroads Flamingo",), ("kousaten",)),
    Title("Gravel", "Overpass", "world GOLD", 16.5),
    Title("Roller Rink Requiem", "DJ Chalkline", "a CLASSIC", 12),
    Title("踊り場の幽霊", "十三段目", "a3 GOLD", 15, ("Ghost on the Landing",), ("odoriba",)),
    Title("Kerb Crawler", "The Understeps", "a20 WHITE", 13),
    Title("Four Panel Opera", "Madame Metric", "world GOLD", 17.5),
    Title("夕立スキップ", "十三段目", "a CLASSIC", 9, (), ("yuudachi",)),
    Title("Double Knot", "DJ Chalkline", "a20 WHITE", 14.5),
    Title("Sprung Floor", "Overpass", "a20plus WHITE", 13),
    Title("三拍子の抜け道", "十三段目", "a3 GOLD", 12, ("Shortcut in Triple Time",), ("sanbyoushi",)),
    Title("Heel, Toe, Horizon", "Madame Metric", "world GOLD", 16),
    Title("Public Domain Disco", "The Understeps", "a CLASSIC", 10),
    Title("かかとの歌", "アキレス同盟", "konaste NONE", 11, (), ("kakato",)),
    Title("Ankle Deep", "Overpass", "a20 WHITE", 15.5),
    Title("Mezzanine Mambo", "Madame Metric", "a CLASSIC", 13),
    Title("矢印の森", "十三段目", "a3 GOLD", 14, ("Forest of Arrows",), ("yajirushi",)),
    Title("Second Wind Machine", "DJ Chalkline", "world GOLD", 17),
    Title("Barefoot on Basalt", "Overpass", "a20plus WHITE", 16.5),
    Title("おつりは飴玉", "アキレス同盟", "konaste NONE", 8, ("Change in Sweets",), ("otsuri",)),
    Title("Last Dance Surcharge", "The Understeps", "world GOLD", 15),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    number = FIRST_ID + TITLES.index(title)
    return {
        "basename": f"smp{number}",
        "ddrSongHash": hashlib.sha256(f"sample ddr {number}".encode()).hexdigest()[:32],
        "flareCategory": title.era.split()[1],
        "inGameID": number,
    }


def versions(title: Title) -> list[str]:
    return since(list(ddr.SP.versions), title.era.split()[0])


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    expert = int(title.top)
    levels = {"BASIC": max(2, expert - 8), "DIFFICULT": max(4, expert - 4), "EXPERT": expert}
    if title.top > expert:
        levels["CHALLENGE"] = expert + 1
    for difficulty, level in levels.items():
        steps = int(60 + 30 * level + chance.uniform(-25, 45))
        for playtype in ("SP", "DP") if difficulty != "BASIC" else ("SP",):
            yield Chart(
                playtype=playtype,
                difficulty=difficulty,
                level=str(level),
                level_num=level,
                data={"inGameID": number, "stepCount": steps},
            )


# --- a play -------------------------------------------------------------------------------------------

UNKNOWN_STEPS = 300  # the default; some real charts lack the number


def play(chart: Row, player: Player) -> Row:
    """Returns a play of DDR, SP or DP."""
    chance, steps = player.chance, chart["data"].get("stepCount", UNKNOWN_STEPS)
    off = player.errors(chart["levelNum"])
    miss, good = int(steps * off * chance.uniform(0, 0.4)), int(steps * off * chance.uniform(0, 0.3))
    great = int(steps * off * chance.uniform(0.1, 0.8))
    perfect = min(steps - miss - good - great, int(steps * (0.05 + 2 * off) * chance.uniform(0.3, 1.2)))
    held = min(steps - miss - good - great - perfect, chance.randint(0, steps // 12))
    marvelous = steps - miss - good - great - perfect - held
    judgements = {
        "MARVELOUS": marvelous,
        "PERFECT": perfect,
        "GREAT": great,
        "GOOD": good,
        "MISS": miss,
        "OK": held,
    }
    points = 5 * (marvelous + perfect + held) + 3 * great + good
    lamp = _lamp(judgements, chance)
    return {
        "score": 10 * max(0, points * 100_000 // (5 * steps) - perfect - great - good),
        "lamp": lamp,
        "judgements": judgements,
        "optional": {
            "exScore": 3 * (marvelous + held) + 2 * perfect + great,
            "flare": "0" if lamp == "FAILED" else chance.choice(ddr.FLARES),
        },
    }


_FULL_COMBOS = {  # lamp -> judgements that it excludes
    "MARVELOUS FULL COMBO": ("PERFECT", "GREAT", "GOOD", "MISS"),
    "PERFECT FULL COMBO": ("GREAT", "GOOD", "MISS"),
    "GREAT FULL COMBO": ("GOOD", "MISS"),
    "FULL COMBO": ("MISS",),
}


def _lamp(judgements: Mapping[str, int], chance: Random) -> str:
    for lamp, forbidden in _FULL_COMBOS.items():
        if not any(judgements[name] for name in forbidden):
            return lamp
    if judgements["MISS"] <= 3:
        return "LIFE4" if chance.random() < 0.3 else "CLEAR"
    return "FAILED" if judgements["MISS"] > sum(judgements.values()) * chance.uniform(0.04, 0.15) else "CLEAR"


SAMPLE = Sample(
    slug="ddr",
    first_id=FIRST_ID,
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"SP": 14, "DP": 12},
)
