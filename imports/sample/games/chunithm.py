"""CHUNITHM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from imports.games import chunithm
from imports.sample.form import Chart, Player, Row, Sample, Title, since, without_fraction

# era: version and genre; top: the internal level of MASTER.
TITLES = (
    Title(
        "銀河鉄道の忘れ物センター",
        "かささぎ楽団",
        "new ORIGINAL",
        13.4,
        ("Lost Property of the Galactic Railway",),
        ("ginga",),
    ),
    Title("Peppermint Gyroscope", "Tidal Clock", "sun ORIGINAL", 12.7),
    Title("真夜中の購買部", "放課後バリケード", "verse VARIETY", 12.1, (), ("mayonaka koubaibu",)),
    Title("Cathedral of Rust", "Ashgrove", "paradiselost ORIGINAL", 14.6),
    Title(
        "八月三十二日の宿題", "夏木ソラ", "luminous POPS & ANIME", 11.8, ("Homework of August 32nd",), ("hachigatsu",)
    ),
    Title("Ballistic Origami", "Kite & Lever", "xverse ORIGINAL", 14.9),
    Title("水たまりに落ちた流れ星", "夏木ソラ", "sunplus POPS & ANIME", 10.9, (), ("nagareboshi",)),
    Title("Iron Lullaby", "Ashgrove", "newplus VARIETY", 13.9),
    Title("ポストの中の小さな台風", "かささぎ楽団", "luminousplus ORIGINAL", 12.4, (), ("taifuu",)),
    Title("Zero Visibility", "Tidal Clock", "verse ORIGINAL", 14.2),
    Title(
        "終わらない改札口",
        "放課後バリケード",
        "xverse ORIGINAL",
        13.6,
        ("The Ticket Gate That Never Ends",),
        ("kaisatsu",),
    ),
    Title("Marigold Static", "June Alder", "new VARIETY", 11.4),
    Title("百年ぶりの天気予報", "夏木ソラ", "sun POPS & ANIME", 10.2, (), ("tenki yohou",)),
    Title("Clockwork Estuary", "Tidal Clock", "paradiselost ORIGINAL", 13.1),
    Title("影絵芝居の夜に", "かささぎ楽団", "luminous ORIGINAL", 13.8, (), ("kagee",)),
    Title("Hexagonal Rain", "Kite & Lever", "verse ORIGINAL", 14.4),
    Title("おやすみ発電所", "June Alder", "newplus POPS & ANIME", 9.8, ("Good Night, Power Plant",), ("oyasumi",)),
    Title("Saffron Equation", "Kite & Lever", "sunplus ORIGINAL", 13.3),
    Title(
        "逆さ虹の渡し守", "Ashgrove", "xverse ORIGINAL", 15.1, ("Ferryman of the Upside-down Rainbow",), ("sakasaniji",)
    ),
    Title("Paper Lantern Riot", "放課後バリケード", "luminousplus VARIETY", 13.0),
    Title("五分だけの無人島", "夏木ソラ", "verse POPS & ANIME", 11.1, (), ("mujintou",)),
    Title("Oxide Butterfly", "Ashgrove", "sun ORIGINAL", 14.0),
    Title("ラムネ色の非常階段", "June Alder", "luminous VARIETY", 12.2, (), ("ramune",)),
    Title("Apogee Parade", "Tidal Clock", "new ORIGINAL", 12.9),
    Title(
        "図書室のくじら", "かささぎ楽団", "paradiselost POPS & ANIME", 10.5, ("The Whale in the Library",), ("kujira",)
    ),
    Title("Thousandfold Static Bloom", "Kite & Lever", "xverse ORIGINAL", 15.3),
    Title("月曜日の魔法使い見習い", "放課後バリケード", "newplus VARIETY", 11.6, (), ("getsuyoubi",)),
    Title("Undertow Cartography", "Tidal Clock", "luminousplus ORIGINAL", 13.7),
    Title("星くずクリーニング店", "夏木ソラ", "sunplus POPS & ANIME", 10.0, ("Stardust Cleaners",), ("hoshikuzu",)),
    Title("Basalt Choir", "Ashgrove", "verse ORIGINAL", 14.7),
    Title("傘をなくした音楽家たち", "June Alder", "luminous ORIGINAL", 12.6, (), ("kasa",)),
    Title("Kinetic Persimmon", "Kite & Lever", "sun VARIETY", 13.2),
    Title("屋上プラントの朝", "かささぎ楽団", "new POPS & ANIME", 9.4, (), ("okujou",)),
    Title("Seventh Sluice", "Tidal Clock", "paradiselost ORIGINAL", 13.5),
    Title("氷点下のタンバリン", "June Alder", "xverse VARIETY", 12.0, (), ("hyoutenka",)),
    Title("Last Ember Standing", "Ashgrove", "verse ORIGINAL", 15.0),
)


# --- charts ---


def song_data(title: Title, chance: Random) -> Row:
    version, genre = title.era.split(maxsplit=1)
    return {
        "displayVersion": f"CHUNITHM {chunithm.VERSIONS[version]}",
        "duration": round(chance.uniform(118, 152), 3),
        "genre": genre,
    }


def versions(title: Title) -> list[str]:
    return since(list(chunithm.SINGLE.versions), title.era.split()[0])


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    top = title.top
    levels = {
        "BASIC": max(2, round(top - chance.uniform(9, 10))),
        "ADVANCED": max(5, round(top - chance.uniform(6, 7))),
        "EXPERT": round((top - chance.uniform(2.6, 3.4)) * 2) / 2,
        "MASTER": top,
    }
    if top >= 14.6:
        levels["ULTIMA"] = round(top + chance.uniform(0.2, 0.4), 1)
    for difficulty, level in levels.items():
        plus = "+" if level % 1 >= 0.5 else ""
        yield Chart(
            playtype="Single",
            difficulty=difficulty,
            level=f"{int(level)}{plus}",
            level_num=without_fraction(level),
            data={"inGameID": number},
        )


# --- a play ---


def play(chart: Row, player: Player) -> Row:
    """Returns a play of CHUNITHM."""
    chance, level = player.chance, chart["levelNum"]
    notes = 400 + 130 * int(level) + chart["songID"] % 89
    below = min(notes, int(notes * player.errors(level) * chance.uniform(0.9, 1.8)))
    attack = int(below * chance.uniform(0, 0.22))
    miss = int(below * chance.uniform(0, 0.12))
    justice, jcrit = below - attack - miss, notes - below
    judgements = {"jcrit": jcrit, "justice": justice, "attack": attack, "miss": miss}
    if miss:
        note_lamp = "NONE"
    elif attack:
        note_lamp = "FULL COMBO"
    else:
        note_lamp = "ALL JUSTICE" if justice else "ALL JUSTICE CRITICAL"
    return {
        "score": (1_010_000 * jcrit + 1_000_000 * justice + 500_000 * attack) // notes,
        "noteLamp": note_lamp,
        "clearLamp": _clear_lamp(judgements, notes, chance),
        "judgements": judgements,
        "optional": {"maxCombo": notes if note_lamp != "NONE" else chance.randint(notes // 4, notes - 1)},
    }


def _clear_lamp(judgements: Mapping[str, int], notes: int, chance: Random) -> str:
    below = judgements["justice"] + judgements["attack"] + judgements["miss"]
    if judgements["miss"] > notes * 0.03:
        return "FAILED" if chance.random() < 0.7 else "CLEAR"
    for lamp, limit in (("CATASTROPHY", 10), ("ABSOLUTE", 50), ("BRAVE", 150), ("HARD", 300)):
        if below < limit and chance.random() < 0.3:
            return lamp
    return "CLEAR"


SAMPLE = Sample(
    slug="chunithm",
    first_id=7_901,  # in-game IDs are below 8,000
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Single": 13.6},
)
