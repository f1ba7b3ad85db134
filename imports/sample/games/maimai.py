"""maimai (up to FiNALE)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import maimai
from imports.sample.form import Chart, Player, Row, Sample, Title, without_fraction

# era: the first version; top: the level of Master. From 12.5 on there is also a Re:Master.
TITLES = (
    Title("Laundromat Odyssey", "Spin Cycle", "maimai PLUS", 10.8, (), ("sentaku",)),
    Title("ぐるぐる金魚鉢", "縁日オーケストラ", "GreeN", 9.7, ("The Whirling Goldfish Bowl",), ("guruguru",)),
    Title("Detergent Dreams", "Spin Cycle", "ORANGE", 11.2),
    Title("綿菓子エスケープ", "縁日オーケストラ", "PiNK", 12.1, ("Candyfloss Escape",), ("watagashi",)),
    Title("Porthole", "Fabric Softener", "MURASAKi", 12.7),
    Title("脱水工程のバラード", "Spin Cycle", "MiLK", 8.9, (), ("dassui",)),
    Title("Odd Sock Anthem", "Fabric Softener", "FiNALE", 11.9),
    Title(
        "射的屋の恋わずらい", "縁日オーケストラ", "ORANGE PLUS", 10.4, ("Lovesick at the Shooting Stall",), ("shateki",)
    ),
    Title("Static Cling", "Fabric Softener", "FiNALE", 13.1),
    Title("りんご飴の公転周期", "縁日オーケストラ", "PiNK PLUS", 12.4, (), ("ringoame",)),
    Title("Tumble Dry Tango", "Spin Cycle", "GreeN PLUS", 9.3),
    Title("Lint", "Fabric Softener", "MURASAKi PLUS", 11.5),
    Title("提灯と人工衛星", "縁日オーケストラ", "MiLK PLUS", 12.9, ("Paper Lantern and Satellite",), ("chouchin",)),
    Title("Eight Button Bolero", "Circumference", "maimai", 7.8),
    Title("Rim Shot Reverie", "Circumference", "FiNALE", 13.4),
    Title("お面の裏側", "縁日オーケストラ", "MURASAKi", 10.1, (), ("omen",)),
    Title("Warm Iron", "Fabric Softener", "ORANGE", 8.4),
    Title("Circle Line Sunset", "Circumference", "PiNK", 11.1),
    Title("ヨーヨー釣り選手権", "縁日オーケストラ", "MiLK", 12.0, (), ("yoyo",)),
    Title("Bleach & Blossom", "Spin Cycle", "FiNALE", 12.6),
    Title("Tangent Slide", "Circumference", "GreeN", 9.9),
    Title("花火のあとの駐輪場", "縁日オーケストラ", "FiNALE", 11.7, ("Bicycle Park After the Fireworks",), ("hanabi",)),
    Title("Half Past Rinse", "Spin Cycle", "maimai PLUS", 8.1),
    Title("Perimeter Waltz", "Circumference", "MiLK PLUS", 13.2),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(title: Title, _chance: Random) -> Row:
    return {"artistJP": title.artist, "displayVersion": title.era, "titleJP": title.title}


def versions(_title: Title) -> list[str]:
    return list(maimai.SINGLE.versions)


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top = title.top
    levels = {
        "Basic": max(2, round(top / 2 - chance.uniform(0.5, 1.5))),
        "Advanced": max(4, round(top - chance.uniform(3.6, 4.6), 1)),
        "Expert": round(top - chance.uniform(1.8, 2.6), 1),
        "Master": top,
    }
    if top >= 12.5:
        levels["Re:Master"] = round(top + chance.uniform(0.2, 0.6), 1)
    for difficulty, level in levels.items():
        yield Chart(
            playtype="Single",
            difficulty=difficulty,
            level=f"{int(level)}{'+' if level % 1 > 0.65 else ''}",
            level_num=without_fraction(level),
            data={
                "inGameID": number,
                "inGameStrID": f"sample_{number}",
                "maxPercent": round(100 + chance.uniform(0.1, 0.9), 2),
            },
        )


# --- a play -------------------------------------------------------------------------------------------


def play(chart: Row, player: Player) -> Row:
    """Returns a play of maimai; the percent above 100 is for breaks."""
    chance, level, most = player.chance, chart["levelNum"], chart["data"]["maxPercent"]
    notes = 90 + 60 * int(level) + chart["songID"] % 53
    off = min(notes, int(notes * player.errors(level) * chance.uniform(0.8, 2)))
    miss, good = int(off * chance.uniform(0, 0.2)), int(off * chance.uniform(0, 0.2))
    judgements = {"perfect": notes - off, "great": off - good - miss, "good": good, "miss": miss}
    hit = 100 * (notes - off + 0.8 * judgements["great"] + 0.5 * good) / notes
    breaks = chance.choice((0.3, 0.6, 0.8, 1)) if off == 0 else chance.uniform(0.2, 0.9)
    percent = most if (off, breaks) == (0, 1) else round(min(hit + (most - 100) * breaks, most - 0.01), 2)
    if percent == most:
        lamp = "ALL PERFECT+"
    elif miss == 0:
        lamp = "FULL COMBO" if off else "ALL PERFECT"
    else:
        lamp = "CLEAR" if percent >= maimai.GRADE_FLOORS["A"] else "FAILED"
    return {
        "percent": percent,
        "lamp": lamp,
        "judgements": judgements,
        "optional": {"maxCombo": notes if miss == 0 else chance.randint(notes // (miss + 1), notes - miss)},
    }


SAMPLE = Sample(
    slug="maimai",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 11.8},
)
