"""pop'n music. The lamp is derived from the clear medal, and the grade from score and lamp."""

from __future__ import annotations

from imports.games.formulas import average_of_best, class_from_floors, grade_on, hits, known_hits
from imports.games.shapes import Either, ListOf, Number, OneOf, Record, Text
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
    Play,
    Playtype,
    ProfileRating,
    ScoreRating,
    SessionRating,
    between,
)

LAMP_OF_MEDAL = {
    "failedCircle": "FAILED",
    "failedDiamond": "FAILED",
    "failedStar": "FAILED",
    "easyClear": "EASY CLEAR",
    "clearCircle": "CLEAR",
    "clearDiamond": "CLEAR",
    "clearStar": "CLEAR",
    "fullComboCircle": "FULL COMBO",
    "fullComboDiamond": "FULL COMBO",
    "fullComboStar": "FULL COMBO",
    "perfect": "PERFECT",
}
CLEAR_MEDAL = Ladder(values=tuple(LAMP_OF_MEDAL), minimum_relevant="clearCircle")
LAMP = Ladder(values=tuple(dict.fromkeys(LAMP_OF_MEDAL.values())), minimum_relevant="CLEAR")

GRADE_FLOORS = {
    "E": 0,
    "D": 50_000,
    "C": 62_000,
    "B": 72_000,
    "A": 82_000,
    "AA": 90_000,
    "AAA": 95_000,
    "S": 98_000,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A")

# --- derived metrics and rating ---------------------------------------------------------------------
# Sections "Derivation" and "Score rating" of the game's page in the spec.

_grade_on = grade_on(GRADE_FLOORS)


def lamp(play: Play, _chart: Chart) -> str:
    """Returns the lamp of the medal."""
    return LAMP_OF_MEDAL[play.metrics["clearMedal"]]


def grade(play: Play, _chart: Chart) -> str:
    """Returns the grade of the score, at most A for a failed play."""
    score = play.metrics["score"]
    failed_well = score >= GRADE_FLOORS["AA"] and play.metrics["lamp"] == "FAILED"
    return "A" if failed_well else _grade_on(score)


BONUSES = {"FAILED": 0, "EASY CLEAR": 3000, "CLEAR": 3000, "FULL COMBO": 5000, "PERFECT": 5000}


def class_points(play: Play, chart: Chart) -> float:
    """Returns the class points of a play from level, score above 50,000 and the lamp's bonus. 0 up to 50,000."""
    score = play.metrics["score"]
    if score <= 50_000:
        return 0
    # One division at the end, which affects the last bit.
    return float((10_000 * chart.level_num + score - 50_000 + BONUSES[play.metrics["lamp"]]) / 5440)


# --- classes ----------------------------------------------------------------------------------------
# Sections "Classes" and "Derived class class": ids and floors are part of the API.

CLASS_FLOORS = {
    "KITTY": 0,
    "STUDENT": 21,
    "DELINQUENT": 34,
    "DETECTIVE": 46,
    "IDOL": 59,
    "GENERAL": 68,
    "HERMIT": 79,
    "GOD": 91,
}
CLASS = ClassSet(
    name="class",
    values=(
        ClassValue("KITTY", "にゃんこ", "Kitty"),
        ClassValue("STUDENT", "小学生", "Grade School Student"),
        ClassValue("DELINQUENT", "番長", "Delinquent"),
        ClassValue("DETECTIVE", "刑事", "Detective"),
        ClassValue("IDOL", "アイドル", "Idol"),
        ClassValue("GENERAL", "将軍", "General"),
        ClassValue("HERMIT", "仙人", "Hermit"),
        ClassValue("GOD", "神", "God"),
    ),
    derive=class_from_floors("naiveClassPoints", CLASS_FLOORS),
    minimum_relevant="GOD",
)

# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    if play.metrics["lamp"] == "PERFECT" and hits(play, "bad", "good") > 0:
        return "Cannot have a PERFECT lamp with any bads or goods."
    if play.metrics["lamp"] == "FULL COMBO" and hits(play, "bad") > 0:
        return "Cannot have a FULL COMBO lamp with any bads."
    return None


def medal_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    """Goods determine the shape of a full combo's medal and bads that of a clear's, if both are known."""
    counts = known_hits(play, "good", "bad")
    if counts is None:
        return None
    goods, bads = counts
    match play.metrics["clearMedal"]:
        case "fullComboStar" if not 1 <= goods <= 5:
            return "Must have between 1-5 goods for a full combo star."
        case "fullComboDiamond" if not 6 <= goods <= 20:
            return "Must have between 6-20 goods for a full combo diamond."
        case "fullComboCircle" if goods < 21:
            return "Must have >21 goods for a full combo circle."
        case "clearStar" if not 1 <= bads <= 5:
            return "Must have between 1-5 bads for a clear star."
        case "clearDiamond" if not 6 <= bads <= 20:
            return "Must have between 6-20 bads for a clear diamond."
        case "clearCircle" if bads < 21:
            return "Must have between >21 bads for a clear circle."
    return None


# --- declaration ------------------------------------------------------------------------------------

NINE_BUTTONS = Playtype(
    name="9B",
    provided={
        "score": Integer(rule=between(0, 100_000)),
        "clearMedal": CLEAR_MEDAL,
    },
    derived={
        "lamp": Derived(LAMP, lamp),
        "grade": Derived(GRADE, grade),
    },
    optional={
        **FAST_SLOW_COMBO,
        "gauge": Decimal(rule=between(0, 100)),
    },
    judgements=("cool", "great", "good", "bad"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="lamp",
    difficulties=(Difficulty("Easy", "E"), Difficulty("Normal", "N"), Difficulty("Hyper", "H"), Difficulty("EX", "EX")),
    default_difficulty="EX",
    match_types=("inGameID", "tachiSongID", "popnChartHash"),
    versions={"peace": "peace", "kaimei": "Kaimei Riddles", "unilab": "Unilab", "jamfizz": "Jam & Fizz"},
    chart_data=Record(
        {
            "hashSHA256": Either((ListOf(Text()), Text()), nullable=True),
            "inGameID": Number(whole=True, low=0),
        }
    ),
    score_meta=Record(
        {
            "hiSpeed": Number(optional=True, nullable=True),
            "hidden": Number(optional=True, nullable=True),
            "sudden": Number(optional=True, nullable=True),
            "random": OneOf(("MIRROR", "NONRAN", "RANDOM", "S-RANDOM"), optional=True, nullable=True),
            "gauge": OneOf(("EASY", "NORMAL", "HARD", "DANGER"), optional=True, nullable=True),
        }
    ),
    score_ratings={"classPoints": ScoreRating(class_points)},
    session_ratings={"classPoints": SessionRating("classPoints")},
    profile_ratings={"naiveClassPoints": ProfileRating(("classPoints",), average_of_best(20, "classPoints"))},
    default_score_rating="classPoints",
    default_session_rating="classPoints",
    default_profile_rating="naiveClassPoints",
    best_name="Best Score",
    merges=(Merge(name="Best Clear", key="clearMedal", takes=("clearMedal", "lamp")),),
    ranked_by=("score", "clearMedal"),  # spec: games/README.md, "Chart ranking"
    validators=(lamp_fits_the_judgements, medal_fits_the_judgements),
    classes={"class": CLASS},
)

GAME = Game(
    slug="popn",
    name="pop'n music",
    rules=2026,
    song_data=Record({"displayVersion": Text(nullable=True), "genre": Text(), "genreEN": Text(nullable=True)}),
    playtypes=(NINE_BUTTONS,),
)
