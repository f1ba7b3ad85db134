"""What reverting an import would take, counted before it is done. Every number is exact; nothing is changed.

`revert.facts_before` says what goes when all of the import's scores go. Where other completed imports carried some of
them, reverting with `keep_shared` leaves those, and what then goes is counted here.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from imports.models import Import, ImportSession, PersonalBest, Score, Session
from imports.pipeline.revert import facts_before

SCORES, IMPORTS = Score._meta.db_table, Import._meta.db_table
BESTS, SESSIONS, PARTS = PersonalBest._meta.db_table, Session._meta.db_table, ImportSession._meta.db_table

# The import's scores, each with whether another completed import carried it too.
MINE = f"""
    WITH carried AS MATERIALIZED (
        SELECT unnest(range_agg(also_carried)) AS keys FROM {IMPORTS}
        WHERE user_id = %(user)s AND state = 'completed' AND id <> %(job)s AND duplicate_count > 0
    ), shared AS MATERIALIZED (
        SELECT score.id FROM carried JOIN {SCORES} AS score
        ON score.from_import_id = %(job)s AND score.id >= lower(keys) AND score.id < upper(keys)
    ), mine AS MATERIALIZED (
        SELECT score.id, chart_id, score_id, playtype, time_achieved, shared.id IS NOT NULL AS is_shared
        FROM {SCORES} AS score LEFT JOIN shared ON shared.id = score.id WHERE from_import_id = %(job)s
    )
"""


@dataclass(frozen=True, slots=True)
class Losses:
    """What goes when shared scores are kept, which are `kept` of the import's."""

    scores: int
    kept: int
    charts: int  # without any score afterwards
    bests: int  # that remain, but change
    sessions: int
    sessions_changed: int  # that remain, but lose scores


def losses_of(job: Import) -> Losses:
    """A fixed number of queries."""
    kept, scores, charts, bests = _counted(job)
    facts = facts_before(job)
    sessions = _sessions_beside_kept(job) if kept else (facts["sessions_gone"], facts["sessions_changed"])
    return Losses(scores, kept, charts, bests, *sessions)


def carriers(job: Import) -> list[int]:
    """The other completed imports that carried scores of this one too, by primary key."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT id FROM {IMPORTS} AS other
            WHERE user_id = %(user)s AND state = 'completed' AND id <> %(job)s AND duplicate_count > 0
              AND EXISTS (SELECT FROM unnest(also_carried) AS keys JOIN {SCORES} AS score
                          ON score.from_import_id = %(job)s AND score.id >= lower(keys) AND score.id < upper(keys))
            ORDER BY id
            """,
            {"user": job.user_id, "job": job.pk},
        )
        return [row[0] for row in cursor.fetchall()]


def _counted(job: Import) -> tuple[int, int, int, int]:
    """Scores that stay, scores that go, charts that become unplayed, bests that change."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {MINE}, still AS MATERIALIZED (
                SELECT chart_id FROM {SCORES} WHERE user_id = %(user)s AND from_import_id <> %(job)s
                AND chart_id IN (SELECT chart_id FROM mine)
                UNION SELECT chart_id FROM mine WHERE is_shared
            ), going AS MATERIALIZED (SELECT chart_id, score_id FROM mine WHERE NOT is_shared)
            SELECT (SELECT count(*) FROM mine WHERE is_shared), (SELECT count(*) FROM going),
                   (SELECT count(DISTINCT chart_id) FROM going WHERE chart_id NOT IN (SELECT chart_id FROM still)),
                   (SELECT count(DISTINCT best.id) FROM {BESTS} AS best
                    JOIN still ON still.chart_id = best.chart_id
                    JOIN going ON going.chart_id = best.chart_id AND jsonb_path_exists(
                         best.composed_from, '$[*] ? (@.scoreID == $id)', jsonb_build_object('id', going.score_id))
                    WHERE best.user_id = %(user)s)
            """,
            {"user": job.user_id, "job": job.pk},
        )
        kept, scores, charts, bests = cursor.fetchone()
    return kept, scores, charts, bests


def _sessions_beside_kept(job: Import) -> tuple[int, int]:
    """How many sessions go, and how many only lose scores."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {MINE}, parts AS (
                SELECT part.score_count AS brought, session.score_count AS whole,
                       (SELECT count(*) FROM mine WHERE is_shared AND mine.playtype = session.playtype
                        AND mine.time_achieved BETWEEN session.time_started AND session.time_ended) AS kept
                FROM {PARTS} AS part JOIN {SESSIONS} AS session ON session.id = part.session_id
                WHERE part.job_id = %(job)s
            )
            SELECT count(*) FILTER (WHERE brought = whole AND kept = 0),
                   count(*) FILTER (WHERE brought > kept AND (brought < whole OR kept > 0)) FROM parts
            """,
            {"user": job.user_id, "job": job.pk},
        )
        gone, changed = cursor.fetchone()
    return gone, changed
