"""The bests that a player's rating is made of, as a page shows them, and what each adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from imports.games.spec import Playtype
from imports.models import GameStats, PersonalBest
from imports.pages.components.best_rows import BestRow, best_row
from imports.pages.components.import_summary import rating_format
from imports.pages.texts.numbers import format_change, format_rating
from imports.pipeline.rankings.counting_bests import Counted, count_bests
from imports.pipeline.scoring.chart_loading import charts_by_pk

NEXT_COUNT = 10  # of the bests that come next
FIRST_ROWS = 8  # of the table; the others are folded
LOWEST_SHARE = 0.9  # the lowest value of the picture's axis, of the least that counts


@dataclass(frozen=True, slots=True)
class Bar:
    """A best in the picture. Places are percent, as text."""

    x: str
    y: str
    height: str
    color: str
    counts: bool


@dataclass(frozen=True, slots=True)
class CountingRow:
    """A best that counts: its place among them, and what the rating would lose without it."""

    place: int
    best: BestRow
    adds: str


@dataclass(frozen=True, slots=True)
class NextRow:
    """A best that does not count yet; `missing` is how far its rating is from that of the last one that does."""

    best: BestRow
    missing: str


@dataclass(frozen=True, slots=True)
class CountingBests:
    """`rows` best first. `least`, `low`, `high`: the least value that counts, and both ends of the picture's axis."""

    rows: tuple[CountingRow, ...]
    following: tuple[NextRow, ...]
    bars: tuple[Bar, ...]
    bar_width: str
    least: str
    low: str
    high: str
    cut: str

    @property
    def first(self) -> tuple[CountingRow, ...]:
        return self.rows[:FIRST_ROWS]

    @property
    def others(self) -> tuple[CountingRow, ...]:
        return self.rows[FIRST_ROWS:]


def adds(counted: Counted, number: int, playtype: Playtype) -> str:
    """What the best at this place, counted from 1, adds to the rating; empty if less than is shown."""
    loss = list(counted.added.values())[number - 1]
    shown = rating_format(playtype, playtype.default_profile_rating)
    return format_change(counted.whole - loss, counted.whole, shown, kind="profile")


def counting_bests(stats: GameStats, playtype: Playtype) -> CountingBests | None:
    """Returns the bests that count as a page shows them; None where none counts. Five queries at most."""
    counted = count_bests(stats.user_id, stats.game, playtype)
    found, added = counted.found, counted.added
    if not added:
        return None
    following = [place for place in counted.following if found[place][2]][:NEXT_COUNT]
    rows = PersonalBest.objects.in_bulk([found[place][3] for place in (*added, *following)])
    charts = charts_by_pk({best.chart_id for best in rows.values()})
    bests = {place: best_row(rows[found[place][3]], charts) for place in (*added, *following)}
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    shown = playtype.score_ratings[rating.of[0]].shown
    values = [found[place][0] for place in (*added, *following)]
    least = found[max(added)][0]
    # Not from zero: all bars would look alike. The axis is named beside the picture.
    low, high = min(least * LOWEST_SHARE, *values), max(values)
    scale = (high - low) or 1
    width = 100 / len(values)
    return CountingBests(
        rows=tuple(
            CountingRow(number, bests[place], adds(counted, number, playtype)) for number, place in enumerate(added, 1)
        ),
        following=tuple(
            NextRow(bests[place], format_change(found[place][0], least, shown, kind="score").removeprefix("+"))
            for place in following
        ),
        bars=tuple(
            Bar(
                x=f"{number * width:.2f}%",
                y=f"{(high - found[place][0]) / scale * 96:.2f}%",
                height=f"{100 - (high - found[place][0]) / scale * 96:.2f}%",
                color=bests[place].lamp.color,
                counts=place in added,
            )
            for number, place in enumerate((*added, *following))
        ),
        bar_width=f"{width * 0.8:.2f}%",
        least=format_rating(least, shown, kind="score"),
        low=format_rating(low, shown, kind="score"),
        high=format_rating(high, shown, kind="score"),
        cut=f"{(high - least) / scale * 96:.2f}%",
    )
