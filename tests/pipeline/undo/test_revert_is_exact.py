"""Property: a reverted import leaves the state as if it had never existed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from imports.models import Session
from imports.pipeline.derived import bests, sessions, stats
from tests.examples import examples
from tests.pipeline.factories import (
    DIFFICULTIES,
    NOTHING,
    Overlap,
    import_rows,
    islands_by_hand,
    overlaps,
    player,
    revert_import,
    state_of,
    undone,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("catalogued")]
EXAMPLES = settings(
    max_examples=examples(8, ci=60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@EXAMPLES
@given(overlaps())
@undone()
def test_import_a_import_b_revert_a_leaves_the_state_of_import_b(case: Overlap) -> None:
    user = player()
    alone = import_rows(user, case.gpt, case.second)
    wanted = state_of(user)
    revert_import(alone)
    assert state_of(user) == NOTHING

    first = import_rows(user, case.gpt, case.first)
    import_rows(user, case.gpt, case.second)
    revert_import(first, keep_shared=True)

    assert state_of(user) == wanted


@EXAMPLES
@given(overlaps())
@undone()
def test_import_a_import_b_revert_b_leaves_the_state_of_import_a(case: Overlap) -> None:
    user = player()
    import_rows(user, case.gpt, case.first)
    wanted = state_of(user)

    revert_import(import_rows(user, case.gpt, case.second))

    assert state_of(user) == wanted


@EXAMPLES
@given(overlaps())
@undone()
def test_the_order_of_imports_does_not_matter(case: Overlap) -> None:
    user = player()
    one, two = import_rows(user, case.gpt, case.first), import_rows(user, case.gpt, case.second)
    forwards = _without_parts(state_of(user))
    revert_import(one)
    revert_import(two)

    import_rows(user, case.gpt, case.second)
    import_rows(user, case.gpt, case.first)

    assert _without_parts(state_of(user)) == forwards


@EXAMPLES
@given(overlaps())
@undone()
def test_a_refresh_of_everything_changes_nothing(case: Overlap) -> None:
    user = player()
    import_rows(user, case.gpt, case.first)
    revert_import(import_rows(user, case.gpt, case.second))
    game, playtype = case.gpt.split(":")
    before = state_of(user), list(Session.objects.filter(user=user).order_by("pk").values())
    times = [score[3] for score in before[0]["scores"] if score[3] is not None]
    charts = {score[1] for score in before[0]["scores"]}

    sessions.refresh(user.pk, game, {playtype: times})
    changed = bests.refresh(user.pk, charts)
    stats.refresh(user.pk, game, [playtype])

    assert (state_of(user), list(Session.objects.filter(user=user).order_by("pk").values())) == before
    assert changed == bests.BestsChange()


@EXAMPLES
@given(overlaps())
@undone()
def test_sessions_are_the_islands_of_the_timed_scores(case: Overlap) -> None:
    user = player()
    import_rows(user, case.gpt, case.first)
    import_rows(user, case.gpt, case.second)

    assert sorted(session[6] for session in state_of(user)["sessions"]) == islands_by_hand(user)


def test_example_rows_of_every_playtype_are_imported() -> None:
    """Makes sure that the rows of the property tests above are accepted."""
    for gpt in DIFFICULTIES:
        rows = [example_row(gpt, difficulty) for difficulty in DIFFICULTIES[gpt]]
        job = import_rows(player(), gpt, rows)
        assert (job.score_count, job.problem_count) == (3, 0), gpt


def example_row(gpt: str, difficulty: str) -> dict[str, Any]:
    metrics: dict[str, dict[str, Any]] = {
        "sdvx": {"score": 9_000_000, "lamp": "CLEAR"},
        "chunithm": {"score": 1_000_000, "noteLamp": "NONE", "clearLamp": "CLEAR"},
        "iidx": {"score": 1_500, "lamp": "CLEAR"},
    }
    return {
        "matchType": "tachiSongID",
        "identifier": "1",
        "difficulty": difficulty,
        **metrics[gpt.split(":", maxsplit=1)[0]],
    }


def _without_parts(state: dict[str, Any]) -> dict[str, Any]:
    """Removes the imports of sessions, which do depend on the order of imports."""
    return {**state, "sessions": [session[:-1] for session in state["sessions"]]}
