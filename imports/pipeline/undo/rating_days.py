"""Updates a player's daily ratings after a revert of few scores without reading all scores of the player.

The ratings of a day are computed from the largest bests (`Bests.top`). If neither the old nor the new best on a
reverted chart is among these, the stored ratings of the day stay. To decide this, the largest current bests on other
charts suffice: if enough of them were larger than a changed best, it does not count. So only the charts of the revert
and these charts are read; all charts are read at most until the last day on which a changed best may count. Formulas
that need more than the largest bests, and all unusual cases, are left to `rating_history.refresh`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from django.db import connection

from imports.games import BY_SLUG
from imports.games.spec import Bests, Chart, Playtype
from imports.models import DailyRatings, Import, PersonalBest, Score
from imports.pipeline.derived import bests
from imports.pipeline.derived.daily_bests import MINE, ChangesByDay, changes_of_bests, leading_scores
from imports.pipeline.derived.leaders import DAY_MS, counting_ratings, daily_winners, day_of
from imports.pipeline.derived.rating_history import FIRST_DAY, to_date, to_day
from imports.pipeline.derived.stats import ChangingBests, StatsChange, ratings_of
from imports.pipeline.scoring.store import AffectedScope

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
DAYS = DailyRatings._meta.db_table
MAX_SCORES = 1_000  # scores of an import: with more, too many charts change
LARGEST = 200  # bests that are compared with the changed ones


@dataclass(frozen=True, slots=True)
class BestsBefore:
    """The bests before a revert on the affected charts of one playtype, from the first day of its scores on."""

    since: int
    charts: frozenset[int]
    changes: ChangesByDay


def read_bests_before(job: Import) -> dict[str, BestsBefore]:
    """Returns the bests on the charts of an import, by playtype, if this may save work.

    Called before its scores are deleted. Most imports are of the player's last day, which is a single row.
    """
    if job.score_count > MAX_SCORES or job.game not in BY_SLUG:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT playtype, chart_ids, first, (
                SELECT max(day) FROM {DAYS}
                WHERE user_id = %(user)s AND game = %(game)s AND playtype = mine.playtype
            ) FROM (
                SELECT playtype, array_agg(DISTINCT chart_id) AS chart_ids, min(time_achieved) AS first
                FROM {SCORES} WHERE from_import_id = %(job)s
                GROUP BY playtype HAVING bool_and(time_achieved IS NOT NULL)
            ) AS mine
            """,
            {"job": job.pk, "user": job.user_id, "game": job.game},
        )
        rows = cursor.fetchall()
    found = {}
    for name, charts, first, last in rows:
        since = day_of(first)
        playtype = BY_SLUG[job.game].by_name.get(name)
        if playtype is not None and since > FIRST_DAY and last is not None and to_date(since) < last:
            mine = _player(job.user_id, job.game, name, since)
            found[name] = BestsBefore(since, frozenset(charts), _changes(mine, playtype, charts))
    return found


def rewrite(stood: Mapping[str, BestsBefore], touched: AffectedScope, change: StatsChange) -> bool:
    """Updates the days of a playtype after a revert; returns False if it cannot. The stats are already up to date."""
    standing = stood.get(change.playtype)
    if standing is None or touched.untimed.get(change.playtype) or not standing.charts >= touched.charts:
        return False
    playtype = BY_SLUG[change.game].by_name[change.playtype]
    mine = _player(touched.user_id, change.game, change.playtype, standing.since)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT day, score_count, ratings::text FROM {DAYS} WHERE {MINE} ORDER BY day", mine)
        stored = cursor.fetchall()
    # Days that do not end in the ratings before are from a release without histories.
    if not stored or bests.from_json(stored[-1][2]) != change.ratings_before:
        return False
    days = [to_day(day) for day, *_ in stored]
    last = _last_that_counts(mine, playtype, standing, [day for day in days if day >= standing.since])
    # All scores until then are read only if they are fewer than those from the first day on.
    if last is not None and sum(count for day, (_, count, _) in zip(days, stored, strict=True) if day <= last) > sum(
        count for day, (_, count, _) in zip(days, stored, strict=True) if day >= standing.since
    ):
        return False
    _count(mine, {day_of(time) for time in touched.times[change.playtype]})
    if last is not None:
        _rate(mine, playtype, [day for day in days if standing.since <= day <= last], until=last)
    with connection.cursor() as cursor:
        # The last day, which may be another one now, has the current ratings.
        cursor.execute(
            f"""
            UPDATE {DAYS} SET ratings = %(ratings)s::jsonb WHERE {MINE} AND ratings <> %(ratings)s::jsonb
            AND day = (SELECT max(day) FROM {DAYS} WHERE {MINE})
            """,
            {**mine, "ratings": bests.to_json(change.ratings_after).decode()},
        )
    return True


def _player(user_id: int, game: str, playtype: str, since: int) -> dict[str, Any]:
    return {"user": user_id, "game": game, "playtype": playtype, "since": since, "since_ms": since * DAY_MS}


def _changes(mine: Mapping[str, Any], playtype: Playtype, charts: Collection[int]) -> ChangesByDay:
    """Returns the changes of the bests on these charts by day; all before the first day count for the day before it."""
    return changes_of_bests(daily_winners(leading_scores(mine, playtype, charts), playtype), playtype)


# --- counting bests -------------------------------------------------------------------------------------


class _LeastCounting:
    """The bests on some charts, with a record of the least value of each rating that a formula counts among them.

    `is_enough`: no formula needs more than a number of the largest values.
    """

    def __init__(self, found: Bests) -> None:
        self._found = found
        self.values: dict[str, float] = {}
        self.is_enough = True

    def top(self, rating: str, count: int | None = None) -> Sequence[float]:
        found = self._found.top(rating, count)
        least = found[-1] if count and len(found) == count else -inf
        self.values[rating] = min(least, self.values.get(rating, inf))
        return found

    def rated(self, rating: str, *, primary_only: bool = True) -> Sequence[tuple[float, Chart]]:
        self.is_enough = False
        return self._found.rated(rating, primary_only=primary_only)


def _last_that_counts(
    mine: Mapping[str, Any], playtype: Playtype, standing: BestsBefore, days: Sequence[int]
) -> int | None:
    """Returns the last of these days whose ratings the changed bests may affect; None if they affect none."""
    names = counting_ratings(playtype)
    largest = _largest(mine, names, besides=standing.charts)
    changes = _changes(mine, playtype, [*standing.charts, *largest])
    others = ChangingBests(names, dict.fromkeys(largest, (True, None)))
    before: dict[int, list[float | None]] = {}
    after: dict[int, list[float | None]] = {}
    last = None
    for day in sorted({*days, *standing.changes, *changes}):
        for chart, ratings in standing.changes.get(day, ()):
            before[chart] = [ratings[name] for name in names]
        for chart, ratings in changes.get(day, ()):
            if chart in standing.charts:
                after[chart] = [ratings[name] for name in names]
            else:
                others.put(chart, ratings)
        differing = [chart for chart, values in before.items() if values != after.get(chart)]
        if not differing or day < standing.since:
            continue
        least = _LeastCounting(others)
        ratings_of(playtype, least)
        values = [each[chart] for chart in differing for each in (before, after) if chart in each]
        if not least.is_enough or any(
            value is not None and value >= least.values.get(name, inf)
            for found in values
            for name, value in zip(names, found, strict=True)
        ):
            last = day
    return last


def _largest(mine: Mapping[str, Any], names: Sequence[str], *, besides: Collection[int]) -> set[int]:
    """Returns the charts with the player's largest current bests by each rating."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id FROM unnest(%(names)s::text[]) AS asked (name) CROSS JOIN LATERAL (
                SELECT chart_id FROM {BESTS}
                WHERE {MINE} AND is_primary AND chart_id <> ALL(%(besides)s::bigint[])
                  AND calculated_data->>asked.name IS NOT NULL
                ORDER BY (calculated_data->>asked.name)::float8 DESC LIMIT {LARGEST}
            ) AS best
            """,
            {**mine, "names": list(names), "besides": list(besides)},
        )
        return {chart for (chart,) in cursor.fetchall()}


# --- writing --------------------------------------------------------------------------------------------


def _count(mine: Mapping[str, Any], days: Collection[int]) -> None:
    """Counts the scores of these days again, and deletes days from which no score counts any more."""
    asked = {**mine, "days": [to_date(day) for day in days], "day_ms": DAY_MS}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {DAYS} AS stored SET score_count = (
                SELECT count(*) FROM {SCORES} WHERE {MINE}
                AND time_achieved >= (stored.day - date '1970-01-01') * %(day_ms)s::float8
                AND time_achieved < (stored.day - date '1970-01-01' + 1) * %(day_ms)s::float8
            ) WHERE {MINE} AND day = ANY(%(days)s::date[])
            """,
            asked,
        )
        cursor.execute(
            f"""
            DELETE FROM {DAYS} AS stored WHERE {MINE} AND day = ANY(%(days)s::date[]) AND score_count = 0
            AND NOT EXISTS (
                SELECT FROM {SCORES} WHERE {MINE} AND time_achieved IS NULL
                AND (time_added AT TIME ZONE 'UTC')::date = stored.day
            )
            """,
            asked,
        )


def _rate(mine: Mapping[str, Any], playtype: Playtype, days: Sequence[int], *, until: int) -> None:
    """Computes the ratings of these days from all scores until the last one. Writes only rows that differ."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT chart_id, is_primary FROM {BESTS} WHERE {MINE}", mine)
        values = ChangingBests(
            counting_ratings(playtype), {chart: (is_primary, None) for chart, is_primary in cursor.fetchall()}
        )
    winners = daily_winners(leading_scores(mine, playtype, until=until), playtype)
    changes = changes_of_bests(winners, playtype)
    found: dict[int, str] = {}
    wanted = set(days)
    for day in sorted({*wanted, *changes}):
        for chart, ratings in changes.get(day, ()):
            values.put(chart, ratings)
        if day in wanted:
            found[day] = bests.to_json(ratings_of(playtype, values)).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {DAYS} AS stored SET ratings = new.ratings::jsonb
            FROM unnest(%(days)s::date[], %(ratings)s::text[]) AS new (day, ratings)
            WHERE {MINE} AND stored.day = new.day AND stored.ratings <> new.ratings::jsonb
            """,
            {**mine, "days": [to_date(day) for day in found], "ratings": list(found.values())},
        )
