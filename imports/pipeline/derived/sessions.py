"""Sessions as a function of the scores.

`refresh` looks only at the neighbourhoods that were touched. It relies on what it keeps true: every timed score lies in
exactly one session, and the sessions of a player and playtype are disjoint intervals more than two hours apart.
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
) -> None:
    """Makes the sessions around these times (ms, by playtype) what the scores say. Writes only what differs.

    `scores`: every timed score that the player has, oldest first, where the caller holds them: they are not read then.
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
        # Identities keep their island as it grows and shrinks; an island that has none is a new session.
        groups, left = assign(found, _spans_within(identities, changed))
        grown = [group[0] for group, island in zip(groups, found, strict=True) if extend(group, island)]
        for group, island in zip(groups, found, strict=True):
            if not group:
                group.append(new_identity(island, new_session_id(), new_name(), timezone.now()))
        wanted = [shown(group, island) for group, island in zip(groups, found, strict=True)]
        keys = session_storage.save_sessions(player, found, wanted, stored)
        session_storage.save_identities(player, found, groups, left, grown)
        session_storage.save_contributions(found, keys)


def _spans_within(ones: Sequence[AnyInterval], changed: Sequence[Span]) -> list[AnyInterval]:
    """Returns those that lie in a changed window. Both are sorted, and none straddles a window's border."""
    inside = []
    place = 0
    for one in ones:
        while place < len(changed) and changed[place].end < one.start:
            place += 1
        if place < len(changed) and changed[place].start <= one.start:
            inside.append(one)
    return inside


def edit(session: Session, changes: Mapping[str, Any]) -> None:
    """Stores what the player says of a session; it holds for all the scores that the session has now.

    A value that is the same as before counts as not said. Nothing (no note, no highlight) is said only where there is
    another identity whose note would show otherwise.
    """
    # The identity's own row, where it has one, holds what the session's row shows; both must say the same.
    own = SessionIdentity.objects.filter(session_id=session.session_id).first()
    said = {name: value for name, value in changes.items() if getattr(session, name) != value}
    said |= {f"{name}_edited": own is not None or bool(value) for name, value in said.items()}
    for row in (session, own):
        if row is not None:
            for name, value in said.items():
                setattr(row, name, value)
    session.save(update_fields=list(said))
    if own is not None:
        # Moved into the session and stretched over it, so that the edit holds for all that the player sees here.
        own.anchor = min(max(own.anchor, session.time_started), session.time_ended)
        own.time_started = min(own.time_started, session.time_started)
        own.time_ended = max(own.time_ended, session.time_ended)
        own.save(update_fields=[*said, "anchor", "time_started", "time_ended"])
        refresh(session.user_id, session.game, {session.playtype: [session.time_started]})
