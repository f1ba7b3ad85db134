"""Random walks: deeds on players' imports, and a model that knows by plain dictionaries what must come of them.

The model knows nothing of sessions, bests and stats: those are held against the product's own refreshes, and against a
history in which the same scores came in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st

from imports import jobs
from imports.games import playtype_of
from imports.models import Import, OrphanScore, PersonalBest, Score, Session, State, User
from imports.pipeline.integrity import check_player
from imports.pipeline.orphans import delete_orphan, reprocess
from imports.pipeline.preview import preview, revert_all
from imports.pipeline.revert import Deed
from imports.pipeline.scores import delete_score, edit_score, edit_session
from tests.pipeline.world import UNRELEASED, Document, hand_in, player, release, row_of, score_name, state_of

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """One deed: `who` chooses the player, `pick` what it is done to, `wish` how."""

    deed: str
    who: int
    pick: int
    wish: bool


@dataclass
class Ledger:
    """What one player must have. Scores by name, imports and orphans by key.

    `owner`: who brought a score; `also`: which others carry it; `edits`: what their owner made of scores; `aside`: what
    a restore of a reverted import brings back.
    """

    user: User
    rows: dict[int, tuple[str, list[Row]]] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)
    also: dict[int, set[str]] = field(default_factory=dict)
    edits: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    aside: dict[int, tuple[dict[str, tuple[str | None, bool]], dict[int, set[str]]]] = field(default_factory=dict)
    blacklist: set[str] = field(default_factory=set)
    orphans: dict[str, int] = field(default_factory=dict)
    brought_orphans: dict[int, set[str]] = field(default_factory=dict)

    def bring(self, job: int, *, known: Callable[[str, Row], bool]) -> None:
        """An import completes."""
        gpt, rows = self.rows[job]
        self.also[job], self.brought_orphans[job] = set(), set()
        for row in rows:
            name = score_name(gpt, row)
            if not known(gpt, row):
                self.orphans.setdefault(name, job)
                self.brought_orphans[job].add(name)
            elif name not in self.blacklist and self.owner.setdefault(name, job) != job:
                self.also[job].add(name)
        edits, carried = self.aside.pop(job, ({}, {}))
        self.edits |= {name: edit for name, edit in edits.items() if name in self.owner and name not in self.edits}
        for other, names in carried.items():
            if other in self.also:
                self.also[other] |= {name for name in names if self.owner.get(name) == job}

    def revert(self, job: int, *, keep_shared: bool) -> None:
        """A completed import is taken back."""
        del self.also[job], self.brought_orphans[job]
        mine = {name for name, owner in self.owner.items() if owner == job}
        for other in sorted(self.also) if keep_shared else ():
            for name in mine & self.also[other]:
                self.owner[name] = other
                self.also[other].discard(name)
                mine.discard(name)
        carried = {other: names & mine for other, names in self.also.items()}
        self.aside[job] = ({name: self.edits[name] for name in mine & self.edits.keys()}, carried)
        for name in mine:
            self.forget(name)
        for name in [name for name, owner in self.orphans.items() if owner == job]:
            heirs = [other for other, names in self.brought_orphans.items() if name in names]
            del self.orphans[name]
            if heirs:
                self.orphans[name] = min(heirs)

    def forget(self, name: str) -> None:
        """A score goes."""
        del self.owner[name]
        self.edits.pop(name, None)
        for names in self.also.values():
            names.discard(name)

    def drop_orphan(self, name: str) -> None:
        """Whoever brought it, nobody knows of it any more."""
        del self.orphans[name]
        for names in self.brought_orphans.values():
            names.discard(name)

    def rescue(self, *, known: Callable[[str], bool]) -> None:
        """Orphans are tried again, import by import."""
        for name, job in sorted(self.orphans.items(), key=lambda item: item[1]):
            if not known(name):
                continue
            del self.orphans[name]
            if name not in self.blacklist:
                self.owner.setdefault(name, job)
            for other, names in self.brought_orphans.items():
                if name in names:
                    names.discard(name)
                    if name in self.owner and self.owner[name] != other:
                        self.also[other].add(name)


class Walk:
    """Some players, what they may bring, and what must have become of it all."""

    def __init__(self, drawn: Sequence[Document], *, players: int) -> None:
        self.drawn = drawn
        self.ledgers = [Ledger(player()) for _ in range(players)]
        self.released: set[str] = set()

    def go(self, steps: Sequence[Step]) -> None:
        """Does each deed, or another import where there is nothing to do it to."""
        for step in steps:
            ledger = self.ledgers[step.who % len(self.ledgers)]
            try:
                DEEDS[step.deed](self, ledger, step)
            except Nothing:
                self.do_import(ledger, step)

    def known(self, gpt: str, row: Row) -> bool:
        return row["identifier"] != str(UNRELEASED) or gpt.split(":", maxsplit=1)[0] in self.released

    def brought(self, ledger: Ledger, state: State) -> list[Import]:
        return list(Import.objects.filter(user=ledger.user, state=state).order_by("pk"))

    def run(self, ledger: Ledger, waiting: Sequence[Import]) -> None:
        """Does a worker's work on imports that wait, in their order."""
        for job in sorted(waiting, key=lambda job: job.pk):
            jobs.run_import(job.import_id)
            job.refresh_from_db()
            assert job.state == State.COMPLETED, job.error_message
            ledger.bring(job.pk, known=self.known)

    def check(self) -> None:
        """Holds every player against their ledger, and their derived state against their scores."""
        for ledger in self.ledgers:
            assert owners(ledger.user) == ledger.owner
            assert carried(ledger.user) == ledger.also
            assert edits(ledger.user) == ledger.edits
            assert orphans(ledger.user) == ledger.orphans
            assert check_player(ledger.user) == []

    def restore(self, ledger: Ledger, chosen: Sequence[Import]) -> None:
        for job in chosen:
            jobs.restore(job, by=ledger.user)
        self.run(ledger, chosen)

    def revert(self, ledger: Ledger, chosen: Sequence[Import], *, keep_shared: bool) -> None:
        """Reverts, and holds what then happened against the preview."""
        deed = Deed(by=ledger.user, keep_shared=keep_shared)
        assert preview(chosen, deed) == revert_all(chosen, deed)
        for job in sorted(chosen, key=lambda job: -job.pk):
            ledger.revert(job.pk, keep_shared=keep_shared)

    # --- deeds ------------------------------------------------------------------------------------

    def do_import(self, ledger: Ledger, step: Step) -> None:
        document = self.drawn[step.pick % len(self.drawn)]
        job = hand_in(ledger.user, document.gpt, document.rows, classes=document.classes)
        ledger.rows[job.pk] = (document.gpt, document.rows)
        if step.wish:
            jobs.cancel(job, by=ledger.user)
            jobs.retry(job, by=ledger.user)
        self.run(ledger, [job])

    def do_revert(self, ledger: Ledger, step: Step) -> None:
        self.revert(ledger, [_one(self.brought(ledger, State.COMPLETED), step)], keep_shared=step.wish)

    def do_revert_several(self, ledger: Ledger, step: Step) -> None:
        self.revert(ledger, _some(self.brought(ledger, State.COMPLETED), step), keep_shared=step.wish)

    def do_restore(self, ledger: Ledger, step: Step) -> None:
        """One, or several at once."""
        reverted = self.brought(ledger, State.REVERTED)
        self.restore(ledger, _some(reverted, step) if step.wish else [_one(reverted, step)])

    def do_revert_and_restore(self, ledger: Ledger, step: Step) -> None:
        """There and back: the same documents, names of sessions and all."""
        chosen = [_one(self.brought(ledger, State.COMPLETED), step)]
        before, owner = documents_of(ledger.user), dict(ledger.owner)
        self.revert(ledger, chosen, keep_shared=False)
        self.restore(ledger, chosen)
        if ledger.owner == owner:  # its input may hold what was deleted since, or was of an unknown song then
            assert documents_of(ledger.user) == before

    def do_delete(self, ledger: Ledger, step: Step) -> None:
        score = _one(_scores(ledger.user), step)
        name = name_of(score)
        delete_score(score, by=ledger.user, blacklist=step.wish)
        ledger.forget(name)
        if step.wish:
            ledger.blacklist.add(name)

    def do_edit(self, ledger: Ledger, step: Step) -> None:
        score = _one(_scores(ledger.user), step)
        changes: Row = {"highlight": True} if step.wish else {"comment": f"edit {step.pick}"}
        done = edit_score(score, changes, by=ledger.user)
        ledger.edits[name_of(score)] = (done.comment, done.highlight)

    def do_name(self, ledger: Ledger, step: Step) -> None:
        nights = list(Session.objects.filter(user=ledger.user).order_by("time_started", "game", "playtype"))
        changes: Row = {"name": f"Night {step.pick}", "highlight": step.wish}
        edit_session(_one(nights, step), changes, by=ledger.user)

    def do_release(self, _ledger: Ledger, step: Step) -> None:
        """A song comes out, and nobody is asked whether they have played it already."""
        self.release(_one(sorted({document.gpt.split(":")[0] for document in self.drawn} - self.released), step))

    def release(self, game: str) -> None:
        release(game)
        self.released.add(game)

    def do_rescue(self, ledger: Ledger, step: Step) -> None:
        """Where one is asked for, the songs of the player's orphans have come out just before."""
        if step.wish:
            for game in sorted({name.split(":", maxsplit=1)[0] for name in ledger.orphans} - self.released):
                self.release(game)
        rescue = reprocess(ledger.user, jobs.offered_games(), by=ledger.user)
        assert rescue.processed == len(ledger.orphans)
        ledger.rescue(known=lambda name: name.split(":")[0] in self.released)
        assert rescue.kept == len(ledger.orphans)

    def do_drop_orphan(self, ledger: Ledger, step: Step) -> None:
        orphan = _one(list(OrphanScore.objects.filter(user=ledger.user).order_by("orphan_id")), step)
        delete_orphan(orphan, by=ledger.user)
        ledger.drop_orphan(orphan_name(orphan))


DEEDS: dict[str, Callable[[Walk, Ledger, Step], None]] = {
    "import": Walk.do_import,
    "revert": Walk.do_revert,
    "revert several": Walk.do_revert_several,
    "restore": Walk.do_restore,
    "revert and restore": Walk.do_revert_and_restore,
    "delete": Walk.do_delete,
    "edit": Walk.do_edit,
    "name": Walk.do_name,
    "release": Walk.do_release,
    "rescue": Walk.do_rescue,
    "drop orphan": Walk.do_drop_orphan,
}


def steps(*deeds: str, wish: st.SearchStrategy[bool]) -> st.SearchStrategy[list[Step]]:
    """Imports and these deeds; the first is an import, as there is nothing else to do."""
    numbers = st.integers(0, 31)
    kinds = st.sampled_from(["import", "import", *deeds])
    step = st.builds(Step, deed=kinds, who=numbers, pick=numbers, wish=wish)
    first = st.builds(Step, deed=st.just("import"), who=numbers, pick=numbers, wish=st.just(False))
    rest = st.lists(step, min_size=3, max_size=8)
    return st.builds(lambda one, others: [one, *others], first, rest)


class Nothing(Exception):
    """There is nothing to do it to."""


def _one(found: Sequence[T], step: Step) -> T:
    if not found:
        raise Nothing
    return found[step.pick % len(found)]


def _some(found: Sequence[T], step: Step) -> Sequence[T]:
    """One at least."""
    return [one for place, one in enumerate(found) if step.pick >> place % 5 & 1] or [_one(found, step)]


def _scores(user: User) -> list[Score]:
    return list(Score.objects.filter(user=user).select_related("chart__song").order_by("score_id"))


# --- what is, in the model's words ----------------------------------------------------------------


def name_of(score: Score) -> str:
    return score_name(f"{score.game}:{score.playtype}", row_of(score))


def orphan_name(orphan: OrphanScore) -> str:
    return score_name(f"{orphan.game}:{orphan.context['playtype']}", orphan.data)


def owners(user: User) -> dict[str, int]:
    return {name_of(score): score.from_import_id for score in _scores(user)}


def edits(user: User) -> dict[str, tuple[str | None, bool]]:
    return {name_of(score): (score.comment, score.highlight) for score in _scores(user) if score.edited}


def orphans(user: User) -> dict[str, int]:
    return {orphan_name(orphan): orphan.from_import_id for orphan in OrphanScore.objects.filter(user=user)}


def carried(user: User) -> dict[int, set[str]]:
    """Completed imports, each with the scores of others that it carried too."""
    names = {score.pk: name_of(score) for score in _scores(user)}
    return {
        job.pk: {name for key, name in names.items() if any(key in part for part in job.also_carried)}
        for job in Import.objects.filter(user=user, state=State.COMPLETED)
    }


def documents_of(user: User) -> tuple[Any, ...]:
    """All that the player sees, names of sessions and all, less the times of insertion."""
    counts = Import.objects.filter(user=user).order_by("pk").values_list("pk", "state", "score_count")
    return state_of(user), names(user), list(counts), edits(user)


def names(user: User) -> list[tuple[Any, ...]]:
    """What sessions are called."""
    named = Session.objects.filter(user=user).order_by("session_id")
    return list(named.values_list("session_id", "name", "desc", "highlight"))


def history_of(user: User) -> dict[str, Any]:
    """A player's state, less what reverts leave (provided classes), and less who brought which session's scores."""
    state = state_of(user)
    played = set(PersonalBest.objects.filter(user=user).values_list("game", "playtype"))
    stats = [
        [game, playtype, ratings, _derived(game, playtype, classes)]
        for game, playtype, ratings, classes in state["stats"]
        if (game, playtype) in played
    ]
    return {**state, "stats": stats, "sessions": [session[:-1] for session in state["sessions"]]}


def _derived(game: str, playtype: str, classes: dict[str, str]) -> dict[str, str]:
    sets = playtype_of(game, playtype).classes
    return {name: value for name, value in classes.items() if not sets[name].is_provided}
