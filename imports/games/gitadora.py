"""GITADORA. Gita (guitar and bass) and Dora (drums) differ only in their difficulties."""

from __future__ import annotations

from dataclasses import replace
from math import floor

from imports.games.formulas import class_from_floors, from_floor, sum_of_best
from imports.games.shapes import Number, Record
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
    between,
)

LAMP = Ladder(values=("FAILED", "CLEAR", "FULL COMBO", "EXCELLENT"), minimum_relevant="CLEAR")
GRADE_FLOORS = {"C": 0, "B": 63, "A": 73, "S": 80, "SS": 95, "MAX": 100}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")


def skill(play: Play, chart: Chart) -> float:
    """Returns the skill points of a play, 0 to 200: a fifth of percent times level, cut to two decimals."""
    # Section "Score rating" of the spec: cut, not rounded, in hundredths.
    percent: float = play.metrics["percent"]
    return floor(percent * chart.level_num * 20) / 100


# Sections "Classes" and "Derived class colour": ids and floors are part of the API.
COLOUR_FLOORS = {
    "WHITE": 0,
    "ORANGE": 1000,
    "ORANGE_GRD": 1500,
    "YELLOW": 2000,
    "YELLOW_GRD": 2500,
    "GREEN": 3000,
    "GREEN_GRD": 3500,
    "BLUE": 4000,
    "BLUE_GRD": 4500,
    "PURPLE": 5000,
    "PURPLE_GRD": 5500,
    "RED": 6000,
    "RED_GRD": 6500,
    "BRONZE": 7000,
    "SILVER": 7500,
    "GOLD": 8000,
    "RAINBOW": 8500,
}
COLOUR = ClassSet(
    name="colour",
    values=(
        ClassValue("WHITE", "白", "White"),
        ClassValue("ORANGE", "橙", "Orange"),
        ClassValue("ORANGE_GRD", "橙グラ", "Orange Gradient"),
        ClassValue("YELLOW", "黄", "Yellow"),
        ClassValue("YELLOW_GRD", "黄グラ", "Yellow Gradient"),
        ClassValue("GREEN", "緑", "Green"),
        ClassValue("GREEN_GRD", "緑グラ", "Green Gradient"),
        ClassValue("BLUE", "青", "Blue"),
        ClassValue("BLUE_GRD", "青グラ", "Blue Gradient"),
        ClassValue("PURPLE", "紫", "Purple"),
        ClassValue("PURPLE_GRD", "紫グラ", "Purple Gradient"),
        ClassValue("RED", "赤", "Red"),
        ClassValue("RED_GRD", "赤グラ", "Red Gradient"),
        ClassValue("BRONZE", "銅", "Bronze"),
        ClassValue("SILVER", "銀", "Silver"),
        ClassValue("GOLD", "金", "Gold"),
        ClassValue("RAINBOW", "虹", "Rainbow"),
    ),
    derive=class_from_floors("naiveSkill", COLOUR_FLOORS),
    minimum_scores=50,
)

# --- declaration ------------------------------------------------------------------------------------

GITA = Playtype(
    name="Gita",
    provided={
        "percent": Decimal(rule=between(0, 100)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("percent", GRADE_FLOORS)),
    },
    optional=FAST_SLOW_COMBO,
    judgements=("perfect", "great", "good", "ok", "miss"),
    grade_metric="percent",
    grade_floors=GRADE_FLOORS,
    default_metric="percent",
    default_ladder="grade",
    difficulties=(
        Difficulty("BASIC", "G-BSC"),
        Difficulty("ADVANCED", "G-ADV"),
        Difficulty("EXTREME", "G-EXT"),
        Difficulty("MASTER", "G-MAS"),
        Difficulty("BASS BASIC", "B-BSC"),
        Difficulty("BASS ADVANCED", "B-ADV"),
        Difficulty("BASS EXTREME", "B-EXT"),
        Difficulty("BASS MASTER", "B-MAS"),
    ),
    default_difficulty="EXTREME",
    match_types=("inGameID", "songTitle", "tachiSongID"),
    versions={
        "konaste": "Konaste",
        "fuzzUp": "FUZZ-UP",
        "highVoltage": "HIGH-VOLTAGE",
        "nextage": "NEX+AGE",
        "exchain": "EXCHAIN",
        "matixx": "Matixx",
    },
    chart_data=Record({"inGameID": Number(whole=True, low=0)}),
    score_meta=Record(),
    score_ratings={"skill": ScoreRating(skill)},
    session_ratings={"skill": SessionRating("skill")},
    profile_ratings={"naiveSkill": ProfileRating(("skill",), sum_of_best(50, "skill"))},
    default_score_rating="skill",
    default_session_rating="skill",
    default_profile_rating="naiveSkill",
    best_name="Best Percent",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("percent", "lamp"),  # spec: games/README.md, "Chart ranking"
    classes={"colour": COLOUR},
)

DORA = replace(
    GITA,
    name="Dora",
    difficulties=(
        Difficulty("BASIC", "D-BSC"),
        Difficulty("ADVANCED", "D-ADV"),
        Difficulty("EXTREME", "D-EXT"),
        Difficulty("MASTER", "D-MAS"),
    ),
)

GAME = Game(
    slug="gitadora",
    name="GITADORA",
    rules=2026,
    song_data=Record(),
    playtypes=(GITA, DORA),
)
