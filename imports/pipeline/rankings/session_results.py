"""What sessions came to: their lamps in order, their new bests, and the ratings before and after them.

Of many sessions at once, of one player or of several: one query for each of the three.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db import connection

from imports.models import DailyRatings, Score, Session

SESSIONS = Session._meta.db_table
SCORES = Score._meta.db_table
DAYS = DailyRatings._meta.db_table
# A session has the scores within its times.
PLAYED = """
    (score.user_id, score.game, score.playtype) = (session.user_id, session.game, session.playtype)
    AND score.time_achieved BETWEEN session.time_started AND session.time_ended
"""
# Of `tops`; with OFFSET 0 PostgreSQL looks up each chart in an index. One score that is as good is enough, and found
# soon where a chart was played often.
EARLIER = f"""
    FROM {SCORES} AS earlier WHERE earlier.chart_id = tops.chart_id AND earlier.user_id = tops.user_id
    AND (earlier.time_achieved < tops.time_started OR earlier.time_achieved IS NULL)
"""


def find_lamps(keys: Collection[int], *, columns: int) -> dict[int, list[list[str]]]:
    """Returns the lamps of each session's scores, in the order of the scores and in at most so many columns.

    By the session's key. A column of several scores has each of their lamps once; of two lamps it is the note lamp.
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
    """Returns on how many charts each session, by its key, was better than all scores before it; none is left out.

    First plays are no new bests. Scores without a time are taken to be earlier.
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
            WHERE EXISTS (SELECT {EARLIER} AND best_keys[1] < top OFFSET 0)
            AND NOT EXISTS (SELECT {EARLIER} AND best_keys[1] >= top OFFSET 0) GROUP BY tops.id
            """,
            {"keys": list(keys)},
        )
        return dict(cursor.fetchall())


def ratings_around(keys: Collection[int]) -> dict[int, tuple[Mapping[str, float | None], Mapping[str, float | None]]]:
    """Returns the profile ratings before and after each session, by its key.

    Ratings are kept by day (UTC). A session that shares its days with other scores is left out, as nobody could say
    which of them moved the ratings.
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
