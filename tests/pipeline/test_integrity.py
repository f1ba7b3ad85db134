"""Whatever is done in whatever order, derived state is what the scores say."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imports import jobs
from imports.models import GameStats, Import, PersonalBest, Score, Session, State, User
from imports.pipeline.integrity import check_player
from imports.pipeline.orphans import reprocess
from imports.pipeline.preview import preview, revert_all
from imports.pipeline.revert import Deed
from imports.pipeline.scores import delete_score
from tests.pipeline.world import DIFFICULTIES, EVENING, bring, catalogue, documents, player, state_of

pytestmark = pytest.mark.django_db
MORE = int(os.environ.get("TACHI_TEST_EXAMPLES", "60" if os.environ.get("CI") else "25"))
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    catalogue()


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["import", "import", "import", "revert", "keep shared", "restore", "delete", "rescue", "bulk"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=9,
)


@settings(
    max_examples=MORE,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(DEEDS, st.lists(documents(), min_size=3, max_size=6), st.booleans())
def test_after_any_sequence_of_deeds_nothing_differs_from_the_scores(
    deeds: list[tuple[str, int]], drawn: list[tuple[str, list[dict[str, Any]]]], two: bool
) -> None:
    users = [player(), player()] if two else [player()]
    for step, (deed, pick) in enumerate(deeds):
        do(deed, users[(step + pick) % len(users)], pick, drawn)

    assert [check_player(user) for user in users] == [[] for _ in users]


@settings(
    max_examples=MORE,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(DEEDS, st.lists(documents(), min_size=3, max_size=6), st.randoms(use_true_random=False))
def test_what_remains_is_the_state_of_the_surviving_imports_alone_in_any_order(
    deeds: list[tuple[str, int]], drawn: list[tuple[str, list[dict[str, Any]]]], order: Any
) -> None:
    user = player()
    for deed, pick in deeds:
        # A plain revert takes shared scores from the imports that also carried them, and a deletion takes single ones.
        kind = {"revert": "keep shared", "bulk": "keep shared", "delete": "import"}.get(deed, deed)
        do(kind, user, pick, drawn)
    wanted = _without_parts(state_of(user))
    survivors = list(Import.objects.filter(user=user, state=State.COMPLETED))

    revert_all(survivors, Deed())
    assert state_of(user)["scores"] == []
    order.shuffle(survivors)
    for job in survivors:
        jobs.restore(job, by=user)
        jobs.run_import(job.import_id)

    assert _without_parts(state_of(user)) == wanted


def do(deed: str, user: User, pick: int, drawn: list[tuple[str, list[dict[str, Any]]]]) -> None:
    """Does one deed to a player, or nothing where there is nothing to do it to."""
    completed = list(Import.objects.filter(user=user, state=State.COMPLETED).order_by("pk"))
    reverted = list(Import.objects.filter(user=user, state=State.REVERTED).order_by("pk"))
    if deed == "import":
        gpt, rows = drawn[pick % len(drawn)]
        bring(user, gpt, [*rows, {**rows[0], "identifier": "99"}] if rows and pick % 2 else rows)
    elif deed == "rescue":
        reprocess(user, jobs.offered_games())
    elif deed == "delete" and Score.objects.filter(user=user).exists():
        scores = list(Score.objects.filter(user=user).order_by("score_id"))
        delete_score(scores[pick % len(scores)], by=user)
    elif deed == "restore" and reverted:
        job = reverted[pick % len(reverted)]
        jobs.restore(job, by=user)
        jobs.run_import(job.import_id)
    elif deed in {"revert", "keep shared", "bulk"} and completed:
        chosen = completed if deed == "bulk" else [completed[pick % len(completed)]]
        wish = Deed(by=user, keep_shared=deed == "keep shared")
        assert preview(chosen, wish) == revert_all(chosen, wish)


ROW = {
    "matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH", "score": 9_000_000, "lamp": "CLEAR",
    "timeAchieved": EVENING,
}  # fmt: skip


def _damage_best(user: User) -> None:
    PersonalBest.objects.filter(user=user).update(highlight=True)


def _lose_best(user: User) -> None:
    PersonalBest.objects.filter(user=user).delete()


def _stretch_session(user: User) -> None:
    Session.objects.filter(user=user).update(time_ended=EVENING + 1)


def _lose_session(user: User) -> None:
    Session.objects.filter(user=user).delete()


def _invent_session(user: User) -> None:
    Session.objects.create(
        user=user, game="sdvx", playtype="Single", name="Ghost", time_started=1.0, time_ended=2.0, score_count=1,
        calculated_data={},
    )  # fmt: skip


def _inflate_rating(user: User) -> None:
    GameStats.objects.filter(user=user).update(ratings={"VF6": 99})


def _change_rating_of_a_score(user: User) -> None:
    Score.objects.filter(user=user).update(calculated_data={"VF6": 1})


def _miscount(user: User) -> None:
    Import.objects.filter(user=user).update(score_count=7)


@pytest.mark.parametrize(
    "damage",
    [
        _damage_best, _lose_best, _stretch_session, _lose_session, _invent_session, _inflate_rating,
        _change_rating_of_a_score, _miscount,
    ],
)  # fmt: skip
def test_damage_is_found_reported_and_repaired(damage: Any) -> None:
    user = player()
    bring(user, SDVX, [ROW])
    whole = state_of(user)
    damage(user)

    found = check_player(user)
    assert found
    assert [(d.what, d.stored) for d in check_player(user)] == [(d.what, d.stored) for d in found], "looking repairs"
    check_player(user, repair=True)

    assert check_player(user) == []
    assert state_of(user) == whole


def test_a_sound_player_has_no_differences() -> None:
    user = player()
    for gpt in DIFFICULTIES:
        bring(user, gpt, [])
    bring(user, SDVX, [ROW])

    assert check_player(user) == []


def _without_parts(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "sessions": [session[:-1] for session in state["sessions"]]}
