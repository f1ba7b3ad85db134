"""Changes to single scores and sessions, through the same refreshes as whole imports.

They happen beside an import that is still judging its rows, as in the original (spec: http-api §8), and wait for the
player's turn for no more than a moment.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import transaction

from imports.games import playtype_of
from imports.games.judging import ladder_indexes
from imports.models import APIToken, AuditEntry, Import, Score, ScoreBlacklist, Session, User
from imports.pipeline import bests, states
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import refresh
from imports.pipeline.states import Gone
from imports.pipeline.store import Touched


def delete_score(score: Score, *, by: User, token: APIToken | None = None, blacklist: bool = False) -> None:
    """Deletes a score and what it led to; with `blacklist` later imports skip it. Raises Busy or Gone."""
    # One transaction: nobody sees a best or a session of a score that is not there.
    with transaction.atomic():
        score = _in_turn(score)
        Score.objects.filter(pk=score.pk).delete()
        Import.objects.filter(pk=score.from_import_id, score_count__gt=0).update(
            score_count=Score.objects.filter(from_import=score.from_import_id).count()
        )
        touched = Touched(user_id=score.user_id, game=score.game, charts={score.chart_id}, playtypes=[score.playtype])
        if score.time_achieved is not None:
            touched.times[score.playtype].append(score.time_achieved)
        refresh(touched, Progress())
        if blacklist:
            ScoreBlacklist.objects.get_or_create(
                score_id=score.score_id, defaults={"user_id": score.user_id, "score": facts_of(score)}
            )
        verb = AuditEntry.Verb.BLACKLISTED if blacklist else AuditEntry.Verb.SCORE_DELETED
        AuditEntry.objects.create(
            verb=verb, job_id=score.from_import_id, subject_id=score.user_id, actor=by, token=token,
            counts={"scoreID": score.score_id},
        )  # fmt: skip


def facts_of(score: Score) -> dict[str, Any]:
    """A score as JSON data, enough to know it by when it is gone."""
    playtype = playtype_of(score.game, score.playtype)
    return {
        "scoreID": score.score_id,
        "userID": score.user_id,
        "game": score.game,
        "playtype": score.playtype,
        "chartID": score.chart.chart_id,
        "service": score.service,
        "timeAchieved": score.time_achieved,
        "comment": score.comment,
        "scoreData": {**score.score_data, "enumIndexes": ladder_indexes(score.score_data, playtype)},
        "calculatedData": score.calculated_data,
    }


def edit_score(score: Score, changes: dict[str, Any], *, by: User, token: APIToken | None = None) -> Score:
    """Changes `comment` or `highlight` or both; the best on the chart follows. Raises Busy or Gone."""
    # One transaction: a highlighted score and its best agree, and the change is on record.
    with transaction.atomic():
        score = _in_turn(score)
        _assign(score, {**changes, "edited": True})
        bests.refresh(score.user_id, {score.chart_id})
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.SCORE_EDITED, job_id=score.from_import_id, subject_id=score.user_id, actor=by,
            token=token, counts={"scoreID": score.score_id, "changed": list(changes)},
        )  # fmt: skip
    return score


def edit_session(session: Session, changes: dict[str, Any], *, by: User, token: APIToken | None = None) -> Session:
    """Changes `name`, `desc` or `highlight`. Raises Busy or Gone."""
    # One transaction: changed and on record, or neither.
    with transaction.atomic():
        session = _in_turn(session)
        _assign(session, changes)
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.SESSION_EDITED, subject_id=session.user_id, actor=by, token=token,
            counts={"sessionID": session.session_id, "changed": list(changes)},
        )  # fmt: skip
    return session


Row = TypeVar("Row", Score, Session)


def _in_turn(row: Row) -> Row:
    """A score or session as it stands under its player's lock. Raises Busy or Gone."""
    states.take_turn(row.user_id, patience=states.PATIENCE, beside_import=True)
    related = ("chart__song", "user") if isinstance(row, Score) else ("user",)
    found = type(row)._default_manager.select_related(*related).filter(pk=row.pk).first()
    if found is None:
        raise Gone
    return found


def _assign(row: Score | Session, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
