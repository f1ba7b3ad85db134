"""jubeat. A play has a score and a music rate; jubility needs both, and a profile's jubility counts songs."""

from __future__ import annotations

from itertools import islice
from math import floor
from typing import Any

from imports.errors import FormulaError
from imports.games.formulas import class_from_floors, from_floor, hits, js_round, sum_of_best
from imports.games.javascript import text
from imports.games.shapes import Either, ListOf, Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Bests,
    Chart,
    ClassSet,
    ClassValue,
    Decimal,
    Derived,
    Difficulty,
    Game,
    Graph,
    Integer,
    Ladder,
    Merge,
    Play,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    between,
    whole_between,
)

LAMP = Ladder(values=("FAILED", "CLEAR", "FULL COMBO", "EXCELLENT"), minimum_relevant="CLEAR")
GRADE_FLOORS = {
    "E": 0,
    "D": 500_000,
    "C": 700_000,
    "B": 800_000,
    "A": 850_000,
    "S": 900_000,
    "SS": 950_000,
    "SSS": 980_000,
    "EXC": 1_000_000,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")

CLEARED = 700_000
HARD = "HARD "

# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of the game's page in the spec.

_RATES = {False: between(0, 100), True: between(0, 120)}  # whether hard mode -> range of the music rate


def music_rate_fits_the_difficulty(music_rate: Any, chart: Chart) -> str | None:
    """In hard mode the maximum is 120 %."""
    rule = _RATES[chart.difficulty.startswith(HARD)]
    return None if rule.accepts(music_rate) else rule.message


def jubility(play: Play, chart: Chart) -> float:
    """Returns the jubility of a play, cut to one decimal; 0 for a failed play. Ave. and later."""
    rate: float = play.metrics["musicRate"]
    if not 0 <= rate <= 120:
        raise FormulaError(f"A music rate of {text(rate)} has no jubility.")
    if play.metrics["score"] < CLEARED:
        return 0
    return floor((js_round(chart.level_num * 10) * 125 * floor(rate * 10) / 99) / 100) / 10


# --- the rating of a profile ------------------------------------------------------------------------
# Section "Session / profile ratings" of the game's page in the spec.

HOT = "beyond"
BEST_OF_HALF = 30

Rated = tuple[float, Chart]
"""A value and its chart."""


def profile_jubility(bests: Bests) -> float:
    """Returns the sum of `counted_bests`; 0 without any."""
    hot, other = counted_bests(bests)
    return sum(value for value, _ in hot) + sum(value for value, _ in other)


def counted_bests(bests: Bests) -> tuple[list[Rated], list[Rated]]:
    """Returns the 30 best on songs of the newest version and the 30 best on all others, best first.

    A song counts once per difficulty; hard mode shares the difficulty of normal mode. Charts need not be primary.
    """
    halves: dict[bool, dict[tuple[int, str], Rated]] = {True: {}, False: {}}
    for value, chart in bests.rated("jubility", primary_only=False):
        half = halves[chart.song.data.get("displayVersion") == HOT]
        # Best first, so that the first per song and difficulty counts.
        half.setdefault((chart.song.song_id, chart.difficulty.removeprefix(HARD)), (value, chart))
    return list(islice(halves[True].values(), BEST_OF_HALF)), list(islice(halves[False].values(), BEST_OF_HALF))


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def excellent_is_a_million(play: Play, _chart: Chart) -> str | None:
    is_excellent, is_million = play.metrics["lamp"] == "EXCELLENT", play.metrics["score"] == 1_000_000
    if is_excellent and not is_million:
        return "An EXCELLENT lamp must be accompanied with a score of 1 million."
    if is_million and not is_excellent:
        return "A score of 1 million must be accompanied with an EXCELLENT lamp."
    return None


def lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    lamp = play.metrics["lamp"]
    if lamp == "EXCELLENT" and hits(play, "good", "great", "miss", "poor") > 0:
        return "An EXCELLENT lamp can't have any non-perfect judgements."
    if lamp == "FULL COMBO" and hits(play, "miss") > 0:
        return "A FULL COMBO cannot have any misses."
    return None


def cleared_from_700k(play: Play, _chart: Chart) -> str | None:
    is_failed, is_below = play.metrics["lamp"] == "FAILED", play.metrics["score"] < CLEARED
    if is_below and not is_failed:
        return "A score of <700k must be a fail."
    if is_failed and not is_below:
        return "A score >=700k must be a clear."
    return None


# --- declaration ------------------------------------------------------------------------------------

# Sections "Classes" and "Derived class colour": ids and floors are part of the API.
COLOUR_FLOORS = {
    "BLACK": 0,
    "YELLOW_GREEN": 250,
    "GREEN": 750,
    "LIGHT_BLUE": 1500,
    "BLUE": 2500,
    "VIOLET": 4000,
    "PURPLE": 5500,
    "PINK": 7000,
    "ORANGE": 8500,
    "GOLD": 9500,
}
COLOUR = ClassSet(
    name="colour",
    values=(
        ClassValue("BLACK", "Black"),
        ClassValue("YELLOW_GREEN", "Yellow-Green"),
        ClassValue("GREEN", "Green"),
        ClassValue("LIGHT_BLUE", "Light Blue"),
        ClassValue("BLUE", "Blue"),
        ClassValue("VIOLET", "Violet"),
        ClassValue("PURPLE", "Purple"),
        ClassValue("PINK", "Pink"),
        ClassValue("ORANGE", "Orange"),
        ClassValue("GOLD", "Gold"),
    ),
    derive=class_from_floors("jubility", COLOUR_FLOORS),
    minimum_scores=60,
)

_IN_GAME_ID = Number(whole=True, low=0)

SINGLE = Playtype(
    name="Single",
    provided={
        "score": Integer(rule=between(0, 1_000_000)),
        "musicRate": Decimal(chart_rule=music_rate_fits_the_difficulty),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional={
        **FAST_SLOW_COMBO,
        "musicBar": Graph(rule=whole_between(0, 3)),
    },
    judgements=("perfect", "great", "good", "poor", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="musicRate",
    default_ladder="grade",
    difficulties=(
        Difficulty("BSC", "BSC"),
        Difficulty("ADV", "ADV"),
        Difficulty("EXT", "EXT"),
        Difficulty("HARD BSC", "H. BSC"),
        Difficulty("HARD ADV", "H. ADV"),
        Difficulty("HARD EXT", "H. EXT"),
    ),
    default_difficulty="EXT",
    match_types=("inGameID", "tachiSongID"),
    versions={
        "jubeat": "jubeat",
        "ripples": "ripples",
        "knit": "knit",
        "copious": "copious",
        "saucer": "saucer",
        "prop": "prop",
        "qubell": "Qubell",
        "clan": "clan",
        "festo": "festo",
        "festo-omni": "festo Omnimix",
        "ave": "Ave.",
        "beyond": "beyond the Ave.",
    },
    chart_data=Record(
        {
            "inGameID": Either((ListOf(_IN_GAME_ID), _IN_GAME_ID)),
            "noteCount": Number(low=0),
            "musicBar": ListOf(Number(low=0)),
        },
    ),
    score_meta=Record(),
    score_ratings={"jubility": ScoreRating(jubility)},
    session_ratings={"jubility": SessionRating("jubility")},
    profile_ratings={
        "jubility": ProfileRating(("jubility",), profile_jubility),
        "naiveJubility": ProfileRating(("jubility",), sum_of_best(60, "jubility")),
    },
    default_score_rating="jubility",
    default_session_rating="jubility",
    default_profile_rating="jubility",
    best_name="Best Music Rate",
    merges=(
        Merge(name="Best Lamp", key="lamp", takes=("lamp",)),
        Merge(name="Best Score", key="score", takes=("score", "grade")),
    ),
    ranked_by=("musicRate", "score", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(excellent_is_a_million, lamp_fits_the_judgements, cleared_from_700k),
    classes={"colour": COLOUR},
)

GAME = Game(
    slug="jubeat",
    name="jubeat",
    rules=2026,
    song_data=Record({"displayVersion": Text()}),
    playtypes=(SINGLE,),
)
