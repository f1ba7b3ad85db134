"""Assigns identities to sessions. No database access; times in Unix milliseconds.

An identity has an interval of time with an anchor in it. It belongs to the island at its anchor; if there is none (any
more), to the island nearest to the anchor within the interval. The shown identity of an island depends only on the
identities that belong to it, so that the order of imports, reverts and restores does not matter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from imports.pipeline.derived.islands import Island

EDITABLE = ("name", "desc", "highlight")


@dataclass(slots=True)
class Identity:
    """Name, description and highlight of a session. `…_edited`: set by the player. `is_stored`: has a separate row."""

    is_stored: bool
    session_id: str
    name: str
    desc: str | None
    highlight: bool
    name_edited: bool
    desc_edited: bool
    highlight_edited: bool
    time_inserted: datetime
    anchor: float
    start: float
    end: float

    @property
    def age(self) -> tuple[datetime, float, str]:
        """Returns the sort key of identities, oldest first."""
        return self.time_inserted, self.anchor, self.session_id


AGE = attrgetter("age")


def new_identity(island: Island, session_id: str, name: str, now: datetime) -> Identity:
    """Returns the identity of a new session, anchored at its oldest score by import."""
    return Identity(
        is_stored=False, session_id=session_id, name=name, desc=None, highlight=False, name_edited=False,
        desc_edited=False, highlight_edited=False, time_inserted=now, anchor=island.first.time,
        start=island.start, end=island.end,
    )  # fmt: skip


def assign(found: Sequence[Island], identities: Iterable[Identity]) -> tuple[list[list[Identity]], list[Identity]]:
    """Returns the identities of each island, oldest first, and those that belong to none.

    The islands are sorted and disjoint.
    """
    groups: list[list[Identity]] = [[] for _ in found]
    left = []
    starts = [island.start for island in found]
    for identity in identities:
        # Only the islands next to the anchor can be the nearest, and only if the identity's interval reaches them.
        after = bisect_right(starts, identity.anchor)  # the first island that starts after the anchor
        near = []
        if after and found[after - 1].end >= identity.start:
            near.append((max(0.0, identity.anchor - found[after - 1].end), after - 1))
        if after < len(found) and found[after].start <= identity.end:
            near.append((found[after].start - identity.anchor, after))
        if near:
            groups[min(near)[1]].append(identity)
        else:
            left.append(identity)
    for group in groups:
        if len(group) > 1:
            group.sort(key=AGE)
    return groups, left


def extend(group: Sequence[Identity], island: Island) -> bool:
    """Extends the only identity of an island to the whole island; returns whether its interval has changed."""
    if len(group) != 1:
        return False
    (identity,) = group
    start, end = min(identity.start, island.start), max(identity.end, island.end)
    has_grown = (start, end) != (identity.start, identity.end)
    identity.start, identity.end = start, end
    return has_grown


def is_plain(group: Sequence[Identity], island: Island) -> bool:
    """Returns whether the session's row holds everything of its identity, so that no separate row is needed."""
    return len(group) == 1 and (group[0].start, group[0].end) == (island.start, island.end)


def shown(group: Sequence[Identity], island: Island) -> Identity:
    """Returns the shown identity of an island: the oldest one, with the edits of the others.

    Of several edits of a value that of the oldest identity counts; identities anchored outside the island come last.
    """
    oldest = group[0]
    if len(group) == 1:
        return oldest
    by_right = sorted(group, key=lambda identity: not island.start <= identity.anchor <= island.end)
    said: dict[str, Any] = {}
    for name in EDITABLE:
        edited = [identity for identity in by_right if getattr(identity, f"{name}_edited")]
        said[name] = getattr((edited or group)[0], name)
        said[f"{name}_edited"] = bool(edited)
    return replace(oldest, **said)
