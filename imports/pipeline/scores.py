"""Changes to single scores, through the same refreshes as whole imports."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from imports.games import playtype_of
from imports.games.judging import ladder_indexes
from imports.models import APIToken, AuditEntry, Import, Score, ScoreBlacklist, Session, User
from imports.pipeline import bests, states
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import refresh
from imports.pipeline.store import Touched


def delete_score(score: Score, *, by: User, token: APIToken | None = None, blacklist: bool = False) -> bool:
    """Deletes a score and what it led to; with `blacklist` later imports skip it. False if it was gone already."""
    # One transaction: nobody sees a best or a session of a score that is not there.
    with transaction.atomic():
        states.lock_player(score.user_id)
        if not Score.objects.filter(pk=score.pk).delete()[0]:
            return False
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
    return True


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


def edit_score(score: Score, changes: dict[str, Any]) -> Score:
    """Changes `comment` or `highlight` or both; the best on the chart follows."""
    # One transaction: a highlighted score and its best agree.
    with transaction.atomic():
        states.lock_player(score.user_id)
        for name, value in changes.items():
            setattr(score, name, value)
        score.edited = True
        score.save(update_fields=[*changes, "edited"])
        bests.refresh(score.user_id, {score.chart_id})
    return score


def edit_session(session: Session, changes: dict[str, Any]) -> Session:
    """Changes `name`, `desc` or `highlight`."""
    for name, value in changes.items():
        setattr(session, name, value)
    session.save(update_fields=list(changes))
    return session
