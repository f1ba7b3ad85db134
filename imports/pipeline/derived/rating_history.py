"""Computes a player's profile ratings by day from the scores.

Days are in UTC. A score counts from the day on which it was achieved; a score without a time from the day on which it
was added. The ratings of a day are computed from the bests of all scores that count by its end, so that the ratings of
the last day are the current ones (`GameStats`). Only days on which a score begins to count have a row.

A change affects the days from the first one on which a touched score counts. If that is the last day, its ratings
are the current ones, and one row is written. If an import of a few scores changes no best of any day, only the score
counts of its days change. Otherwise all days from that one on are computed again.
"""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from imports.games import playtype_of
from imports.games.spec import Playtype
from imports.models import DailyRatings, PersonalBest, Score
from imports.pipeline.derived import bests
from imports.pipeline.derived.daily_bests import (
    DAY_OF_SCORE,
    MINE,
    NOTHING_KNOWN,
    SINCE,
    ChangesByDay,
    KnownBests,
    changes_of_bests,
    leading_scores,
)
from imports.pipeline.derived.leaders import DAY_MS, DailyWinners, counting_ratings, daily_winners, day_of
from imports.pipeline.derived.stats import (
    ChangingBests,
    Numbers,
    StatsChange,
    StoredBests,
    TooFewBestsError,
    ratings_of,
    read_bests,
)

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
DAYS = DailyRatings._meta.db_table
EPOCH = date(1970, 1, 1)
FIRST_DAY = 0  # 1970: before all scores
FEW_CHARTS = 100  # up to which it pays to check whether an import changes a best of any day
MANY_CHARTS = 1_000  # above which the leading bests on other charts would hardly be enough


@dataclass(frozen=True, slots=True)
class PlayedDay:
    """The stored values of a day; the key of a day is its number since 1970."""

    score_count: int
    ratings: Numbers


@dataclass(frozen=True, slots=True)
class KnownScores:
    """All scores of a player on a playtype, from a caller that holds them, so that they are not read.

    `counts`: day on which scores begin to count -> the number of these scores with a time.
    """

    winners: DailyWinners
    counts: Mapping[int, int]


def refresh(
    user_id: int,
    change: StatsChange,
    moments: Sequence[float],
    *,
    scores: KnownScores | None = None,
    known: KnownBests = NOTHING_KNOWN,
) -> None:
    """Updates the history of one playtype after scores that count from these moments (ms) changed.

    `change`: the change of the stats, which are already up to date.
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
        # It does not end in the ratings before, because a release without histories has changed these: a full rebuild.
        rebuild(user_id, change)
    elif first == last and (newest is None or newest[0] <= to_date(first)):
        # The usual case, a session of the current day: no earlier day changes.
        _save_last_day(user_id, change, first)
    elif scores is not None or not _count_added(user_id, change, moments, known):
        _recompute(user_id, change, since=first, scores=scores, known=known)


def rebuild(user_id: int, change: StatsChange) -> None:
    """Computes the whole history of a playtype again. Writes only rows that differ."""
    _recompute(user_id, change, since=FIRST_DAY)


def to_date(day: int) -> date:
    """Returns the date of a day number since 1970."""
    return EPOCH + timedelta(days=day)


def to_day(date: date) -> int:
    """Returns the day number of a date since 1970."""
    return (date - EPOCH).days


def _save_last_day(user_id: int, change: StatsChange, day: int) -> None:
    """Writes the row of the last day, or deletes it if no score counts from that day on any more."""
    mine: dict[str, Any] = {"user": user_id, "game": change.game, "playtype": change.playtype}
    start = day * DAY_MS
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {DAYS} (user_id, game, playtype, day, score_count, ratings)
            SELECT %(user)s, %(game)s::varchar, %(playtype)s::varchar, %(day)s, count(*), %(ratings)s::jsonb
            FROM {SCORES} WHERE {MINE} AND time_achieved >= %(start)s AND time_achieved < %(end)s
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
        # No score with a time is left on that day. The row is deleted unless a score without a time counts from it.
        # In order from the newest score, which nearly always counts from that day.
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


def _count_added(user_id: int, change: StatsChange, moments: Sequence[float], known: KnownBests) -> bool:
    """Updates only the score counts of an import's days, and returns True, if no best of any day includes its scores.

    Otherwise nothing is written. A score that leads today among all scores led on earlier days among fewer, so that
    one look at the leading scores of each day is enough.
    """
    charts = known.bests.winners.keys()
    if known.added_by is None or len(charts) > FEW_CHARTS or change.ratings_before != change.ratings_after:
        return False
    days = sorted({day_of(moment) for moment in moments})
    mine: dict[str, Any] = {
        "user": user_id, "game": change.game, "playtype": change.playtype,
        "since": days[0], "since_ms": days[0] * DAY_MS, "days": [to_date(day) for day in days],
    }  # fmt: skip
    playtype = playtype_of(change.game, change.playtype)
    winners = daily_winners(leading_scores(mine, playtype, charts), playtype)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (SELECT FROM {SCORES} WHERE score_id = ANY(%(winners)s) AND from_import_id = %(job)s)
                OR NOT EXISTS (SELECT FROM {DAYS} WHERE {MINE} AND day < %(first)s)
            """,
            {
                **mine,
                "winners": list({score for places in winners.by_day.values() for score in places.values()}),
                "job": known.added_by,
                "first": mine["days"][0],
            },
        )
        if cursor.fetchone()[0]:
            return False
        # A new day has the ratings of the day before it.
        cursor.execute(
            f"""
            INSERT INTO {DAYS} (user_id, game, playtype, day, score_count, ratings)
            SELECT %(user)s, %(game)s::varchar, %(playtype)s::varchar, new.day, (
                SELECT count(*) FROM {SCORES} WHERE {MINE}
                AND time_achieved >= (new.day - date '1970-01-01') * {DAY_MS}::float8
                AND time_achieved < (new.day - date '1970-01-01' + 1) * {DAY_MS}::float8
            ), (SELECT ratings FROM {DAYS} WHERE {MINE} AND day < new.day ORDER BY day DESC LIMIT 1)
            FROM unnest(%(days)s::date[]) AS new (day)
            ON CONFLICT (user_id, game, playtype, day) DO UPDATE SET score_count = excluded.score_count
            """,
            mine,
        )
    return True


def _recompute(
    user_id: int,
    change: StatsChange,
    *,
    since: int,
    scores: KnownScores | None = None,
    known: KnownBests = NOTHING_KNOWN,
) -> None:
    """Computes the days from `since` on again. Writes only rows that differ."""
    playtype = playtype_of(change.game, change.playtype)
    mine: dict[str, Any] = {
        "user": user_id, "game": change.game, "playtype": playtype.name, "since": since, "since_ms": since * DAY_MS,
    }  # fmt: skip
    counts: Mapping[int, int]  # day -> number of timed scores, for days on which scores begin to count
    days: dict[int, PlayedDay] = {}
    if scores is not None:
        counts = scores.counts
        events = changes_of_bests(scores.winners, playtype, known)
        before = {chart: (known.charts[chart].is_primary, None) for chart, _ in scores.winners.by_day}
        days = _rated_days(playtype, ChangingBests(counting_ratings(playtype), before), events, counts, since=since)
    else:
        counts, charts = _days_and_charts(mine)
        # A rebuild reads all charts anyway: a list of them would only be compared with itself.
        wanted = None if since == FIRST_DAY else charts
        winners = daily_winners(leading_scores(mine, playtype, wanted) if counts else (), playtype)
        events = changes_of_bests(winners, playtype, known)
        for read in (_leading_bests, _all_bests) if len(charts) <= MANY_CHARTS else (_all_bests,):
            with contextlib.suppress(TooFewBestsError):
                values = read(user_id, change, charts) if counts else ChangingBests((), {})
                days = _rated_days(playtype, values, events, counts, since=since)
                break
    if days:
        # Formulas and charts may be newer than the bests until a rerating, so the last day takes the current ratings.
        newest = max(days)
        days[newest] = PlayedDay(counts[newest], change.ratings_after)
    _save(mine, days)


def _rated_days(
    playtype: Playtype, values: ChangingBests, events: ChangesByDay, counts: Mapping[int, int], *, since: int
) -> dict[int, PlayedDay]:
    """Returns day -> ratings from `since` on. `values`: the bests before all events."""
    days: dict[int, PlayedDay] = {}
    ratings: Numbers | None = None
    for day in sorted({*counts, *events}):
        for chart, found in events.get(day, ()):
            values.put(chart, found)
        if day in events or ratings is None:  # a day without a new best ends with the ratings of the day before
            ratings = ratings_of(playtype, values)
        if day >= since:
            days[day] = PlayedDay(counts[day], ratings)
    return days


def _all_bests(user_id: int, change: StatsChange, charts: Collection[int]) -> ChangingBests:
    """Returns the current bests, with the charts in `charts` unplayed."""
    names = counting_ratings(playtype_of(change.game, change.playtype))
    stored = read_bests(user_id, change.game, change.playtype, names)
    return ChangingBests(
        names,
        {chart: (is_primary, None if chart in charts else ratings) for chart, (is_primary, ratings) in stored.items()},
    )


def _leading_bests(user_id: int, change: StatsChange, charts: Collection[int]) -> ChangingBests:
    """Returns the same with only those bests on other charts that may count. Raises TooFewBestsError if all may."""
    playtype = playtype_of(change.game, change.playtype)
    leading = change.leading
    if not leading:  # no best has changed, so that the ratings were not computed
        stored = StoredBests(user_id, change.game, change.playtype)
        ratings_of(playtype, stored)
        leading = stored.leading
    names = counting_ratings(playtype)
    if not leading.keys() >= set(names):
        raise TooFewBestsError
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT chart_id, is_primary FROM {BESTS} WHERE user_id = %s AND chart_id = ANY(%s)",
            [user_id, list(charts)],
        )
        bests: dict[int, tuple[bool, dict[str, float | None] | None]] = {
            chart: (is_primary, None) for chart, is_primary in cursor.fetchall()
        }
    ratings: dict[int, dict[str, float | None]] = defaultdict(lambda: dict.fromkeys(names))
    for name in names:
        for value, chart in leading[name].values:
            if chart not in charts:
                ratings[chart][name] = value
    bests |= {chart: (True, found) for chart, found in ratings.items()}
    least = {name: leading[name].values[-1][0] for name in names if not leading[name].is_all}
    return ChangingBests(names, bests, least=least)


def _days_and_charts(mine: Mapping[str, Any]) -> tuple[dict[int, int], set[int]]:
    """Returns the number of timed scores of each day from `since` on, and the charts of scores that count from then on.

    Both in one query: a player's scores are spread over the table, so that reading them takes most of the time.
    """
    counts, charts = {}, set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT day, chart_id, count(time_achieved) FROM (
                SELECT {DAY_OF_SCORE} AS day, chart_id, time_achieved FROM {SCORES} WHERE {MINE} AND {SINCE}
            ) AS score GROUP BY GROUPING SETS ((day), (chart_id))
            """,
            mine,
        )
        for day, chart, count in cursor.fetchall():
            if chart is None:
                counts[day] = count
            else:
                charts.add(chart)
    return counts, charts


def _save(mine: Mapping[str, Any], days: Mapping[int, PlayedDay]) -> None:
    """Replaces the stored days from `since` on by these. Writes only rows that differ."""
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
