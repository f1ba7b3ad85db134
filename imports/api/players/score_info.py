"""Comparison of the scores of sessions with earlier bests (spec: http-api-reads §6), with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from imports.api.common.generations import Generation
from imports.api.common.queries import LISTED_SCORES
from imports.api.common.shortened import fair_share
from imports.api.players.schemas import ScoreInfo, SessionWithInfo
from imports.games import playtype_of
from imports.games.spec import Graph, Ladder, Playtype
from imports.models import Score, Session
from imports.pipeline.derived import bests

SCORES = Score._meta.db_table
SESSIONS = Session._meta.db_table


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """The columns of a score that the comparison needs."""

    score_id: str
    chart_id: int
    metrics: Mapping[str, Any]


SessionScores = Mapping[int, Sequence[ScoreSummary]]
"""Session -> its scores in chronological order."""


def score_info(session: Session, scores: Sequence[Score]) -> list[ScoreInfo]:
    """Returns the comparison of each score of a session with the player's best before the session.

    Two scores on one chart are both compared with the same earlier best.
    """
    summaries = [ScoreSummary(score.score_id, score.chart_id, score.score_data) for score in scores]
    return _score_infos([session], {session.pk: summaries})[session.pk]


def sessions_with_info(sessions: Sequence[Session], documents: Generation) -> list[SessionWithInfo]:
    """Returns the documents of sessions of one player, game and playtype, each with its `__scoreInfo`.

    A long session lists at most its fair share of scores (`incomplete`).
    """
    # So that one very long session leaves space for the others of a page.
    most = fair_share([session.score_count for session in sessions], total=LISTED_SCORES)
    members: dict[int, list[ScoreSummary]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT session.id, score.score_id, score.chart_id, score.score_data::text FROM {SESSIONS} AS session
            CROSS JOIN LATERAL (
                SELECT * FROM {SCORES} AS score WHERE (score.user_id, score.game, score.playtype)
                    = (session.user_id, session.game, session.playtype)
                    AND score.time_achieved BETWEEN session.time_started AND session.time_ended
                ORDER BY score.time_achieved, score.id LIMIT %s) AS score
            WHERE session.id = ANY(%s) ORDER BY score.time_achieved, score.id
            """,  # noqa: S608 - only our own tables' names are pasted in
            [most, [session.pk for session in sessions]],
        )
        for session, score_id, chart, data in cursor.fetchall():
            members[session].append(ScoreSummary(score_id, chart, msgspec.json.decode(data)))
    infos = _score_infos(sessions, members)
    document = documents.of(SessionWithInfo)
    return [
        document.with_info(session, [score.score_id for score in members[session.pk]], infos[session.pk])
        for session in sessions
    ]


def _score_infos(sessions: Sequence[Session], members: SessionScores) -> dict[int, list[ScoreInfo]]:
    if not sessions:
        return {}
    playtype = playtype_of(sessions[0].game, sessions[0].playtype)
    # One query for the bests before all sessions.
    starts = {session.pk: session.time_started for session in sessions}
    moments = {(score.chart_id, starts[key]) for key, scores in members.items() for score in scores}
    earlier = bests.metrics_before(sessions[0].user_id, moments, playtype)
    return {
        key: [_info(score, earlier.get((score.chart_id, start)), playtype) for score in members.get(key, ())]
        for key, start in starts.items()
    }


def _info(score: ScoreSummary, earlier: Mapping[str, Any] | None, playtype: Playtype) -> ScoreInfo:
    if earlier is None:
        return ScoreInfo(score_id=score.score_id, is_new_score=True)
    deltas: dict[str, float] = {}
    for name, metric in playtype.metrics.items():
        now, before = score.metrics[name], earlier[name]
        if isinstance(metric, Ladder):  # in steps
            deltas[name] = playtype.ladder_indexes[name][now] - playtype.ladder_indexes[name][before]
        elif not isinstance(metric, Graph):
            deltas[name] = now - before
    return ScoreInfo(score_id=score.score_id, is_new_score=False, deltas=deltas)
