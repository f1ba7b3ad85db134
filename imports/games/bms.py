"""BMS. 7K and 14K differ in their courses and in the random option."""

from __future__ import annotations

from collections.abc import Mapping
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
    ordinal,
    sieglinde,
)
from imports.games.ex_score import GRADE_FLOORS, LAMP, SCORE, judgements_add_up
from imports.games.formulas import average_of_best
from imports.games.shapes import OneOf, Pair, Record, Shape, Text
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

# --- courses ----------------------------------------------------------------------------------------

GENOCIDE_DAN = ClassSet(
    name="genocideDan",
    values=(
        *dans("Normal", "☆"),
        *dans("Insane", "★"),
        ClassValue("INSANE_KAIDEN", "★★", "Insane Kaiden"),
        ClassValue("OVERJOY", "(^^)", "Overjoy"),
    ),
)

_SATELLITE = tuple(ClassValue(f"SL{number}", f"sl{number}", f"Satellite {number}") for number in range(13))
_STELLA = tuple(ClassValue(f"ST{number}", f"st{number}", f"Stella {number}") for number in range(13))

NEW_GENERATION_DAN = ClassSet(
    name="newGenerationDan",
    values=(
        *dans("Normal", "▽"),
        *dans("Insane", "▼", least=0),
        ClassValue("INSANE_KAIDEN", "▼皆伝", "Insane Kaiden"),
    ),
)

LN_DAN = ClassSet(
    name="lnDan",
    values=(
        *(ClassValue(f"DAN_{number}", f"◆{number}", f"LN {ordinal(number)} Dan") for number in range(1, 11)),
        ClassValue("KAIDEN", "◆◆", "LN Kaiden"),
        ClassValue("OVERJOY", "◆(^^)", "LN Overjoy"),
        ClassValue("UDON", "◆うどん", "LN Udon"),
    ),
)

_NUMERALS = "一二三四五六七八九十"

SCRATCH_DAN = ClassSet(
    name="scratchDan",
    values=(
        *(
            ClassValue(f"KYU_{number}", f"{_NUMERALS[number - 1]}級", f"Scratch {ordinal(number)} Kyu")
            for number in range(7, 0, -1)
        ),
        ClassValue("DAN_1", "初段", "Scratch 1st Dan"),
        *(
            ClassValue(f"DAN_{number}", f"{_NUMERALS[number - 1]}段", f"Scratch {ordinal(number)} Dan")
            for number in range(2, 11)
        ),
        ClassValue("KAIDEN", "皆伝", "Scratch Kaiden"),
    ),
)

# --- declaration ------------------------------------------------------------------------------------

SCORE_META: Mapping[str, Shape] = {
    "random": OneOf(RANDOMS, optional=True, nullable=True),
    "inputDevice": OneOf(("BM_CONTROLLER", "KEYBOARD", "MIDI"), optional=True, nullable=True),
    "client": OneOf(("lr2oraja", "LR2"), optional=True, nullable=True),
    "gauge": OneOf(GAUGES, optional=True, nullable=True),
}

SEVEN_KEYS = Playtype(
    name="7K",
    provided={"score": SCORE, "lamp": LAMP},
    derived=DERIVED,
    optional=OPTIONAL,
    judgements=("pgreat", "great", "good", "bad", "poor"),
    grade_metric="percent",
    grade_floors=GRADE_FLOORS,
    default_metric="percent",
    default_ladder="lamp",
    difficulties=DIFFICULTIES,
    default_difficulty="CHART",
    match_types=MATCH_TYPES,
    versions={},
    chart_data=Record({**CHART_DATA, "aiLevel": Text(nullable=True, optional=True)}),
    score_meta=Record(SCORE_META),
    score_ratings={"sieglinde": ScoreRating(sieglinde, Shown.SGL_STAR)},
    session_ratings={"sieglinde": SessionRating("sieglinde", shown=Shown.SGL_STAR)},
    profile_ratings={"sieglinde": ProfileRating(("sieglinde",), average_of_best(20, "sieglinde"), Shown.SGL_STAR)},
    default_score_rating="sieglinde",
    default_session_rating="sieglinde",
    default_profile_rating="sieglinde",
    best_name="Best Score",
    merges=MERGES,
    ranked_by=RANKED_BY,
    validators=(judgements_add_up,),
    classes={
        "genocideDan": GENOCIDE_DAN,
        "stslDan": ClassSet(name="stslDan", values=_SATELLITE + _STELLA),
        "newGenerationDan": NEW_GENERATION_DAN,
        "lnDan": LN_DAN,
        "scratchDan": SCRATCH_DAN,
    },
)

FOURTEEN_KEYS = replace(
    SEVEN_KEYS,
    name="14K",
    score_meta=Record(
        {**SCORE_META, "random": Pair((OneOf(RANDOMS), OneOf(RANDOMS)), optional=True, nullable=True)},
    ),
    classes={"genocideDan": GENOCIDE_DAN, "stslDan": ClassSet(name="stslDan", values=_SATELLITE)},
)

GAME = Game(
    slug="bms",
    name="BMS",
    rules=2026,
    song_data=SONG_DATA,
    playtypes=(SEVEN_KEYS, FOURTEEN_KEYS),
)
