"""Which bests an import raised its player's rating by, and how much by each: the sum explains the change."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import FloatField, Max
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.games import playtype_of
from imports.games.spec import Chart, Playtype
from imports.models import Import, PersonalBest, Score
from imports.pipeline.derived.stats import StatsChange
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_CANDIDATES = 60  # of the highest-rated bests that an import touched: no rating counts many more
MAX_GAINS = 10  # that are kept
LEAST_GAIN = 1e-9  # less is the inexactness of sums

Gain = tuple[int, float]
"""Key of a chart, and what its best added to the default profile rating."""
Values = Mapping[str, float | None]


class RevisedBests:
    """A player's bests as the profile formulas ask for them (`games.spec.Bests`), with other values on some charts."""

    def __init__(self, user_id: int, game: str, playtype: Playtype) -> None:
        names = playtype.profile_ratings[playtype.default_profile_rating].of
        mine = PersonalBest.objects.filter(user=user_id, game=game, playtype=playtype.name)
        columns = {f"value_{place}": _number(f"calculated_data__{name}") for place, name in enumerate(names)}
        rows = mine.annotate(**columns).values_list("chart_id", "is_primary", *columns)
        self.bests: dict[int, tuple[bool, Values]] = {
            chart: (is_primary, dict(zip(names, values, strict=True))) for chart, is_primary, *values in rows
        }
        # By rating, as (value below zero, chart), highest first: sorting anew for each gain took most of its time.
        self._ranked = {
            name: sorted(
                (-value, chart) for chart, (_, values) in self.bests.items() if (value := values[name]) is not None
            )
            for name in names
        }

    def revise(self, chart: int, revised: Values) -> None:
        """Gives the best on a chart other values."""
        is_primary, before = self.bests[chart]
        for name, ranked in self._ranked.items():
            if (value := before[name]) is not None:
                del ranked[bisect_left(ranked, (-value, chart))]
            if (value := revised[name]) is not None:
                insort(ranked, (-value, chart))
        self.bests[chart] = (is_primary, revised)

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        primary = (-value for value, chart in self._ranked[rating] if self.bests[chart][0])
        return list(islice(primary, count))

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        return [
            (-value, self._charts[chart])
            for value, chart in self._ranked[rating]
            if self.bests[chart][0] or not primary_only
        ]

    @cached_property
    def _charts(self) -> dict[int, Chart]:
        return charts_by_pk(self.bests)


def of_import(job: Import, touched: Collection[int], changes: Sequence[StatsChange]) -> list[Gain]:
    """The largest first. Three queries for each playtype whose default rating changed, none without."""
    found: list[Gain] = []
    for change in changes:
        playtype = playtype_of(change.game, change.playtype)
        rating = playtype.default_profile_rating
        if change.ratings_before.get(rating) != change.ratings_after.get(rating):
            found += _of_playtype(job, change.game, playtype, touched)
    return sorted((each for each in found if each[1] > LEAST_GAIN), key=lambda each: -each[1])[:MAX_GAINS]


def _of_playtype(job: Import, game: str, playtype: Playtype, touched: Collection[int]) -> list[Gain]:
    """Takes the bests of an import away one after the other, and looks what the rating loses each time."""
    rating = playtype.profile_ratings[playtype.default_profile_rating]
    bests = RevisedBests(job.user_id, game, playtype)
    main = rating.of[0]

    def worth(chart: int) -> float:
        return bests.bests[chart][1].get(main) or 0

    candidates = sorted(bests.bests.keys() & set(touched), key=worth, reverse=True)[:MAX_CANDIDATES]
    earlier = Score.objects.filter(user=job.user_id, chart__in=candidates).exclude(from_import=job)
    columns = {f"value_{place}": Max(_number(f"calculated_data__{name}")) for place, name in enumerate(rating.of)}
    before = {chart: values for chart, *values in earlier.values_list("chart_id").annotate(**columns).order_by()}
    gains, last = [], rating.compute(bests) or 0
    for chart in candidates:
        bests.revise(chart, dict(zip(rating.of, before.get(chart, [None] * len(rating.of)), strict=True)))
        now = rating.compute(bests) or 0
        gains.append((chart, last - now))
        last = now
    return gains


def _number(path: str) -> Any:
    return Cast(KT(path), FloatField())
