"""DDR. Flare skill depends on a play's flare gauge; that of a profile counts three categories of songs."""

from __future__ import annotations

import math
from dataclasses import replace

from imports.errors import FormulaError
from imports.games.formulas import class_from_floors, grade_on, known_hits
from imports.games.javascript import text
from imports.games.shapes import Number, OneOf, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    POSITIVE_WHOLE,
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
    between,
)

LAMP = Ladder(
    values=(
        "FAILED",
        "ASSIST",
        "CLEAR",
        "LIFE4",
        "FULL COMBO",
        "GREAT FULL COMBO",
        "PERFECT FULL COMBO",
        "MARVELOUS FULL COMBO",
    ),
    minimum_relevant="CLEAR",
)
GRADE_FLOORS = {
    "E": -math.inf,  # every failed play, whatever its score
    "D": 0,
    "D+": 550_000,
    "C-": 590_000,
    "C": 600_000,
    "C+": 650_000,
    "B-": 690_000,
    "B": 700_000,
    "B+": 750_000,
    "A-": 790_000,
    "A": 800_000,
    "A+": 850_000,
    "AA-": 890_000,
    "AA": 900_000,
    "AA+": 950_000,
    "AAA": 990_000,
}
FLARES = ("0", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "EX")

_grade = grade_on(GRADE_FLOORS)


def grade(play: Play, _chart: Chart) -> str:
    return "E" if play.metrics["lamp"] == "FAILED" else _grade(play.metrics["score"])


# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of the game's page in the spec.

_SKILLS: dict[float, int] = dict(  # of a level without a flare
    enumerate(
        (145, 155, 170, 185, 205, 230, 255, 290, 335, 400, 465, 510, 545, 575, 600, 620, 635, 650, 665),
        start=1,
    )
)
_FLARE_INDEXES = {flare: index for index, flare in enumerate(FLARES)}


def flare_skill(play: Play, chart: Chart) -> int:
    """Returns the flare skill of a play, 145 to 1064: its level's, plus 6 % of that per flare. 0 for a failed play.

    Raises FormulaError for a level other than 1 to 19.
    """
    if play.metrics["lamp"] == "FAILED":
        return 0
    skill = _SKILLS.get(chart.level_num)
    if skill is None:
        raise FormulaError(f"Level {text(chart.level_num)} has no flare skill.")
    flares: int = _FLARE_INDEXES[play.optional.get("flare") or "0"]
    return skill * (100 + 6 * flares) // 100  # whole numbers, cut


# --- the rating of a profile ------------------------------------------------------------------------
# Section "Session / profile ratings" of the game's page in the spec.

BEST_OF_CATEGORY = 30
FLARE_CATEGORIES = ("CLASSIC", "WHITE", "GOLD", "NONE")


def profile_flare_skill(bests: Bests) -> float | None:
    """Returns the sum of the 30 best of each category; songs without one do not count. None without any best."""
    rated = bests.rated("flareSkill")
    if not rated:
        return None
    values: dict[str, list[float]] = {category: [] for category in FLARE_CATEGORIES}
    for value, chart in rated:
        values[chart.song.data["flareCategory"]].append(value)
    return sum(sum(values[category][:BEST_OF_CATEGORY]) for category in ("CLASSIC", "WHITE", "GOLD"))


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def judgements_make_the_score(play: Play, chart: Chart) -> str | None:
    """At most five points per step, as a share of a million, minus ten points per hit below marvelous."""
    steps = chart.data.get("stepCount")
    counts = known_hits(play, "MARVELOUS", "PERFECT", "GREAT", "GOOD", "OK", "MISS")
    if play.metrics["lamp"] == "FAILED" or not steps or counts is None:
        return None
    marvelous, perfect, great, good, ok, _ = counts
    most, points = 5 * steps, 5 * (marvelous + perfect + ok) + 3 * great + good
    expected = (points * 100_000 - (perfect + great + good) * most) // most * 10
    score = play.metrics["score"]
    if expected == score:
        return None
    return f"Expected calculated score from judgements of {text(expected)} to equal score of {text(score)}."


def lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    """Each full combo allows no judgement below its name, if all are known."""
    counts = known_hits(play, "MISS", "GOOD", "GREAT", "PERFECT", "MARVELOUS")
    if counts is None:
        return None
    match play.metrics["lamp"]:
        case "FULL COMBO" if any(counts[:1]):
            return "Cannot have a FULL COMBO with more than 0 MISS"
        case "GREAT FULL COMBO" if any(counts[:2]):
            return "Cannot have a GREAT FULL COMBO with more than 0 MISS and GOOD"
        case "PERFECT FULL COMBO" if any(counts[:3]):
            return "Cannot have a PERFECT FULL COMBO with more than 0 MISS, GOOD and GREAT"
        case "MARVELOUS FULL COMBO" if any(counts[:4]):
            return "Cannot have a MARVELOUS FULL COMBO with anyhing else than MARVELOUS judgements"
    return None


def judgements_make_the_ex_score(play: Play, _chart: Chart) -> str | None:
    counts, ex_score = known_hits(play, "MARVELOUS", "PERFECT", "GREAT", "OK"), play.optional.get("exScore")
    if counts is None or ex_score is None:
        return None
    marvelous, perfect, great, ok = counts
    expected = 3 * marvelous + 3 * ok + 2 * perfect + great
    return None if expected == ex_score else f"EXScore expected to be {expected} instead of {text(ex_score)}"


# --- the class of a profile -------------------------------------------------------------------------
# Sections "Classes" and "Derived class flare": ids and floors are part of the API.

_PLANETS = {  # ID -> name, and the floors of its four steps
    "NONE": ("NONE", (0, 500, 1000, 1500)),
    "MERCURY": ("水星 / MERCURY", (2000, 3000, 4000, 5000)),
    "VENUS": ("金星 / VENUS", (6000, 7000, 8000, 9000)),
    "EARTH": ("地球 / EARTH", (10_000, 11_500, 13_000, 14_500)),
    "MARS": ("火星 / MARS", (16_000, 18_000, 20_000, 22_000)),
    "JUPITER": ("木星 / JUPITER", (24_000, 26_500, 29_000, 31_500)),
    "SATURN": ("土星 / SATURN", (34_000, 36_750, 39_500, 42_250)),
    "URANUS": ("天王星 / URANUS", (45_000, 48_750, 52_500, 56_250)),
    "NEPTUNE": ("海王星 / NEPTUNE", (60_000, 63_750, 67_500, 71_250)),
    "SUN": ("太陽 / SUN", (75_000, 78_750, 82_500, 86_250)),
    "WORLD": ("世界 / WORLD", (90_000,)),  # no further steps
}


_FLARE_STEPS = [
    (f"{planet}{'+' * step}", f"{name}{'+' * step}", float(start))
    for planet, (name, starts) in _PLANETS.items()
    for step, start in enumerate(starts)
]
FLARE_CLASS = ClassSet(
    name="flare",
    values=tuple(ClassValue(class_id, name) for class_id, name, _ in _FLARE_STEPS),
    derive=class_from_floors("flareSkill", {class_id: start for class_id, _, start in _FLARE_STEPS}),
    minimum_relevant="URANUS",
)


# --- declaration ------------------------------------------------------------------------------------

_IN_GAME_ID = Number(whole=True, low=0)

SP = Playtype(
    name="SP",
    provided={
        "score": Integer(rule=between(0, 1_000_000)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="D"), grade),
    },
    optional={
        "flare": Ladder(values=FLARES, minimum_relevant="0"),
        "exScore": Integer(rule=POSITIVE_WHOLE, in_score_id=True),
        **FAST_SLOW_COMBO,
    },
    judgements=("MARVELOUS", "PERFECT", "GREAT", "GOOD", "MISS", "OK"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="lamp",
    difficulties=(
        Difficulty("BEGINNER", "BEG"),
        Difficulty("BASIC", "BAS"),
        Difficulty("DIFFICULT", "DIF"),
        Difficulty("EXPERT", "EXP"),
        Difficulty("CHALLENGE", "CHA"),
    ),
    default_difficulty="EXPERT",
    match_types=("inGameID", "songTitle", "tachiSongID", "ddrSongHash"),
    versions={
        "a": "A",
        "a20": "A20",
        "a20plus": "A20+",
        "a3": "A3",
        "konaste": "Konaste",
        "world": "World",
    },
    chart_data=Record({"inGameID": _IN_GAME_ID, "stepCount": Number(whole=True, low=0, optional=True)}),
    score_meta=Record(),
    score_ratings={"flareSkill": ScoreRating(flare_skill, Shown.RAW)},
    session_ratings={"flareSkill": SessionRating("flareSkill", shown=Shown.RAW)},
    profile_ratings={"flareSkill": ProfileRating(("flareSkill",), profile_flare_skill, Shown.RAW)},
    default_score_rating="flareSkill",
    default_session_rating="flareSkill",
    default_profile_rating="flareSkill",
    best_name="Best Score",
    merges=(
        Merge(name="Best Lamp", key="lamp", takes=("lamp",)),
        Merge(name="Best Score", key="score", takes=("score", "grade")),
        Merge(name="Best EX Score", key="optional.exScore", takes_optional=("exScore",)),
        Merge(
            name="Best Flare", key="optional.flare", takes_optional=("flare",), unless=("lamp", "FAILED")
        ),  # the highest flare or none: if its score failed, a lower flare of another score is not used
    ),
    ranked_by=("score", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(judgements_make_the_score, lamp_fits_the_judgements, judgements_make_the_ex_score),
    classes={"flare": FLARE_CLASS},
)

DP = replace(SP, name="DP")

GAME = Game(
    slug="ddr",
    name="DDR",
    rules=2026,
    song_data=Record(
        {
            "inGameID": _IN_GAME_ID,
            "flareCategory": OneOf(FLARE_CATEGORIES),
            "basename": Text(optional=True),
            "ddrSongHash": Text(optional=True),
        }
    ),
    playtypes=(SP, DP),
)
