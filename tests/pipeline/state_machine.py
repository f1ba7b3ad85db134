"""A state machine of random operations on players' imports, compared with the model in player_model.py.

Sessions, bests and stats are compared with a full refresh, and with a history in which the same scores
are imported in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

from django.db.models import F
from hypothesis import strategies as st

from imports import jobs
from imports.models import (
    Chart,
    Import,
    OrphanScore,
    Session,
    State,
)
from imports.models.row_corrections import open_problems
from imports.pages.imports.problems.row_correction import CORRECTABLE, corrected_upload, find_similar_rows, open_row
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
    rows_between,
    score_name,
    submit_rows,
    varied_row,
)
from tests.pipeline.player_model import PlayerModel
from tests.pipeline.rating_history_model import days_of_scores, stored_days
from tests.pipeline.stored_state import (
    assert_scores_match_their_owner,
    carried,
    check_identities,
    check_revert_totals,
    documents_of,
    edits,
    left_out,
    name_of,
    names,
    orphan_name,
    orphans,
    owners,
    scores_of,
    totals_of,
)

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """One operation: `who` selects the player, `pick` the object, `wish` a variant."""

    operation: str
    who: int
    pick: int
    wish: bool


class StateMachine:
    """Some players, the documents they may import, and the models of their expected state."""

    def __init__(self, drawn: Sequence[Document], *, players: int) -> None:
        self.drawn = drawn
        self.models = [PlayerModel(player()) for _ in range(players)]
        self.released: set[str] = set()

    def run_steps(self, steps: Sequence[Step]) -> None:
        """Runs each operation, or an import if the operation has no object."""
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
        """Runs queued imports in their order, as a worker does."""
        for job in sorted(waiting, key=lambda job: job.pk):
            jobs.run_import(job.import_id)
            job.refresh_from_db()
            assert job.state == State.COMPLETED, job.error_message
            model.bring(job.pk, known=self.known)

    def check(self) -> None:
        """Compares every player with their model, and the derived state with the scores."""
        for model in self.models:
            assert owners(model.user) == model.owner
            assert carried(model.user) == model.carried()
            assert_scores_match_their_owner(model)
            assert edits(model.user) == model.edits
            assert orphans(model.user) == model.orphans
            check_identities(model.user, model.session_edits)
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
        """Reverts imports and compares the changes with the preview."""
        operation = RevertRequest(by=model.user, keep_shared=keep_shared, roll_back_classes=roll_back_classes)
        before = totals_of(model.user)
        assert preview(chosen, operation) == revert_all(chosen, operation)
        check_revert_totals(model.user, [job.pk for job in chosen], before=before)
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
        """Imports the same scores three times; with `wish`, each time with other details."""
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
        """Restores one import, or with `wish` several at once."""
        reverted = self.brought(model, State.REVERTED)
        self.restore(model, _some(reverted, step) if step.wish else [_one(reverted, step)])

    def do_revert_and_restore(self, model: PlayerModel, step: Step) -> None:
        """Reverts and restores an import; all documents, including session names, must be the same again."""
        chosen = [_one(self.brought(model, State.COMPLETED), step)]
        before, owner = documents_of(model.user), dict(model.owner)
        self.revert(model, chosen, keep_shared=step.wish, roll_back_classes=not step.wish)
        self.restore(model, chosen)
        if model.owner == owner:  # rows of a song that was unknown at the import may be scores now
            assert documents_of(model.user) == before

    def do_delete(self, model: PlayerModel, step: Step) -> None:
        score = _one(scores_of(model.user), step)
        name = name_of(score)
        delete_score(score, by=model.user, blacklist=step.wish)
        model.delete(name, blacklist=step.wish)

    def do_edit(self, model: PlayerModel, step: Step) -> None:
        score = _one(scores_of(model.user), step)
        changes: Row = {"highlight": True} if step.wish else {"comment": f"edit {step.pick}"}
        done = edit_score(score, changes, by=model.user)
        model.edits[name_of(score)] = (done.comment, done.highlight)

    def do_name(self, model: PlayerModel, step: Step) -> None:
        self.set_text(model, step, {"name": f"Night {step.pick}", "highlight": step.wish})

    def do_describe(self, model: PlayerModel, step: Step) -> None:
        """Sets the description of a session, or removes it."""
        self.set_text(model, step, {"desc": f"note {step.pick}" if step.pick % 4 else None, "highlight": step.wish})

    def do_merge(self, model: PlayerModel, step: Step) -> None:
        """Edits the later of two sessions, and then merges both by an import between them."""
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
        check_identities(model.user, model.session_edits)
        if step.pick % 2 and job.score_count == len(model.rows[job.pk][1]):
            self.revert(model, [job], keep_shared=False)
            assert names(model.user) == before

    def set_text(self, model: PlayerModel, step: Step, changes: Row) -> None:
        nights = list(Session.objects.filter(user=model.user).order_by("time_started", "game", "playtype"))
        self.set_text_of(model, _one(nights, step), changes)

    def set_text_of(self, model: PlayerModel, before: Session, changes: Row) -> None:
        after = edit_session(before, changes, by=model.user)
        edited = model.session_edits.setdefault(after.session_id, {})
        edited |= {name: value for name, value in changes.items() if getattr(before, name) != value}

    def do_release(self, _model: PlayerModel, step: Step) -> None:
        """Releases a song, without a retry of orphans."""
        self.release(_one(sorted({document.gpt.split(":")[0] for document in self.drawn} - self.released), step))

    def release(self, game: str) -> None:
        release(game)
        self.released.add(game)

    def do_rescue(self, model: PlayerModel, step: Step) -> None:
        """Retries the player's orphans; with `wish`, after the release of their songs."""
        if step.wish:
            for game in sorted({name.split(":", maxsplit=1)[0] for name in model.orphans} - self.released):
                self.release(game)
        rescue = reprocess(model.user, jobs.enabled_games(), by=model.user)
        assert rescue.processed == len(model.orphans)
        model.rescue(known=lambda name: name.split(":")[0] in self.released)
        assert rescue.kept == len(model.orphans)

    def do_correct_rows(self, model: PlayerModel, step: Step) -> None:
        """Imports rows of an unknown song on a chart of a known song, as the page for corrections does."""
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
        if step.wish:  # and reverts the correction
            self.revert(model, [job], keep_shared=False)

    def do_drop_orphan(self, model: PlayerModel, step: Step) -> None:
        orphan = _one(list(OrphanScore.objects.filter(user=model.user).order_by("orphan_id")), step)
        delete_orphan(orphan, by=model.user)
        model.drop_orphan(orphan_name(orphan))

    def do_class(self, model: PlayerModel, step: Step) -> None:
        """Sets a class of the player, as a moderator does."""
        value = f"DAN_{1 + step.pick % 11}" if step.wish else None
        set_class(model.user, ClassChange("sdvx", "Single", "dan", value), by=None, reason="")

    def do_seeds(self, _model: PlayerModel, step: Step) -> None:
        """Changes the levels of a game's charts and rerates all scores on them."""
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
    """Draws imports and these operations; the first is an import, because other operations need one."""
    numbers = st.integers(0, 31)
    kinds = st.sampled_from(["import", "import", *operations])
    step = st.builds(Step, operation=kinds, who=numbers, pick=numbers, wish=wish)
    first = st.builds(Step, operation=st.just("import"), who=numbers, pick=numbers, wish=st.just(False))
    rest = st.lists(step, min_size=3, max_size=8)
    return st.builds(lambda one, others: [one, *others], first, rest)


class NothingToDo(Exception):
    """The operation has no object."""


def _one(found: Sequence[T], step: Step) -> T:
    if not found:
        raise NothingToDo
    return found[step.pick % len(found)]


def _some(found: Sequence[T], step: Step) -> Sequence[T]:
    """Returns at least one of the rows."""
    return [one for place, one in enumerate(found) if step.pick >> place % 5 & 1] or [_one(found, step)]
