"""SOUND VOLTEX. The lamp and EX score of a personal best may be those of other plays than its score."""

from __future__ import annotations

from typing import Any

from imports.games.formulas import from_floor
from imports.games.javascript import text
from imports.games.shapes import TIER, Flag, Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Chart,
    ClassSet,
    ClassValue,
    Decimal,
    Derived,
    Difficulty,
    Game,
    Integer,
    Ladder,
    Merge,
    Playtype,
    between,
)
from imports.games.volforce import (
    GRADE_FLOORS,
    PROFILE_RATINGS,
    SCORE_RATINGS,
    SESSION_RATINGS,
    VALIDATORS,
    VF_CLASS,
)

LAMP = Ladder(
    values=(
        "FAILED",
        "CLEAR",
        "EXCESSIVE CLEAR",
        "MAXXIVE CLEAR",
        "ULTIMATE CHAIN",
        "PERFECT ULTIMATE CHAIN",
    ),
    minimum_relevant="CLEAR",
)
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A+")

DAN = ClassSet(
    name="dan",
    values=(
        ClassValue("DAN_1", "LV.01", "1st Dan"),
        ClassValue("DAN_2", "LV.02", "2nd Dan"),
        ClassValue("DAN_3", "LV.03", "3rd Dan"),
        ClassValue("DAN_4", "LV.04", "4th Dan"),
        ClassValue("DAN_5", "LV.05", "5th Dan"),
        ClassValue("DAN_6", "LV.06", "6th Dan"),
        ClassValue("DAN_7", "LV.07", "7th Dan"),
        ClassValue("DAN_8", "LV.08", "8th Dan"),
        ClassValue("DAN_9", "LV.09", "9th Dan"),
        ClassValue("DAN_10", "LV.10", "10th Dan"),
        ClassValue("DAN_11", "LV.11", "11th Dan"),
        ClassValue("INF", "LV.INF", "Inf. Dan"),
    ),
)


# Section "Chart-dependent validation": a separate rule, as its message differs from those of other metrics.
def ex_score_is_not_negative(ex_score: Any, _chart: Chart) -> str | None:
    return f"EX Score must be non-negative. Got {text(ex_score)}" if ex_score < 0 else None


SINGLE = Playtype(
    name="Single",
    provided={
        "score": Integer(rule=between(0, 10_000_000)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional={
        **FAST_SLOW_COMBO,
        "exScore": Integer(chart_rule=ex_score_is_not_negative, in_score_id=True),
        "gauge": Decimal(rule=between(0, 100)),
    },
    judgements=("critical", "near", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=tuple(map(Difficulty, ("NOV", "ADV", "EXH", "INF", "GRV", "HVN", "VVD", "XCD", "NBL", "MXM", "ULT"))),
    default_difficulty="EXH",
    match_types=("sdvxInGameID", "songTitle", "tachiSongID"),
    versions={
        "booth": "BOOTH",
        "inf": "infinite infection",
        "gw": "GRAVITY WARS",
        "heaven": "HEAVENLY HAVEN",
        "vivid": "VIVID WAVE",
        "exceed": "EXCEED GEAR",
        "nabla": "NABLA",
        "konaste": "Konaste",
    },
    chart_data=Record(
        {"inGameID": Number(whole=True, low=0), "clearTier": TIER, "pucTier": TIER, "sTier": TIER},
    ),
    score_meta=Record({"inSkillAnalyser": Flag(optional=True, nullable=True)}),
    score_ratings=SCORE_RATINGS,
    session_ratings=SESSION_RATINGS,
    profile_ratings=PROFILE_RATINGS,
    default_score_rating="VF7",
    default_session_rating="ProfileVF7",
    default_profile_rating="VF7",
    best_name="Best Score",
    merges=(
        Merge(name="Best Lamp", key="lamp", takes=("lamp",)),
        Merge(name="Best EX Score", key="optional.exScore", takes_optional=("exScore",)),
    ),
    ranked_by=("score", "lamp", "optional.exScore"),  # spec: games/README.md, "Chart ranking"
    validators=VALIDATORS,
    classes={"dan": DAN, "vfClass": VF_CLASS},
)

GAME = Game(
    slug="sdvx",
    name="SOUND VOLTEX",
    rules=2026,
    song_data=Record({"displayVersion": Text()}),
    playtypes=(SINGLE,),
)
