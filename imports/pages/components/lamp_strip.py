"""Plays in their order as a strip of columns, each lit up to its lamp. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from imports.pages.components.lamp_colors import Light

COLUMNS = 48  # of every strip, so that two of them compare; more plays share columns
HEIGHT = 6  # units; a failed play lights the lowest, so that no play looks missing
COLUMN = 0.78  # of a unit; the rest is the gap to the next


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


def _height(light: Light) -> float:
    return 1 + light.lit / light.of * (HEIGHT - 1) if light.of else HEIGHT


def _column(place: int, height: float) -> str:
    return f"M{place} {HEIGHT - height:g}h{COLUMN}V{HEIGHT}h-{COLUMN}z"
