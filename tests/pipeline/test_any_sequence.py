"""After any sequence of operations, the scores match the model and all derived state follows from them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports import jobs
from imports.models import Import, Score, State, User
from imports.pipeline.scores import edit_score
from imports.pipeline.undo.preview import revert_all
from imports.pipeline.undo.revert import RevertRequest
from tests.examples import examples, in_parts, part_examples
from tests.pipeline.factories import Document, documents, import_rows, row_of, undone
from tests.pipeline.state_machine import StateMachine, Step, steps
from tests.pipeline.stored_state import edits, history_of, name_of, names, owners

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("catalogued")]
EXAMPLES = examples(20, ci=500)
FEWER_EXAMPLES = max(1, EXAMPLES // 4)
WALK_SETTINGS = settings(
    max_examples=part_examples(EXAMPLES),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ANY_ORDER = st.randoms(use_true_random=False)
ANYTHING = steps(
    "revert", "revert several", "restore", "revert and restore", "delete", "edit", "name", "describe", "merge",
    "release", "rescue", "drop orphan", "class", "seeds", "import thrice", "mend", wish=st.booleans(),
)  # fmt: skip
# A plain revert removes scores that other imports carried, and a deletion removes single scores: inputs lack both.
NOTHING_LOST = steps(
    "revert", "revert several", "restore", "revert and restore", "edit", "name", "describe", "merge", "release",
    "rescue", "seeds", wish=st.just(True),
)  # fmt: skip


@in_parts(EXAMPLES)
@WALK_SETTINGS
@given(ANYTHING, documents(differing=True), st.integers(1, 2), ANY_ORDER)
@undone()
def test_scores_match_the_model_and_derived_state_is_independent_of_order(
    part: int, operations: list[Step], drawn: list[Document], players: int, order: Random
) -> None:
    machine = StateMachine(drawn, players=players)
    machine.run_steps(operations)
    machine.check()
    for model in machine.models:
        assert_order_of_imports_does_not_matter(model.user, order)


def assert_order_of_imports_does_not_matter(user: User, order: Random) -> None:
    """Imports the remaining scores of each completed import again, in another order, and compares the state."""
    wanted, edited, named = history_of(user), edits(user), names(user)
    survivors = list(Import.objects.filter(user=user, state=State.COMPLETED))
    parts = [part for job in survivors for part in parts_of(job)]
    revert_all(survivors, RevertRequest())
    assert owners(user) == {}
    order.shuffle(parts)
    for gpt, rows in parts:
        import_rows(user, gpt, rows)
    for score in Score.objects.filter(user=user).select_related("chart__song"):
        comment, highlight = edited.get(name_of(score), (None, False))
        if comment is not None or highlight:
            edit_score(score, {"comment": comment, "highlight": highlight}, by=user)
    assert (history_of(user), names(user)) == (wanted, named)


def parts_of(job: Import) -> list[tuple[str, list[dict[str, Any]]]]:
    """Returns the rows of an import's scores, by playtype."""
    by_playtype: dict[str, list[dict[str, Any]]] = {}
    for score in job.scores.select_related("chart__song"):
        by_playtype.setdefault(f"{score.game}:{score.playtype}", []).append(row_of(score))
    return list(by_playtype.items())


@in_parts(FEWER_EXAMPLES)
@settings(WALK_SETTINGS, max_examples=part_examples(FEWER_EXAMPLES))
@given(NOTHING_LOST, documents(), ANY_ORDER)
@undone()
def test_the_state_equals_that_of_the_remaining_imports_in_any_order(
    part: int, operations: list[Step], drawn: list[Document], order: Random
) -> None:
    machine = StateMachine(drawn, players=1)
    machine.run_steps(operations)
    machine.do_rescue(machine.models[0], operations[0])  # a restored import finds every released song
    machine.check()
    user = machine.models[0].user
    wanted = history_of(user), edits(user), names(user)
    survivors = list(Import.objects.filter(user=user, state=State.COMPLETED).order_by("pk"))

    _revert_and_restore(survivors, order=order)
    assert (history_of(user), edits(user), names(user)) == wanted

    _revert_and_restore(survivors)
    assert (history_of(user), edits(user), names(user)) == wanted


def _revert_and_restore(chosen: list[Import], *, order: Random | None = None) -> None:
    """Reverts imports as one operation and restores them one by one, oldest first or in random order."""
    revert_all(chosen, RevertRequest())
    for job in order.sample(chosen, len(chosen)) if order else chosen:
        jobs.restore(job, by=job.user)
        jobs.run_import(job.import_id)
