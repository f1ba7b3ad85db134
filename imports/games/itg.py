"""ITG, StepMania as the stamina community plays it. A chart is identified by its hash and may have any name."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from imports.errors import FormulaError
from imports.games.formulas import grade_on, highest, hits
from imports.games.shapes import ListOf, Number, OneOf, Record, Text
from imports.games.spec import (
    Chart,
    Decimal,
    Derived,
    Game,
    Graph,
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
    values=("FAILED", "CLEAR", "FULL COMBO", "FULL EXCELLENT COMBO", "QUAD", "QUINT"),
    minimum_relevant="FAILED",
)
GRADE_FLOORS = {
    "F": -math.inf,  # every failed play, whatever its percent
    "D": 0,
    "C": 55,
    "B": 68,
    "A": 80,
    "S": 89,
    "★": 96,
    "★★": 98,
    "★★★": 99,
    "★★★★": 100,
}

_grade = grade_on(GRADE_FLOORS)


def grade(play: Play, _chart: Chart) -> str:
    return "F" if play.metrics["lamp"] == "FAILED" else _grade(play.metrics["scorePercent"])


def final_percent(play: Play, _chart: Chart) -> float:
    """Returns the survived percent of a failed play, 0 to 100; 100 plus the score percent of a cleared one."""
    if play.metrics["lamp"] == "FAILED":
        return float(play.metrics["survivedPercent"])
    return float(100 + play.metrics["scorePercent"])


# --- the ratings of a play --------------------------------------------------------------------------
# Section "Score ratings" of the game's page in the spec.


def block_rating(play: Play, chart: Chart) -> float | None:
    """Returns the ranked level of a cleared chart. None for a failed play, and for an unranked chart."""
    return None if play.metrics["lamp"] == "FAILED" else chart.data.get("rankedLevel")


NOTES_OF_32 = 512  # 32 measures of sixteenths
LEAST_TEMPO = 100
_LEAST_NPS = 6.6  # below the notes per second of the least tempo


def fastest_32(play: Play, chart: Chart) -> float | None:
    """Returns the fastest tempo (BPM, in sixteenths) held over 512 notes (32 measures) without an empty measure.

    The tempo of a stretch is that of its slowest measure. A stretch has at least two measures and ends when it has 512
    notes. A failed play counts up to where it failed. None below 100. Raises FormulaError if the chart's two lists of
    measures differ in length.
    """
    nps, notes = chart.data["npsPerMeasure"], chart.data["notesPerMeasure"]
    if len(nps) != len(notes):
        raise FormulaError(f"This chart has {len(nps)} measures by one count and {len(notes)} by another.")
    measures = len(notes)
    if play.metrics["lamp"] == "FAILED":
        measures = min(measures, max(0, math.ceil(play.metrics["survivedPercent"] / 100 * measures)))
    tempo = _fastest_by_measure(nps, notes)[measures] * 60 / 4
    return tempo if tempo >= LEAST_TEMPO else None


CHARTS_KEPT = 2_000
_kept: dict[int, tuple[Sequence[float], Sequence[float], Sequence[float]]] = {}


def _fastest_by_measure(nps: Sequence[float], notes: Sequence[float]) -> Sequence[float]:
    """Returns `_fastest_stretches`, cached per chart.

    The cache compares lists by identity, as comparing hundreds of measures is slow. An entry references the chart's
    lists, so that their addresses are not reused.
    """
    kept = _kept.get(id(nps))
    if kept is None or kept[0] is not nps or kept[1] is not notes:
        # Cleared at once: it is unknown which charts will be needed again, and refilling takes seconds.
        if len(_kept) >= CHARTS_KEPT:
            _kept.clear()
        kept = _kept[id(nps)] = (nps, notes, _fastest_stretches(nps, notes))
    return kept[2]


def _fastest_stretches(nps: Sequence[float], notes: Sequence[float]) -> Sequence[float]:
    """Returns, for the first 0, 1, 2 ... measures, the notes per second of the fastest stretch's slowest measure.

    Without a stretch it is `_LEAST_NPS`. Only a stretch faster than the fastest so far matters, so a new one begins
    after every measure that is not faster. `slowest` has the measures of the stretch that are slower than all
    later ones; the first is the slowest. Each measure is added and removed once, so that the time is linear.
    """
    fastest, start, total = _LEAST_NPS, 0, 0.0
    found, slowest = [fastest], deque[int]()
    for measure, speed in enumerate(nps):
        count = notes[measure]
        if speed <= fastest:
            start, total = measure + 1, 0.0
            slowest.clear()
        elif not count:
            start, total = measure, 0.0
            slowest = deque((measure,))
        else:
            while slowest and nps[slowest[-1]] >= speed:
                slowest.pop()
            slowest.append(measure)
            total += count
            while total >= NOTES_OF_32 and start < measure:
                last = slowest.popleft()
                fastest = nps[last]
                total -= notes[start] if last == start else sum(notes[start : last + 1])
                start = last + 1
        found.append(fastest)
    return found


# --- validators -------------------------------------------------------------------------------------
# Section "Score validators": each function is one item there, and returns the first message that applies.


def clear_survives_the_whole_chart(play: Play, _chart: Chart) -> str | None:
    if play.metrics["lamp"] != "FAILED" and play.metrics["survivedPercent"] < 100:
        return "Cannot clear a chart that you didn't survive 100% of."
    return None


_BREAKS = ("decent", "wayoff", "miss")


def lamp_fits_the_judgements(play: Play, _chart: Chart) -> str | None:
    """Hits above fantastic (`fantastic+`) are never contradictory."""
    match play.metrics["lamp"]:
        case "QUINT" if hits(play, "fantastic", "excellent", "great", *_BREAKS) > 0:
            return "Cannot have a QUINT with any fantastic (or worse) judgements."
        case "QUAD" if hits(play, "excellent", "great", *_BREAKS) > 0:
            return "Cannot have a QUAD with any excellent (or worse) judgements."
        case "FULL EXCELLENT COMBO" if hits(play, "great", *_BREAKS) > 0:
            return "Cannot have a FULL EXCELLENT COMBO with any great (or worse) judgements."
        case "FULL COMBO" if hits(play, *_BREAKS) > 0:
            return "Cannot have a FULL COMBO with any combo breaks."
    return None


# --- declaration ------------------------------------------------------------------------------------

CHART_DATA = Record(
    {
        "rankedLevel": Number(nullable=True),
        "chartLevel": Number(),
        "hashGSv3": Text(),
        "difficultyTag": OneOf(("Beginner", "Easy", "Medium", "Hard", "Expert", "Edit")),
        "length": Number(above=0),
        "charter": Text(),
        "streamBPM": Number(nullable=True),
        "breakdown": Record(
            {
                "detailed": Text(),
                "partiallySimplified": Text(),
                "simplified": Text(),
                "total": Text(),
                "density": Number(),
            },
            nullable=True,
        ),
        "npsPerMeasure": ListOf(Number(low=0)),
        "notesPerMeasure": ListOf(Number(low=0)),
        "bannerLocationOverride": Text(nullable=True),
        "originalPack": Text(),
        "packs": ListOf(Text()),
    }
)

STAMINA = Playtype(
    name="Stamina",
    provided={
        "scorePercent": Decimal(rule=between(0, 100)),
        "survivedPercent": Decimal(rule=between(0, 100)),
        "lamp": LAMP,
    },
    derived={
        "grade": Derived(Ladder(values=tuple(GRADE_FLOORS), minimum_relevant="A"), grade),
        "finalPercent": Derived(Decimal(rule=between(0, 200), shown=Shown.ITG_FINAL), final_percent),
    },
    optional={"lifebarHistory": Graph(rule=between(0, 100))},
    judgements=("fantastic+", "fantastic", "excellent", "great", "decent", "wayoff", "miss"),
    grade_metric="scorePercent",
    grade_floors=GRADE_FLOORS,
    default_metric="finalPercent",
    default_ladder="lamp",
    difficulties=None,
    default_difficulty=None,
    match_types=("itgChartHash",),
    versions={},
    chart_data=CHART_DATA,
    score_meta=Record(),
    score_ratings={
        "blockRating": ScoreRating(block_rating, Shown.DP0),
        "fastest32": ScoreRating(fastest_32, Shown.DP0),
    },
    session_ratings={"blockRating": SessionRating("blockRating", best=5, shown=Shown.DP0)},
    profile_ratings={
        "highestBlock": ProfileRating(("blockRating",), highest("blockRating"), Shown.DP0),
        "fastest32": ProfileRating(("fastest32",), highest("fastest32"), Shown.DP0),
    },
    default_score_rating="blockRating",
    default_session_rating="blockRating",
    default_profile_rating="highestBlock",
    best_name="Best Result",
    merges=(Merge(name="Best Lamp", key="lamp", takes=("lamp",)),),
    ranked_by=("finalPercent", "lamp"),  # spec: games/README.md, "Chart ranking"
    validators=(clear_survives_the_whole_chart, lamp_fits_the_judgements),
)

GAME = Game(
    slug="itg",
    name="ITG",
    rules=2026,
    song_data=Record({"subtitle": Text(nullable=True)}),
    playtypes=(STAMINA,),
    has_playtype_in_id=True,
)
