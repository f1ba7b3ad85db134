"""Which bests a player's rating is made of, and what each adds to it: asked of the game's own formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import FloatField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.games.spec import Chart, Playtype
from imports.models import PersonalBest
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_COUNTING = 100  # no formula counts more
MAX_WITHOUT = 30  # bests in a row that add nothing, after which no more are tried


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

    @property
    def places_of_charts(self) -> dict[int, int]:
        """The primary keys of the charts of the bests that count, each with its place among them."""
        return {self.found[place][1]: number for number, place in enumerate(self.added, 1)}


def count_bests(user_id: int, game: str, playtype: Playtype) -> Counted:
    """Returns which bests the default profile rating is made of. Two queries at most."""
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    name = rating.of[0]
    mine = PersonalBest.objects.filter(user=user_id, game=game, playtype=playtype.name)
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
