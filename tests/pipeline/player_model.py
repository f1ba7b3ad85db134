"""A model of one player's imports in plain dictionaries, which predicts the stored scores and orphans.

Sessions, bests and stats are not modelled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from imports.games import playtype_of
from imports.games.identity import score_id
from imports.games.spec import Play
from imports.models import (
    User,
)
from tests.pipeline.factories import (
    score_name,
)

Row = dict[str, Any]


@dataclass
class Corrections:
    """Rows of unknown songs that were imported on picked charts.

    `problems`: import -> the names of its rows with problems, corrected or not; `wanted`: correction -> name of a row
    with a problem -> its name in the correction; `rows`: (import, name) of a row -> the correction that imports it;
    `settled`: the rows whose correction is completed; `waited`: those of them that had an orphan.
    """

    problems: dict[int, set[str]] = field(default_factory=dict)
    wanted: dict[int, dict[str, str]] = field(default_factory=dict)
    rows: dict[tuple[int, str], int] = field(default_factory=dict)
    settled: set[tuple[int, str]] = field(default_factory=set)
    waited: set[tuple[int, str]] = field(default_factory=set)

    def are_open(self, job: int) -> set[str]:
        """Returns the names of an import's rows with problems."""
        return {name for name in self.problems.get(job, ()) if (job, name) not in self.settled}


@dataclass
class PlayerModel:
    """The expected state of one player. Scores by name, imports and orphans by key.

    `owner`: score -> the import that it belongs to; `also`: completed import -> its carried scores, stored or not;
    `edits`: the comments and highlights of edited scores; `aside`: reverted import -> the edits that its restore brings
    back; `handed`: reverted import -> the new owners of its scores; `session_edits`: those of sessions, by session ID.
    """

    user: User
    rows: dict[int, tuple[str, list[Row]]] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)
    also: dict[int, set[str]] = field(default_factory=dict)
    edits: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    aside: dict[int, dict[str, tuple[str | None, bool]]] = field(default_factory=dict)
    handed: dict[int, dict[str, int]] = field(default_factory=dict)
    blacklist: set[str] = field(default_factory=set)
    orphans: dict[str, int] = field(default_factory=dict)
    corrections: Corrections = field(default_factory=Corrections)
    brought_orphans: dict[int, set[str]] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)  # name -> the moment of its (last) deletion
    completed: dict[int, int] = field(default_factory=dict)  # import -> the moment at which it first completed
    moments: Iterator[int] = field(default_factory=count)
    session_edits: dict[str, Row] = field(default_factory=dict)

    def bring(self, job: int, *, known: Callable[[str, Row], bool]) -> None:
        """Applies the completion of an import."""
        gpt, rows = self.rows[job]
        is_restored = job in self.completed
        self.completed.setdefault(job, next(self.moments))
        self.also[job], self.brought_orphans[job] = set(), set()
        self.corrections.problems[job] = set()
        for row in rows:
            name = score_name(gpt, row)
            if not known(gpt, row):
                self.corrections.problems[job].add(name)
                if (job, name) in self.corrections.settled:
                    continue
                owner = self.orphans.setdefault(name, job)
                if is_restored:
                    self.orphans[name] = min(owner, job)
                self.brought_orphans[job].add(name)
            elif name in self.blacklist or self.is_deleted(name, job):
                continue
            elif self.first_owner(name, job) != job:
                self.also[job].add(name)
        self.settle(job)
        edits = self.aside.pop(job, {})
        self.edits |= {name: edit for name, edit in edits.items() if name in self.owner and name not in self.edits}

    def settle(self, job: int) -> None:
        """Applies the completion of a correction: its rows have no orphans any more."""
        made = self.corrections
        for name, became in made.wanted.get(job, {}).items():
            if became in self.blacklist or self.is_deleted(became, job):
                continue
            places = {place for place, by in made.rows.items() if by == job and place[1] == name}
            if any(name in self.brought_orphans.get(key, ()) for key, _ in places):
                for key, names in self.brought_orphans.items():
                    if name in names:
                        names.discard(name)
                        made.rows[(key, name)] = job
                        made.waited.add((key, name))
                        places.add((key, name))
                del self.orphans[name]
            made.settled |= places

    def reopen(self, job: int) -> None:
        """Applies the revert of a correction: its rows are problems again."""
        made = self.corrections
        for key, name in sorted(place for place, by in made.rows.items() if by == job and place in made.settled):
            if (key, name) in made.waited and key in self.also and name in made.problems[key]:
                self.orphans.setdefault(name, key)
                self.brought_orphans[key].add(name)
            made.settled.discard((key, name))
            made.waited.discard((key, name))

    def left_out(self) -> dict[int, int]:
        """Returns the number of problems of each completed import."""
        return {job: len(self.corrections.are_open(job)) for job in self.also}

    def first_owner(self, name: str, job: int) -> int:
        """Returns the owner of a score after an import with it: this import if there is none or if it passed it on."""
        new_owner, seen = self.handed.get(job, {}).get(name), {job}
        while new_owner is not None and new_owner not in self.also and new_owner not in seen:
            seen.add(new_owner)
            new_owner = self.handed.get(new_owner, {}).get(name)
        if new_owner in self.also and self.owner.get(name) == new_owner:
            self.also[new_owner].add(name)
            self.owner[name] = job
        return self.owner.setdefault(name, job)

    def revert(self, chosen: Sequence[int], *, keep_shared: bool) -> None:
        """Applies the revert of completed imports as one operation."""
        for job in chosen:
            del self.also[job]
            self.aside[job] = {name: edit for name, edit in self.edits.items() if self.owner[name] == job}
            self.handed[job] = {}
        for name, job in list(self.owner.items()):
            if job not in chosen:
                continue
            also = (other for other, names in self.also.items() if name in names and not self.is_deleted(name, other))
            new_owners = list(also) if keep_shared else []
            if new_owners:
                self.owner[name] = self.handed[job][name] = min(new_owners)
            else:
                self.forget(name)
        for job in chosen:
            self.revert_orphans(job)
        for job in chosen:
            self.reopen(job)

    def revert_orphans(self, job: int) -> None:
        del self.brought_orphans[job]
        for name in [name for name, owner in self.orphans.items() if owner == job]:
            new_owners = [other for other, names in self.brought_orphans.items() if name in names]
            del self.orphans[name]
            if new_owners:
                self.orphans[name] = min(new_owners)

    def is_deleted(self, name: str, job: int) -> bool:
        """Returns whether the score was deleted after this import first completed, so that it is skipped."""
        return self.deleted.get(name, -1) > self.completed[job]

    def delete(self, name: str, *, blacklist: bool) -> None:
        """Applies the deletion of a score by its player."""
        self.forget(name)
        self.deleted[name] = next(self.moments)
        if blacklist:
            self.blacklist.add(name)

    def carried(self) -> dict[int, set[str]]:
        """Returns the expected value of `stored_state.carried`."""
        return {
            job: {
                id_of(self.user, name)
                for name in names
                if self.owner.get(name) != job and not self.is_deleted(name, job)
            }
            for job, names in self.also.items()
        }

    def forget(self, name: str) -> None:
        """Removes a score and its edit."""
        del self.owner[name]
        self.edits.pop(name, None)

    def drop_orphan(self, name: str) -> None:
        """Removes an orphan from all imports."""
        del self.orphans[name]
        for names in self.brought_orphans.values():
            names.discard(name)

    def rescue(self, *, known: Callable[[str], bool]) -> None:
        """Applies a retry of all orphans, by import."""
        for name, job in sorted(self.orphans.items(), key=lambda item: item[1]):
            if not known(name):
                continue
            del self.orphans[name]
            if name not in self.blacklist and not self.is_deleted(name, job):
                self.owner.setdefault(name, job)
            for other, names in self.brought_orphans.items():
                if name in names:
                    names.discard(name)
                    self.corrections.problems[other].discard(name)
                    if name in self.owner and self.owner[name] != other:
                        self.also[other].add(name)


def id_of(user: User, name: str) -> str:
    """Returns the ID of the score with a name from `factories.score_name`."""
    gpt, identity = name.split(" ", maxsplit=1)
    metrics, ex_score = json.loads(identity)
    playtype = playtype_of(*gpt.split(":"))
    play = Play({name: metrics[name] for name in playtype.provided}, {}, {"exScore": ex_score})
    return score_id(user.pk, f"{gpt}-{metrics['identifier']}-{metrics['difficulty']}", play, playtype)
