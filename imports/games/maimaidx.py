"""maimai DX. Standard and DX charts are difficulties of one song."""

from __future__ import annotations

from bisect import bisect_right

from imports.games.formulas import class_from_floors, from_floor, js_round, sum_of_best
from imports.games.shapes import Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Chart,
    ClassSet,
    ClassValue,
    Decimal,
    Derived,
    Difficulty,
    Game,
    Graph,
    Ladder,
    Merge,
    Play,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    Shown,
    between,
)

LAMP = Ladder(
    values=("FAILED", "CLEAR", "FULL COMBO", "FULL COMBO+", "ALL PERFECT", "ALL PERFECT+"),
    minimum_relevant="CLEAR",
)
GRADE_FLOORS = {
    "D": 0,
    "C": 50,
    "B": 60,
    "BB": 70,
    "BBB": 75,
    "A": 80,
    "AA": 90,
    "AAA": 94,
    "S": 97,
    "S+": 98,
    "SS": 99,
    "SS+": 99.5,
    "SSS": 100,
    "SSS+": 100.5,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")

# --- the rating of a play ---------------------------------------------------------------------------

MOST_THAT_COUNTS = 1_005_000  # ten-thousandths of a percent

_COEFFICIENTS = {  # from so many ten-thousandths of a percent -> tenths
    0: 0,
    100_000: 16,
    200_000: 32,
    300_000: 48,
    400_000: 64,
    500_000: 80,
    600_000: 96,
    700_000: 112,
    750_000: 120,
    799_999: 128,
    800_000: 136,
    900_000: 152,
    940_000: 168,
    969_999: 176,
    970_000: 200,
    980_000: 203,
    989_999: 206,
    990_000: 208,
    995_000: 211,
    999_999: 214,
    1_000_000: 216,
    1_004_999: 222,
    1_005_000: 224,
}
_FLOORS, _TENTHS = tuple(_COEFFICIENTS), tuple(_COEFFICIENTS.values())


def rate(play: Play, chart: Chart) -> int:
    """The rating of one play: percent up to 100.5, level, and a coefficient that jumps at each grade. Whole, cut."""
    achieved = min(js_round(play.metrics["percent"] * 10_000), MOST_THAT_COUNTS)
    coefficient = _TENTHS[bisect_right(_FLOORS, achieved) - 1]
    return achieved * coefficient * js_round(chart.level_num * 10) // 100_000_000


# --- what contradicts itself ------------------------------------------------------------------------


def all_perfect_fits_the_percent(play: Play, _chart: Chart) -> str | None:
    lamp, percent = play.metrics["lamp"], play.metrics["percent"]
    if lamp == "ALL PERFECT+" and percent != 101:
        return "Cannot have an ALL PERFECT+ without 101%."
    if lamp != "ALL PERFECT+" and percent == 101:
        return "A score of 101% should be an ALL PERFECT+"
    if lamp == "ALL PERFECT" and percent < 100.5:
        return "Cannot have an ALL PERFECT without at least 100.5%."
    return None


# --- classes ----------------------------------------------------------------------------------------

COLOUR_FLOORS = {
    "WHITE": 0,
    "BLUE": 1000,
    "GREEN": 2000,
    "YELLOW": 4000,
    "RED": 7000,
    "PURPLE": 10_000,
    "BRONZE": 12_000,
    "SILVER": 13_000,
    "GOLD": 14_000,
    "PLATINUM": 14_500,
    "RAINBOW": 15_000,
}
COLOUR = ClassSet(
    name="colour",
    values=(
        ClassValue("WHITE", "White", "0 - 999 Rating"),
        ClassValue("BLUE", "Blue", "1000 - 1999 Rating"),
        ClassValue("GREEN", "Green", "2000 - 3999 Rating"),
        ClassValue("YELLOW", "Yellow", "4000 - 6999 Rating"),
        ClassValue("RED", "Red", "7000 - 9999 Rating"),
        ClassValue("PURPLE", "Purple", "10000 - 11999 Rating"),
        ClassValue("BRONZE", "Bronze", "12000 - 12999 Rating"),
        ClassValue("SILVER", "Silver", "13000 - 13999 Rating"),
        ClassValue("GOLD", "Gold", "14000 - 14499 Rating"),
        ClassValue("PLATINUM", "Platinum", "14500 - 14999 Rating"),
        ClassValue("RAINBOW", "Rainbow", ">=15000 Rating"),
    ),
    derive=class_from_floors("naiveRate", COLOUR_FLOORS),
    minimum_relevant="BRONZE",
)
DAN = ClassSet(
    name="dan",
    values=(
        ClassValue("DAN_1", "初段", "1st Dan"),
        ClassValue("DAN_2", "二段", "2nd Dan"),
        ClassValue("DAN_3", "三段", "3rd Dan"),
        ClassValue("DAN_4", "四段", "4th Dan"),
        ClassValue("DAN_5", "五段", "5th Dan"),
        ClassValue("DAN_6", "六段", "6th Dan"),
        ClassValue("DAN_7", "七段", "7th Dan"),
        ClassValue("DAN_8", "八段", "8th Dan"),
        ClassValue("DAN_9", "九段", "9th Dan"),
        ClassValue("DAN_10", "十段", "10th Dan"),
        ClassValue("SHINDAN_1", "真初段", "1st Shindan"),
        ClassValue("SHINDAN_2", "真二段", "2nd Shindan"),
        ClassValue("SHINDAN_3", "真三段", "3rd Shindan"),
        ClassValue("SHINDAN_4", "真四段", "4th Shindan"),
        ClassValue("SHINDAN_5", "真五段", "5th Shindan"),
        ClassValue("SHINDAN_6", "真六段", "6th Shindan"),
        ClassValue("SHINDAN_7", "真七段", "7th Shindan"),
        ClassValue("SHINDAN_8", "真八段", "8th Shindan"),
        ClassValue("SHINDAN_9", "真九段", "9th Shindan"),
        ClassValue("SHINDAN_10", "真十段", "10th Shindan"),
        ClassValue("SHINKAIDEN", "真皆伝", "Shinkaiden"),
        ClassValue("URAKAIDEN", "裏皆伝", "Urakaiden"),
    ),
)
_MATCHING_CLASSES = (
    *("B5", "B4", "B3", "B2", "B1"),
    *("A5", "A5", "A4", "A3", "A2", "A1"),  # A5 stands twice in the original too, and its first place counts
    *("S5", "S4", "S3", "S2", "S1"),
    *("SS5", "SS4", "SS3", "SS2", "SS1"),
    *("SSS5", "SSS4", "SSS3", "SSS2", "SSS1"),
)
MATCHING_CLASS = ClassSet(
    name="matchingClass",
    values=(
        *(ClassValue(name, name) for name in _MATCHING_CLASSES),
        ClassValue("LEGEND", "Legend"),
    ),
)

# --- the declaration --------------------------------------------------------------------------------

SINGLE = Playtype(
    name="Single",
    provided={
        "percent": Decimal(rule=between(0, 101), shown=Shown.PCT4),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("percent", GRADE_FLOORS)),
    },
    optional={
        **FAST_SLOW_COMBO,
        "percentGraph": Graph(rule=between(0, 101), nullable=True),
        "lifeGraph": Graph(rule=between(0, 999), nullable=True),
    },
    judgements=("pcrit", "perfect", "great", "good", "miss"),
    grade_metric="percent",
    grade_floors=GRADE_FLOORS,
    default_metric="percent",
    default_ladder="grade",
    difficulties=tuple(
        Difficulty(f"{chart_type}{name}", f"{chart_type}{short}")
        for chart_type in ("", "DX ")
        for name, short in (
            ("Basic", "BAS"),
            ("Advanced", "ADV"),
            ("Expert", "EXP"),
            ("Master", "MAS"),
            ("Re:Master", "Re:MAS"),
        )
    ),
    default_difficulty="Master",
    match_types=("songTitle", "tachiSongID", "inGameID"),
    versions={
        "universeplus": "UNiVERSE PLUS",
        "festival": "FESTiVAL",
        "festivalplus": "FESTiVAL PLUS",
        "buddies": "BUDDiES",
        "buddies-omni": "BUDDiES Omnimix",
        "buddiesplus": "BUDDiES PLUS",
        "buddiesplus-omni": "BUDDiES PLUS Omnimix",
        "prism": "PRiSM",
        "prism-omni": "PRiSM Omnimix",
        "prismplus": "PRiSM PLUS",
    },
    chart_data=Record({"displayVersion": Text(), "inGameID": Number(whole=True, low=0, nullable=True)}),
    score_meta=Record(),
    score_ratings={"rate": ScoreRating(rate, Shown.DP0)},
    session_ratings={"rate": SessionRating("rate", shown=Shown.DP0)},
    profile_ratings={"naiveRate": ProfileRating(("rate",), sum_of_best(50, "rate"), Shown.DP0)},
    default_score_rating="rate",
    default_session_rating="rate",
    default_profile_rating="naiveRate",
    best_name="Best Percent",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    validators=(all_perfect_fits_the_percent,),
    classes={"colour": COLOUR, "dan": DAN, "matchingClass": MATCHING_CLASS},
)

GAME = Game(
    slug="maimaidx",
    name="maimai DX",
    song_data=Record({"genre": Text(), "duration": Number(optional=True)}),
    playtypes=(SINGLE,),
)
