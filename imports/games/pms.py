"""PMS: nine buttons, with Be-Music Source files. Controller and Keyboard differ only in name."""

from __future__ import annotations

from dataclasses import replace

from imports.games.be_music import (
    CHART_DATA,
    DERIVED,
    DIFFICULTIES,
    GAUGES,
    MATCH_TYPES,
    MERGES,
    OPTIONAL,
    RANDOMS,
    RANKED_BY,
    SONG_DATA,
    dans,
    sieglinde,
)
from imports.games.ex_score import GRADE_FLOORS, LAMP, SCORE, judgements_add_up
from imports.games.formulas import average_of_best
from imports.games.shapes import OneOf, Record
from imports.games.spec import (
    ClassSet,
    ClassValue,
    Game,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    Shown,
)

DAN = ClassSet(
    name="dan",
    values=(
        *dans("Insane", "●"),
        ClassValue("INSANE_KAIDEN", "●●", "Insane Kaiden"),
        ClassValue("OVERJOY", "●OJ", "Overjoy"),
        ClassValue("UNDEFINED", "●UNDF", "Undefined (Post-Overjoy)"),
    ),
)

CONTROLLER = Playtype(
    name="Controller",
    provided={"score": SCORE, "lamp": LAMP},
    derived=DERIVED,
    optional=OPTIONAL,
    judgements=("cool", "great", "good", "bad", "poor"),
    grade_metric="percent",
    grade_floors=GRADE_FLOORS,
    default_metric="percent",
    default_ladder="lamp",
    difficulties=DIFFICULTIES,
    default_difficulty="CHART",
    match_types=MATCH_TYPES,
    versions={},
    chart_data=Record(CHART_DATA),
    score_meta=Record(
        {
            "random": OneOf(RANDOMS, optional=True),
            "client": OneOf(("beatoraja",), optional=True),
            "gauge": OneOf(GAUGES, optional=True),
        }
    ),
    score_ratings={"sieglinde": ScoreRating(sieglinde, Shown.SGL_CIRCLE)},
    session_ratings={"sieglinde": SessionRating("sieglinde", shown=Shown.SGL_CIRCLE)},
    profile_ratings={"sieglinde": ProfileRating(("sieglinde",), average_of_best(20, "sieglinde"), Shown.SGL_CIRCLE)},
    default_score_rating="sieglinde",
    default_session_rating="sieglinde",
    default_profile_rating="sieglinde",
    best_name="Best Score",
    merges=MERGES,
    ranked_by=RANKED_BY,
    validators=(judgements_add_up,),  # as in Tachi it reads pgreats, which PMS plays lack, so that it never applies
    classes={"dan": DAN},
)

GAME = Game(
    slug="pms",
    name="PMS",
    rules=2026,
    song_data=SONG_DATA,
    playtypes=(CONTROLLER, replace(CONTROLLER, name="Keyboard")),
)
