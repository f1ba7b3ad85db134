"""Deletion of an account or of a game's profile, after thirty days in which it is hidden and can be restored."""

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
    """The account cannot be deleted; the text gives the reason and may be shown."""


def start_departure(user: User, game: str = EVERYTHING, *, by: User | None, reason: str = "") -> Departure:
    """Hides a game of a player, or the whole account, to be deleted in thirty days. Returns the request, new or old.

    Raises PlayerLocked during an import or a revert of the player, and CannotLeave for the last administrator.
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
            # Waiting imports are no longer wanted.
            waiting = Import.objects.filter(user=user, state=State.QUEUED)
            waiting.update(state=State.CANCELLED, time_finished=timezone.now())
            User.objects.filter(pk=user.pk).update(leaves_at=departure.due_at, is_active=False)
        departure.counts = departures.hide(departure)
        departure.save(update_fields=["counts"])
        _record(AuditEntry.Verb.LEAVING, departure, by=by, reason=reason)
    return departure


def cancel_departure(departure: Departure, *, by: User | None) -> None:
    """Restores everything, rated by the current charts and rules. Raises PlayerLocked."""
    user = departure.user
    # One transaction under the player's lock, as above.
    with transaction.atomic():
        states.acquire_player_lock(user.pk, timeout=states.LOCK_TIMEOUT_SECONDS)
        # A concurrent call may have restored it already, or the sweeper may have deleted it.
        current = Departure.objects.select_for_update().filter(pk=departure.pk).first()
        if current is None:
            return
        departures.restore(current)
        _record(AuditEntry.Verb.STAYED, current, by=by)
        current.delete()
        if current.game == EVERYTHING:
            User.objects.filter(pk=user.pk).update(leaves_at=None, is_active=current.was_active)
        for game in [current.game] if current.game else list(user.game_stats.values_list("game", flat=True).distinct()):
            rate_game(user.pk, game)


def sweep_departures() -> int:
    """Deletes the data of due departures. Returns the number of departures."""
    count = 0
    for departure in Departure.objects.filter(due_at__lte=timezone.now()).select_related("user").order_by("pk"):
        # One transaction each, under the player's lock: deleted and recorded, or neither.
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
