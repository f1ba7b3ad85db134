"""beatmania IIDX."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from imports.games import iidx
from imports.sample.form import Chart, Player, Row, Sample, Title, since, tier

# era: version and genre; top: the level of ANOTHER (12.5: with a LEGGENDARIA).
TITLES = (
    Title("Aluminium Horizon", "Lathe", "29 HARD TECHNO", 12),
    Title("薄明のインターチェンジ", "東雲ハイウェイ", "31 DRUM'N BASS", 12, ("Interchange at Dawn",), ("hakumei",)),
    Title("Tungsten Sonnet", "Lathe feat. Ivy", "30 ARTCORE", 12.5),
    Title("回転寿司デッドヒート", "商店街ブラスター", "32 HAPPY HARDCORE", 11, (), ("kaitenzushi",)),
    Title("Littoral State", "Marram", "27 PROGRESSIVE TRANCE", 11),
    Title("鬼灯ジェネレーター", "東雲ハイウェイ", "28 JAPANESE CORE", 12.5, ("Hoozuki Generator",), ("hoozuki",)),
    Title("Sodium Vapour", "Night Depot", "26 DEEP HOUSE", 10),
    Title("第三埠頭の人魚", "Marram", "30 FUTURE BASS", 11, ("Mermaid of Pier Three",), ("daisan futou",)),
    Title("Servo Ballet", "Lathe", "31 GABBA", 12),
    Title("ねじまき商店街", "商店街ブラスター", "29 SKA PUNK", 10, (), ("nejimaki",)),
    Title("Coriolis Weather", "Isobar", "32 TECHSTEP", 12),
    Title(
        "花火師のアルゴリズム",
        "東雲ハイウェイ",
        "27 HYBRID ROCK",
        12,
        ("The Pyrotechnician's Algorithm",),
        ("hanabishi",),
    ),
    Title("Cold Storage Romance", "Night Depot", "28 SYNTHWAVE", 9),
    Title("Gantry", "Isobar", "30 HARDSTYLE", 11),
    Title("海底郵便局", "Marram", "26 AMBIENT BREAKS", 9, ("Post Office on the Sea Floor",), ("kaitei yuubinkyoku",)),
    Title("Kiln", "Lathe", "32 PSYTRANCE", 12.5),
    Title("踏切の向こうの惑星", "東雲ハイウェイ", "31 MELODIC HARDCORE", 12, (), ("fumikiri",)),
    Title("Isobaric Love Song", "Isobar feat. Ivy", "29 EUROBEAT", 11),
    Title("三丁目のサイボーグ", "商店街ブラスター", "30 NERDCORE", 12, ("Cyborg of the Third Block",), ("sanchoume",)),
    Title("Drydock", "Marram", "28 MINIMAL", 8),
    Title("Magnesium Bride", "Lathe feat. Ivy", "27 TRANCE CORE", 12),
    Title("屋根裏の気象台", "Isobar", "26 ELECTRONICA", 10, (), ("yaneura",)),
    Title("Turnstile Hero", "Night Depot", "32 BIG BEAT", 11),
    Title("深海エレベーターガール", "商店街ブラスター", "31 DENPA", 11, (), ("shinkai",)),
    Title("Petrichor Engine", "Isobar", "30 LIQUID FUNK", 11),
    Title(
        "錆色のメリーゴーラウンド", "東雲ハイウェイ", "29 GOTHIC METAL", 12.5, ("Rust-coloured Carousel",), ("sabiiro",)
    ),
    Title("Breakwater", "Marram", "27 HOUSE", 7),
    Title("Anvil Chorus Line", "Lathe", "28 HARD DANCE", 12),
    Title("夕立の時刻表", "東雲ハイウェイ", "32 J-POP", 9, ("Timetable of a Summer Shower",), ("yuudachi",)),
    Title("Night Depot Theme", "Night Depot", "26 BREAKBEATS", 8),
    Title("Occluded Front", "Isobar", "31 NEUROFUNK", 12),
    Title("おみくじパニック", "商店街ブラスター", "28 SPEED RAVE", 12, (), ("omikuji",)),
    Title("Sandbar Telegraph", "Marram", "29 CHILL TRAP", 10),
    Title("鉄塔と彗星", "東雲ハイウェイ", "30 SYMPHONIC CORE", 12, ("The Pylon and the Comet",), ("tettou",)),
    Title("Crucible Etiquette", "Lathe", "27 INDUSTRIAL", 11),
    Title("Last Bus to Nowhere Bay", "Night Depot feat. Ivy", "31 R&B", 8),
)


# --- charts ---


def song_data(title: Title, _chance: Random) -> Row:
    version, genre = title.era.split(maxsplit=1)
    return {"displayVersion": version, "genre": genre}


def versions(title: Title) -> list[str]:
    newest = [version for version in iidx.VERSIONS if version.isdecimal()]
    oldest = ["16-cs"] if title.era.startswith("26 ") else []  # for the sample file of the console score tracker
    return [*since(newest, title.era.split()[0]), "inf", *oldest]


def charts(title: Title, *, number: int, chance: Random) -> Iterator[Chart]:
    another = int(title.top)
    levels = {
        "NORMAL": max(2, another - chance.choice((6, 7))),
        "HYPER": max(4, another - chance.choice((2, 3))),
        "ANOTHER": another,
    }
    if title.top > another:
        levels["LEGGENDARIA"] = 12
    for difficulty, level in levels.items():
        notes = int(150 + 135 * level + chance.uniform(-90, 160) + (250 if difficulty == "LEGGENDARIA" else 0))
        yield _chart("SP", difficulty, level, number=number, notes=notes, chance=chance)
        if difficulty != "NORMAL":
            dp_level = min(12, level + chance.choice((0, 0, 1)))
            dp_notes = int(notes * chance.uniform(0.95, 1.15))
            yield _chart("DP", difficulty, dp_level, number=number, notes=dp_notes, chance=chance)


def _chart(playtype: str, difficulty: str, level: int, *, number: int, notes: int, chance: Random) -> Chart:
    data: Row = {"2dxtraSet": None, "hashSHA256": None, "inGameID": number, "notecount": notes}
    # Only the two highest levels have values for BPI and community ratings.
    is_high = level >= 11
    data |= {
        "bpiCoefficient": round(chance.uniform(0.85, 1.45), 6) if is_high and chance.random() < 0.8 else None,
        "kaidenAverage": int(2 * notes * chance.uniform(0.82, 0.89)) if is_high else None,
        "worldRecord": int(2 * notes * chance.uniform(0.965, 0.995)) if is_high else None,
    }
    if playtype == "SP":
        normal = level + chance.randint(0, 7) / 10 if is_high else 0
        hard = normal + chance.randint(0, 3) / 10 if is_high else 0
        data |= {
            "exhcTier": tier(hard + chance.randint(1, 4) / 10, "EX", chance) if is_high else None,
            "hcTier": tier(hard, _letter(hard), chance) if is_high else None,
            "ncTier": tier(normal, _letter(normal), chance) if is_high else None,
        }
    else:
        value = level + chance.randint(0, 8) / 10
        data["dpTier"] = tier(value, f"{value:.1f}", chance)
    return Chart(playtype=playtype, difficulty=difficulty, level=str(level), level_num=level, data=data)


def _letter(value: float) -> str:
    return "FEDCBAS"[min(6, int(value * 10) % 10)]


# --- a play ---


def play(chart: Row, player: Player) -> Row:
    """Returns a play of beatmania IIDX, SP or DP."""
    chance, notes = player.chance, chart["data"]["notecount"]
    off = player.errors(chart["levelNum"] + (0.6 if "LEGG" in chart["difficulty"] else 0))
    bad_poor = int(notes * off * chance.uniform(0, 0.5))
    good = int(notes * off * chance.uniform(0.2, 0.6))
    great = min(notes - bad_poor - good, int(notes * (0.12 + 2.2 * off) * chance.uniform(0.7, 1.2)))
    perfect = notes - bad_poor - good - great
    bad = chance.randint(0, bad_poor)
    random = chance.choice(("NONRAN", "MIRROR", "RANDOM", "R-RANDOM"))
    return {
        "score": 2 * perfect + great,
        "lamp": _lamp(bad_poor, notes, chance),
        "judgements": {"pgreat": perfect, "great": great, "good": good, "bad": bad, "poor": bad_poor - bad},
        "optional": {"bp": bad_poor},
        "scoreMeta": {"random": random if chart["playtype"] == "SP" else [random, "MIRROR"]},
    }


def _lamp(bad_poor: int, notes: int, chance: Random) -> str:
    share = bad_poor / notes
    if bad_poor == 0:
        return "FULL COMBO"
    for lamp, limit in (("EX HARD CLEAR", 0.006), ("HARD CLEAR", 0.016), ("CLEAR", 0.03), ("EASY CLEAR", 0.05)):
        if share < limit and chance.random() < 0.7:
            return lamp
    return "FAILED" if share > 0.06 or chance.random() < 0.5 else "ASSIST CLEAR"


SAMPLE = Sample(
    slug="iidx",
    titles=TITLES,
    song_data=song_data,
    charts=charts,
    versions=versions,
    play=play,
    skills={"SP": 11.2, "DP": 10.2},
)
