"""Class changes by moderators, for the pages of the player."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imports.integers import milliseconds
from imports.models import AuditEntry, Import, User
from imports.pages.components.import_summary import class_notes, find_playtype
from imports.pages.components.view_models import AuditLine, Note
from imports.pages.core.display_names import game_name
from imports.pages.texts import formatting, import_texts, revert_texts

MAX_LISTED_CHANGES = 10  # latest changes on a profile


def describe_change(counts: Mapping[str, Any]) -> str:
    """Returns `SOUND VOLTEX, Dan: LV.10 became LV.09` from the counts of an audit entry."""
    before, after = (_class_name(counts, counts.get(which)) for which in ("old", "new"))
    is_known = find_playtype(counts.get("game", ""), counts.get("playtype", "")) is not None
    game = game_name(counts.get("game", ""), [counts.get("playtype", "")] if is_known else [])
    return revert_texts.class_change_line(game, formatting.class_set_name(counts.get("set", "")), before, after)


def _class_name(counts: Mapping[str, Any], class_id: Any) -> str:
    # Audit entries outlive games, playtypes and classes: removed ones are shown by ID.
    playtype = find_playtype(counts.get("game", ""), counts.get("playtype", ""))
    group = playtype.classes.get(counts.get("set", "")) if playtype else None
    if class_id is None:
        return revert_texts.NO_CLASS
    return str(group.values[group.index(class_id)].name) if group and class_id in group.ids else str(class_id)


def moderator_changes(player: User) -> list[AuditLine]:
    """Returns the latest class changes by moderators, for the player and moderators. One query."""
    entries = AuditEntry.objects.filter(subject=player, verb=AuditEntry.Verb.CLASS_SET).select_related("actor")
    return [
        AuditLine(
            icon="trophy",
            what=describe_change(entry.counts),
            rest=formatting.with_reason(
                import_texts.audit_verb("set", entry.actor.username if entry.actor else ""), entry.reason
            ),
            time=milliseconds(entry.at),
        )
        for entry in entries.order_by("-pk")[:MAX_LISTED_CHANGES]
    ]


def class_change_notes(job: Import, *, private: bool) -> list[Note]:
    """Returns the notes on classes of an import's page that are not part of its ratings.

    Changes in playtypes without a rating, and changes of its classes by moderators (`private`). One query.
    """
    notes: list[Note] = []
    for delta in job.class_deltas:
        playtype = find_playtype(delta["game"], delta["playtype"])
        if playtype is None:
            continue
        # If the playtype has a rating, the classes are shown there.
        ratings = job.rating_changes.get(delta["playtype"], {})
        if ratings.get(playtype.default_profile_rating, (None, None))[1] is None:
            notes += class_notes(playtype, [delta])
    if not private or not job.class_deltas:
        return notes
    entries = AuditEntry.objects.filter(job=job, verb=AuditEntry.Verb.CLASS_SET).select_related("actor")
    for entry in entries.order_by("pk"):
        name = formatting.class_set_name(entry.counts.get("set", ""))
        before, after = (_class_name(entry.counts, entry.counts.get(which)) for which in ("old", "new"))
        by = entry.actor.username if entry.actor else ""
        notes.append(Note("undo-2", *revert_texts.class_set_note(name, before, after, by=by, reason=entry.reason)))
    return notes
