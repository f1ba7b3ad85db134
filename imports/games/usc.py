"""USC: VOLFORCE, as in SOUND VOLTEX, on charts made by players. Controller and Keyboard differ only in name."""

from __future__ import annotations

from dataclasses import replace

from imports.games.formulas import from_floor
from imports.games.shapes import TABLE_FOLDERS, Either, Flag, ListOf, OneOf, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
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
    values=("FAILED", "CLEAR", "EXCESSIVE CLEAR", "ULTIMATE CHAIN", "PERFECT ULTIMATE CHAIN"),
    minimum_relevant="CLEAR",
)
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A+")

CONTROLLER = Playtype(
    name="Controller",
    provided={
        "score": Integer(rule=between(0, 10_000_000)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional={
        **FAST_SLOW_COMBO,
        "gauge": Decimal(rule=between(0, 100)),
    },
    judgements=("critical", "near", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=tuple(map(Difficulty, ("NOV", "ADV", "EXH", "INF"))),
    default_difficulty="EXH",
    match_types=("uscChartHash", "tachiSongID"),
    versions={},
    chart_data=Record(
        {
            "hashSHA1": Either((ListOf(Text()), Text())),
            "isOfficial": Flag(),
            "effector": Text(),
            "tableFolders": TABLE_FOLDERS,
        }
    ),
    score_meta=Record(
        {
            "noteMod": OneOf(("MIR-RAN", "MIRROR", "NORMAL", "RANDOM"), optional=True),
            "gaugeMod": OneOf(("NORMAL", "HARD", "PERMISSIVE"), optional=True),
        }
    ),
    score_ratings=SCORE_RATINGS,
    session_ratings=SESSION_RATINGS,
    profile_ratings=PROFILE_RATINGS,
    default_score_rating="VF7",
    default_session_rating="ProfileVF7",
    default_profile_rating="VF7",
    best_name="Best Score",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("score", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=VALIDATORS,
    classes={"vfClass": VF_CLASS},
)

GAME = Game(
    slug="usc",
    name="USC",
    rules=2026,
    song_data=Record(),
    playtypes=(CONTROLLER, replace(CONTROLLER, name="Keyboard")),
    playtype_labels={"Keyboard": "Keyboard/Other"},
)
