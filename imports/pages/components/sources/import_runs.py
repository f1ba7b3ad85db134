"""Runs of imports of one score each, such as a tool sends while its player plays: one row of a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from imports.models import State

MIN_FOLDED = 3  # imports; fewer are as easy to read as rows of their own
MAX_PAUSE = timedelta(hours=2)  # between two imports of a run; scores further apart are in two sessions, too
FOLDED_STATES = frozenset({State.COMPLETED, State.REVERTED, State.FAILED})
SOURCE = ("state", "user_intent", "game", "import_type", "service", "client", "token_id")
COLUMNS = ("pk", "import_id", "time_queued", "row_count", *SOURCE, "playtypes")
"""The columns of `Folding`, in its order."""


class Folding(NamedTuple):
    """The columns that decide whether imports are folded: those of `SOURCE` are the same in a whole run."""

    pk: int
    import_id: str
    time: datetime
    rows: int
    state: str
    user_intent: bool
    game: str
    import_type: str
    service: str
    client: str
    token_id: int | None
    playtypes: list[str]

    @property
    def source(self) -> tuple[object, ...]:
        return self[4:-1]

    @property
    def is_single(self) -> bool:
        return self.rows <= 1 and not self.user_intent and self.state in FOLDED_STATES

    def continues(self, neighbour: Folding) -> bool:
        """Returns whether the two belong to one run."""
        near = abs(self.time - neighbour.time) <= MAX_PAUSE
        # An import without scores has no playtype, and does not end a run.
        alike = self.playtypes == neighbour.playtypes or not (self.playtypes and neighbour.playtypes)
        return near and alike and self.is_single and neighbour.is_single and self.source == neighbour.source


def fold(rows: Sequence[Folding]) -> list[list[Folding]]:
    """Groups the rows in the same order: runs of at least `MIN_FOLDED` together, every other row alone."""
    stretches: list[list[Folding]] = [[row] for row in rows[:1]]
    for row, following in pairwise(rows):
        if row.continues(following):
            stretches[-1].append(following)
        else:
            stretches.append([following])
    entries: list[list[Folding]] = []
    for stretch in stretches:
        entries += [stretch] if len(stretch) >= MIN_FOLDED else [[row] for row in stretch]
    return entries
