"""A player's profile ratings day by day, as a function of the scores.

The days are those of UTC. A score counts from the day on which it was achieved; one without a time from the day on
which it came in, as nobody knows an earlier one. The ratings of a day are those of the bests that the scores counting
by its end make, so that those of the last day are the current ones (`GameStats`). Every day on which a score begins to
count has a row, and no other.

A change concerns the days from the first one on which a touched score counts. Where that is the last day, its ratings
are the current ones, and one row is written. Otherwise the days from there on are computed again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from imports.games import playtype_of
from imports.games.spec import Playtype
from imports.models import DailyRatings, PersonalBest, Score
from imports.pipeline.derived import bests
from imports.pipeline.derived.leaders import DAY_MS, DailyWinners, Play, counting_ratings, daily_winners, day_of
from imports.pipeline.derived.stats import ChangingBests, Numbers, StatsChange, ratings_of
from imports.pipeline.scoring.chart_loading import charts_by_pk

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
DAYS = DailyRatings._meta.db_table
EPOCH = date(1970, 1, 1)
MINE = "user_id = %(user)s AND game = %(game)s AND playtype = %(playtype)s"
# The day from which a score counts, in days since 1970.
DAY_OF_SCORE = f"floor(coalesce(time_achieved, extract(epoch FROM time_added)::float8 * 1000) / {DAY_MS})::int"
SINCE = """(time_achieved >= %(since_ms)s
            OR (time_achieved IS NULL AND time_added >= to_timestamp(%(since_ms)s::float8 / 1000)))"""
FIRST_DAY = 0  # 1970: before all scores


@dataclass(frozen=True, slots=True)
class PlayedDay:
    """What is stored of a day, the key of which is in days since 1970."""

    score_count: int
    ratings: Numbers


def refresh(
    user_id: int, change: StatsChange, moments: Sequence[float], *, winners: DailyWinners | None = None
) -> None:
    """Makes the history of one playtype what the scores say, after scores that count from these moments (ms) changed.

    `change`: what that did to the stats, which are up to date already. `winners`: of every score that the player has,
    where the caller knows them: the scores are not read then.
    """
    if not moments:
        return
    first, last = day_of(min(moments)), day_of(max(moments))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT day, ratings::text FROM {DAYS} WHERE {MINE} ORDER BY day DESC LIMIT 1",
            {"user": user_id, "game": change.game, "playtype": change.playtype},
        )
        newest = cursor.fetchone()
    if (json.loads(newest[1]) if newest else {}) != change.ratings_before:
        # It does not end in what stood, as a release that knows no history was at work: all of it is computed again.
        rebuild(user_id, change)
    elif first == last and (newest is None or newest[0] <= to_date(first)):
        # The usual case, a session of today: no earlier day changes.
        _save_last_day(user_id, change, first)
    else:
        _recompute(user_id, change, since=first, winners=winners)


def rebuild(user_id: int, change: StatsChange) -> None:
    """Computes the whole history of a playtype again, and writes what differs."""
    _recompute(user_id, change, since=FIRST_DAY)


def to_date(day: int) -> date:
    """Returns the date of a day that is counted since 1970."""
    return EPOCH + timedelta(days=day)


def _save_last_day(user_id: int, change: StatsChange, day: int) -> None:
    """Writes the row of the last day, or deletes it if no score counts from then on any more."""
    mine: dict[str, Any] = {"user": user_id, "game": change.game, "playtype": change.playtype}
    start = day * DAY_MS
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {DAYS} (user_id, game, playtype, day, score_count, ratings)
            SELECT %(user)s, %(game)s, %(playtype)s, %(day)s, count(*), %(ratings)s::jsonb FROM {SCORES}
            WHERE {MINE} AND time_achieved >= %(start)s AND time_achieved < %(end)s
            ON CONFLICT (user_id, game, playtype, day)
            DO UPDATE SET score_count = excluded.score_count, ratings = excluded.ratings
            RETURNING score_count
            """,
            {
                **mine, "day": to_date(day), "ratings": bests.to_json(change.ratings_after).decode(),
                "start": start, "end": start + DAY_MS,
            },
        )  # fmt: skip
        if cursor.fetchone()[0]:
            return
        # No score with a time is left on that day. It goes, unless one without a time counts from it.
        # From the newest on, which is nearly always one of that day.
        cursor.execute(
            f"""
            DELETE FROM {DAYS} WHERE {MINE} AND day = %(day)s AND NOT EXISTS (
                SELECT FROM {SCORES} WHERE {MINE} AND time_achieved IS NULL
                AND time_added >= to_timestamp(%(start)s::float8 / 1000)
                AND time_added < to_timestamp(%(end)s::float8 / 1000) ORDER BY id DESC LIMIT 1)
            """,
            {**mine, "day": to_date(day), "start": start, "end": start + DAY_MS},
        )


# --- several days ---------------------------------------------------------------------------------------


def _recompute(user_id: int, change: StatsChange, *, since: int, winners: DailyWinners | None = None) -> None:
    """Computes the days from `since` on again, and writes what differs."""
    playtype = playtype_of(change.game, change.playtype)
    mine: dict[str, Any] = {
        "user": user_id, "game": change.game, "playtype": playtype.name, "since": since, "since_ms": since * DAY_MS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {DAY_OF_SCORE} AS day, count(time_achieved) FROM {SCORES} WHERE {MINE} AND {SINCE} GROUP BY day",
            mine,
        )
        counts = dict(cursor.fetchall())  # of the days on which some scores begin to count
    values = ChangingBests(counting_ratings(playtype), _unchanged_bests(mine, playtype) if counts else {})
    if winners is None:
        winners = daily_winners(_leading_scores(mine, playtype) if counts else (), playtype)
    events = _changes_of_bests(winners, playtype)
    days: dict[int, PlayedDay] = {}
    ratings: Numbers | None = None
    for day in sorted({*counts, *events}):
        for chart, found in events.get(day, ()):
            values.put(chart, found)
        if day in events or ratings is None:  # a day without a new best ends with the ratings that it began with
            ratings = ratings_of(playtype, values)
        if day >= since:
            days[day] = PlayedDay(counts[day], ratings)
    if days:
        # Formulas and charts may be newer than the bests until these are rated again; the two always agree.
        newest = max(days)
        days[newest] = PlayedDay(counts[newest], change.ratings_after)
    _save(mine, days)


def _unchanged_bests(
    mine: Mapping[str, Any], playtype: Playtype
) -> dict[int, tuple[bool, dict[str, float | None] | None]]:
    """Chart -> whether it is primary, and the ratings of its best; None for those if scores count from `since` on."""
    names = counting_ratings(playtype)
    columns = "".join(f", (calculated_data->>%(name_{place})s)::float8" for place in range(len(names)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id, is_primary, chart_id = ANY(ARRAY(
                SELECT DISTINCT chart_id FROM {SCORES} WHERE {MINE} AND {SINCE})) {columns}
            FROM {BESTS} WHERE {MINE}
            """,
            {**mine, **{f"name_{place}": name for place, name in enumerate(names)}},
        )
        return {
            chart: (is_primary, None if has_changed else dict(zip(names, values, strict=True)))
            for chart, is_primary, has_changed, *values in cursor.fetchall()
        }


def _changes_of_bests(
    winners: DailyWinners, playtype: Playtype
) -> dict[int, list[tuple[int, Mapping[str, float | None]]]]:
    """Day -> (chart, ratings) of the bests that are new at its end."""
    names = counting_ratings(playtype)
    # A single score has the ratings that it is stored with; several make a best that is rated as a whole.
    merged = {key: won for key, won in winners.by_day.items() if len({*won.values()}) > 1}
    charts = charts_by_pk({chart for chart, _ in merged})
    composed = bests.compose_all(merged, {key: charts[key[0]] for key in merged}, playtype)
    events: dict[int, list[tuple[int, Mapping[str, float | None]]]] = defaultdict(list)
    for key, won in winners.by_day.items():
        alone = dict(zip(names, winners.ratings[won[1]], strict=True))
        events[int(key[1])].append((key[0], composed[key].ratings if key in composed else alone))
    return events


def _leading_scores(mine: Mapping[str, Any], playtype: Playtype) -> Iterator[Play]:
    """Yields the scores that were ahead at some place of `best_keys` when their day ended, by chart and day.

    Of charts with scores that count from `since` on; what these had before is of the day before it. Some are yielded
    that another one is ahead of.
    """
    names = counting_ratings(playtype)
    best = ["max", *("min" if merge.smallest else "max" for merge in playtype.merges)]
    keys = [f"key_{place}" for place in range(1, len(best) + 1)]
    columns = ", ".join(f"best_keys[{place}] AS {key}" for place, key in enumerate(keys, 1))
    # Of equal scores the earlier one is ahead. It comes first, except where it has no time, or the same.
    is_ahead = " OR ".join(
        f"""{key} {">" if function == "max" else "<"} {function}({key}) OVER earlier
            OR ({key} IS NOT NULL AND {function}({key}) OVER earlier IS NULL)
            OR ({key} = {function}({key}) OVER earlier AND may_tie)"""
        for key, function in zip(keys, best, strict=True)
    )
    # A rebuild reads all charts anyway: a list of them would only be compared with itself.
    is_wanted = (
        ""
        if mine["since"] == FIRST_DAY
        else f"""
        AND chart_id = ANY(ARRAY(SELECT DISTINCT chart_id FROM {SCORES} WHERE {MINE} AND {SINCE}))"""
    )
    values = ", ".join(f"(calculated_data->>%(name_{place})s)::float8" for place in range(len(names)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT id, chart_id, greatest({DAY_OF_SCORE}, %(since)s - 1) AS day, time_achieved, {columns}
                FROM {SCORES} WHERE {MINE} {is_wanted}
            ), placed AS (
                SELECT *, lag(time_achieved) OVER in_order = time_achieved
                    OR count(*) FILTER (WHERE time_achieved IS NULL) OVER in_order > 0 AS may_tie
                FROM mine WINDOW in_order AS (PARTITION BY chart_id ORDER BY day, time_achieved, id)
            ), judged AS (
                SELECT *, {is_ahead} AS is_ahead FROM placed
                WINDOW earlier AS (PARTITION BY chart_id ORDER BY day, time_achieved, id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            )
            SELECT judged.chart_id, day, score_id, judged.time_achieved,
                   ARRAY[{", ".join(keys)}], ARRAY[{values}]::float8[]
            FROM judged JOIN {SCORES} USING (id) WHERE is_ahead ORDER BY judged.chart_id, day
            """,
            {**mine, **{f"name_{place}": name for place, name in enumerate(names)}},
        )
        yield from map(Play._make, cursor)


def _save(mine: Mapping[str, Any], days: Mapping[int, PlayedDay]) -> None:
    """Makes the stored days from `since` on these. Writes only what differs."""
    columns = (
        [to_date(day) for day in days],
        [day.score_count for day in days.values()],
        [bests.to_json(day.ratings).decode() for day in days.values()],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {DAYS} WHERE {MINE} AND day >= %(first)s AND day <> ALL(%(days)s::date[])",
            {**mine, "first": to_date(mine["since"]), "days": columns[0]},
        )
        cursor.execute(
            f"""
            INSERT INTO {DAYS} (user_id, game, playtype, day, score_count, ratings)
            SELECT %s, %s, %s, day, score_count, ratings::jsonb
            FROM unnest(%s::date[], %s::int[], %s::text[]) AS new (day, score_count, ratings)
            ON CONFLICT (user_id, game, playtype, day)
            DO UPDATE SET score_count = excluded.score_count, ratings = excluded.ratings
            WHERE ({DAYS}.score_count, {DAYS}.ratings) IS DISTINCT FROM (excluded.score_count, excluded.ratings)
            """,
            [mine["user"], mine["game"], mine["playtype"], *columns],
        )
