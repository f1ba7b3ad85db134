"""CHUNITHM. A note lamp and a clear lamp, both of which determine the order of a leaderboard."""

from __future__ import annotations

from math import floor

from imports.errors import FormulaError
from imports.games.formulas import average_of_best, class_from_floors, from_floor, hits, known_hits
from imports.games.javascript import text
from imports.games.shapes import Either, ListOf, Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Chart,
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
    values=("NONE", "FULL COMBO", "ALL JUSTICE", "ALL JUSTICE CRITICAL"),
    minimum_relevant="FULL COMBO",
)
CLEAR_LAMP = Ladder(
    values=("FAILED", "CLEAR", "HARD", "BRAVE", "ABSOLUTE", "CATASTROPHY"),
    minimum_relevant="CLEAR",
)
STRICT_CLEARS = frozenset({"HARD", "BRAVE", "ABSOLUTE", "CATASTROPHY"})
GRADE_FLOORS = {
    "D": 0,
    "C": 500_000,
    "B": 600_000,
    "BB": 700_000,
    "BBB": 800_000,
    "A": 900_000,
    "AA": 925_000,
    "AAA": 950_000,
    "S": 975_000,
    "S+": 990_000,
    "SS": 1_000_000,
    "SS+": 1_005_000,
    "SSS": 1_007_500,
    "SSS+": 1_009_000,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")

# --- classes ----------------------------------------------------------------------------------------
# Sections "Classes" and "Derived class colour": ids and floors are part of the API.

COLOUR_FLOORS = {
    "BLUE": 0,
    "GREEN": 2,
    "ORANGE": 4,
    "RED": 7,
    "PURPLE": 10,
    "COPPER": 12,
    "SILVER": 13.25,
    "GOLD": 14.5,
    "PLATINUM": 15.25,
    "PLATINUM_II": 15.5,
    "PLATINUM_III": 15.75,
    "RAINBOW": 16,
    "RAINBOW_II": 16.25,
    "RAINBOW_III": 16.5,
    "RAINBOW_IV": 16.75,
    "RAINBOW_EX_I": 17,
    "RAINBOW_EX_II": 17.25,
    "RAINBOW_EX_III": 17.5,
}
COLOUR = ClassSet(
    name="colour",
    values=(
        ClassValue("BLUE", "青", "Blue: 0 - 1.99 Rating"),
        ClassValue("GREEN", "緑", "Green: 2 - 3.99 Rating"),
        ClassValue("ORANGE", "橙", "Orange: 4 - 6.99 Rating"),
        ClassValue("RED", "赤", "Red: 7 - 9.99 Rating"),
        ClassValue("PURPLE", "紫", "Purple: 10 - 11.99 Rating"),
        ClassValue("COPPER", "銅", "Copper: 12 - 13.24 Rating"),
        ClassValue("SILVER", "銀", "Silver: 13.25 - 14.49 Rating"),
        ClassValue("GOLD", "金", "Gold: 14.50 - 15.24 Rating"),
        ClassValue("PLATINUM", "鉑", "Platinum: 15.25 - 15.49 Rating"),
        ClassValue("PLATINUM_II", "鉑★★", "Platinum II: 15.50 - 15.74 Rating"),
        ClassValue("PLATINUM_III", "鉑★★★", "Platinum III: 15.75 - 15.99 Rating"),
        ClassValue("RAINBOW", "虹★", "Rainbow I: >=16 Rating"),
        ClassValue("RAINBOW_II", "虹★★", "Rainbow II: >=16.25 Rating"),
        ClassValue("RAINBOW_III", "虹★★★", "Rainbow III: >=16.5 Rating"),
        ClassValue("RAINBOW_IV", "虹★★★★", "Rainbow IV: >=16.75 Rating"),
        ClassValue("RAINBOW_EX_I", "虹(極)★", "Rainbow Extreme I: >=17 Rating"),
        ClassValue("RAINBOW_EX_II", "虹(極)★★", "Rainbow Extreme II: >=17.25 Rating"),
        ClassValue("RAINBOW_EX_III", "虹(極)★★★", "Rainbow Extreme III: >=17.5 Rating"),
    ),
    derive=class_from_floors("naiveRating", COLOUR_FLOORS),
    minimum_relevant="RAINBOW",
    minimum_scores=50,
)
_DANS = (
    ClassValue("DAN_I", "I", "Class I"),
    ClassValue("DAN_II", "II", "Class II"),
    ClassValue("DAN_III", "III", "Class III"),
    ClassValue("DAN_IV", "IV", "Class IV"),
    ClassValue("DAN_V", "V", "Class V"),
    ClassValue("DAN_INFINITE", "∞", "Infinite Class"),
)
DAN = ClassSet(name="dan", values=_DANS)
EMBLEM = ClassSet(name="emblem", values=_DANS)

# --- the rating of a play ---------------------------------------------------------------------------
# Section "Score rating" of the game's page in the spec.


def rating(play: Play, chart: Chart) -> float:
    """Returns the rating of a play, from 0 to level + 2.15, cut to two decimals. SUN and later.

    0 on a chart without a level, such as special charts. Raises FormulaError for a score outside the range.
    """
    score, base = play.metrics["score"], 100 * chart.level_num
    if base <= 0:
        return 0
    if score < 0 or score > 1_010_000:
        raise FormulaError(f"A score of {text(score)} on level {text(chart.level_num)} has no rating.")
    return max(floor(_hundredths(score, base)) / 100, 0)


def _hundredths(score: int, base: float) -> float:
    """Returns the uncut rating times 100. `base`: the level times 100."""
    if score >= 1_009_000:
        return base + 215
    if score >= 1_007_500:
        return base + 200 + (score - 1_007_500) / 100
    if score >= 1_005_000:
        return base + 150 + ((score - 1_005_000) * 10) / 500
    if score >= 1_000_000:
        return base + 100 + ((score - 1_000_000) * 5) / 500
    if score >= 975_000:
        return base + ((score - 975_000) * 2) / 500
    if score >= 900_000:
        return base - 500 + ((score - 900_000) * 2) / 300
    half = (base - 500) / 2
    if score >= 800_000:
        return half + ((score - 800_000) * half) / 100_000
    return (half * (score - 500_000)) / 300_000 if score >= 500_000 else 0


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def note_lamp_fits_the_score(play: Play, _chart: Chart) -> str | None:
    lamp, score = play.metrics["noteLamp"], play.metrics["score"]
    if lamp == "ALL JUSTICE CRITICAL" and score != 1_010_000:
        return "An ALL JUSTICE CRITICAL must have a score of 1.01 million."
    if lamp != "ALL JUSTICE CRITICAL" and score == 1_010_000:
        return "A score of 1.01 million must have a lamp of ALL JUSTICE CRITICAL."
    if lamp == "ALL JUSTICE" and score < 1_000_000:
        return f"A score of {text(score)} cannot be an ALL JUSTICE."
    if lamp == "FULL COMBO" and score < 500_000:
        return f"A score of {text(score)} cannot be a FULL COMBO."
    return None


def note_lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    lamp = play.metrics["noteLamp"]
    if lamp == "ALL JUSTICE CRITICAL" and hits(play, "attack", "justice", "miss") > 0:
        return "Cannot have an ALL JUSTICE CRITICAL with any non-jcrit judgements."
    if lamp == "ALL JUSTICE" and hits(play, "attack", "miss") > 0:
        return "Cannot have an ALL JUSTICE if not all hits were justice or better."
    if lamp == "FULL COMBO" and hits(play, "miss") > 0:
        return "Cannot have a FULL COMBO if the score has misses."
    return None


def full_combo_is_every_note(play: Play, _chart: Chart) -> str | None:
    """A full combo has the length of the chart, if both are known."""
    lamp, combo = play.metrics["noteLamp"], play.optional.get("maxCombo")
    if lamp == "NONE" or combo is None:
        return None
    counts = known_hits(play, "jcrit", "justice", "attack", "miss")
    if counts is None or sum(counts) == combo:
        return None
    article = "a" if lamp == "FULL COMBO" else "an"
    return f"Cannot have {article} {lamp} if maxCombo is not equal to the sum of judgements."


def clear_lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    """Each clear allows a number of hits below critical, if all are known."""
    lamp = play.metrics["clearLamp"]
    counts = known_hits(play, "justice", "attack", "miss") if lamp in STRICT_CLEARS else None
    if counts is None:
        return None
    match lamp, sum(counts):
        case "CATASTROPHY", n if n >= 10:
            return "Cannot have a CATASTROPHY clear with 10 or more non-jcrit judgements."
        case "ABSOLUTE", n if n >= 50:
            return "Cannot have an ABSOLUTE clear with 50 or more non-jcrit judgements."
        case "BRAVE", n if n >= 150:
            return "Cannot have a BRAVE clear with 150 or more non-jcrit judgements."
        case "HARD", n if n >= 300 and counts[2] >= 20:
            return "Cannot have a HARD clear with 300 or more non-jcrit judgements, and over 20 misses."
    return None


# --- declaration ------------------------------------------------------------------------------------

VERSIONS = {
    "paradiselost": "PARADISE LOST",
    "new": "NEW",
    "newplus": "NEW PLUS",
    "sun": "SUN",
    "sun-intl": "SUN International",
    "sun-omni": "SUN Omnimix",
    "sunplus": "SUN PLUS",
    "sunplus-intl": "SUN PLUS International",
    "sunplus-omni": "SUN PLUS Omnimix",
    "luminous": "LUMINOUS",
    "luminous-intl": "LUMINOUS International",
    "luminous-omni": "LUMINOUS Omnimix",
    "luminousplus": "LUMINOUS PLUS",
    "luminousplus-intl": "LUMINOUS PLUS International",
    "luminousplus-omni": "LUMINOUS PLUS Omnimix",
    "verse": "VERSE",
    "verse-intl": "VERSE International",
    "verse-omni": "VERSE Omnimix",
    "xverse": "X-VERSE",
    "xverse-intl": "X-VERSE International",
    "xverse-omni": "X-VERSE Omnimix",
    "xversex": "X-VERSE-X",
    "xversex-intl": "X-VERSE-X International",
    "xversex-omni": "X-VERSE-X Omnimix",
}

_IN_GAME_ID = Number(whole=True, low=0)

SINGLE = Playtype(
    name="Single",
    provided={
        "score": Integer(rule=between(0, 1_010_000)),
        "noteLamp": NOTE_LAMP,
        "clearLamp": CLEAR_LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional={
        **FAST_SLOW_COMBO,
        "scoreGraph": Graph(rule=between(0, 1_010_000)),
        "lifeGraph": Graph(rule=between(0, 999)),
    },
    judgements=("jcrit", "justice", "attack", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=(
        Difficulty("BASIC", "B"),
        Difficulty("ADVANCED", "A"),
        Difficulty("EXPERT", "E"),
        Difficulty("MASTER", "M"),
        Difficulty("ULTIMA", "U"),
    ),
    default_difficulty="MASTER",
    obsolete={"lamp": "noteLamp and clearLamp"},
    has_special_charts=True,
    match_types=("gcmInGameIDSpecialChart", "inGameID", "songTitle", "tachiSongID"),
    versions=VERSIONS,
    chart_data=Record(
        {
            "inGameID": Either((ListOf(_IN_GAME_ID), _IN_GAME_ID)),
            "displayVersion": Text(optional=True),
        }
    ),
    score_meta=Record(),
    score_ratings={"rating": ScoreRating(rating, Shown.DP2)},
    session_ratings={"naiveRating": SessionRating("rating", shown=Shown.DP2)},
    profile_ratings={
        "naiveRating": ProfileRating(("rating",), average_of_best(50, "rating", multiplier=100), Shown.DP2),
    },
    default_score_rating="rating",
    default_session_rating="naiveRating",
    default_profile_rating="naiveRating",
    best_name="Best Score",
    merges=(
        Merge(name="Best Note Lamp", key="noteLamp", takes=("noteLamp",)),
        Merge(name="Best Clear Lamp", key="clearLamp", takes=("clearLamp",)),
    ),
    ranked_by=("score", "noteLamp", "clearLamp"),  # spec: games/README.md, "Chart ranking"
    validators=(
        note_lamp_fits_the_score,
        note_lamp_fits_the_judgements,
        full_combo_is_every_note,
        clear_lamp_fits_the_judgements,
    ),
    classes={"colour": COLOUR, "dan": DAN, "emblem": EMBLEM},
)

GAME = Game(
    slug="chunithm",
    name="CHUNITHM",
    rules=2026,
    song_data=Record({"genre": Text(), "displayVersion": Text(optional=True), "duration": Number(optional=True)}),
    playtypes=(SINGLE,),
)
