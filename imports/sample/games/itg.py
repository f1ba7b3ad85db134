"""ITG. Stamina charts: long streams of sixteenths with short breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random

from imports.sample.form import Chart, Player, Row, Sample, Title

# era: tempo of the stream in BPM (a multiple of three) and pack; top: the level (with a half: unranked).
TITLES = (
    Title("Endless Escalator", "Calf Cramp", "150 Treadmill Vol. 1", 12),
    Title("Breath Control", "Diaphragm", "162 Treadmill Vol. 1", 13),
    Title("ひざ笑う午前三時", "持久走同好会", "174 Night Shift Stamina", 14, ("Three A.M. Jelly Knees",), ("hiza",)),
    Title("Lactic Acid Rain", "Calf Cramp", "186 Treadmill Vol. 1", 16),
    Title("Cadence Trap", "Metronomicon", "168 Night Shift Stamina", 13),
    Title(
        "坂道しかない町", "持久走同好会", "180 Night Shift Stamina", 15, ("A Town of Nothing but Slopes",), ("saka",)
    ),
    Title("Second Pair of Lungs", "Diaphragm", "198 Treadmill Vol. 2", 17),
    Title("Slow Twitch", "Metronomicon", "144 Treadmill Vol. 1", 11),
    Title("Fast Twitch", "Metronomicon", "210 Treadmill Vol. 2", 19),
    Title("給水所のマーチ", "持久走同好会", "156 Night Shift Stamina", 12, (), ("kyuusui",)),
    Title("Hollow Bar", "Calf Cramp", "192 Treadmill Vol. 2", 16),
    Title("The Wall at Thirty", "Diaphragm", "204 Treadmill Vol. 2", 18),
    Title("Pacemaker Duel", "Metronomicon", "177 Treadmill Vol. 2", 14),
    Title("折り返し地点の鳩", "持久走同好会", "165 Night Shift Stamina", 13, (), ("orikaeshi",)),
    Title("Oxygen Debt Collector", "Diaphragm", "189 Treadmill Vol. 2", 16.5),
    Title("Shin Splint Sonata", "Calf Cramp", "171 Treadmill Vol. 1", 14),
    Title("Recovery Pace", "Metronomicon", "135 Treadmill Vol. 1", 10),
    Title("終わらない階段", "持久走同好会", "201 Night Shift Stamina", 18, ("The Endless Stairs",), ("kaidan",)),
    Title("Bar Rest Is a Lie", "Calf Cramp", "183 Treadmill Vol. 2", 15.5),
    Title("Negative Split", "Diaphragm", "195 Treadmill Vol. 2", 17),
    Title("Crossover Country", "Metronomicon", "159 Treadmill Vol. 1", 12),
    Title("靴底の遺言", "持久走同好会", "216 Night Shift Stamina", 20, ("Testament of a Sole",), ("kutsuzoko",)),
    Title("Heart Rate Zone Five", "Diaphragm", "207 Treadmill Vol. 2", 19),
    Title("One Last Measure", "Calf Cramp", "222 Treadmill Vol. 2", 21),
)

SIXTEENTHS = 16  # in a measure
_TAGS = ((12, "Medium"), (15, "Hard"), (18, "Expert"))  # up to this block


# --- charts -------------------------------------------------------------------------------------------


def song_data(_title: Title, chance: Random) -> Row:
    return {"subtitle": chance.choice((None, None, None, "(Stamina Edit)"))}


def versions(_title: Title) -> list[str]:
    return []


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    tempo, pack = title.era.split(maxsplit=1)
    bpm, block = int(tempo), int(title.top)
    streams = [chance.choice((8, 16, 24, 32, 40)) for _ in range(2)]
    notes = [SIXTEENTHS] * streams[0] + [0] * chance.choice((1, 2)) + [SIXTEENTHS] * streams[1]
    speed = bpm * SIXTEENTHS / 4 / 60  # notes per second in a stream of sixteenths
    tag = next((tag for most, tag in _TAGS if block <= most), "Edit")
    yield Chart(
        playtype="Stamina",
        difficulty=f"{tag} {block}",
        level=str(block),
        level_num=block,
        data={
            "bannerLocationOverride": None,
            "breakdown": {
                "density": round(sum(streams) / len(notes), 4),
                "detailed": " ".join(map(str, streams)),
                "partiallySimplified": " ".join(map(str, streams)),
                "simplified": f"{sum(streams)}*",
                "total": f"{sum(streams)} Total",
            },
            "chartLevel": block,
            "charter": chance.choice(("B. Hurdle", "T. Readmill", "P. Acer")),
            "difficultyTag": tag,
            "hashGSv3": hashlib.sha256(f"sample itg {number}".encode()).hexdigest()[:16],
            "length": round(len(notes) * 240 / bpm, 2),
            "notesPerMeasure": notes,
            "npsPerMeasure": [round(speed * count / SIXTEENTHS, 1) for count in notes],
            "originalPack": pack,
            "packs": [pack],
            "rankedLevel": block if title.top == block else None,
            "streamBPM": bpm,
        },
    )


# --- a play -------------------------------------------------------------------------------------------

_WORTH = {"fantastic+": 5, "fantastic": 5, "excellent": 4, "great": 2, "decent": 0, "wayoff": -6, "miss": -12}
_LAMPS = ("CLEAR", "CLEAR", "CLEAR", "FULL COMBO", "FULL EXCELLENT COMBO", "QUAD", "QUINT")
"""Lamps of cleared plays, by the worst judgement, `miss` first."""


def play(chart: Row, player: Player) -> Row:
    """Returns a play of ITG. It is failed if too many notes are missed."""
    chance, notes = player.chance, sum(chart["data"]["notesPerMeasure"])
    off = player.errors(chart["levelNum"])
    breaks = int(notes * off * chance.uniform(0, 0.5))
    great = int(notes * off * chance.uniform(0, 0.7))
    excellent = min(notes - breaks - great, int(notes * 3 * off * chance.uniform(0.3, 1.2)))
    blue = notes - breaks - great - excellent
    white = min(blue, int(blue * off * chance.uniform(0, 4)))
    decent = chance.randint(0, breaks // 2)
    judgements = {
        "fantastic+": blue - white,
        "fantastic": white,
        "excellent": excellent,
        "great": great,
        "decent": decent,
        "wayoff": 0,
        "miss": breaks - decent,
    }
    earned = sum(_WORTH[name] * count for name, count in judgements.items())
    failed = judgements["miss"] > notes * 0.02
    # The best lamp that the worst judgement allows.
    worst = next((place for place, count in enumerate(reversed(judgements.values())) if count), 0)
    return {
        "scorePercent": round(max(0, 100 * earned / (5 * notes)), 2),
        "survivedPercent": round(chance.uniform(8, 97), 2) if failed else 100,
        "lamp": "FAILED" if failed else _LAMPS[worst],
        "judgements": judgements,
    }


SAMPLE = Sample(
    slug="itg",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Stamina": 15},
)
