"""The history of a player's classes, as the feeds tell it: derived state, kept in step with the classes that stand.

Of each class set it is a chain of `ClassAchievement`s in the order of their times: each begins where the one before
ended, each is higher, and the last is the class that stands. `refresh` makes it one again after classes have changed.
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
    """A class that was reached. `job_id` None: not by an import (a rescued row, new levels, a moderator)."""

    class_set: str
    value: str
    time: datetime
    job_id: int | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why classes change: an import, with what its earlier revert remembered; or something that is no import."""

    job: Import | None = None
    restored_entries: Sequence[Mapping[str, Any]] = ()


NO_IMPORT = Cause()


def refresh(
    user_id: int, game: str, playtype: Playtype, classes: Mapping[str, str], *, cause: Cause = NO_IMPORT
) -> None:
    """Makes the history of one playtype agree with the current classes. Writes only what differs."""
    whose = {"user_id": user_id, "game": game, "playtype": playtype.name}
    stored = list(ClassAchievement.objects.filter(**whose).order_by("time_achieved", "pk"))
    found = [Entry(row.class_set, row.new_value, row.time_achieved, row.from_import_id) for row in stored]
    returning = [
        Entry(each["set"], each["value"], datetime.fromisoformat(each["time"]), each["job"])
        for each in cause.restored_entries
        if each["playtype"] == playtype.name
    ]
    job_ids = {entry.job_id for entry in (*found, *returning) if entry.job_id is not None}
    completed: set[int | None] = {None}  # entries that no import made stay
    if cause.job is not None:
        completed.add(cause.job.pk)  # its state is changed at the end of its transaction
    if others := job_ids - completed:
        completed.update(Import.objects.filter(pk__in=others, state=State.COMPLETED).values_list("pk", flat=True))
    for name, group in playtype.classes.items():
        # What a revert remembered takes part like what is stored: entries of both at the same time become one.
        every = [entry for entry in (*found, *returning) if entry.class_set == name]
        current = classes.get(name)
        if not {entry.value for entry in every} | {current} <= {*group.ids, None}:
            continue  # the ladder has changed: nobody can say any more what was higher
        # A provided class outlives the import that gave it, a derived one does not.
        counting = [entry for entry in every if group.is_provided or entry.job_id in completed]
        gone = [entry.time for entry in every if entry not in counting]
        wanted = chain(group, counting, current, closing=_closing(name, counting, gone, cause))
        _save([row for row in stored if row.class_set == name], wanted, whose)


def chain(group: ClassSet, entries: Iterable[Entry], current: str | None, *, closing: Entry) -> list[Entry]:
    """Returns the entries that raise the class, in the order of their times, none above `current`; the last reaches it.

    Of several at the same time one counts: that of an import, and the highest. `closing` is added where none reaches
    the class, with that as its value.
    """
    # A moderator may have set the class down: nothing above where it stands now is history.
    limit = -1 if current is None else group.index(current)
    by_time: dict[datetime, Entry] = {}
    # The last of those at the same time replaces the others: that of an import, and the highest.
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
    """Returns the entry, still without a value, for a class that no other entry explains.

    That class was reached by the import that is the cause. Where it is a restored one, later imports may stand on its
    scores: then the latest that reached a class has reached this one.
    """
    latest = max(counting, key=lambda entry: entry.time, default=None)
    if cause.job is not None and cause.job.put_aside and latest is not None and latest.job_id is not None:
        return latest
    if cause.job is None and gone:
        return Entry(name, "", max(gone), None)  # an import that was reverted stood before it: no news of today
    return Entry(name, "", timezone.now(), cause.job.pk if cause.job else None)


def _save(stored: Sequence[ClassAchievement], wanted: Sequence[Entry], whose: Mapping[str, Any]) -> None:
    left, new, before = list(stored), [], None
    for entry in wanted:
        # A row of the same time is changed in place, so that its key, by which feeds page, stays.
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
    # The import is marked as reverted already, so that `refresh` does not count its entries any more.
    places = ClassAchievement.objects.filter(from_import=job).values_list("game", "playtype").distinct()
    for game, playtype in places:
        stats = GameStats.objects.filter(user=job.user_id, game=game, playtype=playtype).first()
        refresh(job.user_id, game, playtype_of(game, playtype), stats.classes if stats else {})


def snapshot(job: Import) -> dict[str, Any]:
    """Returns what a restore of the import needs, as JSON data: the histories of its game, and the current classes."""
    stats = GameStats.objects.filter(user=job.user_id, game=job.game)
    return {
        "entries": entries_of(job.user_id, job.game),
        "standing": {row.playtype: row.classes for row in stats},
    }


def entries_of(user_id: int, game: str) -> list[dict[str, Any]]:
    """Returns the histories of a game as JSON data, which a `Cause` brings back."""
    rows = ClassAchievement.objects.filter(user=user_id, game=game).order_by("time_achieved", "pk")
    return [
        {
            "playtype": row.playtype, "set": row.class_set, "value": row.new_value, "job": row.from_import_id,
            "time": row.time_achieved.isoformat(),
        }
        for row in rows
    ]  # fmt: skip


def cause_of(job: Import) -> Cause:
    """Returns the import as the cause of the classes it leads to, with what its last revert remembered."""
    return Cause(job, job.put_aside.get("classes", {}).get("entries", ()))


def provided_classes(job: Import, playtype: Playtype, classes: Mapping[str, str]) -> dict[str, str]:
    """Returns the provided classes that the import gives.

    A restored one gives none above what stood when it was reverted, and none that a moderator has set since.
    """
    standing = job.put_aside.get("classes", {}).get("standing")
    if standing is None:  # it comes in for the first time, or was reverted by a release that did not remember
        return dict(classes)
    with connection.cursor() as cursor:
        # What moderators set since the last revert. A roll-back of classes together with it is an earlier entry.
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
