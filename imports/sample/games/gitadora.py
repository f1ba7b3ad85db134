"""GITADORA. Guitar, bass and drums have charts of the same song."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import gitadora
from imports.sample.form import Chart, Player, Row, Sample, Title, without_fraction

# era: the first version; top: the level of guitar EXTREME. From 7.5 on there is also a MASTER.
TITLES = (
    Title("Feedback Cathedral", "Humbucker Saints", "konaste", 7.85),
    Title("放課後アンプ泥棒", "軽音部第二班", "konaste", 5.4, ("The After-school Amp Thief",), ("houkago",)),
    Title("Seven String Theory", "Locrian", "fuzzUp", 8.3),
    Title("弦が切れたら帰ろう", "軽音部第二班", "highVoltage", 4.75, ("Home When the String Snaps",), ("gen ga",)),
    Title("Kick Pedal Confessions", "The Paradiddles", "konaste", 6.95),
    Title("Palm Mute Paradise", "Humbucker Saints", "nextage", 6.2),
    Title("梅雨明けシャッフル", "雨男ブルース会", "konaste", 5.85, (), ("tsuyuake",)),
    Title("Odd Meter Maid", "Locrian", "exchain", 7.6),
    Title("Whammy Bar Exam", "The Paradiddles", "matixx", 5.1),
    Title("鉄弦の花嫁", "夜叉音楽堂", "konaste", 8.05, ("The Steel-stringed Bride",), ("tetsugen",)),
    Title("Standby Switch", "Valve & Rectifier", "fuzzUp", 3.9),
    Title("ミュートの美学", "夜叉音楽堂", "highVoltage", 6.6, (), ("mute",)),
    Title("Crash, Ride, Repeat", "The Paradiddles", "konaste", 7.2),
    Title("Twelve Bar Alibi", "雨男ブルース会", "nextage", 4.4),
    Title("Overdrive Nocturne", "Valve & Rectifier", "konaste", 7.9),
    Title("六弦の嘘", "夜叉音楽堂", "exchain", 6.75, ("Six-string Lies",), ("rokugen",)),
    Title("Blast Beat Ballerina", "Locrian", "konaste", 8.6),
    Title("Capo on the Moon", "Valve & Rectifier", "fuzzUp", 4.1),
    Title("ドラムロールは突然に", "軽音部第二班", "konaste", 5.65, (), ("drum roll",)),
    Title("Hammer On, Pull Out", "Humbucker Saints", "matixx", 6.35),
    Title("真空管ラプソディ", "雨男ブルース会", "highVoltage", 5.95, ("Vacuum Tube Rhapsody",), ("shinkuukan",)),
    Title("Ghost Note Motel", "The Paradiddles", "konaste", 6.05),
    Title("Phrygian Highway", "Locrian", "fuzzUp", 7.4),
    Title("終演後のチューニング", "雨男ブルース会", "konaste", 3.6, ("Tuning After the Show",), ("shuuen",)),
)


# --- charts -------------------------------------------------------------------------------------------


def song_data(_title: Title, _chance: Random) -> Row:
    return {}


def versions(title: Title) -> list[str]:
    """Returns the newest version, and the title's first one if that is another."""
    return ["konaste"] if title.era == "konaste" else ["konaste", title.era]


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    extreme = title.top
    for playtype, prefix, height in (("Gita", "", 0.0), ("Gita", "BASS ", -0.4), ("Dora", "", 0.2)):
        levels = {
            "ADVANCED": extreme + height - chance.uniform(1.6, 2.2),
            "EXTREME": extreme + height,
        }
        if extreme >= 7.5:
            levels["MASTER"] = min(9.9, extreme + height + chance.uniform(0.6, 1.1))
        for difficulty, level in levels.items():
            written = f"{max(1.0, level):.2f}"
            yield Chart(
                playtype=playtype,
                difficulty=f"{prefix}{difficulty}",
                level=written,
                level_num=without_fraction(float(written)),
                data={"inGameID": number},
            )


# --- a play -------------------------------------------------------------------------------------------


def play(chart: Row, player: Player) -> Row:
    """Returns a play of GITADORA: 85 % are for hits, 15 % for the longest chain."""
    chance, level = player.chance, chart["levelNum"]
    notes = 150 + int(95 * level) + chart["songID"] % 61
    off = min(notes, int(notes * player.errors(level) * chance.uniform(1.2, 3)))
    miss, ok, good = (int(off * chance.uniform(0, most)) for most in (0.2, 0.1, 0.25))
    judgements = {"perfect": notes - off, "great": off - good - ok - miss, "good": good, "ok": ok, "miss": miss}
    combo = notes if miss + ok == 0 else chance.randint(notes // (miss + ok + 1), notes - miss - ok)
    hit = judgements["perfect"] + 0.5 * judgements["great"] + 0.2 * good
    percent = round((85 * hit + 15 * combo) / notes, 2)
    if miss + ok == 0:
        lamp = "FULL COMBO" if judgements["great"] or good else "EXCELLENT"
    else:
        lamp = "CLEAR" if percent >= gitadora.GRADE_FLOORS["B"] else "FAILED"
    return {
        "percent": percent,
        "lamp": lamp,
        "judgements": judgements,
        "optional": {"maxCombo": combo},
    }


SAMPLE = Sample(
    slug="gitadora",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"Gita": 6.8, "Dora": 6.2},
)
