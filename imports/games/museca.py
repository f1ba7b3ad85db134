"""MÚSECA. The lamp of a personal best may be that of another play than its score."""

from __future__ import annotations

from math import floor

from imports.games.formulas import from_floor, hits, sum_of_best
from imports.games.shapes import Number, Record, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    Chart,
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
    values=("FAILED", "CLEAR", "CONNECT ALL", "PERFECT CONNECT ALL"),
    minimum_relevant="CLEAR",
)
GRADE_FLOORS = {
    "没": 0,
    "拙": 600_000,
    "凡": 700_000,
    "佳": 800_000,
    "良": 850_000,
    "優": 900_000,
    "秀": 950_000,
    "傑": 975_000,
    "傑G": 1_000_000,
}
GRADE = Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="優")

PERFECT_SCORE = 1_000_000
CLEAR_SCORE = 800_000


def curator_skill(play: Play, chart: Chart) -> float:
    """Returns the Curator Skill of a play: 100 times the level times the share of a million, cut to an integer."""
    # Section "Score rating" of the spec. The score is divided first, which affects the last bit.
    score: int = play.metrics["score"]
    return floor(chart.level_num * (score / 10_000))


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def perfect_connection_is_a_perfect_score(play: Play, _chart: Chart) -> str | None:
    is_perfect = play.metrics["score"] == PERFECT_SCORE
    if play.metrics["lamp"] == "PERFECT CONNECT ALL":
        return None if is_perfect else "A PERFECT CONNECT ALL must have a score of 1 million."
    return "A perfect score of 1 million must have a lamp of PERFECT CONNECT ALL." if is_perfect else None


def connection_has_no_misses(play: Play, _chart: Chart) -> str | None:
    lamp = play.metrics["lamp"]
    if lamp == "PERFECT CONNECT ALL" and hits(play, "miss", "near") > 0:
        return "Cannot have a PERFECT CONNECT ALL with any nears or misses."
    if lamp == "CONNECT ALL" and hits(play, "miss") > 0:
        return "Cannot have a CONNECT ALL with any misses."
    return None


def score_decides_the_clear(play: Play, _chart: Chart) -> str | None:
    is_clear, has_failed = play.metrics["score"] >= CLEAR_SCORE, play.metrics["lamp"] == "FAILED"
    if is_clear and has_failed:
        return "A score of >=800k must be a clear."
    return None if is_clear or has_failed else "A score of <800k must be a fail."


# --- declaration ------------------------------------------------------------------------------------

SINGLE = Playtype(
    name="Single",
    provided={
        "score": Integer(rule=between(0, PERFECT_SCORE)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(GRADE, from_floor("score", GRADE_FLOORS)),
    },
    optional=FAST_SLOW_COMBO,
    judgements=("critical", "near", "miss"),
    grade_metric="score",
    grade_floors=GRADE_FLOORS,
    default_metric="score",
    default_ladder="grade",
    difficulties=(Difficulty("Green", "G"), Difficulty("Yellow", "Y"), Difficulty("Red", "R")),
    default_difficulty="Red",
    match_types=("songTitle", "tachiSongID", "inGameID"),
    versions={"1.5": "1 + 1/2", "1.5-b": "1 + 1/2 Rev. B", "m+": "PLUS"},
    chart_data=Record({"inGameID": Number(whole=True, low=0)}),
    score_meta=Record(),
    score_ratings={"curatorSkill": ScoreRating(curator_skill, Shown.DP0)},
    session_ratings={"curatorSkill": SessionRating("curatorSkill", shown=Shown.DP0)},
    profile_ratings={"curatorSkill": ProfileRating(("curatorSkill",), sum_of_best(20, "curatorSkill"), Shown.DP0)},
    default_score_rating="curatorSkill",
    default_session_rating="curatorSkill",
    default_profile_rating="curatorSkill",
    best_name="Best Score",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("score", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(perfect_connection_is_a_perfect_score, connection_has_no_misses, score_decides_the_clear),
)

GAME = Game(
    slug="museca",
    name="MÚSECA",
    rules=2026,
    song_data=Record({"titleJP": Text(), "artistJP": Text(), "displayVersion": Text()}),
    playtypes=(SINGLE,),
)
