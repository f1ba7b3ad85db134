"""Arcaea. A score is ten million shares of the chart and one point more for each note that was hit exactly."""

from __future__ import annotations

from math import floor
from typing import Any

from imports.games.formulas import average_of_best, class_from_floors, from_floor, hits, js_round
from imports.games.javascript import text
from imports.games.shapes import Number, Record, Text
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
    Shown,
)

LAMP = Ladder(
    values=("LOST", "EASY CLEAR", "CLEAR", "HARD CLEAR", "FULL RECALL", "PURE MEMORY"),
    minimum_relevant="EASY CLEAR",
)
GRADE_FLOORS = {
    "D": 0,
    "C": 8_600_000,
    "B": 8_900_000,
    "A": 9_200_000,
    "AA": 9_500_000,
    "EX": 9_800_000,
    "EX+": 9_900_000,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="AA")

ALL_PURE = 10_000_000  # the least score of a play whose every note was pure

# --- classes ----------------------------------------------------------------------------------------

BADGE_FLOORS = {
    "BLUE": 0,
    "GREEN": 3.5,
    "ASH_PURPLE": 7,
    "PURPLE": 10,
    "RED": 11,
    "ONE_STAR": 12,
    "TWO_STARS": 12.5,
    "THREE_STARS": 13,
}
BADGE = ClassSet(
    name="badge",
    values=(
        ClassValue("BLUE", "Blue", "0.00 - 3.49 Potential"),
        ClassValue("GREEN", "Green", "3.50 - 6.99 Potential"),
        ClassValue("ASH_PURPLE", "Ash Purple", "7.00 - 9.99 Potential"),
        ClassValue("PURPLE", "Purple", "10.00 - 10.99 Potential"),
        ClassValue("RED", "Red", "11.00 - 11.99 Potential"),
        ClassValue("ONE_STAR", "☆", "12.00 - 12.49 Potential"),
        ClassValue("TWO_STARS", "☆☆", "12.50 - 12.99 Potential"),
        ClassValue("THREE_STARS", "☆☆☆", ">=13.00 Potential"),
    ),
    derive=class_from_floors("naivePotential", BADGE_FLOORS),
)
COURSE_BANNER = ClassSet(
    name="courseBanner",
    values=(
        ClassValue("PHASE_1", "Phase 1", "First Step in a New World"),
        ClassValue("PHASE_2", "Phase 2", "Swept up in a Heartbeat"),
        ClassValue("PHASE_3", "Phase 3", "Unceasing Spirit"),
        ClassValue("PHASE_4", "Phase 4", "The Eternal Realm of Light"),
        ClassValue("PHASE_5", "Phase 5", "The Brutality of Glass"),
        ClassValue("PHASE_6", "Phase 6", "In Grief and Great Delight"),
        ClassValue("PHASE_7", "Phase 7", "On Fate's Approach"),
        ClassValue("PHASE_8", "Phase 8", "The Disfigured Flow of Time"),
        ClassValue("PHASE_9", "Phase 9", "Ego's Demise"),
        ClassValue("PHASE_10", "Phase 10", "A Torrent of Light and Conflict"),
        ClassValue("PHASE_11", "Phase 11", "Radiant Genesis"),
    ),
)

# --- the rating of a play ---------------------------------------------------------------------------


def potential(play: Play, chart: Chart) -> float:
    """Potential of one play, from 0 to two above the level. Counted in whole hundredths."""
    score, level = play.metrics["score"], js_round(100 * chart.level_num)
    if score >= ALL_PURE:
        hundredths = level + 200
    elif score >= 9_800_000:
        hundredths = level + 100 + floor((score - 9_800_000) / 2000)
    else:
        hundredths = level + floor((score - 9_500_000) / 3000)
    return max(hundredths / 100, 0)


# --- what contradicts itself ------------------------------------------------------------------------


def fits_the_chart(score: Any, chart: Chart) -> str | None:
    most = ALL_PURE + int(chart.data["notecount"])
    if score < 0:
        return f"Score must be non-negative. Got {text(score)}"
    return f"Score cannot exceed {most} for this chart." if score > most else None


def pure_memory_has_every_share(play: Play, _chart: Chart) -> str | None:
    score = play.metrics["score"]
    if play.metrics["lamp"] == "PURE MEMORY" and score < ALL_PURE:
        return f"PURE MEMORY scores must have a score larger than 10 million. Got {text(score)} instead."
    return None


def full_recall_has_half_the_shares(play: Play, _chart: Chart) -> str | None:
    score = play.metrics["score"]
    if play.metrics["lamp"] == "FULL RECALL" and score < 5_000_000:
        return f"FULL RECALL scores must have a score larger than 5 million. Got {text(score)} instead."
    return None


def recall_loses_nothing(play: Play, _chart: Chart) -> str | None:
    lamp = play.metrics["lamp"]
    if lamp == "PURE MEMORY" and hits(play, "lost", "far") > 0:
        return "Cannot have a PURE MEMORY with any fars or losts."
    if lamp == "FULL RECALL" and hits(play, "lost") > 0:
        return "Cannot have a FULL RECALL with non-zero lost count."
    return None


# --- the declaration --------------------------------------------------------------------------------

TOUCH = Playtype(
    name="Touch",
    provided={
        "score": Integer(chart_rule=fits_the_chart),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional=FAST_SLOW_COMBO,
    judgements=("pure", "far", "lost"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=(
        Difficulty("Past", "PST"),
        Difficulty("Present", "PRS"),
        Difficulty("Future", "FTR"),
        Difficulty("Beyond", "BYD"),
    ),
    default_difficulty="Future",
    match_types=("inGameStrID", "songTitle", "tachiSongID"),
    versions={"mobile": "Mobile", "switch": "Nintendo Switch"},
    chart_data=Record({"inGameStrID": Text(), "notecount": Number(whole=True, low=0)}),
    score_meta=Record(),
    score_ratings={"potential": ScoreRating(potential, Shown.DP2)},
    session_ratings={"naivePotential": SessionRating("potential", shown=Shown.DP2)},
    profile_ratings={"naivePotential": ProfileRating(("potential",), average_of_best(30, "potential"), Shown.DP2)},
    default_score_rating="potential",
    default_session_rating="naivePotential",
    default_profile_rating="naivePotential",
    best_name="Best Score",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    validators=(pure_memory_has_every_share, full_recall_has_half_the_shares, recall_loses_nothing),
    classes={"badge": BADGE, "courseBanner": COURSE_BANNER},
)

GAME = Game(
    slug="arcaea",
    name="Arcaea",
    song_data=Record({"displayVersion": Text(), "songPack": Text()}),
    playtypes=(TOUCH,),
)
