"""maimai DX. Standard and DX charts are difficulties of one song."""

from __future__ import annotations

from bisect import bisect_right

from imports.games.formulas import class_from_floors, from_floor, js_round, known_hits, sum_of_best
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
# Section "Score rating" of the game's page in the spec.

ALL_PERFECTS = frozenset({"ALL PERFECT", "ALL PERFECT+"})
MOST_THAT_COUNTS = 1_005_000  # ten-thousandths of a percent

_COEFFICIENTS = {  # minimum in ten-thousandths of a percent -> coefficient in tenths
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
    """Returns the rating of a play: percent (at most 100.5) times level times its coefficient, cut to an integer.

    An ALL PERFECT adds 1, even to 0.
    """
    achieved = min(js_round(play.metrics["percent"] * 10_000), MOST_THAT_COUNTS)
    coefficient = _TENTHS[bisect_right(_FLOORS, achieved) - 1]
    # Integer arithmetic: ten-thousandths, tenths and tenths, divided once at the end.
    base = achieved * coefficient * js_round(chart.level_num * 10) // 100_000_000
    return base + (play.metrics["lamp"] in ALL_PERFECTS)


CLEARED = 80  # percent

# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def all_perfect_fits_the_percent(play: Play, _chart: Chart) -> str | None:
    lamp, percent = play.metrics["lamp"], play.metrics["percent"]
    if lamp == "ALL PERFECT+" and percent != 101:
        return "Cannot have an ALL PERFECT+ without 101%."
    if lamp != "ALL PERFECT+" and percent == 101:
        return "A score of 101% should be an ALL PERFECT+"
    if lamp == "ALL PERFECT" and percent < 100.5:
        return "Cannot have an ALL PERFECT without at least 100.5%."
    return None


def lamp_fits_the_percent(play: Play, chart: Chart) -> str | None:
    """The rules of ALL PERFECT come before those of an ordinary clear."""
    message = all_perfect_fits_the_percent(play, chart)
    lamp, percent = play.metrics["lamp"], play.metrics["percent"]
    if message is not None:
        return message
    if lamp == "CLEAR" and percent < CLEARED:
        return "Cannot have a CLEAR without at least 80%."
    if lamp == "FAILED" and percent >= CLEARED:
        return "Cannot have a FAILED if the score is above 80%."
    return None


def lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    """Each combo allows no judgement below its name, if all are known."""
    counts = known_hits(play, "miss", "good", "great")
    if counts is None:
        return None
    match play.metrics["lamp"]:
        case ("ALL PERFECT" | "ALL PERFECT+") as lamp if any(counts):
            return f"Cannot have an {lamp} with any non-perfect judgements."
        case "FULL COMBO+" if any(counts[:2]):
            return "Cannot have a FULL COMBO+ with any goods or misses."
        case "FULL COMBO" if any(counts[:1]):
            return "Cannot have a FULL COMBO with any misses."
    return None


def full_combo_is_every_note(play: Play, _chart: Chart) -> str | None:
    """A full combo has the length of the chart, if both are known."""
    lamp, combo = play.metrics["lamp"], play.optional.get("maxCombo")
    counts = known_hits(play, "pcrit", "perfect", "great", "good", "miss")
    if lamp in {"FAILED", "CLEAR"} or combo is None or counts is None or sum(counts) == combo:
        return None
    article = "an" if lamp in ALL_PERFECTS else "a"
    return f"Cannot have {article} {lamp} if maxCombo is not equal to the sum of judgements."


# --- classes ----------------------------------------------------------------------------------------
# Sections "Classes" and "Derived class colour": ids and floors are part of the API.

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
    "GOLD_II": 14_250,
    "PLATINUM": 14_500,
    "PLATINUM_II": 14_750,
    "RAINBOW": 15_000,
    "RAINBOW_II": 15_250,
    "RAINBOW_III": 15_500,
    "RAINBOW_IV": 15_750,
    "RAINBOW_EX_I": 16_000,
    "RAINBOW_EX_II": 16_250,
    "RAINBOW_EX_III": 16_500,
    "RAINBOW_EX_IV": 16_750,
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
        ClassValue("GOLD", "Gold", "14000 - 14249 Rating"),
        ClassValue("GOLD_II", "Gold II", "14250 - 14499 Rating"),
        ClassValue("PLATINUM", "Platinum", "14500 - 14749 Rating"),
        ClassValue("PLATINUM_II", "Platinum II", "14750 - 14999 Rating"),
        ClassValue("RAINBOW", "Rainbow", "15000 - 15249 Rating"),
        ClassValue("RAINBOW_II", "Rainbow II", "15250 - 15499 Rating"),
        ClassValue("RAINBOW_III", "Rainbow III", "15500 - 15749 Rating"),
        ClassValue("RAINBOW_IV", "Rainbow IV", "15750 - 15999 Rating"),
        ClassValue("RAINBOW_EX_I", "Rainbow Extreme I", "16000 - 16249 Rating"),
        ClassValue("RAINBOW_EX_II", "Rainbow Extreme II", "16250 - 16499 Rating"),
        ClassValue("RAINBOW_EX_III", "Rainbow Extreme III", "16500 - 16749 Rating"),
        ClassValue("RAINBOW_EX_IV", "Rainbow Extreme IV", ">=16750 Rating"),
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
    *("A5", "A4", "A3", "A2", "A1"),
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

# --- declaration ------------------------------------------------------------------------------------

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
    has_special_charts=True,
    match_types=("gcmInGameIDSpecialChart", "songTitle", "tachiSongID", "inGameID"),
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
        "prismplus-omni": "PRiSM PLUS Omnimix",
        "circle": "CiRCLE",
    },
    chart_data=Record({"displayVersion": Text(), "inGameID": Number(whole=True, low=0, nullable=True)}),
    score_meta=Record(),
    score_ratings={"rate": ScoreRating(rate, Shown.DP0)},
    session_ratings={"rate": SessionRating("rate", shown=Shown.DP0)},
    profile_ratings={"naiveRate": ProfileRating(("rate",), sum_of_best(50, "rate"), Shown.DP0)},
    default_score_rating="rate",
    default_session_rating="rate",
    default_profile_rating="naiveRate",
    rating_names={"naiveRate": "DX Rating"},
    best_name="Best Percent",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("percent", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(lamp_fits_the_percent, lamp_fits_the_judgements, full_combo_is_every_note),
    validators_until={2025: (all_perfect_fits_the_percent,)},
    classes={"colour": COLOUR, "dan": DAN, "matchingClass": MATCHING_CLASS},
)

GAME = Game(
    slug="maimaidx",
    name="maimai DX",
    rules=2026,
    song_data=Record({"genre": Text(), "duration": Number(optional=True)}),
    playtypes=(SINGLE,),
)
