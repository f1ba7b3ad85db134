"""Leaving: a game's profile or the whole account goes, after thirty days in which it is hidden and may come back."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from imports.models import AuditEntry, Departure, Import, State, User
from imports.models.jobs.departures import EVERYTHING
from imports.pipeline import departures, states
from imports.seeds.rating import rate_game

DAYS_TO_RETURN = 30


class CannotLeave(Exception):
    """Why an account stays; the text may be shown."""


def leave(user: User, game: str = EVERYTHING, *, by: User | None, reason: str = "") -> Departure:
    """Hides a game of a player, or the whole account, and has it deleted in thirty days.

    Raises PlayerLocked beside an import or a revert, and CannotLeave for the last administrator.
    """
    # One transaction under the player's lock: everything is hidden, or nothing.
    with transaction.atomic():
        states.acquire_player_lock(user.pk, timeout=states.LOCK_TIMEOUT_SECONDS)
        due_at = timezone.now() + timedelta(days=DAYS_TO_RETURN)
        departure, is_new = Departure.objects.get_or_create(
            user=user, game=game, defaults={"due_at": due_at, "by": by, "was_active": user.is_active}
        )
        if not is_new:
            return departure
        if game == EVERYTHING:
            others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
            if user.is_superuser and not others.exists():
                raise CannotLeave("You are the only administrator. Make somebody else one first.")
            # What waits is not wanted any more.
            waiting = Import.objects.filter(user=user, state=State.QUEUED)
            waiting.update(state=State.CANCELLED, time_finished=timezone.now())
            User.objects.filter(pk=user.pk).update(leaves_at=departure.due_at, is_active=False)
        departure.counts = departures.hide(departure)
        departure.save(update_fields=["counts"])
        _record(AuditEntry.Verb.LEAVING, departure, by=by, reason=reason)
    return departure


def stay(departure: Departure, *, by: User | None) -> None:
    """Brings everything back as it was, rated by the charts and rules of today. Raises PlayerLocked."""
    user = departure.user
    # One transaction under the player's lock, as above.
    with transaction.atomic():
        states.acquire_player_lock(user.pk, timeout=states.LOCK_TIMEOUT_SECONDS)
        # Of two at once one brings it back, and the sweeper may have deleted it meanwhile.
        found = Departure.objects.select_for_update().filter(pk=departure.pk).first()
        if found is None:
            return
        departures.restore(found)
        _record(AuditEntry.Verb.STAYED, found, by=by)
        found.delete()
        if found.game == EVERYTHING:
            User.objects.filter(pk=user.pk).update(leaves_at=None, is_active=found.was_active)
        for game in [found.game] if found.game else list(user.game_stats.values_list("game", flat=True).distinct()):
            rate_game(user.pk, game)


def sweep_departures() -> int:
    """Deletes what is due. Returns how many departures there were."""
    count = 0
    for departure in Departure.objects.filter(due_at__lte=timezone.now()).select_related("user").order_by("pk"):
        # One transaction each, under the player's lock: gone and on record, or neither.
        with transaction.atomic():
            if not states.try_lock_player(departure.user_id):
                continue
            _record(AuditEntry.Verb.LEFT, departure, by=None)
            departures.forget(departure)
        count += 1
    return count


def _record(verb: AuditEntry.Verb, departure: Departure, *, by: User | None, reason: str = "") -> None:
    AuditEntry.objects.record(
        verb, subject_id=departure.user_id, by=by, reason=reason, counts={"game": departure.game, **departure.counts}
    )
