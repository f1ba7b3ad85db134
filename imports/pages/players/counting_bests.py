"""Which bests a player's rating is made of, and what each adds to it: asked of the game's own formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import FloatField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.games.spec import Chart, Playtype
from imports.models import GameStats, PersonalBest
from imports.pages.components.best_rows import BestRow, best_row
from imports.pages.components.import_summary import rating_format
from imports.pages.texts.numbers import format_change, format_rating
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_COUNTING = 100  # no formula counts more
MAX_WITHOUT = 30  # bests in a row that add nothing, after which no more are tried
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


class _Values:
    """A player's bests by the value of one score rating, largest first, as the profile formulas ask for them."""

    def __init__(self, rated: Sequence[tuple[float, int, bool]], charts: dict[int, Chart]) -> None:
        self._rated = rated
        self._charts = charts

    def best(self, count: int) -> _Values:
        return _Values(self._rated[:count], self._charts)

    def without(self, place: int) -> _Values:
        return _Values([*self._rated[:place], *self._rated[place + 1 :]], self._charts)

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:  # noqa: ARG002 - it holds a single one
        return list(islice((value for value, _, is_primary in self._rated if is_primary), count))

    def rated(
        self,
        rating: str,  # noqa: ARG002 - it holds a single one
        *,
        primary_only: bool = True,
    ) -> Sequence[tuple[float, Chart]]:
        if not self._charts:
            self._charts |= charts_by_pk(chart for _, chart, _ in self._rated)
        return [
            (value, self._charts[chart]) for value, chart, is_primary in self._rated if is_primary or not primary_only
        ]


@dataclass(frozen=True, slots=True)
class Counted:
    """A player's bests (`value, chart_id, is_primary, pk`, largest value first) and what they make of the rating.

    `added`: the places in `found` of those that count, and what the rating would lose without each; `following`: the
    places of those that come next.
    """

    found: Sequence[tuple[float, int, bool, int]]
    added: dict[int, float]
    following: list[int]
    whole: float

    @property
    def places(self) -> dict[int, int]:
        """The primary keys of the bests that count, each with its place among them, counted from 1."""
        return {self.found[place][3]: number for number, place in enumerate(self.added, 1)}

    def adds(self, number: int, playtype: Playtype) -> str:
        """What the best at this place, counted from 1, adds to the rating; empty if less than is shown."""
        loss = list(self.added.values())[number - 1]
        shown = rating_format(playtype, playtype.default_profile_rating)
        return format_change(self.whole - loss, self.whole, shown, kind="profile")


def count_bests(stats: GameStats, playtype: Playtype) -> Counted:
    """Returns which bests the default profile rating is made of. Two queries at most."""
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    name = rating.of[0]
    mine = PersonalBest.objects.filter(user=stats.user_id, game=stats.game, playtype=playtype.name)
    value = Cast(KT(f"calculated_data__{name}"), FloatField())
    found = list(
        mine.annotate(value=value).filter(value__isnull=False).order_by("-value", "pk").values_list(
            "value", "chart_id", "is_primary", "pk"
        )
    )  # fmt: skip
    values = _Values([row[:3] for row in found], {})
    whole, reached = rating.compute(values) or 0, 0.0
    added: dict[int, float] = {}  # place -> what the rating would lose
    following: list[int] = []
    for place in range(len(found)):
        # It counts if the best ones up to it make more than those before it. Without it the next one may take its
        # place, so that it need not add anything.
        before, reached = reached, rating.compute(values.best(place + 1)) or 0
        if reached > before:
            added[place] = whole - (rating.compute(values.without(place)) or 0)
            following = []
        else:
            following.append(place)
        if len(added) >= MAX_COUNTING or len(following) >= MAX_WITHOUT:
            break
    return Counted(found, added, following, whole)


def counting_bests(stats: GameStats, playtype: Playtype) -> CountingBests | None:
    """Returns the bests that count as a page shows them; None where none counts. Five queries at most."""
    counted = count_bests(stats, playtype)
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
    # Not from zero: all bars would look alike. The axis is told beside the picture.
    low, high = min(least * LOWEST_SHARE, *values), max(values)
    scale = (high - low) or 1
    width = 100 / len(values)
    return CountingBests(
        rows=tuple(
            CountingRow(number, bests[place], counted.adds(number, playtype)) for number, place in enumerate(added, 1)
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
