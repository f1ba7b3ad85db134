"""PMS. Every song is one chart, played with a controller or a keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.sample.be_music import GAUGES, chart_data, draw_judgements, lamp, song_data
from imports.sample.form import Chart, Player, Row, Sample, Title

# era: level in a table and genre; top: Sieglinde difficulty of an easy clear (●1 begins at 13), 0 for none.
TITLES = (
    Title("九色のえんぴつ", "ぽんぽこ製作所", "●3 童謡ハードコア", 15.25, ("Nine Coloured Pencils",), ("kyuushoku",)),
    Title("Button Soup", "Wren & Wrench", "●1 SURF ROCK", 13.5),
    Title("たぬきの夜勤", "ぽんぽこ製作所", "●6 和風ドラムンベース", 17.5, (), ("tanuki",)),
    Title("Plastic Thunder", "Kid Solenoid", "●9 BIG BEAT", 19.75),
    Title("ひるねの女王", "猫柳ハウス", "○8 BOSSA NOVA", 9.5, ("The Queen of Naps",), ("hirune",)),
    Title("Springloaded", "Kid Solenoid", "●12 SPEEDCORE", 21.75),
    Title("さかさま図書館", "猫柳ハウス", "●4 FUTURE BASS", 16.0, (), ("sakasama",)),
    Title("Gumdrop Tribunal", "Wren & Wrench", "●7 BREAKCORE", 18.25),
    Title("商店街のうちゅう人", "ぽんぽこ製作所", "○10 ご当地ポップ", 11.75, (), ("uchuujin",)),
    Title("Nine Doors Down", "Wren & Wrench", "●2 FUNK", 14.25),
    Title("ビー玉の軌道計算", "猫柳ハウス", "●8 PROGRESSIVE", 19.0, ("Orbits of a Marble",), ("bi-dama",)),
    Title("Coil Whine Etude", "Kid Solenoid", "●14 PIANO CORE", 23.0),
    Title("ゆきんこ電報", "ぽんぽこ製作所", "●5 WINTER TRANCE", 16.75, (), ("yukinko",)),
    Title("Cloakroom", "Wren & Wrench", "○9 TRIP HOP", 10.5),
    Title("迷路みたいなパフェ", "猫柳ハウス", "●1 SHIBUYA-KEI", 13.0, ("A Parfait like a Maze",), ("meiro",)),
    Title("Relay Race", "Kid Solenoid", "●10 HARD TRANCE", 20.5),
    Title("折り紙の恐竜", "ぽんぽこ製作所", "●3 CHIPTUNE", 15.5, (), ("origami",)),
    Title("Ferris Wheel Insomnia", "Wren & Wrench", "●6 DARKWAVE", 17.25),
    Title("三毛猫ターミナル", "猫柳ハウス", "●11 JAZZ METAL", 21.0, (), ("mikeneko",)),
    Title("Latch & Key", "Kid Solenoid", "●5 ELECTRO SWING", 16.5),
    Title(
        "どんぐり交響曲第九番", "ぽんぽこ製作所", "●13 SYMPHONIC CORE", 22.5, ("Acorn Symphony No. 9",), ("donguri",)
    ),
    Title("Half Past Orange", "Wren & Wrench", "●2 CITY POP", 14.75),
    Title("夜店の宝石箱", "猫柳ハウス", "●4 EUROBEAT", 15.75, (), ("yomise",)),
    Title("Test Signal", "Kid Solenoid", "- NOISE", 0),
)


# --- charts -------------------------------------------------------------------------------------------


def versions(_title: Title) -> list[str]:
    return []


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    data = chart_data(title, identity=f"sample pms {number}", chance=chance)
    for playtype in ("Controller", "Keyboard"):
        yield Chart(playtype=playtype, difficulty="CHART", level="?", level_num=0, data=data)


# --- a play -------------------------------------------------------------------------------------------


def play(chart: Row, player: Player) -> Row:
    """Returns a play of PMS."""
    chance, judgements = player.chance, draw_judgements(chart, player)
    reached = lamp(judgements, chance)
    perfect = judgements.pop("pgreat")
    return {
        "score": 2 * perfect + judgements["great"],
        "lamp": reached,
        "judgements": {"cool": perfect, **judgements},
        "optional": {"bp": judgements["bad"] + judgements["poor"]},
        "scoreMeta": {
            "random": chance.choice(("NONRAN", "MIRROR", "RANDOM")),
            "client": "beatoraja",
            "gauge": GAUGES.get(reached, "NORMAL"),
        },
    }


SAMPLE = Sample(
    slug="pms",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Controller": 16.5, "Keyboard": 14.5},
)
