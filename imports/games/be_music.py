"""The shared parts of BMS and PMS: both use Be-Music Source files, and are played in the same programs.

Their scores are EX scores (`ex_score`); their charts are rated by the Sieglinde tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imports.games.ex_score import GRADE, PERCENT
from imports.games.shapes import TABLE_FOLDERS, Number, Record, Shape, Text
from imports.games.spec import (
    FAST_SLOW_COMBO,
    POSITIVE,
    Chart,
    ClassValue,
    Decimal,
    Derived,
    Difficulty,
    Graph,
    Integer,
    Merge,
    Metric,
    Play,
    Shown,
    between,
)


def sieglinde(play: Play, chart: Chart) -> float:
    """Returns the chart's Sieglinde difficulty for the play's clear: hard, or easy. 0 below an easy clear.

    A chart without that value counts as 0.
    """
    easy = chart.data.get("sglEC") or 0
    match play.metrics["lamp"]:
        case "FULL COMBO" | "EX HARD CLEAR" | "HARD CLEAR":
            return max(chart.data.get("sglHC") or 0, easy)
        case "CLEAR" | "EASY CLEAR":
            return easy
    return 0


# --- metrics ----------------------------------------------------------------------------------------

DERIVED: Mapping[str, Derived] = {"grade": GRADE, "percent": PERCENT}

_COUNT = Integer(rule=POSITIVE, shown=Shown.RAW)
_HISTORY = Graph(rule=between(0, 100))

OPTIONAL: Mapping[str, Metric] = {
    **FAST_SLOW_COMBO,
    "bp": _COUNT,
    "gauge": Decimal(rule=between(0, 100)),
    "gaugeHistory": _HISTORY,
    "gaugeHistoryEasy": _HISTORY,
    "gaugeHistoryGroove": _HISTORY,
    "gaugeHistoryHard": _HISTORY,
    **{f"{timing}{judgement}": _COUNT for timing in "el" for judgement in ("pg", "gr", "gd", "bd", "pr")},
}
"""The last ten are the judgements, early and late: `epg` is an early perfect great, `lpr` a late poor."""

MERGES = (
    Merge(
        name="Best Lamp",
        key="lamp",
        takes=("lamp",),
        takes_optional=("gauge", "gaugeHistory", "gaugeHistoryEasy", "gaugeHistoryGroove", "gaugeHistoryHard"),
    ),
    Merge(name="Lowest BP", key="optional.bp", smallest=True, takes_optional=("bp",)),
)

RANKED_BY = ("score", "lamp", "optional.bp")  # more bad hits rank higher, as in Tachi

# --- the catalogue ----------------------------------------------------------------------------------

DIFFICULTIES = (Difficulty("CHART"),)  # a song is a file with one chart
MATCH_TYPES = ("bmsChartHash", "tachiSongID")
RANDOMS = ("MIRROR", "NONRAN", "R-RANDOM", "RANDOM", "S-RANDOM")
GAUGES = ("EASY", "NORMAL", "HARD", "EX-HARD")

CHART_DATA: Mapping[str, Shape] = {
    "notecount": Number(whole=True, low=0),
    "hashMD5": Text(),
    "hashSHA256": Text(),
    "tableFolders": TABLE_FOLDERS,
    "sglEC": Number(nullable=True, optional=True),
    "sglHC": Number(nullable=True, optional=True),
}

SONG_DATA = Record({name: Text(nullable=True) for name in ("genre", "subtitle", "subartist", "tableString")})

# --- courses ----------------------------------------------------------------------------------------


def dans(group: str, sign: str, *, least: int = 1) -> Iterator[ClassValue]:
    """Yields the numbered courses of a group up to the tenth, e.g. `NORMAL_2`, shown as `☆2`, hint `Normal 2nd Dan`."""
    for number in range(least, 11):
        yield ClassValue(f"{group.upper()}_{number}", f"{sign}{number}", f"{group} {ordinal(number)} Dan")


def ordinal(number: int) -> str:
    """Returns 1st, 2nd, 3rd, 4th ..., for numbers below 21."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number, 'th')}"
