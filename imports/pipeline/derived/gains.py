"""Which bests an import raised its player's rating by, and how much by each: the sum explains the change."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import FloatField, Max
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.games import playtype_of
from imports.games.spec import Playtype
from imports.models import Import, PersonalBest, Score
from imports.pipeline.derived.stats import ChangingBests, StatsChange

MAX_CANDIDATES = 60  # of the highest-rated bests that an import touched: no rating counts many more
MAX_GAINS = 10  # that are kept
LEAST_GAIN = 1e-9  # less is the inexactness of sums

Gain = tuple[int, float]
"""Key of a chart, and what its best added to the default profile rating."""


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
    columns = {
        f"value_{place}": Cast(KT(f"calculated_data__{name}"), FloatField()) for place, name in enumerate(rating.of)
    }
    mine = PersonalBest.objects.filter(user=job.user_id, game=game, playtype=playtype.name).annotate(**columns)
    found = {
        chart: (is_primary, dict(zip(rating.of, values, strict=True)))
        for chart, is_primary, *values in mine.values_list("chart_id", "is_primary", *columns)
    }
    bests, main = ChangingBests(rating.of, found), rating.of[0]

    def worth(chart: int) -> float:
        return found[chart][1].get(main) or 0

    candidates = sorted(found.keys() & set(touched), key=worth, reverse=True)[:MAX_CANDIDATES]
    earlier = Score.objects.filter(user=job.user_id, chart__in=candidates).exclude(from_import=job)
    highest = {name: Max(value) for name, value in columns.items()}
    before = {chart: values for chart, *values in earlier.values_list("chart_id").annotate(**highest).order_by()}
    gains, last = [], rating.compute(bests) or 0
    for chart in candidates:
        bests.put(chart, dict(zip(rating.of, before.get(chart, [None] * len(rating.of)), strict=True)))
        now = rating.compute(bests) or 0
        gains.append((chart, last - now))
        last = now
    return gains
