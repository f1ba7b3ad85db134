"""Compares a player's bests with those on an earlier day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time

from django.db import connection

from imports.models import GameStats, PersonalBest, Score
from imports.pipeline.derived.bests import on_chart

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
# As in `derived.rating_history`: a score without a time counts from the time at which it was added.
MOMENT = "coalesce(time_achieved, extract(epoch FROM time_added)::float8 * 1000)"


def count_grades_gained(stats: GameStats, since: date) -> Counter[str]:
    """Returns by grade how many more (negative: fewer) bests on primary charts have it than before a day (UTC).

    One query, which reads only charts with scores that count from that day on.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH touched AS MATERIALIZED (
                SELECT DISTINCT chart_id FROM {SCORES} WHERE user_id = %(user)s AND game = %(game)s
                AND playtype = %(playtype)s AND (time_achieved >= %(since)s
                    OR (time_achieved IS NULL AND time_added >= to_timestamp(%(since)s::float8 / 1000)))
            )
            SELECT best.score_data->>'grade', before.grade, count(*)
            FROM touched JOIN {BESTS} AS best ON (best.user_id, best.chart_id) = (%(user)s, touched.chart_id)
            LEFT JOIN LATERAL (
                SELECT score_data->>'grade' AS grade FROM {SCORES} AS score
                WHERE {on_chart("touched.chart_id", "%(user)s")} AND {MOMENT} < %(since)s
                ORDER BY best_keys[1] DESC NULLS LAST, time_achieved, score_id LIMIT 1
            ) AS before ON true
            WHERE best.is_primary GROUP BY 1, 2
            """,
            {
                "user": stats.user_id, "game": stats.game, "playtype": stats.playtype,
                "since": datetime.combine(since, time.min, UTC).timestamp() * 1000,
            },
        )  # fmt: skip
        gained: Counter[str] = Counter()
        for now, before, count in cursor.fetchall():
            gained[now] += count
            if before is not None:
                gained[before] -= count
    return gained
