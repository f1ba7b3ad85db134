"""Arcaea. A score is a share of ten million points, plus one point for each note that was hit exactly."""

from __future__ import annotations

from typing import Any

from imports.games.formulas import class_from_floors, from_floor, hits
from imports.games.javascript import text
from imports.games.shapes import Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Bests,
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

ALL_PURE = 10_000_000  # minimum score of a play with only pures

# --- classes ----------------------------------------------------------------------------------------
# Sections "Classes" and "Derived class badge": ids and floors are part of the API.

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
    minimum_relevant="RED",
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
        ClassValue("PHASE_12", "Phase 12"),
    ),
)

# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of the game's page in the spec.

CLEAR_BONUS = 0.2


def potential(play: Play, chart: Chart) -> float | None:
    """Returns the potential of a play, from 0 to level + 2.2; 0 on a chart without a level. Arcaea 7.0.

    None for a PURE MEMORY below ten million, and for ten million without a PURE MEMORY: such plays are refused today.
    """
    score, level, lamp = play.metrics["score"], chart.level_num, play.metrics["lamp"]
    if level <= 0:
        return 0
    if (lamp == "PURE MEMORY") != (score >= ALL_PURE):
        return None
    if score >= ALL_PURE:
        value = level + 2
    elif score >= 9_800_000:
        value = level + 1 + (score - 9_800_000) / 200_000
    else:
        value = level + (score - 9_500_000) / 300_000
    return max(value + (0 if lamp == "LOST" else CLEAR_BONUS), 0)


# --- the rating of a profile ------------------------------------------------------------------------
# Section "Session / profile ratings" of the game's page in the spec.


def naive_potential(bests: Bests) -> float:
    """Returns the sum of the 50 best plus the sum of the 10 best, divided by 60 even if there are fewer; never None."""
    best = bests.top("potential", 50)
    return (sum(best) + sum(best[:10])) / 60


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def fits_the_chart(score: Any, chart: Chart) -> str | None:
    if score < 0:
        return f"Score must be non-negative. Got {text(score)}"
    notes = chart.data.get("notecount")
    if notes is None or score <= ALL_PURE + int(notes):
        return None
    return f"Score cannot exceed {ALL_PURE + int(notes)} for this chart."


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


def ten_million_is_a_pure_memory(play: Play, chart: Chart) -> str | None:
    """Applies to charts with a level, where another lamp has no potential."""
    score = play.metrics["score"]
    if score < ALL_PURE or play.metrics["lamp"] == "PURE MEMORY" or chart.level_num <= 0:
        return None
    return f"A score of 10 million or more must be a PURE MEMORY. Got {text(score)} with {play.metrics['lamp']}."


def pure_memory_has_a_pure_for_each_point(play: Play, _chart: Chart) -> str | None:
    """Each point above ten million is a note that was hit exactly."""
    pures, score = play.judgements.get("pure"), play.metrics["score"]
    if play.metrics["lamp"] != "PURE MEMORY" or hits(play, "far", "lost") > 0 or pures is None:
        return None
    return f"Impossible PURE MEMORY. Got {text(score)} with {pures} pures." if score - ALL_PURE > pures else None


def judgements_fit_the_chart(play: Play, chart: Chart) -> str | None:
    notes, count = chart.data.get("notecount"), hits(play, "pure", "far", "lost")
    if notes is None or count <= notes:
        return None
    return f"Too many judgements: received {count} in total but the chart's note count is {text(notes)}."


_VALIDATORS_OF_2025 = (pure_memory_has_every_share, full_recall_has_half_the_shares, recall_loses_nothing)

# --- declaration ------------------------------------------------------------------------------------

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
        Difficulty("Eternal", "ETR"),
        Difficulty("Beyond", "BYD"),
        Difficulty("Inscribed"),
    ),
    default_difficulty="Future",
    match_types=("arcaeaInGameStrID", "songTitle", "tachiSongID"),
    old_match_types=("inGameStrID",),
    versions={"mobile": "Mobile", "switch": "Nintendo Switch"},
    chart_data=Record(
        {
            "inGameStrID": Text(),
            "displayVersion": Text(optional=True),
            "notecount": Number(whole=True, low=0, optional=True),
        }
    ),
    score_meta=Record(),
    score_ratings={"potential": ScoreRating(potential, Shown.DP2)},
    session_ratings={"naivePotential": SessionRating("potential", shown=Shown.DP2)},
    profile_ratings={"naivePotential": ProfileRating(("potential",), naive_potential, Shown.DP2)},
    default_score_rating="potential",
    default_session_rating="naivePotential",
    default_profile_rating="naivePotential",
    best_name="Best Score",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("score", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(
        *_VALIDATORS_OF_2025,
        ten_million_is_a_pure_memory,
        pure_memory_has_a_pure_for_each_point,
        judgements_fit_the_chart,
    ),
    validators_until={2025: _VALIDATORS_OF_2025},
    classes={"badge": BADGE, "courseBanner": COURSE_BANNER},
)

GAME = Game(
    slug="arcaea",
    name="Arcaea",
    rules=2026,
    song_data=Record({"displayVersion": Text(optional=True), "songPack": Text()}),
    playtypes=(TOUCH,),
)
