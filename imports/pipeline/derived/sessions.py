"""Computes sessions from the scores.

`refresh` reads only the surroundings of the touched times. It relies on an invariant that it maintains: every timed
score is in exactly one session, and the sessions of a player and playtype are disjoint and more than two hours apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from django.utils import timezone

from imports.games import playtype_of
from imports.models import Session, SessionIdentity
from imports.models.sessions import new_session_id
from imports.pipeline.derived import session_storage
from imports.pipeline.derived.islands import SESSION_GAP_MS, Interval, Span, Timed, islands, windows
from imports.pipeline.derived.session_identities import assign, extend, new_identity, shown
from imports.pipeline.derived.session_names import new_name
from imports.pipeline.derived.session_storage import Player

BY_TIME = attrgetter("time")
AnyInterval = TypeVar("AnyInterval", bound=Interval)


def refresh(
    user_id: int,
    game: str,
    times: Mapping[str, Collection[float]],
    *,
    scores: Mapping[str, Sequence[Timed]] | None = None,
    only_sessions: bool = False,
) -> None:
    """Updates the sessions around these times (ms, by playtype) from the scores. Writes only rows that differ.

    `scores`: all timed scores of the player, oldest first, if the caller holds them; then they are not read.
    `only_sessions`: for previews, without identities and the imports' contributions.
    """
    for name, touched in times.items():
        if not touched:
            continue
        player = Player(user_id, game, playtype_of(game, name))
        rows, identities = session_storage.read_near(
            player, start=min(touched) - SESSION_GAP_MS, end=max(touched) + SESSION_GAP_MS
        )
        changed = windows(touched, [*rows, *identities])
        timed = session_storage.scores_in(player, changed) if scores is None else sorted(scores[name], key=BY_TIME)
        found = islands(timed)
        stored = {row.names[0]: row for row in _spans_within(rows, changed)}
        # Identities stay with their island as it grows and shrinks; an island without an identity is a new session.
        groups, left = assign(found, _spans_within(identities, changed))
        grown = [group[0] for group, island in zip(groups, found, strict=True) if extend(group, island)]
        for group, island in zip(groups, found, strict=True):
            if not group:
                group.append(new_identity(island, new_session_id(), new_name(), timezone.now()))
        wanted = [shown(group, island) for group, island in zip(groups, found, strict=True)]
        keys = session_storage.save_sessions(player, found, wanted, stored)
        if not only_sessions:
            session_storage.save_identities(player, found, groups, left, grown)
            session_storage.save_contributions(found, keys)


def _spans_within(ones: Sequence[AnyInterval], changed: Sequence[Span]) -> list[AnyInterval]:
    """Returns the intervals inside a changed window. Both are sorted, and no interval crosses a window's border."""
    inside = []
    place = 0
    for one in ones:
        while place < len(changed) and changed[place].end < one.start:
            place += 1
        if place < len(changed) and changed[place].start <= one.start:
            inside.append(one)
    return inside


def edit(session: Session, changes: Mapping[str, Any]) -> None:
    """Stores a player's edits of a session; they apply to all scores that the session has now.

    A value equal to the current one is no edit. An empty value (no description, no highlight) is an edit only if the
    identity has a separate row, so that the value of another identity might show instead.
    """
    # A separate row of the identity, if there is one, must have the same values as the session's row.
    own = SessionIdentity.objects.filter(session_id=session.session_id).first()
    said = {name: value for name, value in changes.items() if getattr(session, name) != value}
    said |= {f"{name}_edited": own is not None or bool(value) for name, value in said.items()}
    for row in (session, own):
        if row is not None:
            for name, value in said.items():
                setattr(row, name, value)
    session.save(update_fields=list(said))
    if own is not None:
        # Moved into the session and extended over it, so that the edit applies to everything that the player sees.
        own.anchor = min(max(own.anchor, session.time_started), session.time_ended)
        own.time_started = min(own.time_started, session.time_started)
        own.time_ended = max(own.time_ended, session.time_ended)
        own.save(update_fields=[*said, "anchor", "time_started", "time_ended"])
        refresh(session.user_id, session.game, {session.playtype: [session.time_started]})
