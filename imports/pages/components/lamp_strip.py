"""Plays in order as a strip of columns, each lit up to the level of its lamp. No database access."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from imports.pages.components.lamp_colors import Light

COLUMNS = 48  # of every strip, so that strips are comparable; more plays share columns
HEIGHT = 6  # units; a failed play lights the lowest one, so that no play looks missing
COLUMN = 0.78  # of a unit; the rest is the gap to the next


MAX_PLAY_COLUMNS = 240  # of the strip of one session
TIMES = 5  # times written below the strip


@dataclass(frozen=True, slots=True)
class LampStrip:
    """`_strip.html`: decoration beside the same counts as text. `lit`: (light, path of its columns)."""

    unlit: str
    lit: tuple[tuple[str, str], ...]


def lamp_strip(lamps: Sequence[Light]) -> LampStrip | None:
    """Returns the strip of these lamps; None for none. A column of several plays shows the best lamp."""
    if not lamps:
        return None
    plays = -(-len(lamps) // COLUMNS)  # in one column, rounded up
    columns = [max(lamps[at : at + plays], key=_height) for at in range(0, len(lamps), plays)]
    lit: dict[str, list[str]] = defaultdict(list)
    for place, light in enumerate(columns):
        lit[light.color].append(_column(place, _height(light)))
    return LampStrip(
        # Unlit up to the end, so that sessions are comparable.
        "".join(_column(place, HEIGHT) for place in range(COLUMNS)),
        tuple((color, "".join(paths)) for color, paths in lit.items()),
    )


@dataclass(frozen=True, slots=True)
class PlayStrip:
    """`_play_strip.html`: the plays of a session. `marks`: positions of new bests, in percent from the left.

    `times`: of plays at equal distances, including the first and the last (ms).
    """

    columns: int
    unlit: str
    lit: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]
    times: tuple[int, ...]

    @property
    def width(self) -> str:
        """The width of the picture in columns: up to the right edge of the last one."""
        return f"{_width(self.columns):g}"


def play_strip(
    lamps: Sequence[Light], new_bests: Sequence[bool], times: Sequence[int], *, max_columns: int = MAX_PLAY_COLUMNS
) -> PlayStrip | None:
    """Returns the strip of plays with these lamps, new bests and times, in order. None for no plays."""
    if not lamps:
        return None
    each = -(-len(lamps) // max_columns)  # plays in one column, rounded up
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
        tuple(f"{(place + COLUMN / 2) / _width(columns) * 100:.2f}%" for place in marked),
        tuple(times[at] for at in shown),
    )


def _width(columns: int) -> float:
    return columns - 1 + COLUMN


def _height(light: Light) -> float:
    return 1 + light.lit / light.of * (HEIGHT - 1) if light.of else HEIGHT


@cache
def _column(place: int, height: float) -> str:
    return f"M{place} {HEIGHT - height:g}h{COLUMN}V{HEIGHT}h-{COLUMN}z"
