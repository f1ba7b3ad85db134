"""Classes that moderators set by hand: what the player is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imports.models import AuditEntry, Import, User
from imports.pages import undo_words, words
from imports.pages.naming import game_name, milliseconds
from imports.pages.parts import AuditLine, Note
from imports.pages.result import class_notes, playtype_named

SHOWN = 10  # of the latest, on a profile


def told(counts: Mapping[str, Any]) -> str:
    """`SOUND VOLTEX, Dan: LV.10 became LV.09`, from the counts of an audit entry."""
    before, after = (_named(counts, counts.get(which)) for which in ("old", "new"))
    game = game_name(counts.get("game", ""), [counts.get("playtype", "")] if _playtype(counts) else [])
    return undo_words.class_turn(game, words.class_set_name(counts.get("set", "")), before, after)


def _playtype(counts: Mapping[str, Any]) -> Any:
    return playtype_named(counts.get("game", ""), counts.get("playtype", ""))


def _named(counts: Mapping[str, Any], class_id: Any) -> str:
    playtype = _playtype(counts)
    group = playtype.classes.get(counts.get("set")) if playtype else None
    if class_id is None:
        return undo_words.NO_CLASS
    return str(group.values[group.index(class_id)].name) if group and class_id in group.ids else str(class_id)


def set_by_moderators(player: User) -> list[AuditLine]:
    """The latest changes of a player's classes, for that player and for moderators. One query."""
    entries = AuditEntry.objects.filter(subject=player, verb=AuditEntry.Verb.CLASS_SET).select_related("actor")
    return [
        AuditLine(
            icon="trophy",
            what=told(entry.counts),
            rest=words.with_reason(words.deed("set", entry.actor.username if entry.actor else ""), entry.reason),
            time=milliseconds(entry.at),
        )
        for entry in entries.order_by("-pk")[:SHOWN]
    ]


def notes_of(job: Import, *, private: bool) -> list[Note]:
    """What an import's page says of classes beside its ratings.

    Those it changed in playtypes without a rating, and what moderators made of its classes (`private`). One query.
    """
    return [*_without_rating(job), *(_set_here(job) if private and job.class_deltas else ())]


def _without_rating(job: Import) -> Iterator[Note]:
    rated = {
        name
        for name, ratings in job.rating_changes.items()
        if (playtype := playtype_named(job.game, name)) is not None
        and ratings.get(playtype.default_profile_rating, (None, None))[1] is not None
    }
    for delta in job.class_deltas:
        playtype = playtype_named(delta["game"], delta["playtype"])
        if playtype is not None and delta["playtype"] not in rated:
            yield from class_notes(playtype, [delta])


def _set_here(job: Import) -> Iterator[Note]:
    entries = AuditEntry.objects.filter(job=job, verb=AuditEntry.Verb.CLASS_SET).select_related("actor")
    for entry in entries.order_by("pk"):
        name = words.class_set_name(entry.counts.get("set", ""))
        before, after = (_named(entry.counts, entry.counts.get(which)) for which in ("old", "new"))
        by = entry.actor.username if entry.actor else ""
        yield Note("undo-2", *undo_words.class_set_here(name, before, after, by=by, reason=entry.reason))
