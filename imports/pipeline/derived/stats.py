"""Game stats as a function of the bests: ratings, derived classes; and provided classes, which rise by themselves."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from imports.games import BY_SLUG, playtype_of
from imports.games.spec import Bests, Chart, Playtype
from imports.models import GameStats, PersonalBest
from imports.pipeline.derived import class_history
from imports.pipeline.derived.class_history import NO_IMPORT, Cause
from imports.pipeline.scoring.chart_loading import charts_by_pk

MINE = "user_id = %(user_id)s AND game = %(game)s AND playtype = %(playtype)s"
# The stats of a playtype (null where none are stored), and whether there are bests.
STORED = f"""
    SELECT EXISTS (SELECT FROM {PersonalBest._meta.db_table} WHERE {MINE}), stats.ratings::text, stats.classes::text
    FROM (SELECT) AS always LEFT JOIN (
        SELECT ratings, classes FROM {GameStats._meta.db_table} WHERE {MINE}
    ) AS stats ON true
"""

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
        """Returns the classes that changed, as the API names them; a class that was lost is no delta."""
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
        self._names = list(playtype_of(game, playtype).score_ratings)
        self._tops: dict[int | None, dict[str, list[float]]] = {}

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        # Of all ratings with the first that is asked for: the formulas of a playtype mostly ask for as many of each.
        if count not in self._tops:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"""
                    SELECT asked.name, ARRAY(
                        SELECT (calculated_data->>asked.name)::float8 AS value FROM {PersonalBest._meta.db_table}
                        WHERE user_id = %s AND game = %s AND playtype = %s
                          AND is_primary AND calculated_data->>asked.name IS NOT NULL
                        ORDER BY value DESC LIMIT %s
                    ) FROM unnest(%s::text[]) AS asked (name)
                    """,
                    [*self._player, count, self._names],
                )
                self._tops[count] = dict(cursor.fetchall())
        return self._tops[count][rating]

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        # Without a LIMIT: formulas that ask for charts choose among them by more than the rating.
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT (calculated_data->>%s)::float8 AS value, chart_id FROM {PersonalBest._meta.db_table}
                WHERE user_id = %s AND game = %s AND playtype = %s
                  {"AND is_primary" if primary_only else ""} AND calculated_data->>%s IS NOT NULL
                ORDER BY value DESC
                """,
                [rating, *self._player, rating],
            )
            rows = cursor.fetchall()
        charts = charts_by_pk({chart for _, chart in rows})
        return [(value, charts[chart]) for value, chart in rows]


class ChangingBests:
    """A player's bests on a playtype that change one by one, for the profile formulas (`games.spec.Bests`).

    `names`: of the score ratings that are kept. `bests`: chart -> whether it is primary, and the ratings of its best,
    None where it has none yet.
    """

    def __init__(
        self, names: Sequence[str], bests: Mapping[int, tuple[bool, Mapping[str, float | None] | None]]
    ) -> None:
        self._names = names
        self._is_primary = {chart: is_primary for chart, (is_primary, _) in bests.items()}
        self._values: dict[str, dict[int, float]] = {name: {} for name in self._names}
        # Largest first, as (value below zero, chart).
        self._sorted: dict[str, list[tuple[float, int]]] = {name: [] for name in self._names}
        self._charts: dict[int, Chart] = {}
        for chart, (_, ratings) in bests.items():
            for name in self._names:
                if ratings is not None and (value := ratings[name]) is not None:
                    self._values[name][chart] = value
                    self._sorted[name].append((-value, chart))
        for found in self._sorted.values():
            found.sort()

    def put(self, chart: int, ratings: Mapping[str, float | None]) -> None:
        """Gives a chart the ratings of another best."""
        for name in self._names:
            before, value = self._values[name].get(chart), ratings[name]
            if before == value:
                continue
            if before is not None:
                del self._sorted[name][bisect_left(self._sorted[name], (-before, chart))]
                del self._values[name][chart]
            if value is not None:
                insort(self._sorted[name], (-value, chart))
                self._values[name][chart] = value

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        found: list[float] = []
        for value, chart in self._sorted[rating]:
            if len(found) == count:
                break
            if self._is_primary[chart]:
                found.append(-value)
        return found

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        self._charts = self._charts or charts_by_pk(self._is_primary)
        return [
            (-value, self._charts[chart])
            for value, chart in self._sorted[rating]
            if self._is_primary[chart] or not primary_only
        ]


def refresh(
    user_id: int,
    game: str,
    playtypes: Iterable[str],
    *,
    provided: Mapping[str, Mapping[str, str]] | None = None,
    lowered: Mapping[str, Collection[str]] | None = None,
    cause: Cause = NO_IMPORT,
) -> list[StatsChange]:
    """Makes the stats of these playtypes what the bests say, and the history of their classes what the stats say.

    `provided`: playtype -> class set -> class id. `lowered`: playtype -> those of these sets that may fall. `cause`:
    the import that it is for.
    """
    changes = []
    # A file may give classes of a playtype that it has no scores of. And what a restored import had reached comes back
    # to it, also where its scores were deleted or are with other imports now. A release may have removed a playtype.
    known = BY_SLUG[game].by_name
    returning = [entry["playtype"] for entry in cause.restored_entries if entry["playtype"] in known]
    for name in dict.fromkeys([*playtypes, *(provided or {}), *returning]):
        playtype = playtype_of(game, name)
        # Classes are compared, as a history that agrees needs no look: most imports change none.
        may_fall = (lowered or {}).get(name, ())
        change = refresh_playtype(user_id, game, playtype, (provided or {}).get(name, {}), lowered=may_fall)
        if change.classes_before != change.classes_after or cause.restored_entries:
            class_history.refresh(user_id, game, playtype, change.classes_after, cause=cause)
        changes.append(change)
    return changes


def refresh_playtype(
    user_id: int, game: str, playtype: Playtype, provided: Mapping[str, str], *, lowered: Collection[str] = ()
) -> StatsChange:
    """Makes the stats of one playtype what the bests say; leaves the history of classes to the caller."""
    player: dict[str, Any] = {"user_id": user_id, "game": game, "playtype": playtype.name}
    with connection.cursor() as cursor:
        cursor.execute(STORED, player)
        has_bests, *stored = cursor.fetchone()
    is_stored = stored[0] is not None
    before: Numbers
    classes_before: Classes
    before, classes_before = (json.loads(text) if is_stored else {} for text in stored)
    standing = {name: value for name, value in classes_before.items() if name not in lowered}
    kept = raised(playtype, standing, provided)
    # A player who only gave classes keeps stats with those, though they have no bests.
    if not has_bests and not kept:
        GameStats.objects.filter(**player).delete()
        return StatsChange(game, playtype.name, before, {}, classes_before, {})
    ratings = ratings_of(playtype, StoredBests(user_id, game, playtype.name))
    classes = {**kept, **(derived(playtype, ratings) if has_bests else {})}  # even where no scores are worth 0
    if not is_stored or (before, classes_before) != (ratings, classes):
        now = GameStats(**player, ratings=ratings, classes=classes)
        # An upsert: the row may be there or not, and one statement decides.
        GameStats.objects.bulk_create(
            [now],
            update_conflicts=True,
            unique_fields=["user", "game", "playtype"],
            update_fields=["ratings", "classes"],
        )
    return StatsChange(game, playtype.name, before, ratings, classes_before, classes)


def ratings_of(playtype: Playtype, bests: Bests) -> Numbers:
    """Returns every profile rating of the playtype."""
    return {name: rating.compute(bests) for name, rating in playtype.profile_ratings.items()}


def derived(playtype: Playtype, ratings: Mapping[str, float | None]) -> Classes:
    """Returns the classes that ratings alone decide; one without a rating is left out."""
    found = {name: group.derive(ratings) for name, group in playtype.classes.items() if group.derive is not None}
    return {name: value for name, value in found.items() if value is not None}


def raised(playtype: Playtype, stored: Mapping[str, str], provided: Mapping[str, str]) -> Classes:
    """Returns the provided classes after these have been offered: each set keeps the higher."""
    result: Classes = {}
    for name, group in playtype.classes.items():
        if not group.is_provided:
            continue
        offers = [value for value in (stored.get(name), provided.get(name)) if value is not None]
        if offers:
            result[name] = max(offers, key=group.index)  # the first of equals: the stored one
    return result
