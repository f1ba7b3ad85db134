"""Changes to single scores and sessions, through the same refreshes as whole imports.

They happen beside an import that is still judging its rows, as in the original (spec: http-api §8), and wait for the
player's turn for no more than a moment.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from imports.games import playtype_of
from imports.games.judging import ladder_indexes
from imports.integers import milliseconds
from imports.models import APIToken, AuditEntry, Import, Score, ScoreBlacklist, Session, User, find_session
from imports.pipeline import states
from imports.pipeline.derived import bests, sessions
from imports.pipeline.derived.refresh import refresh
from imports.pipeline.progress import Progress
from imports.pipeline.scoring.store import AffectedScope
from imports.pipeline.states import NoLongerExists


def delete_score(score: Score, *, by: User, token: APIToken | None = None, blacklist: bool = False) -> None:
    """Deletes a score and what it led to; with `blacklist` later imports skip it.

    Raises PlayerLocked or NoLongerExists.
    """
    # One transaction: nobody sees a best or a session of a score that is not there.
    with transaction.atomic():
        score = _locked(score)
        Score.objects.filter(pk=score.pk).delete()
        # The import that brought the score says what it still has: how many scores, of which playtypes.
        left = Score.objects.filter(from_import=score.from_import_id)
        job = Import.objects.only("score_count", "playtypes").get(pk=score.from_import_id)
        job.score_count = left.count()
        if not left.filter(playtype=score.playtype).exists():
            job.playtypes = [name for name in job.playtypes if name != score.playtype]
        job.save(update_fields=["score_count", "playtypes"])
        touched = AffectedScope(
            user_id=score.user_id, game=score.game, charts={score.chart_id}, playtypes=[score.playtype]
        )
        if score.time_achieved is None:
            touched.untimed[score.playtype].append(milliseconds(score.time_added))
        else:
            touched.times[score.playtype].append(score.time_achieved)
        refresh(touched, Progress())
        if blacklist:
            ScoreBlacklist.objects.get_or_create(
                score_id=score.score_id, defaults={"user_id": score.user_id, "score": facts_of(score)}
            )
        verb = AuditEntry.Verb.BLACKLISTED if blacklist else AuditEntry.Verb.SCORE_DELETED
        AuditEntry.objects.record(
            verb, job_id=score.from_import_id, subject_id=score.user_id, by=by, token=token,
            counts={"scoreID": score.score_id},
        )  # fmt: skip


def facts_of(score: Score) -> dict[str, Any]:
    """Returns a score as JSON data, enough to recognize it when it is gone."""
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
    """Changes `comment` or `highlight` or both; the best on the chart follows.

    Raises PlayerLocked or NoLongerExists.
    """
    # One transaction: a highlighted score and its best agree, and the change is on record.
    with transaction.atomic():
        score = _locked(score)
        # `edited`: so that a revert keeps them, and a restore brings them back (`undo.revert_snapshot`).
        for name, value in {**changes, "edited": True}.items():
            setattr(score, name, value)
        score.save(update_fields=[*changes, "edited"])
        bests.refresh(score.user_id, {score.chart_id})  # a best shows the highlight of its scores
        AuditEntry.objects.record(
            AuditEntry.Verb.SCORE_EDITED, job_id=score.from_import_id, subject_id=score.user_id, by=by, token=token,
            counts={"scoreID": score.score_id, "changed": list(changes)},
        )  # fmt: skip
    return score


def edit_session(session: Session, changes: dict[str, Any], *, by: User, token: APIToken | None = None) -> Session:
    """Changes `name`, `desc` or `highlight`. Raises PlayerLocked or NoLongerExists."""
    # One transaction: changed and on record, or neither.
    with transaction.atomic():
        states.acquire_player_lock(session.user_id, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
        found = find_session(session.session_id)  # it may have been merged into another one meanwhile
        if found is None:
            raise NoLongerExists
        sessions.edit(found, changes)
        AuditEntry.objects.record(
            AuditEntry.Verb.SESSION_EDITED, subject_id=found.user_id, by=by, token=token,
            counts={"sessionID": found.session_id, "changed": list(changes)},
        )  # fmt: skip
    return found


def _locked(score: Score) -> Score:
    """Takes the player's lock; returns the score as it stands under it. Raises PlayerLocked or NoLongerExists."""
    states.acquire_player_lock(score.user_id, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
    found = Score.objects.select_related("chart__song", "user").filter(pk=score.pk).first()
    if found is None:
        raise NoLongerExists
    return found
