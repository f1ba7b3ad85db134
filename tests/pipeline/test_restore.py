"""A restored import is there as if it had never been gone: scores, sessions with their names, edits."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from imports import jobs
from imports.models import ClassAchievement, Import, ImportInput, Score, Session, State, User
from imports.pipeline import convert
from imports.pipeline.integrity import check_player
from imports.pipeline.preview import preview
from imports.pipeline.revert import Deed
from imports.pipeline.scores import edit_score, edit_session
from tests.pipeline.world import (
    EVENING,
    EVENING_ROWS,
    HALF_HOUR,
    bring,
    sdvx_row,
    state_of,
    take_back,
)

pytestmark = pytest.mark.django_db
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(catalogued: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "CHUNK", 4)


def again(job: Import) -> None:
    jobs.run_import(job.import_id)
    job.refresh_from_db()


def named(user: User) -> list[tuple[Any, ...]]:
    return list(Session.objects.filter(user=user).values_list("session_id", "name", "desc", "highlight"))


def test_a_restore_brings_back_the_same_documents(user: User) -> None:
    job = bring(user, SDVX, EVENING_ROWS, classes={"dan": "DAN_3"})
    score = Score.objects.filter(user=user).earliest("pk")
    edit_score(score, {"comment": "at last", "highlight": True}, by=user)
    edit_session(Session.objects.get(user=user), {"name": "The long night", "desc": "with friends"}, by=user)
    documents = state_of(user), named(user), job.class_deltas
    achievements = list(ClassAchievement.objects.filter(user=user).values_list("class_set", "new_value").order_by("pk"))

    take_back(job)
    jobs.restore(job, by=user)
    again(job)

    assert job.state == State.COMPLETED
    assert (state_of(user), named(user)) == documents[:2]
    assert sorted(job.class_deltas, key=str) == sorted(documents[2], key=str)
    assert sorted(ClassAchievement.objects.filter(user=user).values_list("class_set", "new_value")) == sorted(
        achievements
    )
    assert Score.objects.get(user=user, highlight=True).comment == "at last"


def test_after_a_restore_others_still_know_what_they_also_carried(user: User) -> None:
    first = bring(user, SDVX, EVENING_ROWS[:4])
    second = bring(user, SDVX, EVENING_ROWS[2:6])
    take_back(first)
    jobs.restore(first, by=user)
    again(first)

    assert preview([first], Deed(by=user)).shared == {second.import_id: 2}
    take_back(first, keep_shared=True)
    second.refresh_from_db()
    assert (second.score_count, second.duplicate_count) == (4, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_sessions_keep_their_names_whichever_import_is_restored_first(user: User, order: tuple[int, int]) -> None:
    both = [bring(user, SDVX, EVENING_ROWS[:2]), bring(user, SDVX, EVENING_ROWS[2:4])]
    edit_session(Session.objects.get(user=user), {"name": "The long night", "desc": "with friends"}, by=user)
    before = state_of(user), named(user)

    for job in both:
        take_back(job)
    for place in order:
        jobs.restore(both[place], by=user)
        again(both[place])

    assert (state_of(user), named(user)) == before


def test_a_session_that_is_there_lends_its_name_to_no_other(user: User) -> None:
    ends = [EVENING_ROWS[0], sdvx_row(score=9_900_000, timeAchieved=EVENING + 6 * HALF_HOUR)]
    bridge = sdvx_row(score=9_800_000, timeAchieved=EVENING + 3 * HALF_HOUR)
    first, between = bring(user, SDVX, ends[:1]), bring(user, SDVX, [bridge])
    bring(user, SDVX, ends[1:])
    take_back(first)
    take_back(between)

    jobs.restore(first, by=user)
    again(first)

    assert len({session_id for session_id, *_ in named(user)}) == 2


def test_a_restored_import_is_again_the_one_that_created_its_session(user: User) -> None:
    first, second = bring(user, SDVX, EVENING_ROWS[:2]), bring(user, SDVX, EVENING_ROWS[2:4])
    take_back(first)
    assert second.session_parts.get().created

    jobs.restore(first, by=user)
    again(first)

    assert [job.session_parts.get().created for job in (first, second)] == [True, False]


def test_edits_come_back_to_a_score_that_another_import_brought_meanwhile(user: User) -> None:
    first = bring(user, SDVX, EVENING_ROWS[:1])
    edit_score(Score.objects.get(user=user), {"comment": "at last", "highlight": True}, by=user)
    take_back(first)
    bring(user, SDVX, EVENING_ROWS[:1])

    jobs.restore(first, by=user)
    again(first)

    score = Score.objects.get(user=user)
    assert (score.comment, score.highlight, user.bests.get().highlight) == ("at last", True, True)
    assert check_player(user) == []


def test_what_their_owner_wrote_since_is_kept(user: User) -> None:
    first = bring(user, SDVX, EVENING_ROWS[:1])
    edit_score(Score.objects.get(user=user), {"comment": "then"}, by=user)
    take_back(first)
    bring(user, SDVX, EVENING_ROWS[:1])
    edit_score(Score.objects.get(user=user), {"comment": "now"}, by=user)

    jobs.restore(first, by=user)
    again(first)

    assert Score.objects.get(user=user).comment == "now"


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED])
def test_only_a_reverted_import_can_be_restored(user: User, state: State) -> None:
    job = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    put_into(job, state)

    with pytest.raises(jobs.NotPossible):
        jobs.restore(job, by=user)


def test_without_its_input_nothing_can_be_run_again(user: User) -> None:
    job = bring(user, SDVX, EVENING_ROWS)
    take_back(job)
    ImportInput.objects.filter(job=job).delete()

    with pytest.raises(jobs.NotPossible, match="no longer stored"):
        jobs.restore(job, by=user)


def put_into(job: Import, state: State) -> None:
    now = timezone.now()
    Import.objects.filter(pk=job.pk).update(state=state, error_message="x", status_code=400, time_finished=now)
