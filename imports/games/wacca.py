"""WACCA. The lamp of a personal best may be that of another play than its score."""

from __future__ import annotations

from bisect import bisect_right

from imports.games.formulas import class_from_floors, from_floor, hits, js_round, sum_of_best
from imports.games.javascript import text
from imports.games.shapes import Flag, Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Chart,
    ClassSet,
    ClassValue,
    Derived,
    Difficulty,
    Game,
    Integer,
    Ladder,
    Merge,
    Play,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    between,
)

LAMP = Ladder(
    values=("FAILED", "CLEAR", "MISSLESS", "FULL COMBO", "ALL MARVELOUS"),
    minimum_relevant="CLEAR",
)
GRADE_FLOORS = {
    "D": 0,
    "C": 1,
    "B": 300_100,
    "A": 700_000,
    "AA": 800_000,
    "AAA": 850_000,
    "S": 900_000,
    "S+": 930_000,
    "SS": 950_000,
    "SS+": 970_000,
    "SSS": 980_000,
    "SSS+": 990_000,
    "MASTER": 1_000_000,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="S")

PERFECT_SCORE = 1_000_000

# --- classes ----------------------------------------------------------------------------------------
# Sections "Classes" and "Derived class colour": ids and floors are part of the API.

STAGE_UP = ClassSet(
    name="stageUp",
    values=tuple(
        ClassValue(stage, stage)
        for stage in ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV")
    ),
)
COLOUR_FLOORS = {
    "ASH": 0,
    "NAVY": 300,
    "YELLOW": 600,
    "RED": 1000,
    "PURPLE": 1300,
    "BLUE": 1600,
    "SILVER": 1900,
    "GOLD": 2200,
    "RAINBOW": 2500,
}
COLOUR = ClassSet(
    name="colour",
    values=tuple(ClassValue(colour, colour.capitalize()) for colour in COLOUR_FLOORS),
    derive=class_from_floors("naiveRate", COLOUR_FLOORS),
    minimum_relevant="RAINBOW",
)

# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of the game's page in the spec.

_SCORE_FLOORS = (850_000, 900_000, 920_000, 940_000, 950_000, 960_000, 970_000, 980_000, 990_000)
_SCORE_FACTORS = (1, 1.5, 2, 2.5, 2.75, 3, 3.25, 3.5, 3.75, 4)  # one more: below the first floor


def rate(play: Play, chart: Chart) -> float:
    """Returns the rate of a play: one to four times the level, by the score, rounded to three decimals. REVERSE."""
    factor = _SCORE_FACTORS[bisect_right(_SCORE_FLOORS, play.metrics["score"])]
    return js_round(1000 * factor * chart.level_num) / 1000


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def all_marvelous_is_a_perfect_score(play: Play, _chart: Chart) -> str | None:
    lamp, score = play.metrics["lamp"], play.metrics["score"]
    if lamp == "ALL MARVELOUS" and score != PERFECT_SCORE:
        return f"ALL MARVELOUS scores must have a perfect score. Got {text(score)} instead."
    if lamp != "ALL MARVELOUS" and score == PERFECT_SCORE:
        return f"Perfect scores of 1 million must have ALL MARVELOUS as their lamp. Got {text(lamp)} instead."
    return None


def combo_has_no_misses(play: Play, _chart: Chart) -> str | None:
    lamp, misses = play.metrics["lamp"], hits(play, "miss")
    if lamp == "FULL COMBO" and misses > 0:
        return "Cannot have a FULL COMBO with misses."
    if lamp == "MISSLESS" and misses > 5:
        return "Cannot have a MISSLESS lamp with >5 misses."
    return None


def all_marvelous_is_marvelous_throughout(play: Play, _chart: Chart) -> str | None:
    if play.metrics["lamp"] == "ALL MARVELOUS" and hits(play, "miss", "good", "great") > 0:
        return "Cannot have an ALL MARVELOUS if all judgements were not marvelous."
    return None


# --- declaration ------------------------------------------------------------------------------------

SINGLE = Playtype(
    name="Single",
    provided={
        "score": Integer(rule=between(0, PERFECT_SCORE)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional=FAST_SLOW_COMBO,
    judgements=("marvelous", "great", "good", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=(
        Difficulty("NORMAL", "NRM"),
        Difficulty("HARD", "HRD"),
        Difficulty("EXPERT", "EXP"),
        Difficulty("INFERNO", "INF"),
    ),
    default_difficulty="EXPERT",
    match_types=("songTitle", "tachiSongID", "inGameID"),
    versions={"reverse": "REVERSE", "plus": "PLUS"},
    chart_data=Record({"inGameID": Number(whole=True, low=0)}),
    score_meta=Record({"mirror": Flag(optional=True)}),
    score_ratings={"rate": ScoreRating(rate)},
    session_ratings={"rate": SessionRating("rate")},
    profile_ratings={"naiveRate": ProfileRating(("rate",), sum_of_best(50, "rate"))},
    default_score_rating="rate",
    default_session_rating="rate",
    default_profile_rating="naiveRate",
    best_name="Best Score",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("score", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(all_marvelous_is_a_perfect_score, combo_has_no_misses, all_marvelous_is_marvelous_throughout),
    classes={"stageUp": STAGE_UP, "colour": COLOUR},
)

GAME = Game(
    slug="wacca",
    name="WACCA",
    rules=2026,
    song_data=Record({"genre": Text(), "displayVersion": Text(nullable=True)}),
    playtypes=(SINGLE,),
)
