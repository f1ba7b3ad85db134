"""Changes single scores and sessions, with the same refreshes as imports.

Changes are possible while an import is judging its rows, as in Tachi (spec: http-api §8), and wait at most
LOCK_TIMEOUT_SECONDS for the player's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, QuerySet

from imports.games import BY_SLUG, playtype_of
from imports.games.judging import ladder_indexes
from imports.integers import milliseconds
from imports.models import APIToken, AuditEntry, Import, Score, ScoreBlacklist, Session, User, find_session
from imports.pipeline import states
from imports.pipeline.derived import bests, sessions
from imports.pipeline.derived.refresh import refresh
from imports.pipeline.progress import Progress
from imports.pipeline.scoring.store import AffectedScope
from imports.pipeline.states import NoLongerExists

MAX_ORDERED_PINS = 60


def delete_score(score: Score, *, by: User, token: APIToken | None = None, blacklist: bool = False) -> None:
    """Deletes a score and refreshes the state derived from it; with `blacklist` later imports skip it.

    Raises PlayerLocked or NoLongerExists.
    """
    # One transaction, so that nobody sees a best or a session of a deleted score.
    with transaction.atomic():
        score = _locked(score)
        Score.objects.filter(pk=score.pk).delete()
        # The number of scores and the playtypes of its import are updated.
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
    """Returns a score as JSON data that identifies it after its deletion."""
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
    """Changes `comment` or `highlight` or both, and refreshes the best on the chart.

    Raises PlayerLocked or NoLongerExists.
    """
    # One transaction: a highlighted score, its best and the audit entry agree.
    with transaction.atomic():
        score = _locked(score)
        # `edited`: a revert stores the edits of such scores, and a restore applies them again (`undo.revert_snapshot`).
        for name, value in {**changes, "edited": True}.items():
            setattr(score, name, value)
        if not score.highlight:
            score.pin_place = None  # pinned again, it is a new pin
        score.save(update_fields=[*changes, "edited", "pin_place"])
        bests.refresh(score.user_id, {score.chart_id})  # a best shows the highlight of its scores
        AuditEntry.objects.record(
            AuditEntry.Verb.SCORE_EDITED, job_id=score.from_import_id, subject_id=score.user_id, by=by, token=token,
            counts={"scoreID": score.score_id, "changed": list(changes)},
        )  # fmt: skip
    return score


def pin_scores(scores: Iterable[Score], chosen: Collection[str], *, by: User) -> int:
    """Highlights those of a player's scores with chosen IDs, and none of the others; returns the number of changes.

    Raises PlayerLocked or NoLongerExists.
    """
    changed = [score for score in scores if score.highlight is not (score.score_id in chosen)]
    # One transaction: all scores are changed together.
    with transaction.atomic():
        for score in changed:
            edit_score(score, {"highlight": not score.highlight}, by=by)
    return len(changed)


def highlighted_scores(owner: User) -> QuerySet[Score]:
    """Returns the pinned scores in order: those that the player has not moved come first, newest first."""
    found = Score.objects.filter(user=owner, highlight=True, game__in=BY_SLUG)
    return found.order_by(F("pin_place").asc(nulls_first=True), F("time_achieved").desc(nulls_last=True), "-pk")


def move_pin(score: Score, direction: Literal["up", "down"]) -> bool:
    """Swaps a pinned score with its neighbour and numbers all pins; returns whether it has such a neighbour.

    Only the first MAX_ORDERED_PINS can be moved. Raises PlayerLocked or NoLongerExists.
    """
    # One transaction: the places are numbered together.
    with transaction.atomic():
        score = _locked(score)
        pins = list(highlighted_scores(score.user).only("pin_place")[:MAX_ORDERED_PINS])
        if score not in pins:
            return False
        place = pins.index(score)
        other = place - 1 if direction == "up" else place + 1
        if not 0 <= other < len(pins):
            return False
        pins[place], pins[other] = pins[other], pins[place]
        for number, pin in enumerate(pins, start=1):
            pin.pin_place, pin.edited = number, True  # `edited`: as for other edits
        Score.objects.bulk_update(pins, ["pin_place", "edited"])
    return True


def edit_session(session: Session, changes: dict[str, Any], *, by: User, token: APIToken | None = None) -> Session:
    """Changes `name`, `desc` or `highlight`. Raises PlayerLocked or NoLongerExists."""
    # One transaction: changed and audited, or neither.
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
    """Acquires the player's lock; returns the score as read under it. Raises PlayerLocked or NoLongerExists."""
    states.acquire_player_lock(score.user_id, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
    found = Score.objects.select_related("chart__song", "user").filter(pk=score.pk).first()
    if found is None:
        raise NoLongerExists
    return found
