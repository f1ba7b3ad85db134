"""Plays in their order as a strip of columns, each lit up to its lamp. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from imports.pages.components.lamp_colors import Light

COLUMNS = 48  # of every strip, so that two of them compare; more plays share columns
HEIGHT = 6  # units; a failed play lights the lowest, so that no play looks missing
COLUMN = 0.78  # of a unit; the rest is the gap to the next


MAX_PLAY_COLUMNS = 240  # of the strip of one session
TIMES = 5  # that are written below it


@dataclass(frozen=True, slots=True)
class LampStrip:
    """`_strip.html`: decoration beside the same counts in words. `lit` is (light, path) of the columns in it."""

    unlit: str
    lit: tuple[tuple[str, str], ...]


def lamp_strip(lamps: Sequence[Light]) -> LampStrip | None:
    """None for no lamps. Of several plays in one column the better lamp is shown."""
    if not lamps:
        return None
    plays = -(-len(lamps) // COLUMNS)  # in one column, rounded up
    columns = [max(lamps[at : at + plays], key=_height) for at in range(0, len(lamps), plays)]
    lit: dict[str, list[str]] = defaultdict(list)
    for place, light in enumerate(columns):
        lit[light.color].append(_column(place, _height(light)))
    return LampStrip(
        "".join(_column(place, HEIGHT) for place in range(len(columns))),
        tuple((color, "".join(paths)) for color, paths in lit.items()),
    )


@dataclass(frozen=True, slots=True)
class PlayStrip:
    """`_play_strip.html`: the plays of a session. `marks` are where new bests stand, in percent from the left.

    `times`: of plays at equal distances, the first and the last among them (ms).
    """

    columns: int
    unlit: str
    lit: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]
    times: tuple[int, ...]


def play_strip(
    lamps: Sequence[Light], new_bests: Sequence[bool], times: Sequence[int], *, most: int = MAX_PLAY_COLUMNS
) -> PlayStrip | None:
    """Of each play, in their order: its lamp, whether it was a new best, and when it was. None for no plays."""
    if not lamps:
        return None
    each = -(-len(lamps) // most)  # plays in one column, rounded up
    starts = range(0, len(lamps), each)
    lit: dict[str, list[str]] = defaultdict(list)
    for place, at in enumerate(starts):
        light = max(lamps[at : at + each], key=_height)
        lit[light.color].append(_column(place, _height(light)))
    columns = len(starts)
    marked = [place for place, at in enumerate(starts) if any(new_bests[at : at + each])]
    shown = sorted({round(part * (len(times) - 1) / (TIMES - 1)) for part in range(TIMES)})
    return PlayStrip(
        columns,
        "".join(_column(place, HEIGHT) for place in range(columns)),
        tuple((color, "".join(paths)) for color, paths in lit.items()),
        tuple(f"{(place + COLUMN / 2) / columns * 100:.2f}%" for place in marked),
        tuple(times[at] for at in shown),
    )


def _height(light: Light) -> float:
    return 1 + light.lit / light.of * (HEIGHT - 1) if light.of else HEIGHT


def _column(place: int, height: float) -> str:
    return f"M{place} {HEIGHT - height:g}h{COLUMN}V{HEIGHT}h-{COLUMN}z"
