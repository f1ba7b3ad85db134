"""Property: an import that was taken back has never been."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from imports.models import Session
from imports.pipeline import bests, sessions, stats
from tests.pipeline.world import (
    DIFFICULTIES,
    Overlap,
    bring,
    islands_by_hand,
    overlaps,
    player,
    state_of,
    take_back,
    undone,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
EXAMPLES = settings(
    max_examples=60 if os.environ.get("CI") else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@EXAMPLES
@given(overlaps())
@undone()
def test_import_a_import_b_revert_a_leaves_the_state_of_import_b(case: Overlap) -> None:
    user = player()
    alone = bring(user, case.gpt, case.second)
    wanted = state_of(user)
    take_back(alone)
    assert state_of(user) == NOTHING

    first = bring(user, case.gpt, case.first)
    bring(user, case.gpt, case.second)
    take_back(first, keep_shared=True)

    assert state_of(user) == wanted


@EXAMPLES
@given(overlaps())
@undone()
def test_import_a_import_b_revert_b_leaves_the_state_of_import_a(case: Overlap) -> None:
    user = player()
    bring(user, case.gpt, case.first)
    wanted = state_of(user)

    take_back(bring(user, case.gpt, case.second))

    assert state_of(user) == wanted


@EXAMPLES
@given(overlaps())
@undone()
def test_the_order_of_imports_never_shows(case: Overlap) -> None:
    user = player()
    one, two = bring(user, case.gpt, case.first), bring(user, case.gpt, case.second)
    forwards = _without_parts(state_of(user))
    take_back(one)
    take_back(two)

    bring(user, case.gpt, case.second)
    bring(user, case.gpt, case.first)

    assert _without_parts(state_of(user)) == forwards


@EXAMPLES
@given(overlaps())
@undone()
def test_refreshing_everything_from_the_scores_changes_nothing(case: Overlap) -> None:
    user = player()
    bring(user, case.gpt, case.first)
    take_back(bring(user, case.gpt, case.second))
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
    bring(user, case.gpt, case.first)
    bring(user, case.gpt, case.second)

    assert sorted(session[6] for session in state_of(user)["sessions"]) == islands_by_hand(user)


def test_every_playtype_of_the_world_is_imported_whole() -> None:
    """Guards the properties above against a world whose rows are all refused."""
    for gpt in DIFFICULTIES:
        rows = [example_row(gpt, difficulty) for difficulty in DIFFICULTIES[gpt]]
        job = bring(player(), gpt, rows)
        assert (job.score_count, job.problem_count) == (3, 0), gpt


NOTHING: dict[str, Any] = {"scores": [], "rated": [], "sessions": [], "bests": [], "stats": []}


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
    """Which import brought a session's first score does depend on the order, and should."""
    return {**state, "sessions": [session[:-1] for session in state["sessions"]]}
