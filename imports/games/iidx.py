"""beatmania IIDX. SP and DP differ in their difficulty tables, chart data and random option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import log

from imports.errors import FormulaError
from imports.games.ex_score import GRADE, GRADE_FLOORS, LAMP, PERCENT, SCORE, judgements_add_up, maximum
from imports.games.formulas import average_of_best
from imports.games.shapes import TIER, Either, ListOf, Number, OneOf, Pair, Record, Shape, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    POSITIVE,
    Chart,
    ClassSet,
    ClassValue,
    Decimal,
    Difficulty,
    Game,
    Graph,
    Integer,
    Merge,
    Metric,
    Play,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    Shown,
    between,
)

# --- BPI --------------------------------------------------------------------------------------------
# Section "Score ratings" of the game's page in the spec.

BPI_LEAST = -15
BPI_USUAL_COEFFICIENT = 1.175


def bpi(play: Play, chart: Chart) -> float | None:
    """Returns the Beat Power Indicator: 0 at the average of Kaiden players, 100 at the world record, at least -15.

    Poyashi's formula. None if the chart has no average or no record. Raises FormulaError if the score or the chart's
    values are out of its range.
    """
    average, record = chart.data.get("kaidenAverage"), chart.data.get("worldRecord")
    if average is None or record is None:
        return None
    score, most, power = play.metrics["score"], maximum(chart), chart.data.get("bpiCoefficient")
    if power is None or power == -1:  # -1 in the seeds is the usual coefficient
        power = BPI_USUAL_COEFFICIENT
    if not 0 <= score <= most:
        raise FormulaError(f"A score of {score} has no BPI on a chart whose maximum is {most}.")
    if not 0 < average < record <= most or power <= 0:
        raise FormulaError(f"This chart's BPI figures contradict each other: {average}, {record}, {most}, {power}.")
    of_average = _pika_great(average, most)
    share = log(_pika_great(score, most) / of_average) / log(_pika_great(record, most) / of_average)
    return float(max(BPI_LEAST, -100 * (-share) ** power) if score < average else 100 * share**power)


def _pika_great(score: float, most: int) -> float:
    """Returns the number of notes per great, if all others are perfect greats; 0.8 * `most` at the maximum."""
    return 0.8 * most if score == most else 0.5 / (1 - score / most)


# --- ktLampRating -----------------------------------------------------------------------------------
# Section "Score ratings": SP has three community tiers, DP one.


_EASY_CLEARS = frozenset({"EASY CLEAR", "CLEAR", "HARD CLEAR", "EX HARD CLEAR", "FULL COMBO"})
_HARD_CLEARS = frozenset({"HARD CLEAR", "EX HARD CLEAR", "FULL COMBO"})
_EX_HARD_CLEARS = frozenset({"EX HARD CLEAR", "FULL COMBO"})


def lamp_rating_sp(play: Play, chart: Chart) -> float:
    """Returns the chart's normal, hard or EX hard tier, by the play's clear. 0 below a normal clear.

    A harder clear is never worth less than an easier one; a chart without tiers counts as its level.
    """
    if play.metrics["lamp"] == "CLEAR":
        return _tier(chart, "ncTier", otherwise=chart.level_num)
    return ex_hard_rating_sp(play, chart) or hard_rating_sp(play, chart)


def hard_rating_sp(play: Play, chart: Chart) -> float:
    """Returns the chart's hard tier for a hard clear or better, else 0."""
    if play.metrics["lamp"] not in _HARD_CLEARS:
        return 0
    return max(_tier(chart, "hcTier", otherwise=0), _tier(chart, "ncTier", otherwise=chart.level_num))


def ex_hard_rating_sp(play: Play, chart: Chart) -> float:
    """Returns the chart's EX hard tier for an EX hard clear or better, else 0."""
    if play.metrics["lamp"] not in _EX_HARD_CLEARS:
        return 0
    return max(_tier(chart, "exhcTier", otherwise=0), hard_rating_sp(play, chart))


def _tier_from(lamps: frozenset[str]) -> Callable[[Play, Chart], float]:
    """Returns a rating of DP: the chart's tier (its level without one) for these lamps, else 0."""

    def rating(play: Play, chart: Chart) -> float:
        return _tier(chart, "dpTier", otherwise=chart.level_num) if play.metrics["lamp"] in lamps else 0

    return rating


def _tier(chart: Chart, name: str, *, otherwise: float) -> float:
    tier = chart.data.get(name)
    return tier["value"] if tier else otherwise


# --- parts ------------------------------------------------------------------------------------------

_HISTORY = Graph(rule=between(0, 100), nullable=True)

OPTIONAL: Mapping[str, Metric] = {
    **FAST_SLOW_COMBO,
    "bp": Integer(rule=POSITIVE, shown=Shown.RAW),
    "gauge": Decimal(rule=between(0, 100)),
    "comboBreak": Integer(rule=POSITIVE),
    "gaugeHistory": _HISTORY,
    "scoreHistory": _HISTORY,
    "gsmEasy": _HISTORY,
    "gsmNormal": _HISTORY,
    "gsmHard": _HISTORY,
    "gsmEXHard": _HISTORY,
}

DIFFICULTIES = tuple(
    Difficulty(f"{style}{name}", f"{name[0]}{mark}")
    for style, mark in (("", ""), ("All Scratch ", " (Scr.)"), ("Kichiku ", " (Kc.)"), ("Kiraku ", " (Kr.)"))
    for name in ("NORMAL", "HYPER", "ANOTHER", "LEGGENDARIA")
)

VERSIONS = {
    "20": "tricoro",
    "21": "SPADA",
    "22": "PENDUAL",
    "23": "copula",
    "24": "SINOBUZ",
    "25": "CANNON BALLERS",
    "26": "ROOTAGE",
    "27": "HEROIC VERSE",
    "28": "BISTROVER",
    "29": "CastHour",
    "30": "Resident",
    "31": "Epolis",
    "32": "Pinky Crush",
    "33": "Sparkle Shower",
    "3-cs": "3rd Style CS",
    "4-cs": "4th Style CS",
    "5-cs": "5th Style CS",
    "6-cs": "6th Style CS",
    "7-cs": "7th Style CS",
    "8-cs": "8th Style CS",
    "9-cs": "9th Style CS",
    "10-cs": "10th Style CS",
    "11-cs": "IIDX RED CS",
    "12-cs": "HAPPY SKY CS",
    "13-cs": "DISTORTED CS",
    "14-cs": "GOLD CS",
    "15-cs": "DJ TROOPERS CS",
    "16-cs": "EMPRESS CS",
    "26-omni": "ROOTAGE Omnimix",
    "27-omni": "HEROIC VERSE Omnimix",
    "28-omni": "BISTROVER Omnimix",
    "29-omni": "CastHour Omnimix",
    "30-omni": "Resident Omnimix",
    "31-omni": "Epolis Omnimix",
    "32-omni": "Pinky Crush Omnimix",
    "33-omni": "Sparkle Shower Omnimix",
    "27-2dxtra": "HEROIC VERSE 2dxtra",
    "28-2dxtra": "BISTROVER 2dxtra",
    "30-2dxtra": "RESIDENT 2dxtra",
    "31-2dxtra": "Epolis 2dxtra",
    "bmus": "BEATMANIA US",
    "inf": "INFINITAS",
}

DAN = ClassSet(
    name="dan",
    values=(
        ClassValue("KYU_7", "七級", "7th Kyu"),
        ClassValue("KYU_6", "六級", "6th Kyu"),
        ClassValue("KYU_5", "五級", "5th Kyu"),
        ClassValue("KYU_4", "四級", "4th Kyu"),
        ClassValue("KYU_3", "三級", "3rd Kyu"),
        ClassValue("KYU_2", "二級", "2nd Kyu"),
        ClassValue("KYU_1", "一級", "1st Kyu"),
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
        ClassValue("CHUUDEN", "中伝", "Chuuden"),
        ClassValue("KAIDEN", "皆伝", "Kaiden"),
    ),
)

CHART_DATA: Mapping[str, Shape] = {
    "notecount": Number(whole=True, low=0),
    "inGameID": Either((ListOf(Number(whole=True)), Number(whole=True))),
    "hashSHA256": Text(nullable=True),
    "2dxtraSet": Text(nullable=True),
    "kaidenAverage": Number(whole=True, above=0, nullable=True),
    "worldRecord": Number(whole=True, above=0, nullable=True),
    "bpiCoefficient": Number(above=0, nullable=True),
}

_RANDOMS = ("NONRAN", "MIRROR", "R-RANDOM", "RANDOM", "S-RANDOM")

SCORE_META: Mapping[str, Shape] = {
    "random": OneOf(_RANDOMS, optional=True),
    "assist": OneOf(("AUTO SCRATCH", "LEGACY NOTE", "NO ASSIST", "FULL ASSIST"), optional=True),
    "range": OneOf(("NONE", "HIDDEN+", "SUDDEN+", "LIFT", "LIFT SUD+", "SUD+ HID+"), optional=True),
    "gauge": OneOf(("ASSISTED EASY", "EASY", "NORMAL", "HARD", "EX-HARD"), optional=True),
}

LAMP_RATINGS = ("ktLampRating", "ktLampRatingHC", "ktLampRatingEXHC")
RATING_NAMES = {
    "ktLampRating": "Lamp Rating",
    "ktLampRatingHC": "Lamp Rating (Hard)",
    "ktLampRatingEXHC": "Lamp Rating (EX Hard)",
}

# --- declaration ------------------------------------------------------------------------------------

SP = Playtype(
    name="SP",
    provided={"score": SCORE, "lamp": LAMP},
    derived={"percent": PERCENT, "grade": GRADE},
    optional=OPTIONAL,
    judgements=("pgreat", "great", "good", "bad", "poor"),
    grade_metric="percent",
    grade_floors=GRADE_FLOORS,
    default_metric="percent",
    default_ladder="lamp",
    difficulties=DIFFICULTIES,
    default_difficulty="ANOTHER",
    match_types=("inGameID", "tachiSongID", "songTitle"),
    versions=VERSIONS,
    chart_data=Record({**CHART_DATA, "ncTier": TIER, "hcTier": TIER, "exhcTier": TIER}),
    score_meta=Record(SCORE_META),
    score_ratings={
        "ktLampRating": ScoreRating(lamp_rating_sp),
        "ktLampRatingHC": ScoreRating(hard_rating_sp),
        "ktLampRatingEXHC": ScoreRating(ex_hard_rating_sp),
        "BPI": ScoreRating(bpi),
    },
    session_ratings={name: SessionRating(name) for name in (*LAMP_RATINGS, "BPI")},
    profile_ratings={
        **{name: ProfileRating((name,), average_of_best(20, name)) for name in LAMP_RATINGS},
        "BPI": ProfileRating(("BPI",), average_of_best(20, "BPI", null_if_not_enough=True)),
    },
    default_score_rating="ktLampRating",
    default_session_rating="ktLampRating",
    default_profile_rating="ktLampRating",
    rating_names=RATING_NAMES,
    best_name="Best Score",
    merges=(
        Merge(
            name="Best Lamp",
            key="lamp",
            takes=("lamp",),
            takes_optional=("gsmEasy", "gsmNormal", "gsmHard", "gsmEXHard", "gauge", "gaugeHistory", "comboBreak"),
        ),
        Merge(name="Lowest BP", key="optional.bp", smallest=True, takes_optional=("bp",)),
    ),
    ranked_by=("score", "lamp", "optional.bp"),  # more bad hits rank higher, as in Tachi
    validators=(judgements_add_up,),
    classes={"dan": DAN},
)

DP = replace(
    SP,
    name="DP",
    chart_data=Record({**CHART_DATA, "dpTier": TIER}),
    score_meta=Record({**SCORE_META, "random": Pair((OneOf(_RANDOMS), OneOf(_RANDOMS)), optional=True)}),
    score_ratings={
        "ktLampRating": ScoreRating(_tier_from(_EASY_CLEARS)),
        "ktLampRatingHC": ScoreRating(_tier_from(_HARD_CLEARS)),
        "ktLampRatingEXHC": ScoreRating(_tier_from(_EX_HARD_CLEARS)),
        "BPI": ScoreRating(bpi),
    },
)

GAME = Game(
    slug="iidx",
    name="beatmania IIDX",
    rules=2026,
    song_data=Record(
        {
            "genre": Text(),
            "displayVersion": Text(nullable=True),
            **{f"eamusementCsv{part}": Text(optional=True) for part in ("Title", "Artist", "Genre")},
        }
    ),
    playtypes=(SP, DP),
)
