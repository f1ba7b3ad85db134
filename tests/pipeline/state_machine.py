"""A state machine of random operations on players' imports, and a model of plain dictionaries that predicts the result.

The model knows nothing of sessions, bests and stats: those are held against the product's own refreshes, and against a
history in which the same scores came in another order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import Any, TypeVar

from django.db.models import F
from hypothesis import strategies as st

from imports import jobs
from imports.games import playtype_of
from imports.games.identity import score_id
from imports.games.spec import Play
from imports.models import (
    CarriedScores,
    Chart,
    ClassAchievement,
    Import,
    OrphanScore,
    PersonalBest,
    Score,
    Session,
    SessionIdentity,
    State,
    User,
    find_session,
)
from imports.models.results.carried_scores import unpack_score_ids
from imports.models.row_corrections import open_problems
from imports.pages.imports.row_correction import CORRECTABLE, corrected_upload, find_similar_rows, open_row
from imports.pipeline import deletions
from imports.pipeline.classes import ClassChange, set_class
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import delete_orphan, reprocess
from imports.pipeline.scores import delete_score, edit_score, edit_session
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.undo.preview import preview, revert_all
from imports.pipeline.undo.revert import RevertRequest
from imports.seeds import rerate
from imports.submissions import submit_correction
from tests.pipeline.factories import (
    SONGS,
    UNRELEASED,
    Document,
    player,
    release,
    row_of,
    rows_between,
    score_name,
    state_of,
    submit_rows,
    varied_row,
)
from tests.pipeline.rating_history_model import days_of_scores, stored_days

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """One operation: `who` chooses the player, `pick` what it is done to, `wish` how."""

    operation: str
    who: int
    pick: int
    wish: bool


@dataclass
class Corrections:
    """Rows of unknown songs that were imported on chosen charts.

    `problems`: the names of the rows that imports left out, whether or not they are in since; `wanted`: by the import
    that brings them, what each row left out became there; `rows`: the places that each such row stands for, by the
    import that brings it; `waited`: for which of them an orphan waited.
    """

    problems: dict[int, set[str]] = field(default_factory=dict)
    wanted: dict[int, dict[str, str]] = field(default_factory=dict)
    rows: dict[tuple[int, str], int] = field(default_factory=dict)
    settled: set[tuple[int, str]] = field(default_factory=set)
    waited: set[tuple[int, str]] = field(default_factory=set)

    def are_open(self, job: int) -> set[str]:
        """The names of an import's rows that are left out."""
        return {name for name in self.problems.get(job, ()) if (job, name) not in self.settled}


@dataclass
class PlayerModel:
    """What one player must have. Scores by name, imports and orphans by key.

    `owner`: who brought a score; `also`: what imports carried besides, whether or not it is there; `edits`: what their
    owner made of scores; `aside`: the edits that a restore of a reverted import brings back; `handed`: to whom the
    scores of a reverted import passed; `said`: what their player said of sessions, by ID.
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
    said: dict[str, Row] = field(default_factory=dict)

    def bring(self, job: int, *, known: Callable[[str, Row], bool]) -> None:
        """An import completes."""
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
        """An import that brings rows on chosen charts completes: nothing waits for those any more."""
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
        """An import that brought rows on chosen charts is taken back."""
        made = self.corrections
        for key, name in sorted(place for place, by in made.rows.items() if by == job and place in made.settled):
            if (key, name) in made.waited and key in self.also and name in made.problems[key]:
                self.orphans.setdefault(name, key)
                self.brought_orphans[key].add(name)
            made.settled.discard((key, name))
            made.waited.discard((key, name))

    def left_out(self) -> dict[int, int]:
        """How many rows of each completed import are left out."""
        return {job: len(self.corrections.are_open(job)) for job in self.also}

    def first_owner(self, name: str, job: int) -> int:
        """Whose a score is once an import brings it: the import's where nobody has it or it passed from there."""
        new_owner, seen = self.handed.get(job, {}).get(name), {job}
        while new_owner is not None and new_owner not in self.also and new_owner not in seen:
            seen.add(new_owner)
            new_owner = self.handed.get(new_owner, {}).get(name)
        if new_owner in self.also and self.owner.get(name) == new_owner:
            self.also[new_owner].add(name)
            self.owner[name] = job
        return self.owner.setdefault(name, job)

    def revert(self, chosen: Sequence[int], *, keep_shared: bool) -> None:
        """Completed imports are taken back together."""
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
        """Whether this import brings the score no more: it was deleted since the import first completed."""
        return self.deleted.get(name, -1) > self.completed[job]

    def delete(self, name: str, *, blacklist: bool) -> None:
        """Its owner deletes a score."""
        self.forget(name)
        self.deleted[name] = next(self.moments)
        if blacklist:
            self.blacklist.add(name)

    def carried(self) -> dict[int, set[str]]:
        """As `walk.carried`."""
        return {
            job: {
                id_of(self.user, name)
                for name in names
                if self.owner.get(name) != job and not self.is_deleted(name, job)
            }
            for job, names in self.also.items()
        }

    def forget(self, name: str) -> None:
        """A score goes."""
        del self.owner[name]
        self.edits.pop(name, None)

    def drop_orphan(self, name: str) -> None:
        """Removes every trace of a score, whichever import brought it."""
        del self.orphans[name]
        for names in self.brought_orphans.values():
            names.discard(name)

    def rescue(self, *, known: Callable[[str], bool]) -> None:
        """Orphans are tried again, import by import."""
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


class StateMachine:
    """Some players, what they may bring, and what must have become of it all."""

    def __init__(self, drawn: Sequence[Document], *, players: int) -> None:
        self.drawn = drawn
        self.models = [PlayerModel(player()) for _ in range(players)]
        self.released: set[str] = set()

    def run_steps(self, steps: Sequence[Step]) -> None:
        """Does each operation, or another import where there is nothing to do it to."""
        for step in steps:
            model = self.models[step.who % len(self.models)]
            try:
                OPERATIONS[step.operation](self, model, step)
            except NothingToDo:
                self.do_import(model, step)

    def known(self, gpt: str, row: Row) -> bool:
        return row["identifier"] != str(UNRELEASED) or gpt.split(":", maxsplit=1)[0] in self.released

    def brought(self, model: PlayerModel, state: State) -> list[Import]:
        return list(Import.objects.filter(user=model.user, state=state).order_by("pk"))

    def run(self, model: PlayerModel, waiting: Sequence[Import]) -> None:
        """Does a worker's work on imports that wait, in their order."""
        for job in sorted(waiting, key=lambda job: job.pk):
            jobs.run_import(job.import_id)
            job.refresh_from_db()
            assert job.state == State.COMPLETED, job.error_message
            model.bring(job.pk, known=self.known)

    def check(self) -> None:
        """Holds every player against their model, and their derived state against their scores."""
        for model in self.models:
            assert owners(model.user) == model.owner
            assert carried(model.user) == model.carried()
            assert_scores_match_their_owner(model)
            assert edits(model.user) == model.edits
            assert orphans(model.user) == model.orphans
            check_identities(model.user, model.said)
            assert left_out(model.user) == model.left_out()
            assert check_player(model.user) == []
            assert stored_days(model.user) == days_of_scores(model.user)

    def restore(self, model: PlayerModel, chosen: Sequence[Import]) -> None:
        for job in chosen:
            jobs.restore(job, by=model.user)
        self.run(model, chosen)

    def revert(
        self, model: PlayerModel, chosen: Sequence[Import], *, keep_shared: bool, roll_back_classes: bool = False
    ) -> None:
        """Reverts, and holds what then happened against the preview."""
        operation = RevertRequest(by=model.user, keep_shared=keep_shared, roll_back_classes=roll_back_classes)
        assert preview(chosen, operation) == revert_all(chosen, operation)
        model.revert([job.pk for job in chosen], keep_shared=keep_shared)

    # --- operations ------------------------------------------------------------------------------------

    def do_import(self, model: PlayerModel, step: Step) -> None:
        document = self.drawn[step.pick % len(self.drawn)]
        job = submit_rows(model.user, document.gpt, document.rows, classes=document.classes)
        model.rows[job.pk] = (document.gpt, document.rows)
        if step.wish:
            jobs.cancel(job, by=model.user)
            jobs.retry(job, by=model.user)
        self.run(model, [job])

    def do_import_thrice(self, model: PlayerModel, step: Step) -> None:
        """Three imports of the same scores; if wanted, each with other details."""
        document = self.drawn[step.pick % len(self.drawn)]
        for number in range(3):
            rows = [varied_row(row, number if step.wish else 0) for row in document.rows]
            job = submit_rows(model.user, document.gpt, rows)
            model.rows[job.pk] = (document.gpt, rows)
            self.run(model, [job])

    def do_revert(self, model: PlayerModel, step: Step) -> None:
        chosen = [_one(self.brought(model, State.COMPLETED), step)]
        self.revert(model, chosen, keep_shared=step.wish, roll_back_classes=step.pick % 2 == 0)

    def do_revert_several(self, model: PlayerModel, step: Step) -> None:
        self.revert(model, _some(self.brought(model, State.COMPLETED), step), keep_shared=step.wish)

    def do_restore(self, model: PlayerModel, step: Step) -> None:
        """One, or several at once."""
        reverted = self.brought(model, State.REVERTED)
        self.restore(model, _some(reverted, step) if step.wish else [_one(reverted, step)])

    def do_revert_and_restore(self, model: PlayerModel, step: Step) -> None:
        """There and back: the same documents, names of sessions and all."""
        chosen = [_one(self.brought(model, State.COMPLETED), step)]
        before, owner = documents_of(model.user), dict(model.owner)
        self.revert(model, chosen, keep_shared=step.wish, roll_back_classes=not step.wish)
        self.restore(model, chosen)
        if model.owner == owner:  # its input may hold what was of an unknown song then
            assert documents_of(model.user) == before

    def do_delete(self, model: PlayerModel, step: Step) -> None:
        score = _one(_scores(model.user), step)
        name = name_of(score)
        delete_score(score, by=model.user, blacklist=step.wish)
        model.delete(name, blacklist=step.wish)

    def do_edit(self, model: PlayerModel, step: Step) -> None:
        score = _one(_scores(model.user), step)
        changes: Row = {"highlight": True} if step.wish else {"comment": f"edit {step.pick}"}
        done = edit_score(score, changes, by=model.user)
        model.edits[name_of(score)] = (done.comment, done.highlight)

    def do_name(self, model: PlayerModel, step: Step) -> None:
        self.set_text(model, step, {"name": f"Night {step.pick}", "highlight": step.wish})

    def do_describe(self, model: PlayerModel, step: Step) -> None:
        """Or strikes out what was said before."""
        self.set_text(model, step, {"desc": f"note {step.pick}" if step.pick % 4 else None, "highlight": step.wish})

    def do_merge(self, model: PlayerModel, step: Step) -> None:
        """The player says something of the later of two sessions, and then an import comes between them."""
        nights = list(Session.objects.filter(user=model.user).order_by("game", "playtype", "time_started"))
        pairs = [(a, b) for a, b in pairwise(nights) if (a.game, a.playtype) == (b.game, b.playtype)]
        early, late = _one(pairs, step)
        self.set_text_of(
            model, late, {"name": f"Late {step.pick}", "desc": f"note {step.pick}", "highlight": step.wish}
        )
        before = names(model.user)
        gpt = f"{early.game}:{early.playtype}"
        job = submit_rows(model.user, gpt, rows_between(gpt, early.time_ended, late.time_started))
        model.rows[job.pk] = (gpt, rows_between(gpt, early.time_ended, late.time_started))
        self.run(model, [job])
        check_identities(model.user, model.said)
        if step.pick % 2 and job.score_count == len(model.rows[job.pk][1]):
            self.revert(model, [job], keep_shared=False)
            assert names(model.user) == before

    def set_text(self, model: PlayerModel, step: Step, changes: Row) -> None:
        nights = list(Session.objects.filter(user=model.user).order_by("time_started", "game", "playtype"))
        self.set_text_of(model, _one(nights, step), changes)

    def set_text_of(self, model: PlayerModel, before: Session, changes: Row) -> None:
        after = edit_session(before, changes, by=model.user)
        said = model.said.setdefault(after.session_id, {})
        said |= {name: value for name, value in changes.items() if getattr(before, name) != value}

    def do_release(self, _ledger: PlayerModel, step: Step) -> None:
        """A song comes out, and nobody is asked whether they have played it already."""
        self.release(_one(sorted({document.gpt.split(":")[0] for document in self.drawn} - self.released), step))

    def release(self, game: str) -> None:
        release(game)
        self.released.add(game)

    def do_rescue(self, model: PlayerModel, step: Step) -> None:
        """Where one is asked for, the songs of the player's orphans have come out just before."""
        if step.wish:
            for game in sorted({name.split(":", maxsplit=1)[0] for name in model.orphans} - self.released):
                self.release(game)
        rescue = reprocess(model.user, jobs.enabled_games(), by=model.user)
        assert rescue.processed == len(model.orphans)
        model.rescue(known=lambda name: name.split(":")[0] in self.released)
        assert rescue.kept == len(model.orphans)

    def do_correct_rows(self, model: PlayerModel, step: Step) -> None:
        """Imports rows of an unknown song on the chart of one that is known, as the page does."""
        done = open_problems().filter(job__user=model.user, job__state=State.COMPLETED, type__in=CORRECTABLE)
        problem = _one(list(done.select_related("job", "orphan").order_by("job", "row")), step)
        gpt, _ = model.rows[problem.job_id]
        charts = Chart.objects.filter(game=problem.job.game, playtype=gpt.split(":")[1], song__song_id__lte=SONGS)
        [chart] = charts_by_pk([_one(list(charts.order_by("pk")), step).pk]).values()
        asking = open_row(problem)
        assert asking is not None
        rows = find_similar_rows(asking)
        placed = {number: (row, chart) for number, row in rows.items()}
        upload = corrected_upload(problem.job, asking.context, placed, client="")
        job = submit_correction(model.user, upload, of=problem.job, rows=list(rows))
        named = {"matchType": "tachiSongID", "identifier": str(chart.song.song_id), "difficulty": chart.difficulty}
        brought = [{"optional": {}, **row, **named} for row in rows.values()]
        model.rows[job.pk] = (gpt, brought)
        pairs = zip(rows.values(), brought, strict=True)
        model.corrections.wanted[job.pk] = {score_name(gpt, old): score_name(gpt, new) for old, new in pairs}
        for name in model.corrections.wanted[job.pk]:
            model.corrections.rows[(problem.job_id, name)] = job.pk
        self.run(model, [job])
        if step.wish:  # and thinks better of it
            self.revert(model, [job], keep_shared=False)

    def do_drop_orphan(self, model: PlayerModel, step: Step) -> None:
        orphan = _one(list(OrphanScore.objects.filter(user=model.user).order_by("orphan_id")), step)
        delete_orphan(orphan, by=model.user)
        model.drop_orphan(orphan_name(orphan))

    def do_class(self, model: PlayerModel, step: Step) -> None:
        """A moderator says what class the player has."""
        value = f"DAN_{1 + step.pick % 11}" if step.wish else None
        set_class(model.user, ClassChange("sdvx", "Single", "dan", value), by=None, reason="")

    def do_seeds(self, _ledger: PlayerModel, step: Step) -> None:
        """Changes the charts of a game, and rerates all scores on them."""
        game = self.drawn[step.pick % len(self.drawn)].gpt.split(":")[0]
        charts = Chart.objects.filter(game=game)
        charts.update(level_num=F("level_num") * (2 if step.wish else 0.5))
        left = rerate.plan(charts.values_list("pk", flat=True), [])
        assert left is not None
        rerate.work(left.pk)
        assert not rerate.unfinished().exists()


OPERATIONS: dict[str, Callable[[StateMachine, PlayerModel, Step], None]] = {
    "import": StateMachine.do_import,
    "import thrice": StateMachine.do_import_thrice,
    "revert": StateMachine.do_revert,
    "revert several": StateMachine.do_revert_several,
    "restore": StateMachine.do_restore,
    "revert and restore": StateMachine.do_revert_and_restore,
    "delete": StateMachine.do_delete,
    "edit": StateMachine.do_edit,
    "name": StateMachine.do_name,
    "describe": StateMachine.do_describe,
    "merge": StateMachine.do_merge,
    "release": StateMachine.do_release,
    "rescue": StateMachine.do_rescue,
    "drop orphan": StateMachine.do_drop_orphan,
    "class": StateMachine.do_class,
    "seeds": StateMachine.do_seeds,
    "mend": StateMachine.do_correct_rows,
}


def steps(*operations: str, wish: st.SearchStrategy[bool]) -> st.SearchStrategy[list[Step]]:
    """Imports and these operations; the first is an import, as there is nothing else to do."""
    numbers = st.integers(0, 31)
    kinds = st.sampled_from(["import", "import", *operations])
    step = st.builds(Step, operation=kinds, who=numbers, pick=numbers, wish=wish)
    first = st.builds(Step, operation=st.just("import"), who=numbers, pick=numbers, wish=st.just(False))
    rest = st.lists(step, min_size=3, max_size=8)
    return st.builds(lambda one, others: [one, *others], first, rest)


class NothingToDo(Exception):
    """There is nothing to do it to."""


def _one(found: Sequence[T], step: Step) -> T:
    if not found:
        raise NothingToDo
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


def left_out(user: User) -> dict[int, int]:
    """Completed imports, each with the number of its rows that are left out, as its row says."""
    return dict(Import.objects.filter(user=user, state=State.COMPLETED).values_list("pk", "problem_count"))


def carried(user: User) -> dict[int, set[str]]:
    """Completed imports, each with the IDs of its carried scores."""
    packed = dict(CarriedScores.objects.filter(job__user=user).values_list("job", "score_ids"))
    return {
        job.pk: unpack_score_ids(packed.get(job.pk, b""))
        - set(job.scores.values_list("score_id", flat=True))
        - deletions.since_completed(job).keys()
        for job in Import.objects.filter(user=user, state=State.COMPLETED)
    }


def id_of(user: User, name: str) -> str:
    """The ID of the score with the name of `factories.score_name`."""
    gpt, identity = name.split(" ", maxsplit=1)
    metrics, ex_score = json.loads(identity)
    playtype = playtype_of(*gpt.split(":"))
    play = Play({name: metrics[name] for name in playtype.provided}, {}, {"exScore": ex_score})
    return score_id(user.pk, f"{gpt}-{metrics['identifier']}-{metrics['difficulty']}", play, playtype)


def assert_scores_match_their_owner(model: PlayerModel) -> None:
    """Every score says what the import that it belongs to says of it, and what its owner made of it."""
    for score in _scores(model.user):
        gpt, rows = model.rows[score.from_import_id]
        row = next(row for row in rows if score_name(gpt, row) == name_of(score))
        assert score.time_achieved == row["timeAchieved"]
        assert score.edited or score.comment == row.get("comment")


def documents_of(user: User) -> tuple[Any, ...]:
    """All that the player sees, names of sessions and all, less the times of insertion."""
    counts = Import.objects.filter(user=user).order_by("pk").values_list("pk", "state", "score_count")
    return state_of(user), names(user), list(counts), edits(user), class_history(user), told_values(user)


def class_history(user: User) -> list[tuple[Any, ...]]:
    """The feed of classes, and by which import each was reached."""
    found = ClassAchievement.objects.filter(user=user).order_by("time_achieved", "class_set")
    columns = ("game", "playtype", "class_set", "old_value", "new_value", "time_achieved", "from_import")
    return list(found.values_list(*columns))


def told_values(user: User) -> list[tuple[Any, ...]]:
    """What the documents of completed imports say they did to bests, ratings and classes."""
    completed = Import.objects.filter(user=user, state=State.COMPLETED).order_by("pk")
    columns = ("pk", "best_count", "first_play_count", "class_deltas", "rating_changes", "best_counts")
    return list(completed.values_list(*columns))


def names(user: User) -> list[tuple[Any, ...]]:
    """What sessions are called."""
    named = Session.objects.filter(user=user).order_by("session_id")
    return list(named.values_list("session_id", "name", "desc", "highlight"))


def check_identities(user: User, said: dict[str, Row]) -> None:
    """Nothing that their player said of sessions is lost, and a session shows what was said of those merged in it."""
    sessions = list(Session.objects.filter(user=user))
    apart = {one.session_id: one for one in SessionIdentity.objects.filter(user=user)}
    identities: dict[str, Session | SessionIdentity] = {one.session_id: one for one in sessions} | apart
    for session_id, values in said.items():
        assert {name: getattr(identities[session_id], name) for name in values} == values
    for session in sessions:
        merged = [one for one in identities.values() if _was_in(session, one)]
        assert all(find_session(one.session_id) == session for one in merged)
        for name in ("name", "desc", "highlight"):
            about = [said[one.session_id][name] for one in merged if name in said.get(one.session_id, {})]
            assert not about or not all(about) or getattr(session, name) in about


def _was_in(session: Session, identity: Session | SessionIdentity) -> bool:
    return (
        (session.game, session.playtype) == (identity.game, identity.playtype)
        and identity.anchor is not None
        and session.time_started <= identity.anchor <= session.time_ended
    )


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
