"""What the scores of sessions were to their player's bests (spec: http-api-reads §6): a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from imports.api.documents import Document, session_document
from imports.games import playtype_of
from imports.games.judging import Best
from imports.games.spec import Graph, Ladder, Playtype
from imports.models import Score, Session
from imports.pipeline import bests

SCORES = Score._meta.db_table
SESSIONS = Session._meta.db_table


@dataclass(frozen=True, slots=True)
class Told:
    """As much of a score as is told of it here."""

    score_id: str
    chart_id: int
    metrics: Mapping[str, Any]


Members = Mapping[int, Sequence[Told]]
"""Session -> its scores in the order in which they were achieved."""


def score_info(session: Session, scores: Sequence[Score]) -> list[Document]:
    """What each score of a session was to its player's best before the session began.

    Two scores on one chart are both held against the same earlier best.
    """
    told = [Told(score.score_id, score.chart_id, score.score_data) for score in scores]
    return _score_infos([session], {session.pk: told})[session.pk]


def sessions_with_info(sessions: Sequence[Session]) -> list[Document]:
    """Documents of sessions of one player, game and playtype, each with its `__scoreInfo`."""
    members = _members(sessions)
    infos = _score_infos(sessions, members)
    return [
        {
            **session_document(session, [score.score_id for score in members[session.pk]]),
            "__scoreInfo": infos[session.pk],
        }
        for session in sessions
    ]


def _members(sessions: Sequence[Session]) -> Members:
    found: dict[int, list[Told]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT session.id, score.score_id, score.chart_id, score.score_data::text FROM {SESSIONS} AS session
            JOIN {SCORES} AS score ON (score.user_id, score.game, score.playtype)
                 = (session.user_id, session.game, session.playtype)
                 AND score.time_achieved BETWEEN session.time_started AND session.time_ended
            WHERE session.id = ANY(%s) ORDER BY score.time_achieved, score.id
            """,  # noqa: S608 - only our own tables' names are pasted in
            [[session.pk for session in sessions]],
        )
        for session, score_id, chart, data in cursor.fetchall():
            found[session].append(Told(score_id, chart, msgspec.json.decode(data)))
    return found


def _score_infos(sessions: Sequence[Session], members: Members) -> dict[int, list[Document]]:
    if not sessions:
        return {}
    playtype = playtype_of(sessions[0].game, sessions[0].playtype)
    starts = {session.pk: session.time_started for session in sessions}
    moments = {(score.chart_id, starts[key]) for key, scores in members.items() for score in scores}
    earlier = bests.before(sessions[0].user_id, moments, playtype)
    return {
        key: [_info(score, earlier.get((score.chart_id, start)), playtype) for score in members.get(key, ())]
        for key, start in starts.items()
    }


def _info(score: Told, earlier: Best | None, playtype: Playtype) -> Document:
    if earlier is None:
        return {"scoreID": score.score_id, "isNewScore": True}
    deltas = {
        name: _worth(playtype, name, score.metrics[name]) - _worth(playtype, name, earlier.metrics[name])
        for name, metric in playtype.metrics.items()
        if not isinstance(metric, Graph)
    }
    return {"scoreID": score.score_id, "isNewScore": False, "deltas": deltas}


def _worth(playtype: Playtype, name: str, value: Any) -> float:
    """A number, or the index of a ladder's value."""
    worth: float = playtype.ladder_indexes[name][value] if isinstance(playtype.metrics[name], Ladder) else value
    return worth
