"""The position of a rating on the ladder of a derived class. No database access.

Games declare a derived class as a function of the ratings; the floors of classes are found by calling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from imports.games.spec import ClassSet, Playtype, Shown
from imports.pages.components.view_models import ClassRail, Rail, rail
from imports.pages.texts import formatting, numbers
from imports.pages.texts.numbers import format_change

MAX_RATING = 1e7  # far above any rating
MAX_DECIMALS = 6  # thresholds are round numbers


@dataclass(frozen=True, slots=True)
class Ladder:
    """A derived class that depends on one rating only."""

    group: ClassSet
    rating: str

    def index(self, value: float) -> int:
        found = self.group.derive({self.rating: value}) if self.group.derive else None
        return -1 if found is None else self.group.index(found)

    def name(self, index: int) -> str:
        return self.group.values[index].name


def find_ladder(playtype: Playtype, rating: str) -> Ladder | None:
    """Returns the class that depends on this rating; None if there is none."""
    for group in playtype.classes.values():
        ladder = Ladder(group, rating)
        if ladder.index(0) >= 0:
            return ladder
    return None


@cache
def class_floor(ladder: Ladder, index: int) -> float | None:
    """Returns the lowest rating, from 0 on, of a class; None above the highest class."""
    if index >= len(ladder.group.values) or ladder.index(MAX_RATING) < index:
        return None
    below, reached = 0.0, MAX_RATING
    if ladder.index(below) >= index:
        return below
    # Bisection: classes only rise with the rating. Half a last decimal would round either way, a quarter does not.
    while reached - below > 10**-MAX_DECIMALS / 4:
        middle = (below + reached) / 2
        below, reached = (below, middle) if ladder.index(middle) >= index else (middle, reached)
    return round(reached, MAX_DECIMALS)


@cache
def _decimals(ladder: Ladder) -> int:
    floors = (class_floor(ladder, index) for index in range(len(ladder.group.values)))
    written = (numbers.format_number(floor).partition(".")[2] for floor in floors if floor is not None)
    return max(map(len, written), default=0)


def floor_text(ladder: Ladder, floor: float) -> str:
    """Returns a floor as text, with the same number of decimals for the whole ladder: `17.50` beside `17.25`."""
    return numbers.to_fixed(floor, places=_decimals(ladder), grouped=True)


def next_class(ladder: Ladder, value: float) -> tuple[float, str] | None:
    """Returns floor and name of the next class; None at the highest class."""
    index = ladder.index(value) + 1
    floor = class_floor(ladder, index)
    return None if floor is None else (floor, ladder.name(index))


def distance(value: float, floor: float, shown: Shown) -> str:
    """Returns the distance to a class, from the shown rating: 17.614 to 17.75 is `0.136`."""
    # Computed like a change, so that the shown rating and distance add up to the floor.
    return format_change(value, floor, shown, kind="profile").removeprefix("+")


def class_rail(ladder: Ladder, *, before: float | None, after: float) -> ClassRail | None:
    """Returns the ratings before and after on a rail of two classes, with their floors at its start and middle."""
    low, high = sorted(ladder.index(value) for value in (after if before is None else before, after))
    if low == high:
        # Within one class: with the next class, or at the highest class with the one before.
        low, high = (low, low + 1) if class_floor(ladder, low + 1) is not None else (low - 1, low)
    start, middle, end = (class_floor(ladder, index) for index in (low, high, high + 1))
    if low < 0 or start is None or middle is None:
        return None
    scale = RailScale(start, middle, end)
    then, now = 0.0 if before is None else scale.percent(before), scale.percent(after)
    marks = ((floor_text(ladder, start), ladder.name(low)), (floor_text(ladder, middle), ladder.name(high)))
    label = formatting.class_rail_label(then, now, marks[0][1], marks[1][1])
    change = ("up", now - then) if now >= then else ("down", then - now)
    # No minimum width: a change too small to be visible is shown by the number beside the rail.
    return ClassRail(rail((("was", min(then, now)), change), total=100, label=label, least=0), marks)


@dataclass(frozen=True, slots=True)
class RailScale:
    """Two classes, each half of the rail; if the second has no upper end, its half is full or empty."""

    start: float
    middle: float
    end: float | None

    def percent(self, value: float) -> float:
        if value < self.middle:
            return max(0.0, 50 * (value - self.start) / (self.middle - self.start))
        if self.end is None:
            return 100.0
        return min(100.0, 50 + 50 * (value - self.middle) / (self.end - self.middle))


def progress_in_class(ladder: Ladder, value: float) -> Rail | None:
    """Returns the progress of a rating within its class; None at the highest class."""
    index = ladder.index(value)
    start, end = class_floor(ladder, index), class_floor(ladder, index + 1)
    if start is None or end is None:
        return None
    covered = max(0.0, 100 * (value - start) / (end - start))
    return rail((("was", covered),), total=100, label=formatting.class_progress_label(covered, ladder.name(index)))
