"""Changes of provided classes. Imports only raise them; moderators, and players by a class import, may lower them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from imports.games import playtype_of
from imports.games.spec import Game
from imports.models import AuditEntry, GameStats, Import, State, User
from imports.pipeline import states
from imports.pipeline.derived import class_history, class_updates, stats
from imports.pipeline.derived.class_history import NO_IMPORT, Cause
from imports.pipeline.rankings import ranking_entries
from imports.pipeline.undo import revert_snapshot


class NotProvided(ValueError):
    """The class set does not exist or is derived, or the class is not in it."""


@dataclass(frozen=True, slots=True)
class ClassChange:
    """A provided class to be set; `value` None removes it."""

    game: str
    playtype: str
    class_set: str
    value: str | None

    def check(self) -> None:
        """Raises NotProvided if the class cannot be set."""
        group = playtype_of(self.game, self.playtype).classes.get(self.class_set)
        if group is None or not group.is_provided:
            raise NotProvided(f"{self.class_set} is not a class that imports provide.")
        if self.value is not None and self.value not in group.ids:
            raise NotProvided(f"{self.class_set} has no class {self.value}.")


def set_class(player: User, change: ClassChange, *, by: User | None, reason: str, job: Import | None = None) -> None:
    """Sets a provided class, up or down, with an audit entry. Raises NotProvided or PlayerLocked."""
    change.check()
    # One transaction: the class, its history and the audit entry agree.
    with transaction.atomic():
        states.acquire_player_lock(player.pk, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
        old = _set(player.pk, change)
        counts = {"game": change.game, "playtype": change.playtype, "set": change.class_set, "old": old,
                  "new": change.value}  # fmt: skip
        AuditEntry.objects.record(
            AuditEntry.Verb.CLASS_SET, job, subject_id=player.pk, by=by, reason=reason, counts=counts
        )


def _set(user_id: int, change: ClassChange, *, cause: Cause = NO_IMPORT) -> str | None:
    """Sets a provided class and updates its history; returns the class before."""
    playtype = playtype_of(change.game, change.playtype)
    provided = {} if change.value is None else {change.class_set: change.value}
    now = stats.refresh_playtype(user_id, change.game, playtype, provided, lowered={change.class_set})
    class_history.refresh(user_id, change.game, playtype, now.classes_after, cause=cause)
    # The stats may exist only because of the class, and some ratings are 0 without scores.
    ranking_entries.refresh(user_id, change.game, playtype.name, now.ratings_after)
    return now.classes_before.get(change.class_set)


def raise_class(player: User, change: ClassChange) -> bool:
    """Raises a provided class to the one that a program reports; returns whether the class has changed.

    Raises NotProvided or PlayerLocked.
    """
    change.check()
    playtype = playtype_of(change.game, change.playtype)
    # One transaction: the class and its history agree.
    with transaction.atomic():
        states.acquire_player_lock(player.pk, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
        offered = {} if change.value is None else {change.class_set: change.value}
        now = stats.refresh_playtype(player.pk, change.game, playtype, offered)
        if now.classes_after.get(change.class_set) == now.classes_before.get(change.class_set):
            return False
        class_history.refresh(player.pk, change.game, playtype, now.classes_after)
        ranking_entries.refresh(player.pk, change.game, playtype.name, now.ratings_after)
        class_updates.add_deliveries(player.pk, now.deltas())
    return True


def roll_back_classes(job: Import, *, by: User | None, reason: str) -> int:
    """Sets each provided class that the import raised back; returns the number of classes. Raises PlayerLocked."""
    # One transaction: all classes or none, and no class changes between reading and writing.
    with transaction.atomic():
        states.acquire_player_lock(job.user_id, timeout=states.LOCK_TIMEOUT_SECONDS, beside_import=True)
        changes = still_raised(job)
        for change in changes:
            set_class(job.user, change, by=by, reason=reason, job=job)
    return len(changes)


# --- imports of classes ---------------------------------------------------------------------------------


def lowered(job: Import, game: Game, provided: Mapping[str, Mapping[str, str]]) -> dict[str, set[str]]:
    """Returns the class sets, by playtype, that an import of classes sets lower than the current class.

    A restored import lowers only those again that were not changed since its revert.
    """
    replaced = _replaced(job)
    found: dict[str, set[str]] = {}
    for row in GameStats.objects.filter(user=job.user_id, game=game.slug, playtype__in=provided):
        sets = game.by_name[row.playtype].classes
        for name, value in provided[row.playtype].items():
            current = row.classes.get(name)
            is_lower = current is not None and sets[name].index(value) < sets[name].index(current)
            if is_lower and (not job.put_aside or replaced[(row.playtype, name)].value == current):
                found.setdefault(row.playtype, set()).add(name)
    return found


def restore_previous_classes(job: Import) -> None:
    """Sets each class that a reverted import of classes set back to the class before, with its history.

    Classes that were changed since then stay.
    """
    replaced = _replaced(job)
    for change in still_raised(job):
        before = replaced[(change.playtype, change.class_set)]
        _set(job.user_id, replace(change, value=before.value), cause=Cause(restored_entries=before.entries))


@dataclass(slots=True)
class _Replaced:
    """The class that an import of classes replaced, and the history that it had."""

    value: str | None = None
    entries: list[Mapping[str, Any]] = field(default_factory=list)


def _replaced(job: Import) -> dict[tuple[str, str], _Replaced]:
    """Returns the classes that an import of classes replaced, by playtype and class set.

    If another import of classes had given that class and has been reverted since, the class that this one had replaced.
    """
    # A restored import is running, and its row has no times until it completes.
    finished = job.time_finished or revert_snapshot.original_run_times(job).get("time_finished")
    imports = [job]
    if finished is not None:  # otherwise it runs for the first time
        given_before = Import.objects.filter(
            user=job.user_id, game=job.game, import_type=job.import_type, pk__lt=job.pk
        )
        imports += given_before.filter(state=State.REVERTED, reverted_at__gt=finished).order_by("-pk")
    found: dict[tuple[str, str], _Replaced] = defaultdict(_Replaced)
    for each in imports:
        for delta in each.class_deltas:
            before = found[(delta["playtype"], delta["set"])]
            if each is job or before.value == delta["new"]:
                before.value = delta["old"]
                before.entries += each.classes_before or ()
    return found


def still_raised(job: Import) -> list[ClassChange]:
    """Returns the changes of a rollback: of the provided classes that the import set and that are still current."""
    now = {(row.game, row.playtype): row.classes for row in GameStats.objects.filter(user=job.user_id)}
    changes = []
    for delta in job.class_deltas:
        group = playtype_of(delta["game"], delta["playtype"]).classes.get(delta["set"])
        current = now.get((delta["game"], delta["playtype"]), {}).get(delta["set"])
        if group is not None and group.is_provided and current == delta["new"]:
            changes.append(ClassChange(delta["game"], delta["playtype"], delta["set"], delta["old"]))
    return changes
