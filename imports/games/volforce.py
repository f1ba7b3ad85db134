"""VOLFORCE, its grades, validators and classes, shared by SOUND VOLTEX and USC."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import floor

from imports.games.formulas import class_from_floors, hits, sum_of_best
from imports.games.spec import (
    Chart,
    ClassSet,
    ClassValue,
    Play,
    ProfileRating,
    ScoreRating,
    SessionRating,
    Shown,
)

GRADE_FLOORS = {
    "D": 0,
    "C": 7_000_000,
    "B": 8_000_000,
    "A": 8_700_000,
    "A+": 9_000_000,
    "AA": 9_300_000,
    "AA+": 9_500_000,
    "AAA": 9_700_000,
    "AAA+": 9_800_000,
    "S": 9_900_000,
    "PUC": 10_000_000,
}

# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of both games' pages in the spec.

_SCORE_FLOORS = (7_000_000, 8_000_000, 8_700_000, 9_000_000, 9_300_000, 9_500_000, 9_700_000, 9_800_000, 9_900_000)
_SCORE_FACTORS = (80, 82, 85, 88, 91, 94, 97, 100, 102, 105)  # one more: below the first floor

_LAMP_FACTORS = {
    "FAILED": 50,
    "CLEAR": 100,
    "EXCESSIVE CLEAR": 102,
    "MAXXIVE CLEAR": 104,
    "ULTIMATE CHAIN": 105,
    "PERFECT ULTIMATE CHAIN": 110,
}


def vf6(play: Play, chart: Chart) -> float:
    """Returns the VOLFORCE 6 of a play, 0 to 0.462, cut to three decimals. The sum of 50 is a profile's, 0 to 23.

    The product of whole level, share of ten million, grade and lamp, as in EXCEED GEAR.
    """
    return _force(play, floor(chart.level_num), _LAMP_FACTORS[play.metrics["lamp"]])


def vf7(play: Play, chart: Chart) -> float:
    """Returns the VOLFORCE 7 of a play, as in NABLA: the level has decimals, and a chain has a larger factor."""
    lamp = play.metrics["lamp"]
    return _force(play, chart.level_num, 106 if lamp == "ULTIMATE CHAIN" else _LAMP_FACTORS[lamp])


def _force(play: Play, level: float, lamp_factor: int) -> float:
    # Factors are in hundredths and divided once, at the end.
    score: int = play.metrics["score"]
    score_factor = _SCORE_FACTORS[bisect_right(_SCORE_FLOORS, score)]
    return floor(level * 2 * (score / 10_000_000) * score_factor * lamp_factor / 1000) / 1000


SCORE_RATINGS = {"VF6": ScoreRating(vf6, Shown.DP3), "VF7": ScoreRating(vf7, Shown.DP3)}
SESSION_RATINGS = {
    "ProfileVF6": SessionRating("VF6", factor=50, shown=Shown.DP3),
    "ProfileVF7": SessionRating("VF7", factor=50, shown=Shown.DP3),
}
PROFILE_RATINGS = {
    "VF6": ProfileRating(("VF6",), sum_of_best(50, "VF6"), Shown.DP3),
    "VF7": ProfileRating(("VF7",), sum_of_best(50, "VF7"), Shown.DP3),
}


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators" of both games: all of them run, and every message is reported.


def perfect_chain_has_a_perfect_score(play: Play, _chart: Chart) -> str | None:
    if play.metrics["lamp"] == "PERFECT ULTIMATE CHAIN" and play.metrics["score"] != 10_000_000:
        return "Cannot have a PERFECT ULTIMATE CHAIN without a perfect score."
    return None


def chain_has_no_misses(play: Play, _chart: Chart) -> str | None:
    lamp = play.metrics["lamp"]
    if lamp == "PERFECT ULTIMATE CHAIN" and hits(play, "miss", "near") > 0:
        return "Cannot have a PERFECT ULTIMATE CHAIN with any nears or misses."
    if lamp == "ULTIMATE CHAIN" and hits(play, "miss") > 0:
        return "Cannot have an ULTIMATE CHAIN with non-zero miss count."
    return None


def chain_has_half_the_score(play: Play, _chart: Chart) -> str | None:
    if play.metrics["lamp"] == "ULTIMATE CHAIN" and play.metrics["score"] < 5_000_000:
        return "Cannot have an ULTIMATE CHAIN with a score less than 5m."
    return None


VALIDATORS = (perfect_chain_has_a_perfect_score, chain_has_no_misses, chain_has_half_the_score)

# --- the class of a profile -------------------------------------------------------------------------
# Sections "Classes" and "Derived class vfClass": ids and floors are part of the API.

_STEPS = ("I", "II", "III", "IV")

_STONES = {  # the floors of the four steps of each, as displayed
    "Sienna": ("0", "2.5", "5.0", "7.5"),
    "Cobalt": ("10", "10.5", "11", "11.5"),
    "Dandelion": ("12", "12.5", "13", "13.5"),
    "Cyan": ("14", "14.25", "14.5", "14.75"),
    "Scarlet": ("15", "15.25", "15.5", "15.75"),
    "Coral": ("16", "16.25", "16.5", "16.75"),
    "Argento": ("17", "17.25", "17.5", "17.75"),
    "Eldora": ("18", "18.25", "18.5", "18.75"),
    "Crimson": ("19", "19.25", "19.5", "19.75"),
    "Imperial": ("20", "21", "22", "23"),
}


_NAMES = [f"{stone} {step}" for stone in _STONES for step in _STEPS]
_IDS = [name.upper().replace(" ", "_") for name in _NAMES]
_STARTS = [start for steps in _STONES.values() for start in steps]
_HINTS = [f"{start} - {float(after) - 0.001:.3f}VF" for start, after in pairwise(_STARTS)] + [f">{_STARTS[-1]}VF"]

VF_CLASS = ClassSet(
    name="vfClass",
    values=tuple(map(ClassValue, _IDS, _NAMES, _HINTS)),
    derive=class_from_floors("VF7", dict(zip(_IDS, map(float, _STARTS), strict=True))),
    minimum_relevant="IMPERIAL_I",
)
