"""The history of a player's classes for the feeds: derived state that agrees with the current classes.

The history of a class set is a chain of `ClassAchievement`s in order of time: the old value of each is the new value of
the one before, each is higher, and the last is the current class. `refresh` restores this after classes have changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from imports.games import playtype_of
from imports.games.spec import ClassSet, Playtype
from imports.models import AuditEntry, ClassAchievement, GameStats, Import, State

AUDIT = AuditEntry._meta.db_table


@dataclass(frozen=True, slots=True)
class Entry:
    """A class that was reached. `job_id` None: not by an import (a matched orphan, new levels, a moderator)."""

    class_set: str
    value: str
    time: datetime
    job_id: int | None


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause of a class change: an import, with the entries that its earlier revert stored; or no import."""

    job: Import | None = None
    restored_entries: Sequence[Mapping[str, Any]] = ()


NO_IMPORT = Cause()


def refresh(
    user_id: int, game: str, playtype: Playtype, classes: Mapping[str, str], *, cause: Cause = NO_IMPORT
) -> None:
    """Updates the history of one playtype to agree with the current classes. Writes only rows that differ."""
    whose = {"user_id": user_id, "game": game, "playtype": playtype.name}
    stored = list(ClassAchievement.objects.filter(**whose).order_by("time_achieved", "pk"))
    found = [Entry(row.class_set, row.new_value, row.time_achieved, row.from_import_id) for row in stored]
    returning = [
        Entry(each["set"], each["value"], datetime.fromisoformat(each["time"]), each["job"])
        for each in cause.restored_entries
        if each["playtype"] == playtype.name
    ]
    job_ids = {entry.job_id for entry in (*found, *returning) if entry.job_id is not None}
    completed: set[int | None] = {None}  # entries without an import stay
    if cause.job is not None:
        completed.add(cause.job.pk)  # its state becomes completed at the end of its transaction
    if others := job_ids - completed:
        completed.update(Import.objects.filter(pk__in=others, state=State.COMPLETED).values_list("pk", flat=True))
    for name, group in playtype.classes.items():
        # Entries stored by a revert count like current ones; entries of both with the same time are merged.
        every = [entry for entry in (*found, *returning) if entry.class_set == name]
        current = classes.get(name)
        if not {entry.value for entry in every} | {current} <= {*group.ids, None}:
            continue  # the ladder has changed, so that entries can no longer be ordered
        # A provided class outlives its import, a derived class does not.
        counting = [entry for entry in every if group.is_provided or entry.job_id in completed]
        gone = [entry.time for entry in every if entry not in counting]
        wanted = chain(group, counting, current, closing=_closing(name, counting, gone, cause))
        _save([row for row in stored if row.class_set == name], wanted, whose)


def chain(group: ClassSet, entries: Iterable[Entry], current: str | None, *, closing: Entry) -> list[Entry]:
    """Returns the entries that raise the class, in order of time, none above `current`; the last one reaches it.

    Of entries at the same time one counts: that of an import, then the highest. If no entry reaches the current
    class, `closing` is added with the class as its value.
    """
    # A moderator may have lowered the class: entries above the current class are no history.
    limit = -1 if current is None else group.index(current)
    by_time: dict[datetime, Entry] = {}
    # Of entries at the same time, the last one in this order stays: that of an import, then the highest.
    for entry in sorted(entries, key=lambda entry: (entry.job_id is not None, group.index(entry.value))):
        by_time[entry.time] = entry
    if current is not None and all(group.index(entry.value) < limit for entry in by_time.values()):
        by_time[closing.time] = replace(closing, value=current)
    found: list[Entry] = []
    reached = -1
    for _, entry in sorted(by_time.items()):
        worth = min(group.index(entry.value), limit)
        if worth > reached:
            found.append(replace(entry, value=group.ids[worth]))
            reached = worth
    return found


def _closing(name: str, counting: Sequence[Entry], gone: Sequence[datetime], cause: Cause) -> Entry:
    """Returns the entry, still without a value, for a current class that no other entry explains.

    The class was reached by the import that is the cause. After a restore, later imports may depend on its scores:
    then the latest import that reached a class has reached this one.
    """
    latest = max(counting, key=lambda entry: entry.time, default=None)
    if cause.job is not None and cause.job.put_aside and latest is not None and latest.job_id is not None:
        return latest
    if cause.job is None and gone:
        return Entry(name, "", max(gone), None)  # the class was reached before a revert, so it gets the earlier time
    return Entry(name, "", timezone.now(), cause.job.pk if cause.job else None)


def _save(stored: Sequence[ClassAchievement], wanted: Sequence[Entry], whose: Mapping[str, Any]) -> None:
    left, new, before = list(stored), [], None
    for entry in wanted:
        # A row with the same time is changed in place, so that its key, which feeds use as a cursor, stays.
        row = next((row for row in left if row.time_achieved == entry.time), None)
        facts = {"from_import_id": entry.job_id, "old_value": before, "new_value": entry.value}
        if row is None:
            new.append(ClassAchievement(**whose, class_set=entry.class_set, time_achieved=entry.time, **facts))
        else:
            left.remove(row)
            if any(getattr(row, column) != value for column, value in facts.items()):
                ClassAchievement.objects.filter(pk=row.pk).update(**facts)
        before = entry.value
    if left:
        ClassAchievement.objects.filter(pk__in=[row.pk for row in left]).delete()
    ClassAchievement.objects.bulk_create(new)


# --- reverts and restores -----------------------------------------------------------------------------


def remove_import(job: Import) -> None:
    """Removes a reverted import from the histories that name it."""
    # The import is already marked as reverted, so `refresh` does not count its entries.
    places = ClassAchievement.objects.filter(from_import=job).values_list("game", "playtype").distinct()
    for game, playtype in places:
        stats = GameStats.objects.filter(user=job.user_id, game=game, playtype=playtype).first()
        refresh(job.user_id, game, playtype_of(game, playtype), stats.classes if stats else {})


def snapshot(job: Import) -> dict[str, Any]:
    """Returns the JSON data that a restore of the import needs: the histories of its game, and the current classes."""
    stats = GameStats.objects.filter(user=job.user_id, game=job.game)
    return {
        "entries": entries_of(job.user_id, job.game),
        "standing": {row.playtype: row.classes for row in stats},
    }


def entries_of(user_id: int, game: str) -> list[dict[str, Any]]:
    """Returns the histories of a game as JSON data, for `Cause.restored_entries`."""
    rows = ClassAchievement.objects.filter(user=user_id, game=game).order_by("time_achieved", "pk")
    return [
        {
            "playtype": row.playtype, "set": row.class_set, "value": row.new_value, "job": row.from_import_id,
            "time": row.time_achieved.isoformat(),
        }
        for row in rows
    ]  # fmt: skip


def cause_of(job: Import) -> Cause:
    """Returns the import as a cause of class changes, with the entries that its last revert stored."""
    return Cause(job, job.put_aside.get("classes", {}).get("entries", ()))


def provided_classes(job: Import, playtype: Playtype, classes: Mapping[str, str]) -> dict[str, str]:
    """Returns the provided classes that the import sets.

    A restored import sets none above the class at its revert, and none that a moderator has set since then.
    """
    standing = job.put_aside.get("classes", {}).get("standing")
    if standing is None:  # it completes for the first time, or was reverted by a release that did not store the classes
        return dict(classes)
    with connection.cursor() as cursor:
        # The classes that moderators set since the last revert. A rollback within that revert has an earlier entry.
        cursor.execute(
            f"""
            SELECT DISTINCT counts->>'set' FROM {AUDIT}
            WHERE subject_id = %s AND verb = %s AND counts->>'game' = %s AND counts->>'playtype' = %s
              AND id > (SELECT max(id) FROM {AUDIT} WHERE job_id = %s AND verb = %s)
            """,
            [
                job.user_id, AuditEntry.Verb.CLASS_SET, job.game, playtype.name, job.pk, AuditEntry.Verb.REVERTED,
            ],
        )  # fmt: skip
        settled = {name for (name,) in cursor.fetchall()}
    stood = standing.get(playtype.name, {})
    return {
        name: min(value, stood[name], key=playtype.classes[name].index)
        for name, value in classes.items()
        if name in stood and name not in settled
    }
