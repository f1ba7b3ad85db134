"""A moderator's hand on provided classes: they only rise by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from imports.games import playtype_of
from imports.models import AuditEntry, ClassAchievement, GameStats, Import, User
from imports.pipeline import states, stats


class NotProvided(ValueError):
    """There is no such class set, it is a derived one, or it has no such class."""


@dataclass(frozen=True, slots=True)
class ClassChange:
    """A provided class to be set; `value` None takes it away."""

    game: str
    playtype: str
    class_set: str
    value: str | None

    def check(self) -> None:
        """Raises NotProvided."""
        group = playtype_of(self.game, self.playtype).classes.get(self.class_set)
        if group is None or not group.is_provided:
            raise NotProvided(f"{self.class_set} is not a class that imports provide.")
        if self.value is not None and self.value not in group.ids:
            raise NotProvided(f"{self.class_set} has no class {self.value}.")


def set_class(player: User, change: ClassChange, *, by: User | None, reason: str, job: Import | None = None) -> None:
    """Sets a provided class, up or down, on record with who and why. Raises NotProvided or Busy."""
    change.check()
    # One transaction: the class, the achievements above it and the record agree.
    with transaction.atomic():
        states.take_turn(player.pk, patience=states.PATIENCE, beside_import=True)
        row, _ = GameStats.objects.get_or_create(user=player, game=change.game, playtype=change.playtype)
        old = row.classes.get(change.class_set)
        classes = {name: value for name, value in row.classes.items() if name != change.class_set}
        row.classes = classes if change.value is None else {**classes, change.class_set: change.value}
        row.save(update_fields=["classes"])
        stats.refresh(player.pk, change.game, [change.playtype])
        _forget_higher(player, change)
        AuditEntry.objects.create(
            verb=AuditEntry.Verb.CLASS_SET, job=job, subject=player, actor=by, reason=reason,
            counts={"game": change.game, "playtype": change.playtype, "set": change.class_set, "old": old,
                    "new": change.value},
        )  # fmt: skip


def roll_back_classes(job: Import, *, by: User | None, reason: str) -> int:
    """Gives each provided class that the import raised its value from before. Returns how many. Raises Busy."""
    # One transaction: all of them or none, and nothing rises between the look and the deed.
    with transaction.atomic():
        states.take_turn(job.user_id, patience=states.PATIENCE, beside_import=True)
        changes = still_raised(job)
        for change in changes:
            set_class(job.user, change, by=by, reason=reason, job=job)
    return len(changes)


def still_raised(job: Import) -> list[ClassChange]:
    """What rolling back would set: the provided classes that the import raised, but those that have changed since."""
    now = {(row.game, row.playtype): row.classes for row in GameStats.objects.filter(user=job.user_id)}
    return [
        ClassChange(delta["game"], delta["playtype"], delta["set"], delta["old"])
        for delta in job.class_deltas
        if _is_provided(delta) and now.get((delta["game"], delta["playtype"]), {}).get(delta["set"]) == delta["new"]
    ]


def _is_provided(delta: Mapping[str, Any]) -> bool:
    group = playtype_of(delta["game"], delta["playtype"]).classes.get(delta["set"])
    return group is not None and group.is_provided


def _forget_higher(player: User, change: ClassChange) -> None:
    """Achievements above a class that was lowered did not happen."""
    group = playtype_of(change.game, change.playtype).classes[change.class_set]
    limit = -1 if change.value is None else group.index(change.value)
    higher = [class_id for class_id in group.ids if group.index(class_id) > limit]
    ClassAchievement.objects.filter(
        user=player, game=change.game, playtype=change.playtype, class_set=change.class_set, new_value__in=higher
    ).delete()
