"""Reads the results of sessions: their lamps in order, their new bests, and the ratings before and after them.

For many sessions at once, of one player or of several, with one query for each of the three.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db import connection

from imports.models import Chart, DailyRatings, PersonalBest, Score, Session
from imports.pipeline.derived.bests import on_chart

SESSIONS = Session._meta.db_table
SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
CHARTS = Chart._meta.db_table
DAYS = DailyRatings._meta.db_table
RECENT = 2_000  # latest scores before a session that are read first, before all scores on some charts
# A session consists of the scores between its times.
PLAYED = """
    (score.user_id, score.game, score.playtype) = (session.user_id, session.game, session.playtype)
    AND score.time_achieved BETWEEN session.time_started AND session.time_ended
"""
# For `tops`; with OFFSET 0 PostgreSQL looks up each chart in an index. One equal or better score is enough, and is
# found early on charts that were played often.
EARLIER = f"""
    FROM {SCORES} AS earlier WHERE earlier.chart_id = tops.chart_id AND earlier.user_id = tops.user_id
    AND (earlier.time_achieved < tops.time_started OR earlier.time_achieved IS NULL)
"""


def find_lamps(keys: Collection[int], *, columns: int) -> dict[int, list[list[str]]]:
    """Returns the lamps of each session's scores, by the session's key, in order and in at most `columns` columns.

    A column of several scores has each of their lamps once. Games with two lamps use the note lamp.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH placed AS (
                SELECT session.id, coalesce(score_data->>'noteLamp', score_data->>'lamp') AS lamp,
                    (row_number() OVER played - 1) / ((session.score_count + %(columns)s - 1) / %(columns)s) AS place
                FROM {SESSIONS} AS session
                CROSS JOIN LATERAL (SELECT * FROM {SCORES} AS score WHERE {PLAYED} OFFSET 0) AS score
                WHERE session.id = ANY(%(keys)s)
                WINDOW played AS (PARTITION BY session.id ORDER BY score.time_achieved, score.id)
            )
            SELECT id, array_agg(DISTINCT lamp) FROM placed WHERE lamp IS NOT NULL GROUP BY id, place ORDER BY id, place
            """,
            {"keys": list(keys), "columns": columns},
        )
        found: dict[int, list[list[str]]] = defaultdict(list)
        for key, lamps in cursor.fetchall():
            found[key].append(lamps)
    return found


def count_new_bests(keys: Collection[int]) -> dict[int, int]:
    """Returns the number of charts on which each session exceeded all earlier scores, by its key; 0 is left out.

    First plays are no new bests. Scores without a time count as earlier.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH tops AS (
                SELECT session.id, session.user_id, session.time_started, chart_id, top
                FROM {SESSIONS} AS session CROSS JOIN LATERAL (
                    SELECT chart_id, max(best_keys[1]) AS top FROM {SCORES} AS score WHERE {PLAYED}
                    GROUP BY chart_id OFFSET 0
                ) AS played WHERE session.id = ANY(%(keys)s)
            )
            SELECT tops.id, count(*) FROM tops
            WHERE NOT EXISTS (
                -- No scores need to be read where the best has been there before: of most charts of recent sessions.
                SELECT FROM {BESTS} AS best WHERE best.chart_id = tops.chart_id AND best.user_id = tops.user_id
                AND best.time_achieved < tops.time_started OFFSET 0
            ) AND EXISTS (SELECT {EARLIER} AND best_keys[1] < top OFFSET 0)
            AND NOT EXISTS (SELECT {EARLIER} AND best_keys[1] >= top OFFSET 0) GROUP BY tops.id
            """,
            {"keys": list(keys)},
        )
        return dict(cursor.fetchall())


def find_levels_reached(session: Session, ladder: str, lamps: Mapping[str, Collection[str]]) -> set[str]:
    """Returns the levels with a chart on which the player had one of the level's `lamps` before the session.

    `ladder`: the metric of the lamps. Scores without a time count as earlier. At most three queries.
    """
    if not lamps:
        return set()
    of_player = "(user_id, game, playtype) = (%(user)s, %(game)s, %(playtype)s)"
    values: dict[str, str | float] = {
        "user": session.user_id, "game": session.game, "playtype": session.playtype, "ladder": ladder,
        "lamps": json.dumps({level: list(values) for level, values in lamps.items()}), "recent": RECENT,
        "start": session.time_started,
    }  # fmt: skip
    with connection.cursor() as cursor:
        # A best has the highest lamp of all scores on its chart. A best whose parts are all earlier than the session
        # decides its level; the other bests show on which charts an earlier score may be. OFFSET 0 keeps PostgreSQL
        # from looking up the chart of each best.
        cursor.execute(
            f"""
            SELECT chart.level, array_agg(best.chart_id), coalesce(bool_or(best.time_achieved < %(start)s), false)
            FROM (
                SELECT id, level FROM {CHARTS}
                WHERE (game, playtype) = (%(game)s, %(playtype)s) AND %(lamps)s::jsonb ? level OFFSET 0
            ) AS chart JOIN {BESTS} AS best ON best.chart_id = chart.id
            WHERE {of_player} AND %(lamps)s::jsonb->chart.level ? (score_data->>%(ladder)s)
            GROUP BY chart.level
            """,
            values,
        )
        found = cursor.fetchall()
        reached = {level for level, _, is_of_before in found if is_of_before}
        charts = {level: keys for level, keys, _ in found if level not in reached}
        if not charts:
            return reached
        # The latest scores before the session decide most of the other levels, and all if there are no more scores.
        cursor.execute(
            f"""
            SELECT array_agg(DISTINCT level) FILTER (WHERE %(lamps)s::jsonb->level ? lamp), count(*) = %(recent)s
                OR EXISTS (SELECT FROM {SCORES} WHERE {of_player} AND time_achieved IS NULL)
            FROM (
                SELECT chart_id, score_data->>%(ladder)s AS lamp FROM {SCORES}
                WHERE {of_player} AND time_achieved < %(start)s ORDER BY time_achieved DESC LIMIT %(recent)s
            ) AS recent JOIN {CHARTS} AS chart ON chart.id = recent.chart_id
            """,
            values,
        )
        levels, are_there_more = cursor.fetchone()
        reached.update(levels or ())
        charts = {level: keys for level, keys in charts.items() if level not in reached}
        if not charts or not are_there_more:
            return reached
        # With OFFSET 0 PostgreSQL looks up one chart after the other in an index until one has such a score.
        cursor.execute(
            f"""
            SELECT level FROM jsonb_each(%(charts)s) AS wanted (level, charts) WHERE EXISTS (
                SELECT FROM jsonb_array_elements(charts) AS chart CROSS JOIN LATERAL (
                    SELECT FROM {SCORES} WHERE {on_chart("chart::bigint", "%(user)s")}
                    AND (time_achieved < %(start)s OR time_achieved IS NULL)
                    AND %(lamps)s::jsonb->level ? (score_data->>%(ladder)s) LIMIT 1 OFFSET 0
                ) AS earlier
            )
            """,
            {**values, "charts": json.dumps(charts)},
        )
        return reached | {level for (level,) in cursor.fetchall()}


def ratings_around(keys: Collection[int]) -> dict[int, tuple[Mapping[str, float | None], Mapping[str, float | None]]]:
    """Returns the profile ratings before and after each session, by its key.

    Ratings are stored by day (UTC). A session that shares its days with other scores is left out, because its part in
    the change is unknown.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH wanted AS (
                SELECT id, user_id, game, playtype, score_count,
                    date '1970-01-01' + floor(time_started / 86400000)::int AS first,
                    date '1970-01-01' + floor(time_ended / 86400000)::int AS last
                FROM {SESSIONS} WHERE id = ANY(%(keys)s)
            ), untimed AS MATERIALIZED (
                SELECT DISTINCT score.user_id, score.game, score.playtype, (time_added AT TIME ZONE 'UTC')::date AS day
                FROM (SELECT DISTINCT user_id, game, playtype FROM wanted) AS mine
                JOIN {SCORES} AS score USING (user_id, game, playtype) WHERE time_achieved IS NULL
            )
            SELECT wanted.id, before.ratings, after.ratings FROM wanted
            JOIN LATERAL (
                SELECT sum(day.score_count) AS score_count FROM {DAYS} AS day
                WHERE (day.user_id, day.game, day.playtype) = (wanted.user_id, wanted.game, wanted.playtype)
                AND day.day BETWEEN first AND last
            ) AS here ON here.score_count = wanted.score_count
            LEFT JOIN LATERAL (
                SELECT ratings::text FROM {DAYS} AS day
                WHERE (day.user_id, day.game, day.playtype) = (wanted.user_id, wanted.game, wanted.playtype)
                AND day.day < first ORDER BY day.day DESC LIMIT 1
            ) AS before ON true
            JOIN LATERAL (
                SELECT ratings::text FROM {DAYS} AS day
                WHERE (day.user_id, day.game, day.playtype) = (wanted.user_id, wanted.game, wanted.playtype)
                AND day.day <= last ORDER BY day.day DESC LIMIT 1
            ) AS after ON true
            WHERE NOT EXISTS (
                SELECT FROM untimed WHERE (untimed.user_id, untimed.game, untimed.playtype)
                    = (wanted.user_id, wanted.game, wanted.playtype) AND untimed.day BETWEEN first AND last
            )
            """,
            {"keys": list(keys)},
        )
        return {key: (json.loads(before or "{}"), json.loads(after)) for key, before, after in cursor.fetchall()}
