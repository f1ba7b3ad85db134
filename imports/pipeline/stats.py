"""Game stats as a function of the bests: ratings, derived classes; and provided classes, which only rise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from imports.games import playtype_of
from imports.games.spec import Chart, Playtype
from imports.models import ClassAchievement, GameStats, Import, PersonalBest
from imports.pipeline.catalogue import charts_by_pk

Numbers = dict[str, float | None]
Classes = dict[str, str]


@dataclass(frozen=True, slots=True)
class StatsChange:
    """What a refresh did to one playtype. `None` stands for stats that were not there, or are not any more."""

    game: str
    playtype: str
    ratings_before: Numbers
    ratings_after: Numbers
    classes_before: Classes
    classes_after: Classes

    def deltas(self) -> list[dict[str, str | None]]:
        """The classes that really changed, in the API's words; a class that was lost is no delta."""
        return [
            {
                "game": self.game,
                "playtype": self.playtype,
                "set": name,
                "old": self.classes_before.get(name),
                "new": new,
            }
            for name, new in self.classes_after.items()
            if new != self.classes_before.get(name)
        ]


class StoredBests:
    """A player's bests on a playtype as the profile formulas ask for them (`games.spec.Bests`)."""

    def __init__(self, user_id: int, game: str, playtype: str) -> None:
        self._player = (user_id, game, playtype)

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        limit = "" if count is None else "LIMIT %s"
        rows = self._query(
            "(calculated_data->>%s)::float8 AS value",
            [rating],
            f"AND is_primary AND calculated_data->>%s IS NOT NULL ORDER BY value DESC {limit}",
            [rating, *([] if count is None else [count])],
        )
        return [row[0] for row in rows]

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        rows = self._query(
            "(calculated_data->>%s)::float8 AS value, chart_id",
            [rating],
            f"{'AND is_primary ' if primary_only else ''}AND calculated_data->>%s IS NOT NULL ORDER BY value DESC",
            [rating],
        )
        charts = charts_by_pk({chart for _, chart in rows})
        return [(value, charts[chart]) for value, chart in rows]

    def _query(self, columns: str, before: list[Any], rest: str, after: list[Any]) -> list[tuple[Any, ...]]:
        table = PersonalBest._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns} FROM {table} WHERE user_id = %s AND game = %s AND playtype = %s {rest}",
                [*before, *self._player, *after],
            )
            return list(cursor.fetchall())


def refresh(
    user_id: int, game: str, playtypes: Iterable[str], *, provided: Mapping[str, Mapping[str, str]] | None = None
) -> list[StatsChange]:
    """Makes the stats of these playtypes what the bests say. `provided`: playtype -> class set -> class id."""
    return [
        _refresh_playtype(user_id, game, playtype_of(game, name), (provided or {}).get(name, {}))
        for name in dict.fromkeys([*playtypes, *(provided or {})])
    ]


def _refresh_playtype(user_id: int, game: str, playtype: Playtype, provided: Mapping[str, str]) -> StatsChange:
    mine = GameStats.objects.filter(user_id=user_id, game=game, playtype=playtype.name)
    stored = mine.first()
    before: Numbers = stored.ratings if stored else {}
    classes_before: Classes = stored.classes if stored else {}
    kept = raised(playtype, classes_before, provided)
    has_bests = PersonalBest.objects.filter(user_id=user_id, game=game, playtype=playtype.name).exists()
    if not has_bests and not kept:
        mine.delete()
        return StatsChange(game, playtype.name, before, {}, classes_before, {})
    ratings = ratings_of(playtype, StoredBests(user_id, game, playtype.name))
    classes = {**kept, **derived(playtype, ratings)}
    if stored is None or (before, classes_before) != (ratings, classes):
        now = GameStats(user_id=user_id, game=game, playtype=playtype.name, ratings=ratings, classes=classes)
        GameStats.objects.bulk_create(
            [now],
            update_conflicts=True,
            unique_fields=["user", "game", "playtype"],
            update_fields=["ratings", "classes"],
        )
    return StatsChange(game, playtype.name, before, ratings, classes_before, classes)


def ratings_of(playtype: Playtype, bests: StoredBests) -> Numbers:
    """Every profile rating of the playtype."""
    return {name: rating.compute(bests) for name, rating in playtype.profile_ratings.items()}


def derived(playtype: Playtype, ratings: Mapping[str, float | None]) -> Classes:
    """The classes that ratings alone decide; one without a rating is not there."""
    found = {name: group.derive(ratings) for name, group in playtype.classes.items() if group.derive is not None}
    return {name: value for name, value in found.items() if value is not None}


def raised(playtype: Playtype, stored: Mapping[str, str], provided: Mapping[str, str]) -> Classes:
    """Provided classes after these have been offered: each set keeps the higher."""
    result: Classes = {}
    for name, group in playtype.classes.items():
        if not group.is_provided:
            continue
        offers = [value for value in (stored.get(name), provided.get(name)) if value is not None]
        if offers:
            result[name] = max(offers, key=group.index)  # the first of equals: the stored one
    return result


def record_achievements(job: Import, changes: Iterable[StatsChange]) -> None:
    """One row for each class reached for the first time or raised; a restored import adds none twice."""
    rows = [
        ClassAchievement(
            user_id=job.user_id, from_import=job, game=change.game, playtype=change.playtype,
            class_set=str(delta["set"]), old_value=delta["old"], new_value=str(delta["new"]),
            time_achieved=timezone.now(),
        )
        for change in changes
        for delta in change.deltas()
        if _is_higher(change, delta)
    ]  # fmt: skip
    if rows:  # seldom, and so the look is too
        known = set(ClassAchievement.objects.filter(from_import=job).values_list("playtype", "class_set"))
        ClassAchievement.objects.bulk_create([row for row in rows if (row.playtype, row.class_set) not in known])


def _is_higher(change: StatsChange, delta: Mapping[str, str | None]) -> bool:
    group = playtype_of(change.game, change.playtype).classes[str(delta["set"])]
    return delta["old"] is None or group.index(str(delta["new"])) > group.index(delta["old"])
