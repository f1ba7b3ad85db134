"""BMS. Every song is one chart, on seven keys or on fourteen."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.sample.be_music import GAUGES, chart_data, draw_judgements, lamp, song_data
from imports.sample.form import Chart, Player, Row, Sample, Title

# era: level in a table and genre; top: Sieglinde difficulty of an easy clear (★1 begins at 13), 0 for none.
SEVEN_KEYS = (
    Title("Kernel Panic Lullaby", "sunday coder", "★5 HARD TECHNO", 17.25),
    Title("畳の国の特急", "夜更かし同好会", "★2 和風ユーロ", 14.5, ("Express to Tatami Land",), ("tatami",)),
    Title("unsaved changes", "vim & vigour", "☆9 AMBIENT BREAKS", 10.25),
    Title("ナイトプール・メカニズム", "白熱灯", "★8 FRENCH HOUSE", 19.0, (), ("night pool",)),
    Title("Stack Overflow Serenade", "sunday coder", "★12 ARTCORE", 21.5),
    Title("手すりのない階段", "夜更かし同好会", "st3 COLOUR BASS", 23.75, (), ("tesuri",)),
    Title("sixteen bit winter", "vim & vigour", "sl4 CHIPTUNE", 13.5),
    Title("Filament", "白熱灯", "★18 SPEEDCORE", 24.25),
    Title("早退届のすすめ", "夜更かし同好会", "☆11 GUITAR POP", 12.5, ("In Praise of Leaving Early",), ("soutai",)),
    Title("merge conflict", "vim & vigour", "★1 DRUM'N BASS", 13.75),
    Title("Tungsten Orchard", "白熱灯", "sl9 PROGRESSIVE", 15.75),
    Title("隣町の流星群", "夜更かし同好会", "★3 TRANCE", 15.25, (), ("tonarimachi",)),
    Title("Segmentation Waltz", "sunday coder", "★7 GOTHIC", 18.5),
    Title("your branch is behind", "vim & vigour", "☆7 LO-FI HIP HOP", 8.75),
    Title("電子レンジ革命", "白熱灯", "sl12 GABBA", 17.75, ("The Microwave Revolution",), ("denshi renji",)),
    Title("Deprecated Love", "sunday coder", "★4 DARK POP", 16.25),
    Title("tabs // spaces", "vim & vigour", "★10 DUBSTEP", 20.25),
    Title("朝焼けコンパイラ", "夜更かし同好会", "- JAZZ FUSION", 0, (), ("asayake",)),
)
FOURTEEN_KEYS = (
    Title("Two Hands Are Not Enough", "sunday coder", "sl2 SAMBA", 12.75),
    Title("左右対称の恋", "夜更かし同好会", "sl5 HAPPY HARDCORE", 14.0, ("Symmetrical Love",), ("sayuu taishou",)),
    Title("mirror() { mirror() }", "vim & vigour", "sl7 RECURSIVE TECHNO", 15.5),
    Title("Dual Boot", "sunday coder", "sl10 NEUROFUNK", 17.0),
    Title("並行世界の回覧板", "夜更かし同好会", "sl4 SHIBUYA-KEI", 13.25, (), ("heikou sekai",)),
    Title("Arc Lamp Avenue", "白熱灯", "sl12 HARDSTYLE", 18.0),
)


# --- charts -------------------------------------------------------------------------------------------


def versions(_title: Title) -> list[str]:
    return []


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    data = chart_data(title, identity=f"sample bms {number}", chance=chance)
    playtype = "14K" if title in FOURTEEN_KEYS else "7K"
    yield Chart(playtype=playtype, difficulty="CHART", level="?", level_num=0, data=data | {"aiLevel": None})


# --- a play -------------------------------------------------------------------------------------------


def play(chart: Row, player: Player) -> Row:
    """Returns a play of BMS."""
    chance, judgements = player.chance, draw_judgements(chart, player)
    reached = lamp(judgements, chance)
    random = chance.choice(("NONRAN", "MIRROR", "RANDOM", "S-RANDOM"))
    return {
        "score": 2 * judgements["pgreat"] + judgements["great"],
        "lamp": reached,
        "judgements": judgements,
        "optional": {"bp": judgements["bad"] + judgements["poor"]},
        "scoreMeta": {
            "random": random if chart["playtype"] == "7K" else [random, "NONRAN"],
            "client": chance.choice(("LR2", "lr2oraja")),
            "gauge": GAUGES.get(reached, "NORMAL"),
        },
    }


SAMPLE = Sample(
    slug="bms",
    titles=SEVEN_KEYS + FOURTEEN_KEYS,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"7K": 16.5, "14K": 14.5},
)
