"""Where a rating stands on the ladder of a derived class. Pure.

Games declare a derived class as a function of the ratings; where its steps begin is found by asking that function.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from imports.games.spec import ClassSet, Playtype, Shown
from imports.pages.components.view_models import ClassRail, Rail, rail
from imports.pages.texts import formatting, numbers
from imports.pages.texts.numbers import format_change

MAX_RATING = 1e7  # no rating comes near it
MAX_DECIMALS = 6  # thresholds are figures that people chose


@dataclass(frozen=True, slots=True)
class Ladder:
    """A derived class that one rating alone decides."""

    group: ClassSet
    rating: str

    def index(self, value: float) -> int:
        found = self.group.derive({self.rating: value}) if self.group.derive else None
        return -1 if found is None else self.group.index(found)

    def name(self, index: int) -> str:
        return self.group.values[index].name


def find_ladder(playtype: Playtype, rating: str) -> Ladder | None:
    """The class that this rating decides, None where there is none."""
    for group in playtype.classes.values():
        ladder = Ladder(group, rating)
        if ladder.index(0) >= 0:
            return ladder
    return None


@cache
def class_floor(ladder: Ladder, index: int) -> float | None:
    """The least value, from 0 on, that earns a class; None above the top."""
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


def next_class(ladder: Ladder, value: float) -> tuple[float, str] | None:
    """The next class's floor and name, None at the top."""
    index = ladder.index(value) + 1
    floor = class_floor(ladder, index)
    return None if floor is None else (floor, ladder.name(index))


def distance(value: float, floor: float, shown: Shown) -> str:
    """What is missing to a class, as the shown rating has it: 17.614 to 17.75 is `0.136`."""
    # As a change, so that rating and distance add up to the floor for whoever does the sum.
    return format_change(value, floor, shown, kind="profile").removeprefix("+")


def class_rail(ladder: Ladder, *, before: float | None, after: float) -> ClassRail | None:
    """Before and after between the floors of two classes, which stand at the rail's beginning and middle."""
    low, high = sorted(ladder.index(value) for value in (after if before is None else before, after))
    if low == high:
        # Within one class: up to the next one, or at the top from the one before.
        low, high = (low, low + 1) if class_floor(ladder, low + 1) is not None else (low - 1, low)
    start, middle, end = (class_floor(ladder, index) for index in (low, high, high + 1))
    if low < 0 or start is None or middle is None:
        return None
    scale = RailScale(start, middle, end)
    then, now = 0.0 if before is None else scale.percent(before), scale.percent(after)
    marks = ((numbers.format_number(start), ladder.name(low)), (numbers.format_number(middle), ladder.name(high)))
    label = formatting.class_rail_label(then, now, marks[0][1], marks[1][1])
    change = ("up", now - then) if now >= then else ("down", then - now)
    # No least width: a change too small to be seen is shown by the number beside the rail.
    return ClassRail(rail((("was", min(then, now)), change), total=100, label=label, least=0), marks)


@dataclass(frozen=True, slots=True)
class RailScale:
    """Two classes, each half of the rail however long it is; without an end the second is full or empty."""

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
    """How much of its class a rating has covered; None at the top, where there is no way left."""
    index = ladder.index(value)
    start, end = class_floor(ladder, index), class_floor(ladder, index + 1)
    if start is None or end is None:
        return None
    covered = max(0.0, 100 * (value - start) / (end - start))
    return rail((("was", covered),), total=100, label=formatting.class_progress_label(covered, ladder.name(index)))
