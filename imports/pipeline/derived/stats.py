"""Computes game stats from the bests: ratings and derived classes; imports only raise provided classes."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from django.db import connection

from imports.games import BY_SLUG, playtype_of
from imports.games.spec import Bests, Chart, Playtype
from imports.models import GameStats, PersonalBest
from imports.pipeline.derived import class_history
from imports.pipeline.derived.class_history import NO_IMPORT, Cause
from imports.pipeline.scoring.chart_loading import charts_by_pk

MINE = "user_id = %(user_id)s AND game = %(game)s AND playtype = %(playtype)s"
# Whether there are bests, and the stats of a playtype (null if none are stored).
STORED = f"""
    SELECT EXISTS (SELECT FROM {PersonalBest._meta.db_table} WHERE {MINE}), stats.ratings::text, stats.classes::text
    FROM (SELECT) AS always LEFT JOIN (
        SELECT ratings, classes FROM {GameStats._meta.db_table} WHERE {MINE}
    ) AS stats ON true
"""

MARGIN = 60  # bests read beyond those that count, so that the next ones are known if some are removed

Numbers = dict[str, float | None]
Classes = dict[str, str]


class TooFewBestsError(Exception):
    """A formula needs bests that have not been read."""


@dataclass(frozen=True, slots=True)
class LeadingBests:
    """The largest values of a score rating on primary charts, with the charts; `is_all`: there are no others."""

    values: Sequence[tuple[float, int]]
    is_all: bool


@dataclass(frozen=True, slots=True)
class StatsChange:
    """The change of the stats of one playtype by a refresh; missing stats are empty dicts.

    `leading`: by score rating, the bests that were read for the profile ratings; empty if a formula reads all.
    """

    game: str
    playtype: str
    ratings_before: Numbers
    ratings_after: Numbers
    classes_before: Classes
    classes_after: Classes
    leading: Mapping[str, LeadingBests] = field(default_factory=dict, compare=False)

    def deltas(self) -> list[dict[str, str | None]]:
        """Returns the changed classes as objects of the API; a lost class is left out."""
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


def rating_columns(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Returns SQL expressions for these score ratings of a score or best, and their parameters."""
    places = range(len(names))
    values = [f"(calculated_data->>%(name_{place})s)::float8" for place in places]
    return values, {f"name_{place}": names[place] for place in places}


def read_bests(
    user_id: int, game: str, playtype: str, names: Sequence[str]
) -> dict[int, tuple[bool, dict[str, float | None]]]:
    """Returns chart -> (is primary, these ratings of the best), for all bests of a player on a playtype."""
    values, parameters = rating_columns(names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(('chart_id', 'is_primary', *values))} FROM {PersonalBest._meta.db_table} WHERE {MINE}",
            {"user_id": user_id, "game": game, "playtype": playtype, **parameters},
        )
        return {
            chart: (is_primary, dict(zip(names, ratings, strict=True)))
            for chart, is_primary, *ratings in cursor.fetchall()
        }


class StoredBests:
    """A player's stored bests on a playtype, for the profile formulas (`games.spec.Bests`).

    `leading`: the bests that `top` has read, a few more than requested.
    """

    def __init__(self, user_id: int, game: str, playtype: str) -> None:
        self._player = (user_id, game, playtype)
        self._names = list(playtype_of(game, playtype).score_ratings)
        self.leading: dict[str, LeadingBests] = {}

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        read = self.leading.get(rating)
        if read is None or not (read.is_all or (count is not None and count <= len(read.values))):
            read = self._read(rating, None if count is None else count + MARGIN)
        return [value for value, _ in read.values[:count]]

    def _read(self, rating: str, limit: int | None) -> LeadingBests:
        """Reads all ratings in one query, because the formulas of a playtype mostly need as many values of each."""
        values: dict[str, list[tuple[float, int]]] = {name: [] for name in self._names}
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT asked.name, best.value, best.chart_id
                FROM unnest(%s::text[]) AS asked (name) CROSS JOIN LATERAL (
                    SELECT (calculated_data->>asked.name)::float8 AS value, chart_id FROM {PersonalBest._meta.db_table}
                    WHERE user_id = %s AND game = %s AND playtype = %s
                      AND is_primary AND calculated_data->>asked.name IS NOT NULL
                    ORDER BY value DESC, chart_id LIMIT %s
                ) AS best
                """,
                [self._names, *self._player, limit],
            )
            for name, value, chart in cursor.fetchall():
                values[name].append((value, chart))
        for name, found in values.items():
            self.leading[name] = LeadingBests(found, is_all=limit is None or len(found) < limit)
        return self.leading[rating]

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        # Without a LIMIT, because formulas that use charts select by more than the rating.
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
    """A player's bests on a playtype, changed one by one, for the profile formulas (`games.spec.Bests`).

    `names`: of the score ratings. `bests`: chart -> (is primary, ratings of its best, None if it has no best yet).
    `least`: rating -> the largest possible value of bests that are not among these, for ratings that have such bests;
    results that depend on those raise TooFewBestsError.
    """

    def __init__(
        self,
        names: Sequence[str],
        bests: Mapping[int, tuple[bool, Mapping[str, float | None] | None]],
        *,
        least: Mapping[str, float] | None = None,
    ) -> None:
        self._names = names
        self._least = least
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
        """Replaces the ratings of the best on a chart."""
        for name in self._names:
            before, value = self._values[name].get(chart), ratings[name]
            if before == value:
                continue
            if before is not None:
                del self._sorted[name][bisect_left(self._sorted[name], (-before, chart))]
                del self._values[name][chart]
            # Below `least`, its position among the bests that were not read is unknown.
            if value is not None and value >= (self._least or {}).get(name, -inf):
                insort(self._sorted[name], (-value, chart))
                self._values[name][chart] = value

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        found: list[float] = []
        for value, chart in self._sorted[rating]:
            if len(found) == count:
                break
            if self._is_primary[chart]:
                found.append(-value)
        if rating in (self._least or {}) and (count is None or len(found) < count):
            raise TooFewBestsError
        return found

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        if self._least is not None:
            raise TooFewBestsError
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
    same_bests: bool = False,
) -> list[StatsChange]:
    """Updates the stats of these playtypes from the bests, and the class histories from the stats.

    `provided`: playtype -> class set -> class ID. `lowered`: playtype -> the sets among them that may be lowered.
    `cause`: the import of the change. `same_bests`: whether no best has changed since the stats were refreshed.
    """
    changes = []
    # A file may have classes of a playtype without scores. Classes that a restored import had reached return, even if
    # its scores were deleted or belong to other imports now. A release may have removed a playtype.
    known = BY_SLUG[game].by_name
    returning = [entry["playtype"] for entry in cause.restored_entries if entry["playtype"] in known]
    for name in dict.fromkeys([*playtypes, *(provided or {}), *returning]):
        playtype = playtype_of(game, name)
        # The history is refreshed only if classes have changed: most imports change none.
        may_fall = (lowered or {}).get(name, ())
        offered = (provided or {}).get(name, {})
        change = refresh_playtype(user_id, game, playtype, offered, lowered=may_fall, same_bests=same_bests)
        if change.classes_before != change.classes_after or cause.restored_entries:
            class_history.refresh(user_id, game, playtype, change.classes_after, cause=cause)
        changes.append(change)
    return changes


def refresh_playtype(
    user_id: int,
    game: str,
    playtype: Playtype,
    provided: Mapping[str, str],
    *,
    lowered: Collection[str] = (),
    same_bests: bool = False,
) -> StatsChange:
    """Updates the stats of one playtype from the bests; the caller refreshes the class history.

    `same_bests`: no best has changed since the stats were refreshed, so that the ratings stay.
    """
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
    # A player with provided classes keeps stats even without bests.
    if not has_bests and not kept:
        GameStats.objects.filter(**player).delete()
        return StatsChange(game, playtype.name, before, {}, classes_before, {})
    bests = StoredBests(user_id, game, playtype.name)
    ratings = before if same_bests and is_stored else ratings_of(playtype, bests)
    classes = {**kept, **(derived(playtype, ratings) if has_bests else {})}  # none for a rating of 0 without bests
    if not is_stored or (before, classes_before) != (ratings, classes):
        # An upsert, because the row may exist or not.
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO {GameStats._meta.db_table} (user_id, game, playtype, ratings, classes)
                VALUES (%(user_id)s, %(game)s, %(playtype)s, %(ratings)s::jsonb, %(classes)s::jsonb)
                ON CONFLICT (user_id, game, playtype)
                DO UPDATE SET ratings = excluded.ratings, classes = excluded.classes
                """,
                {**player, "ratings": json.dumps(ratings), "classes": json.dumps(classes)},
            )
    return StatsChange(game, playtype.name, before, ratings, classes_before, classes, bests.leading)


def ratings_of(playtype: Playtype, bests: Bests) -> Numbers:
    """Returns the profile ratings of the playtype, computed from these bests."""
    return {name: rating.compute(bests) for name, rating in playtype.profile_ratings.items()}


def derived(playtype: Playtype, ratings: Mapping[str, float | None]) -> Classes:
    """Returns the derived classes for these ratings; a class set without a class is left out."""
    found = {name: group.derive(ratings) for name, group in playtype.classes.items() if group.derive is not None}
    return {name: value for name, value in found.items() if value is not None}


def raised(playtype: Playtype, stored: Mapping[str, str], provided: Mapping[str, str]) -> Classes:
    """Returns the higher of the stored and the newly provided class for each provided class set."""
    result: Classes = {}
    for name, group in playtype.classes.items():
        if not group.is_provided:
            continue
        offers = [value for value in (stored.get(name), provided.get(name)) if value is not None]
        if offers:
            result[name] = max(offers, key=group.index)  # of equal classes the stored one
    return result
