"""maimai (up to FiNALE). Every chart has its own maximum percent, which alone gives the grade SSS+."""

from __future__ import annotations

from bisect import bisect_right
from math import floor
from typing import Any

from imports.errors import FormulaError
from imports.games.formulas import average_of_best, class_from_floors, grade_on, hits, js_round
from imports.games.javascript import text
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
    Ladder,
    Merge,
    Play,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    Shown,
)

LAMP = Ladder(
    values=("FAILED", "CLEAR", "FULL COMBO", "ALL PERFECT", "ALL PERFECT+"),
    minimum_relevant="CLEAR",
)
GRADE_FLOORS = {
    "F": 0,
    "E": 10,
    "D": 20,
    "C": 40,
    "B": 60,
    "A": 80,
    "AA": 90,
    "AAA": 94,
    "S": 97,
    "S+": 98,
    "SS": 99,
    "SS+": 99.5,
    "SSS": 100,
    "SSS+": 104,  # nominal: the chart's own maximum percent decides
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")

_grade = grade_on(GRADE_FLOORS)


def grade(play: Play, chart: Chart) -> str:
    percent: float = play.metrics["percent"]
    return "SSS+" if percent == chart.data["maxPercent"] else _grade(percent)


def fits_the_chart(percent: Any, chart: Chart) -> str | None:
    most = chart.data["maxPercent"]
    if percent < 0:
        return "Percent cannot be negative."
    return f"Percent cannot be greater than {text(most)} for this chart." if percent > most else None


# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of the game's page in the spec.

MOST_PERCENT = 104

_STEPS = (  # the columns of the table, in hundredths of a percent
    *(0, 1000, 2000, 4000, 6000, 8000, 9000, 9400),
    *(9699, 9700, 9899, 9900, 9999, 10_000, 20_000),
)
_SSS = _STEPS.index(10_000)

_TABLE = (  # ratings in hundredths: a row for each whole level from 0, a column for each step
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 10, 20, 40, 100, 150, 250, 400, 400, 500, 550, 650, 700, 800),
    (0, 0, 20, 40, 80, 200, 250, 300, 450, 450, 550, 600, 700, 750, 850),
    (0, 0, 30, 60, 120, 300, 350, 400, 500, 500, 600, 650, 750, 800, 900),
    (0, 0, 40, 80, 160, 350, 400, 450, 550, 550, 650, 700, 800, 850, 950),
    (0, 0, 50, 100, 200, 400, 500, 550, 600, 600, 700, 750, 850, 900, 1000),
    (0, 0, 60, 120, 240, 450, 550, 600, 650, 650, 750, 800, 900, 950, 1050),
    (0, 0, 70, 140, 280, 500, 600, 700, 725, 750, 875, 900, 975, 1000, 1100),
    (0, 0, 80, 160, 320, 550, 650, 725, 750, 800, 925, 950, 1025, 1050, 1150),
    (0, 0, 90, 180, 360, 600, 700, 750, 800, 900, 1025, 1050, 1125, 1150, 1250),
    (0, 0, 100, 200, 400, 700, 800, 850, 900, 1000, 1125, 1150, 1225, 1250, 1350),
    (0, 0, 110, 220, 440, 800, 900, 950, 1000, 1100, 1175, 1200, 1275, 1300, 1400),
    (0, 0, 120, 240, 480, 900, 1000, 1050, 1100, 1200, 1275, 1300, 1375, 1400, 1500),
    (0, 0, 130, 260, 520, 1000, 1100, 1150, 1250, 1350, 1475, 1500, 1575, 1600, 1700),
    (0, 0, 140, 280, 560, 1100, 1200, 1250, 1400, 1500, 1675, 1700, 1775, 1800, 1900),
    (0, 0, 150, 300, 600, 1200, 1300, 1350, 1550, 1650, 1875, 1900, 1975, 2000, 2100),
)
_LAST_ROW = len(_TABLE) - 1


def rate(play: Play, chart: Chart) -> float:
    """Returns the rating of a play, 0 to 21 on level 15: interpolated in the table by percent, cut to two decimals.

    From 100 %, the last step is the chart's own maximum percent. Raises FormulaError outside the table.
    """
    percent, most, level = play.metrics["percent"], chart.data["maxPercent"], chart.level_num
    if not 0 <= percent <= most <= MOST_PERCENT or level < 0:
        raise FormulaError(f"{text(percent)} of {text(most)} percent on level {text(level)} has no rating.")
    achieved, whole, tenths = js_round(percent * 100), js_round(most * 100), js_round(level * 10)
    if achieved <= _STEPS[1]:
        return 0
    # In hundredths throughout, so that a step is hit exactly.
    if achieved == whole:
        return _worth(tenths, len(_STEPS) - 1) / 100
    step = bisect_right(_STEPS, achieved) - 1
    if step == _SSS:
        achieved = floor((achieved - 10_000) / (whole - 10_000) * 10_000 + 10_000)
    low, start = _worth(tenths, step), _STEPS[step]
    if achieved == start:
        return low / 100
    rise = _worth(tenths, step + 1) - low
    return floor(low + rise * ((achieved - start) / (_STEPS[step + 1] - start))) / 100


def _worth(tenths: int, step: int) -> float:
    """Returns the table's value at a step for a level in tenths; interpolates rows, and extrapolates after the last."""
    row, rest = divmod(tenths, 10)
    # Extrapolates from the last two rows.
    if row >= _LAST_ROW:
        row, rest = _LAST_ROW - 1, tenths - 10 * (_LAST_ROW - 1)
    low = _TABLE[row][step]
    return low + (_TABLE[row + 1][step] - low) * (rest / 10)


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def no_more_than_104(play: Play, _chart: Chart) -> str | None:
    return "Score cannot be greater than 104%." if play.metrics["percent"] > MOST_PERCENT else None


def all_perfect_plus_goes_with_sss_plus(play: Play, _chart: Chart) -> str | None:
    is_perfect, is_highest = play.metrics["lamp"] == "ALL PERFECT+", play.metrics["grade"] == "SSS+"
    if is_perfect and not is_highest:
        return "Cannot have an ALL PERFECT+ without grade SSS+."
    if is_highest and not is_perfect:
        return "Cannot have grade SSS+ without an ALL PERFECT+"
    return None


def lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    lamp = play.metrics["lamp"]
    if lamp == "ALL PERFECT" and hits(play, "great", "good", "miss") > 0:
        return "Cannot have an ALL PERFECT with any non-perfect judgements."
    if lamp == "FULL COMBO" and hits(play, "miss") > 0:
        return "Cannot have a FULL COMBO if the score has misses."
    return None


# --- classes ----------------------------------------------------------------------------------------
# Sections "Classes" and "Derived class colour": ids and floors are part of the API.

COLOUR_FLOORS = {
    "WHITE": 0,
    "BLUE": 2,
    "GREEN": 4,
    "YELLOW": 7,
    "RED": 10,
    "PURPLE": 12,
    "BRONZE": 13,
    "SILVER": 14,
    "GOLD": 14.5,
    "RAINBOW": 15,
}
COLOUR = ClassSet(
    name="colour",
    values=(
        ClassValue("WHITE", "White", "0 - 1.99 Rating"),
        ClassValue("BLUE", "Blue", "2 - 3.99 Rating"),
        ClassValue("GREEN", "Green", "4 - 6.99 Rating"),
        ClassValue("YELLOW", "Yellow", "7 - 9.99 Rating"),
        ClassValue("RED", "Red", "10 - 11.99 Rating"),
        ClassValue("PURPLE", "Purple", "12 - 12.99 Rating"),
        ClassValue("BRONZE", "Bronze", "13 - 13.99 Rating"),
        ClassValue("SILVER", "Silver", "14 - 14.49 Rating"),
        ClassValue("GOLD", "Gold", "14.5 - 14.99 Rating"),
        ClassValue("RAINBOW", "Rainbow", ">=15 Rating"),
    ),
    derive=class_from_floors("naiveRate", COLOUR_FLOORS),
    minimum_scores=30,
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
        ClassValue("KAIDEN", "皆伝", "Kaiden"),
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
    ),
)

# --- declaration ------------------------------------------------------------------------------------

SINGLE = Playtype(
    name="Single",
    provided={
        "percent": Decimal(chart_rule=fits_the_chart),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, grade),
    },
    optional=FAST_SLOW_COMBO,
    judgements=("perfect", "great", "good", "miss"),
    grade_metric="percent",
    grade_floors=GRADE_FLOORS,
    default_metric="percent",
    default_ladder="grade",
    difficulties=(
        Difficulty("Easy", "ESY"),
        Difficulty("Basic", "BAS"),
        Difficulty("Advanced", "ADV"),
        Difficulty("Expert", "EXP"),
        Difficulty("Master", "MAS"),
        Difficulty("Re:Master", "Re:MAS"),
    ),
    default_difficulty="Master",
    has_special_charts=True,
    match_types=("gcmInGameIDSpecialChart", "songTitle", "tachiSongID", "inGameID", "inGameStrID"),
    versions={"finale": "FiNALE"},
    chart_data=Record({"inGameID": Number(), "inGameStrID": Text(), "maxPercent": Number()}),
    score_meta=Record(),
    score_ratings={"rate": ScoreRating(rate, Shown.DP2)},
    session_ratings={"rate": SessionRating("rate", shown=Shown.DP2)},
    profile_ratings={"naiveRate": ProfileRating(("rate",), average_of_best(30, "rate"), Shown.DP2)},
    default_score_rating="rate",
    default_session_rating="rate",
    default_profile_rating="naiveRate",
    best_name="Best Percent",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("percent", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(no_more_than_104, all_perfect_plus_goes_with_sss_plus, lamp_fits_the_judgements),
    classes={"colour": COLOUR, "dan": DAN},
)

GAME = Game(
    slug="maimai",
    name="maimai",
    rules=2026,
    song_data=Record({"titleJP": Text(), "artistJP": Text(), "displayVersion": Text()}),
    playtypes=(SINGLE,),
)
