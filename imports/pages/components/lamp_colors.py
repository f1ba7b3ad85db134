"""The table of the lights (colours) of lamps and grades of every game. No database access.

Every value has its light, worst first. The lights are Tachi's palette, brightened for a dark display, so that players
recognize their colours:

    gray gray · ember red, maroon · red vibrantRed · orange orange, paleOrange · amber vibrantOrange
    gold gold, vibrantYellow · lime paleGreen · green green, darkGreen, vibrantGreen · aqua teal
    blue blue, vibrantBlue · slate paleBlue · violet purple, vibrantPurple and chunithm's four purples
    pink pink · rose vibrantPink · silver white
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

FAILED_VALUES = frozenset(
    {"NO PLAY", "FAILED", "LOST", "LOSS", "NONE", "failedCircle", "failedDiamond", "failedStar", "0-star"}
)
"""Lamps and stars that light no segment."""


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp or grade for components: `color` names a light of site.css; `lit` of `of` segments are lit."""

    value: str
    short: str
    color: str
    lit: int = 0
    of: int = 0


_BEAT_GRADES = (
    "F gray, E ember, D ember, C violet, B slate, A green, AA blue, AAA gold, MAX- aqua, MAX silver"  # iidx, bms, pms
)
_BEAT_LAMPS = (
    "NO PLAY gray, FAILED ember, ASSIST CLEAR violet, EASY CLEAR green, CLEAR blue, HARD CLEAR orange, "
    "EX HARD CLEAR gold, FULL COMBO aqua"
)
_VOLTEX_GRADES = (
    "D gray, C ember, B ember, A slate, A+ blue, AA lime, AA+ green, AAA gold, AAA+ amber, S aqua, PUC pink"
)
_BEAT = {"grade": _BEAT_GRADES, "lamp": _BEAT_LAMPS}

LIGHTS_BY_GAME: dict[str, dict[str, str]] = {
    "iidx": _BEAT,
    "bms": _BEAT,
    "pms": _BEAT,
    "sdvx": {
        "grade": _VOLTEX_GRADES,
        "lamp": "FAILED ember, CLEAR green, EXCESSIVE CLEAR violet, MAXXIVE CLEAR silver, ULTIMATE CHAIN aqua, "
        "PERFECT ULTIMATE CHAIN gold",
    },
    "usc": {
        "grade": _VOLTEX_GRADES,
        "lamp": "FAILED ember, CLEAR green, EXCESSIVE CLEAR violet, ULTIMATE CHAIN aqua, PERFECT ULTIMATE CHAIN gold",
    },
    "chunithm": {
        "grade": "D ember, C violet, B slate, BB blue, BBB blue, A lime, AA green, AAA green, S orange, S+ amber, "
        "SS gold, SS+ gold, SSS aqua, SSS+ silver",
        "clearLamp": "FAILED red, CLEAR green, HARD violet, BRAVE violet, ABSOLUTE violet, CATASTROPHY violet",
        "noteLamp": "NONE gray, FULL COMBO green, ALL JUSTICE gold, ALL JUSTICE CRITICAL silver",
    },
    "ongeki": {
        "grade": "D ember, C violet, B slate, BB blue, BBB blue, A lime, AA green, AAA green, S aqua, SS orange, "
        "SSS gold, SSS+ silver",
        "noteLamp": "LOSS ember, CLEAR green, FULL COMBO gold, ALL BREAK silver, ALL BREAK+ blue",
        "bellLamp": "NONE gray, FULL BELL gold",
        "platinumStars": "0-star gray, 1-star slate, 2-star blue, 3-star green, 4-star orange, 5-star gold, "
        "R-star aqua",
    },
    "maimai": {
        "grade": "F gray, E gray, D gray, C ember, B ember, A green, AA slate, AAA blue, S gold, S+ gold, SS orange, "
        "SS+ orange, SSS aqua, SSS+ silver",
        "lamp": "FAILED ember, CLEAR green, FULL COMBO blue, ALL PERFECT gold, ALL PERFECT+ aqua",
    },
    "maimaidx": {
        "grade": "D gray, C ember, B ember, BB violet, BBB lime, A green, AA slate, AAA blue, S gold, S+ gold, "
        "SS orange, SS+ orange, SSS aqua, SSS+ silver",
        "lamp": "FAILED ember, CLEAR green, FULL COMBO blue, FULL COMBO+ slate, ALL PERFECT gold, ALL PERFECT+ aqua",
    },
    "wacca": {
        "grade": "D gray, C ember, B ember, A lime, AA green, AAA green, S gold, S+ gold, SS orange, SS+ orange, "
        "SSS pink, SSS+ rose, MASTER silver",
        "lamp": "FAILED ember, CLEAR blue, MISSLESS orange, FULL COMBO pink, ALL MARVELOUS gold",
    },
    "jubeat": {
        "grade": "E gray, D ember, C ember, B blue, A green, S gold, SS orange, SSS aqua, EXC silver",
        "lamp": "FAILED ember, CLEAR blue, FULL COMBO aqua, EXCELLENT silver",
    },
    "popn": {
        "grade": "E gray, D ember, C ember, B blue, A green, AA orange, AAA gold, S aqua",
        "lamp": "FAILED ember, EASY CLEAR green, CLEAR blue, FULL COMBO aqua, PERFECT gold",
        "clearMedal": "failedCircle ember, failedDiamond ember, failedStar ember, easyClear green, clearCircle blue, "
        "clearDiamond blue, clearStar blue, fullComboCircle aqua, fullComboDiamond aqua, fullComboStar aqua, "
        "perfect gold",
    },
    "museca": {
        "grade": "没 gray, 拙 ember, 凡 ember, 佳 lime, 良 slate, 優 green, 秀 blue, 傑 aqua, 傑G gold",
        "lamp": "FAILED ember, CLEAR green, CONNECT ALL aqua, PERFECT CONNECT ALL gold",
    },
    "gitadora": {
        "grade": "C violet, B blue, A green, S orange, SS gold, MAX silver",
        "lamp": "FAILED ember, CLEAR blue, FULL COMBO aqua, EXCELLENT gold",
    },
    "ddr": {
        "grade": "E gray, D slate, D+ slate, C- violet, C violet, C+ violet, B- blue, B blue, B+ blue, A- gold, "
        "A gold, A+ gold, AA- gold, AA gold, AA+ gold, AAA aqua",
        "lamp": "FAILED ember, ASSIST violet, CLEAR blue, LIFE4 red, FULL COMBO blue, GREAT FULL COMBO green, "
        "PERFECT FULL COMBO gold, MARVELOUS FULL COMBO pink",
    },
    "itg": {
        "grade": "F gray, D ember, C ember, B violet, A green, S orange, ★ pink, ★★ rose, ★★★ aqua, ★★★★ silver",
        "lamp": "FAILED ember, CLEAR blue, FULL COMBO pink, FULL EXCELLENT COMBO gold, QUAD aqua, QUINT silver",
    },
    "arcaea": {
        "grade": "D ember, C ember, B violet, A violet, AA blue, EX blue, EX+ aqua",
        "lamp": "LOST ember, EASY CLEAR green, CLEAR violet, HARD CLEAR red, FULL RECALL violet, PURE MEMORY blue",
    },
}

SHORT_NAMES = {
    "ASSIST CLEAR": "ASSIST",
    "EASY CLEAR": "EASY",
    "HARD CLEAR": "HARD",
    "EX HARD CLEAR": "EX HARD",
    "EXCESSIVE CLEAR": "EXC",
    "MAXXIVE CLEAR": "MAXX",
    "ULTIMATE CHAIN": "UC",
    "PERFECT ULTIMATE CHAIN": "PUC",
    "FULL COMBO": "FC",
    "FULL COMBO+": "FC+",
    "GREAT FULL COMBO": "GFC",
    "PERFECT FULL COMBO": "PFC",
    "MARVELOUS FULL COMBO": "MFC",
    "FULL EXCELLENT COMBO": "FEC",
    "ABSOLUTE": "ABS",
    "CATASTROPHY": "CATA",
    "ALL JUSTICE": "AJ",
    "ALL JUSTICE CRITICAL": "AJC",
    "ALL BREAK": "AB",
    "ALL BREAK+": "AB+",
    "FULL BELL": "FB",
    "ALL PERFECT": "AP",
    "ALL PERFECT+": "AP+",
    "ALL MARVELOUS": "AM",
    "MISSLESS": "ML",
    "CONNECT ALL": "CA",
    "PERFECT CONNECT ALL": "PCA",
    "FULL RECALL": "FR",
    "PURE MEMORY": "PM",
    "EXCELLENT": "EXC",
}
"""Short names of long values, for narrow screens."""


def _parse_lights(written: str) -> dict[str, Light]:
    pairs = [entry.rsplit(" ", 1) for entry in written.split(", ")]
    # Failed lamps light no segment, so that the first clear of every game lights the first segment.
    failing = sum(value in FAILED_VALUES for value, _ in pairs)
    return {
        value: Light(
            value=value,
            short=SHORT_NAMES.get(value, value),
            color=color,
            lit=max(0, index - failing + 1),
            of=len(pairs) - failing,
        )
        for index, (value, color) in enumerate(pairs)
    }


TABLE: dict[str, dict[str, dict[str, Light]]] = {
    game: {ladder: _parse_lights(written) for ladder, written in ladders.items()}
    for game, ladders in LIGHTS_BY_GAME.items()
}
"""Game slug -> ladder (`lamp`, `grade`, `noteLamp`, ...) -> value -> its light, worst first."""


def light_of(game: str, ladder: str, value: str) -> Light:
    """Returns the light of a value; an unknown value is gray, so that a page never fails on it."""
    known = TABLE.get(game, {}).get(ladder, {})
    if light := known.get(value):
        return light
    segments = max((light.of for light in known.values()), default=1)
    return Light(value=value, short=value, color="gray", lit=0, of=segments)


FULL_COMBOS = frozenset({"FULL COMBO", "ULTIMATE CHAIN", "CONNECT ALL", "FULL RECALL"})
"""The lowest lamps without a missed note; every game has exactly one of them."""


def lamps_below_full_combo(game: str) -> tuple[list[str], Light]:
    """Returns the lamps of the ladder that rows show below the full combo, and the light of the full combo."""
    lights = list(TABLE[game][row_ladder(game)].values())
    place = next(place for place, light in enumerate(lights) if light.value in FULL_COMBOS)
    return [light.value for light in lights[:place]], lights[place]


def row_ladder(game: str) -> str:
    """Returns the ladder of a row's edge: the note lamp if a game has two lamps."""
    return "noteLamp" if "noteLamp" in TABLE.get(game, {}) else "lamp"


def lamp_ladders(game: str) -> tuple[str, ...]:
    """Returns the lamp ladders of a game, in the order of display."""
    known = TABLE.get(game, {})
    both = tuple(ladder for ladder in ("clearLamp", "noteLamp", "bellLamp") if ladder in known)
    return both or ("lamp",)


def shown_lamp(game: str, metrics: Mapping[str, Any]) -> Light:
    """Returns a score's lamp as one name and one light, in the terms of the game's players.

    If a game has two lamps, the edge shows the note lamp and the text names both, except that an ordinary CLEAR
    is omitted. A failed play is called PLAYED in sdvx and usc, and in itg is shown with its progress.
    """
    if game == "chunithm":
        clear = light_of(game, "clearLamp", metrics["clearLamp"])
        # Without a note lamp, the light is that of the clear lamp.
        if metrics["noteLamp"] == "NONE":
            return clear
        light = light_of(game, "noteLamp", metrics["noteLamp"])
        return light if clear.value == "CLEAR" else _with_second_lamp(light, clear)
    if game == "ongeki":
        light, bell = light_of(game, "noteLamp", metrics["noteLamp"]), light_of(game, "bellLamp", metrics["bellLamp"])
        if bell.value == "NONE":
            return light
        # The edge stays that of an ordinary clear, because it shows the note lamp regardless of the text.
        if light.value == "CLEAR":
            return replace(light, value=bell.value, short=bell.short)
        return _with_second_lamp(light, bell)
    light = light_of(game, "lamp", metrics["lamp"])
    if light.value != "FAILED":
        return light
    if game in ("sdvx", "usc"):
        return replace(light, value="PLAYED", short="PLAYED")
    if game == "itg" and metrics.get("survivedPercent") is not None:
        words = f"DIED @ {math.floor(metrics['survivedPercent'])}%"
        return replace(light, value=words, short=words)
    return light


def _with_second_lamp(light: Light, second: Light) -> Light:
    return replace(light, value=f"{light.value}, {second.value}", short=f"{light.short}, {second.short}")
