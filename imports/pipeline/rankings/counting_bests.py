"""Finds the bests that count towards a player's rating, and the contribution of each, with the game's formula."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import FloatField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.games.spec import Chart, Playtype, ProfileRating
from imports.models import PersonalBest
from imports.pipeline.derived.stats import TooFewBestsError
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_COUNTING = 100  # no formula counts more
FIRST_BESTS = 200  # bests read first; nearly every formula needs no more
MAX_WITHOUT = 30  # consecutive bests without a contribution after which the search ends


class _Values:
    """A player's bests by the value of one score rating, largest first, for the profile formulas.

    `is_all`: there are no others below these. Otherwise results that depend on others raise TooFewBestsError.
    """

    def __init__(
        self, rated: Sequence[tuple[float, int, bool]], charts: dict[int, Chart], *, is_all: bool = True
    ) -> None:
        self._rated = rated
        self._charts = charts
        self._is_all = is_all

    def best(self, count: int) -> _Values:
        return _Values(self._rated[:count], self._charts)

    def without(self, place: int) -> _Values:
        return _Values([*self._rated[:place], *self._rated[place + 1 :]], self._charts, is_all=self._is_all)

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:  # noqa: ARG002 - it holds a single one
        found = list(islice((value for value, _, is_primary in self._rated if is_primary), count))
        if not self._is_all and (count is None or len(found) < count):
            raise TooFewBestsError
        return found

    def rated(
        self,
        rating: str,  # noqa: ARG002 - it holds a single one
        *,
        primary_only: bool = True,
    ) -> Sequence[tuple[float, Chart]]:
        if not self._is_all:
            raise TooFewBestsError
        if not self._charts:
            self._charts |= charts_by_pk(chart for _, chart, _ in self._rated)
        return [
            (value, self._charts[chart]) for value, chart, is_primary in self._rated if is_primary or not primary_only
        ]


class _Places:
    """An empty list of bests that records how many bests a formula requests (None: all)."""

    def __init__(self) -> None:
        self.requested: list[int | None] = []

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:  # noqa: ARG002 - the same for all ratings
        self.requested.append(count)
        return ()

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:  # noqa: ARG002
        self.requested.append(None)
        return ()


def count_places(playtype: Playtype) -> int | None:
    """Returns how many bests the default profile rating counts at most; None if that depends on the charts."""
    places = _Places()
    playtype.profile_ratings[playtype.default_profile_rating].compute(places)
    return places.requested[0] if len(places.requested) == 1 else None


@dataclass(frozen=True, slots=True)
class Counted:
    """A player's bests (`value, chart_id, is_primary, pk`, largest value first) and their contributions to the rating.

    `added`: index in `found` of a counting best -> the loss of the rating without it; `following`: the
    indexes of the next bests.
    """

    found: Sequence[tuple[float, int, bool, int]]
    added: dict[int, float]
    following: list[int]
    whole: float
    rating: ProfileRating
    charts: dict[int, Chart]

    @property
    def places(self) -> dict[int, int]:
        """The primary keys of the counting bests -> their rank among them, from 1."""
        return {self.found[place][3]: number for number, place in enumerate(self.added, 1)}

    @property
    def places_of_charts(self) -> dict[int, int]:
        """The primary keys of the charts of the counting bests -> the rank of the best among them, from 1."""
        return {self.found[place][1]: number for number, place in enumerate(self.added, 1)}

    def would_count(self, place: int, value: float) -> bool:
        """Returns whether the best at this index of `found` would count with this value, which is above its own."""
        _, chart, is_primary, key = self.found[place]
        # In the order of `count_bests`.
        above = bisect_left(self.found, (-value, key), key=lambda row: (-row[0], row[3]))
        better = [row[:3] for row in self.found[:above]]
        before, reached = (
            self.rating.compute(_Values(rows, self.charts)) or 0
            for rows in (better, [*better, (value, chart, is_primary)])
        )
        return reached > before


def count_bests(user_id: int, game: str, playtype: Playtype) -> Counted:
    """Returns the bests that count towards the default profile rating. At most three queries.

    Of thousands of bests only the leading ones are read, unless the formula needs others.
    """
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    name = rating.of[0]
    mine = PersonalBest.objects.filter(user=user_id, game=game, playtype=playtype.name)
    value = Cast(KT(f"calculated_data__{name}"), FloatField())
    rated = mine.annotate(value=value).filter(value__isnull=False).order_by("-value", "pk")
    rows = rated.values_list("value", "chart_id", "is_primary", "pk")
    first = list(rows[:FIRST_BESTS])
    try:
        return _count(first, rating, is_all=len(first) < FIRST_BESTS)
    except TooFewBestsError:
        return _count(list(rows), rating, is_all=True)


def _count(found: Sequence[tuple[float, int, bool, int]], rating: ProfileRating, *, is_all: bool) -> Counted:
    """Returns the counting ones of these bests. Raises TooFewBestsError if others may decide."""
    charts: dict[int, Chart] = {}
    values = _Values([row[:3] for row in found], charts, is_all=is_all)
    whole, reached = rating.compute(values) or 0, 0.0
    added: dict[int, float] = {}  # index -> loss of the rating without this best
    following: list[int] = []
    for place in range(len(found)):
        # A best counts if the bests up to it give a higher rating than those before it. Without it the next best may
        # count instead, so that its contribution may be 0.
        before, reached = reached, rating.compute(values.best(place + 1)) or 0
        if reached > before:
            added[place] = whole - (rating.compute(values.without(place)) or 0)
            following = []
        else:
            following.append(place)
        if len(added) >= MAX_COUNTING or len(following) >= MAX_WITHOUT:
            break
    else:
        if not is_all:
            raise TooFewBestsError
    return Counted(found, added, following, whole, rating, charts)
