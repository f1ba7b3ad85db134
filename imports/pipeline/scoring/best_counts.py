"""Counts a player's bests by lamp and by grade, before and after an import."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Count
from django.db.models.fields.json import KT

from imports.games import playtype_of
from imports.games.spec import Ladder
from imports.models import PersonalBest

BestCounts = dict[str, dict[str, Counter[str]]]
"""Playtype -> lamp or grade -> value -> number of bests with it."""

BestCountChanges = dict[str, dict[str, dict[str, list[int]]]]
"""Playtype -> lamp or grade -> value -> [before, after]."""


def count(user_id: int, game: str, playtypes: Collection[str]) -> BestCounts:
    """Counts the bests on primary charts, as the player's pages do. One query for each playtype."""
    found: BestCounts = {}
    for name in playtypes:
        ladders = [metric for metric, kind in playtype_of(game, name).metrics.items() if isinstance(kind, Ladder)]
        # Grouped by combinations of values, so that the bests are read once for all ladders.
        groups: Any = (
            PersonalBest.objects.filter(user=user_id, game=game, playtype=name, is_primary=True)
            .values_list(*(KT(f"score_data__{ladder}") for ladder in ladders))
            .annotate(count=Count("pk"))
            .order_by()
        )
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for *values, bests in groups:
            for ladder, value in zip(ladders, values, strict=True):
                # A metric of newer rules is missing in bests of older rules.
                if value is not None:
                    counts[ladder][value] += bests
        found[name] = dict(counts)
    return found


def count_changes(before: BestCounts, after: BestCounts) -> BestCountChanges:
    """Returns the counts before and after for all values, including unchanged ones."""
    found: BestCountChanges = {}
    for playtype, ladders in after.items():
        found[playtype] = {}
        for ladder, now in ladders.items():
            was = before.get(playtype, {}).get(ladder, Counter())
            found[playtype][ladder] = {value: [was[value], now[value]] for value in {**was, **now}}
    return found
