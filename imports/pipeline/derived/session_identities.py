"""Which session is called what: the arithmetic of identities. Pure; times in Unix milliseconds.

An identity is given to an interval of time and anchored in it. It belongs to the island around its anchor; where there
is none (any more), to the one nearest to the anchor within the interval. What an island is called is a function of the
identities that belong to it, so that no order of imports, reverts and restores shows in it.
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
    """`…_edited`: the player said so. `is_stored`: it has a row of its own, beside or without that of a session."""

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
        """Returns what identities are sorted by, oldest first."""
        return self.time_inserted, self.anchor, self.session_id


AGE = attrgetter("age")


def new_identity(island: Island, session_id: str, name: str, now: datetime) -> Identity:
    """Returns the identity of a new session, anchored at the score that was brought first."""
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
        # Only the islands beside the anchor can be the nearest, and only where the identity's interval reaches them.
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
    """Lets an identity that is alone in its island cover all of it; returns whether it covered less before."""
    if len(group) != 1:
        return False
    (identity,) = group
    start, end = min(identity.start, island.start), max(identity.end, island.end)
    has_grown = (start, end) != (identity.start, identity.end)
    identity.start, identity.end = start, end
    return has_grown


def is_plain(group: Sequence[Identity], island: Island) -> bool:
    """Whether a session's own row says all there is to say of its identity."""
    return len(group) == 1 and (group[0].start, group[0].end) == (island.start, island.end)


def shown(group: Sequence[Identity], island: Island) -> Identity:
    """Returns what the island is called: as its oldest identity, but for what the player said of another one.

    Of several that they said something of, the oldest counts; one that was given to other scores comes last.
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
