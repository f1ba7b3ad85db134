"""O.N.G.E.K.I. A note lamp and a bell lamp, and a platinum score beside the score."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import ceil, floor
from typing import Any

from imports.errors import FormulaError
from imports.games.formulas import average_of_best, class_from_floors, from_floor, hits, js_round
from imports.games.javascript import text
from imports.games.shapes import Flag, Number, OneOf, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Bests,
    Chart,
    ChartRule,
    ClassSet,
    ClassValue,
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
    Shown,
    between,
)

NOTE_LAMP = Ladder(
    values=("LOSS", "CLEAR", "FULL COMBO", "ALL BREAK", "ALL BREAK+"),
    minimum_relevant="CLEAR",
)
BELL_LAMP = Ladder(values=("NONE", "FULL BELL"), minimum_relevant="FULL BELL")
GRADE_FLOORS = {
    "D": 0,
    "C": 500_000,
    "B": 700_000,
    "BB": 750_000,
    "BBB": 800_000,
    "A": 850_000,
    "AA": 900_000,
    "AAA": 940_000,
    "S": 970_000,
    "SS": 990_000,
    "SSS": 1_000_000,
    "SSS+": 1_007_500,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")
PERFECT = 1_010_000

# --- the platinum score -----------------------------------------------------------------------------


PLATINUM_STARS = Ladder(
    values=("0-star", "1-star", "2-star", "3-star", "4-star", "5-star", "R-star"),
    minimum_relevant="1-star",
    formerly=dict(enumerate(("0-star", "1-star", "2-star", "3-star", "4-star", "5-star", "R-star"))),  # until 2025-12
)
_STARS = {name: stars for stars, name in enumerate(PLATINUM_STARS.values)}


def platinum_stars(play: Play, chart: Chart) -> str:
    """Returns one star per percent of the chart's maximum from 94; the sixth, from 99, is the rainbow star."""
    score, most = play.metrics["platinumScore"], chart.data["maxPlatScore"]
    if most <= 0:
        raise FormulaError("This chart has no platinum score, so no score has platinum stars.")
    percent: int = floor(100 * score / most)
    return PLATINUM_STARS.values[max(0, min(percent, 99) - 93)]


def platinum_score_fits_the_chart(score: Any, chart: Chart) -> str | None:
    most = chart.data["maxPlatScore"]
    if score < 0:
        return f"Platinum Score must be non-negative. Got {text(score)}"
    if score > most:
        return f"Platinum Score must not exceed the chart's maximum Platinum Score. Got {text(score)}/{text(most)}"
    return None


def _not_negative(name: str) -> ChartRule:
    return lambda value, _chart: f"{name} must be non-negative. Got {text(value)}" if value < 0 else None


# --- the ratings of a play --------------------------------------------------------------------------
# Section "Score ratings" of the game's page in the spec.

Rating = Callable[[Play, Chart], float]


def _of_ranked_charts(rating: Rating) -> Rating:
    """Decorates a rating: it is 0 for bonus tracks (numbers 7000 to 7999) and for charts without a level."""

    @wraps(rating)
    def ranked(play: Play, chart: Chart) -> float:
        number = chart.data["inGameID"]
        if chart.level_num == 0 or (number is not None and 7000 <= number < 8000):
            return 0
        return rating(play, chart)

    return ranked


@_of_ranked_charts
def rating(play: Play, chart: Chart) -> float:
    """Returns the rating of a play up to bright MEMORY, 0 to level + 2, in steps of 0.01."""
    score, base = play.metrics["score"], js_round(chart.level_num * 100)
    if score >= 1_007_500:
        hundredths = base + 200
    elif score >= 1_000_000:
        hundredths = base + 150 + (score - 1_000_000) // 150
    elif score >= 970_000:
        hundredths = base + (score - 970_000) // 200
    elif score >= 900_000:
        hundredths = base - ceil((970_000 - score) / 175)
    else:
        hundredths = base - 400 - ceil((900_000 - score) / 500) if score >= 800_000 else 0
    return max(hundredths / 100, 0)


_LAMP_BONUSES = {"LOSS": 0, "CLEAR": 0, "FULL COMBO": 100, "ALL BREAK": 300, "ALL BREAK+": 350}
_BELL_BONUSES = {"NONE": 0, "FULL BELL": 50}


@_of_ranked_charts
def score_rating(play: Play, chart: Chart) -> float:
    """Returns the rating of a play since Re:Fresh, 0 to level + 2.7, in thousandths, from score, grade and lamps.

    Raises FormulaError for lamps that contradict the score or each other.
    """
    score, bells = play.metrics["score"], play.metrics["bellLamp"]
    notes = "ALL BREAK+" if score == PERFECT else play.metrics["noteLamp"]
    if (notes, bells) in {("ALL BREAK+", "NONE"), ("LOSS", "FULL BELL")} or (notes == "ALL BREAK+" and score < PERFECT):
        raise FormulaError(f"A score of {text(score)} with {notes} and {bells} has no rating.")
    if score < 800_000:
        return 0
    base = _thousandths(score, js_round(chart.level_num * 1000))
    return max((base + _LAMP_BONUSES[notes] + _BELL_BONUSES[bells]) / 1000, 0)


def _thousandths(score: int, base: int) -> int:
    """Returns the rating of a score of at least 800,000 without lamps, in thousandths. `base`: the level times 1000."""
    if score >= 1_007_500:
        return base + 1750 + 250 * (score - 1_007_500) // 2500 + 300
    if score >= 1_000_000:
        return base + 1250 + 500 * (score - 1_000_000) // 7500 + 200
    if score >= 990_000:
        return base + 750 + 500 * (score - 990_000) // 10_000 + 100
    if score >= 970_000:
        return base + 750 * (score - 970_000) // 20_000
    if score >= 900_000:
        return base - ceil(4000 * (970_000 - score) / 70_000)
    return base - 4000 - ceil(2000 * (900_000 - score) / 100_000)


@_of_ranked_charts
def star_rating(play: Play, chart: Chart) -> float:
    """Returns the rating of a play's platinum stars (at most 5): stars times level squared, divided by 1000."""
    # The sixth star is the rainbow one, and counts as five.
    stars = min(_STARS[play.metrics["platinumStars"]], 5)
    return floor(stars * chart.level_num**2) / 1000


# --- the ratings of a profile -----------------------------------------------------------------------
# Section "Session / profile ratings" of the game's page in the spec.

_score_part = average_of_best(60, "scoreRating", multiplier=1000)
_star_part = average_of_best(50, "starRating", multiplier=1000)


def naive_rating_refresh(bests: Bests) -> float:
    """Returns 1.2 times the mean of the best 60 score ratings, plus the mean of the best 50 star ratings; never None.

    Computed in thousandths; the first part is cut to them.
    """
    scores, stars = _score_part(bests) or 0, _star_part(bests) or 0
    return (floor(1.2 * js_round(1000 * scores)) + js_round(1000 * stars)) / 1000


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": one validator, which returns the first message that applies; null judgements are 0.


def lamps_scores_and_judgements_agree(play: Play, chart: Chart) -> str | None:
    """Returns the first contradiction; unknown judgements are 0."""
    return _contradiction(play) or _too_much_platinum(play, chart)


def lamps_scores_and_judgements_agreed(play: Play, chart: Chart) -> str | None:
    """Returns the first contradiction by the rules until 2025, which refused a LOSS with a FULL BELL."""
    lamps = (play.metrics["noteLamp"], play.metrics["bellLamp"])
    lost = "Cannot have a LOSS with a FULL BELL." if lamps == ("LOSS", "FULL BELL") else None
    return _contradiction(play) or lost or _too_much_platinum(play, chart)


def _too_much_platinum(play: Play, chart: Chart) -> str | None:
    platinum, most = play.metrics["platinumScore"], chart.data["maxPlatScore"]
    return f"Cannot have {text(platinum)}/{text(most)} Platinum Score." if platinum > most else None


def _contradiction(play: Play) -> str | None:
    notes, score = play.metrics["noteLamp"], play.metrics["score"]
    is_full_bell = play.metrics["bellLamp"] == "FULL BELL"
    if notes == "ALL BREAK+" and hits(play, "hit", "miss", "break") > 0:
        return "Cannot have an ALL BREAK+ if not all hits were critical break or better."
    if notes == "ALL BREAK+" and score < PERFECT:
        return "Cannot have an ALL BREAK+ if the score is not 1,010,000"
    if score == PERFECT and not (notes == "ALL BREAK+" and is_full_bell):
        return "Cannot have a perfect score without FBAB+"
    if notes == "ALL BREAK" and hits(play, "hit", "miss") > 0:
        return "Cannot have an ALL BREAK if not all hits were break or better."
    if notes == "FULL COMBO" and hits(play, "miss") > 0:
        return "Cannot have a FULL COMBO if the score has misses."
    return None


# --- declaration ------------------------------------------------------------------------------------

COLOUR_FLOORS = {
    "BLUE": 0,
    "GREEN": 4,
    "ORANGE": 7,
    "RED": 9,
    "PURPLE": 11,
    "COPPER": 13,
    "SILVER": 15,
    "GOLD": 17,
    "PLATINUM": 18,
    "RAINBOW": 19,
    "RAINBOW_SHINY": 20,
    "RAINBOW_EX": 21,
    "RAINBOW_EX_TRUE": 22,
}
COLOUR = ClassSet(
    name="colour",
    values=(
        ClassValue("BLUE", "水", "Blue: 0.000~3.999 Rating"),
        ClassValue("GREEN", "緑", "Green: 4.000~6.999 Rating"),
        ClassValue("ORANGE", "橙", "Orange: 7.000~8.999 Rating"),
        ClassValue("RED", "赤", "Red: 9.000~10.999 Rating"),
        ClassValue("PURPLE", "紫", "Purple: 11.000~12.999 Rating"),
        ClassValue("COPPER", "銅", "Copper: 13.000~14.999 Rating"),
        ClassValue("SILVER", "銀", "Silver: 15.000~16.999 Rating"),
        ClassValue("GOLD", "金", "Gold: 17.000~17.999 Rating"),
        ClassValue("PLATINUM", "鉑", "Platinum: 18.000~18.999 Rating"),
        ClassValue("RAINBOW", "虹", "Rainbow: 19.000~19.999 Rating"),
        ClassValue("RAINBOW_SHINY", "虹(光)", "Rainbow Shiny: 20.000~20.999 Rating"),
        ClassValue("RAINBOW_EX", "虹(極)", "Rainbow Extreme: 21.000~21.999 Rating"),
        ClassValue("RAINBOW_EX_TRUE", "虹(真・極)", "Rainbow True Extreme: 22.000~ Rating"),
    ),
    derive=class_from_floors("naiveRatingRefresh", COLOUR_FLOORS),
    minimum_relevant="RAINBOW",
)

CHART_DATA = Record(
    {
        "displayVersion": OneOf(
            (
                "オンゲキ",
                "オンゲキ PLUS",
                "オンゲキ SUMMER",
                "オンゲキ SUMMER PLUS",
                "オンゲキ R.E.D.",
                "オンゲキ R.E.D. PLUS",
                "オンゲキ bright",
                "オンゲキ bright MEMORY Act.1",
                "オンゲキ bright MEMORY Act.2",
                "オンゲキ bright MEMORY Act.3",
                "オンゲキ Re:Fresh",
            )
        ),
        "isReMaster": Flag(optional=True),
        "isBonusTrack": Flag(optional=True),
        "maxPlatScore": Number(whole=True, low=0),
        "inGameID": Number(whole=True, low=0, nullable=True),
        "chartViewURL": Text(optional=True),
    }
)

SINGLE = Playtype(
    name="Single",
    provided={
        "score": Integer(rule=between(0, PERFECT)),
        "noteLamp": NOTE_LAMP,
        "bellLamp": BELL_LAMP,
        "platinumScore": Integer(chart_rule=platinum_score_fits_the_chart),
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
        "platinumStars": Derived(PLATINUM_STARS, platinum_stars),
    },
    optional={
        **FAST_SLOW_COMBO,
        "damage": Integer(chart_rule=_not_negative("Damage"), in_score_id=True),
        "bellCount": Integer(chart_rule=_not_negative("Bell Count"), in_score_id=True),
        "totalBellCount": Integer(chart_rule=_not_negative("Total bell Count")),
        "scoreGraph": Graph(rule=between(0, PERFECT), nullable=True),
        "platinumGraph": Graph(rule=between(-100_000, 0), nullable=True),
        "bellGraph": Graph(rule=between(-10_000, 0), nullable=True),
        "lifeGraph": Graph(rule=between(0, 100), nullable=True),
    },
    judgements=("cbreak", "break", "hit", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=(
        Difficulty("BASIC", "BAS"),
        Difficulty("ADVANCED", "ADV"),
        Difficulty("EXPERT", "EXP"),
        Difficulty("MASTER", "MAS"),
        Difficulty("Re:MASTER", "Re:MAS"),
        Difficulty("LUNATIC", "LUN"),
    ),
    default_difficulty="MASTER",
    sent_as={"Re:MASTER": "LUNATIC"},
    match_types=("songTitle", "tachiSongID", "inGameID"),
    versions={
        "brightMemory2Omni": "bright MEMORY Act.II Omnimix",
        "brightMemory3": "bright MEMORY Act.III",
        "brightMemory3Omni": "bright MEMORY Act.III Omnimix",
        "refresh": "Re:Fresh",
        "refreshOmni": "Re:Fresh Omnimix",
    },
    chart_data=CHART_DATA,
    score_meta=Record(),
    score_ratings={
        "rating": ScoreRating(rating, Shown.DP2),
        "scoreRating": ScoreRating(score_rating, Shown.DP3),
        "starRating": ScoreRating(star_rating, Shown.DP3),
    },
    session_ratings={
        "naiveRating": SessionRating("rating", shown=Shown.DP2),
        "naiveScoreRating": SessionRating("scoreRating", shown=Shown.DP3),
        "starRating": SessionRating("starRating", shown=Shown.DP3),
    },
    profile_ratings={
        "naiveRating": ProfileRating(("rating",), average_of_best(45, "rating", multiplier=100), Shown.DP2),
        "naiveRatingRefresh": ProfileRating(("scoreRating", "starRating"), naive_rating_refresh, Shown.DP3),
        "scoreRating": ProfileRating(("scoreRating",), _score_part, Shown.DP3),
        "starRating": ProfileRating(("starRating",), _star_part, Shown.DP3),
    },
    default_score_rating="rating",
    default_session_rating="naiveRating",
    default_profile_rating="naiveRating",
    best_name="Best Score",
    merges=(
        Merge(name="Best Platinum Score", key="platinumScore", takes=("platinumScore", "platinumStars")),
        Merge(name="Best Note Lamp", key="noteLamp", takes=("noteLamp",)),
        Merge(name="Best Bell Lamp", key="bellLamp", takes=("bellLamp",)),
    ),
    ranked_by=("score", "platinumScore", "noteLamp", "bellLamp"),  # spec: games/README.md, "Chart ranking"
    validators=(lamps_scores_and_judgements_agree,),
    validators_until={2025: (lamps_scores_and_judgements_agreed,)},
    classes={"colour": COLOUR},
)

GAME = Game(
    slug="ongeki",
    name="O.N.G.E.K.I.",
    rules=2026,
    song_data=Record(
        {
            "genre": OneOf(
                (
                    "POPS＆ANIME",
                    "niconico",
                    "東方Project",
                    "VARIETY",
                    "チュウマイ",
                    "オンゲキ",
                    "LUNATIC",
                    "ボーナストラック",
                )
            ),
            "duration": Number(nullable=True),
            "flavorGenre": Text(optional=True),
        }
    ),
    playtypes=(SINGLE,),
)
