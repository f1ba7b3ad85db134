"""A restore brings back the state before the revert: scores, sessions with their names, edits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports import jobs
from imports.errors import ProblemType
from imports.models import (
    ClassAchievement,
    Import,
    ImportInput,
    ImportProblem,
    OrphanScore,
    RowCorrection,
    Score,
    Session,
    State,
    User,
)
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import reprocess
from imports.pipeline.scores import edit_score, edit_session, highlighted_scores, move_pin
from imports.pipeline.scoring import convert
from imports.pipeline.undo.preview import preview
from imports.pipeline.undo.revert import RevertRequest
from tests.pipeline.factories import (
    EVENING,
    EVENING_ROWS,
    HALF_HOUR,
    UNRELEASED,
    import_rows,
    release,
    revert_import,
    sdvx_row,
    state_of,
    submit_rows,
)

pytestmark = pytest.mark.django_db
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(catalogued: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "CHUNK_ROWS", 4)


def run_again(job: Import) -> None:
    jobs.run_import(job.import_id)
    job.refresh_from_db()


def named(user: User) -> list[tuple[Any, ...]]:
    return list(Session.objects.filter(user=user).values_list("session_id", "name", "desc", "highlight"))


def test_a_restore_brings_back_the_same_state(user: User) -> None:
    job = import_rows(user, SDVX, EVENING_ROWS, classes={"dan": "DAN_3"})
    score = Score.objects.filter(user=user).earliest("pk")
    edit_score(score, {"comment": "at last", "highlight": True}, by=user)
    edit_session(Session.objects.get(user=user), {"name": "The long night", "desc": "with friends"}, by=user)
    documents = state_of(user), named(user), job.class_deltas
    achievements = list(ClassAchievement.objects.filter(user=user).values_list("class_set", "new_value").order_by("pk"))

    revert_import(job)
    jobs.restore(job, by=user)
    run_again(job)

    assert job.state == State.COMPLETED
    assert (state_of(user), named(user)) == documents[:2]
    assert sorted(job.class_deltas, key=str) == sorted(documents[2], key=str)
    assert sorted(ClassAchievement.objects.filter(user=user).values_list("class_set", "new_value")) == sorted(
        achievements
    )
    assert Score.objects.get(user=user, highlight=True).comment == "at last"


def test_a_restore_brings_back_the_order_of_pins(user: User) -> None:
    job = import_rows(user, SDVX, EVENING_ROWS[:3])
    for score in Score.objects.filter(user=user):
        edit_score(score, {"highlight": True}, by=user)
    move_pin(highlighted_scores(user)[2], "up")
    order = [score.score_id for score in highlighted_scores(user)]

    revert_import(job)
    jobs.restore(job, by=user)
    run_again(job)

    assert [score.score_id for score in highlighted_scores(user)] == order


def moments_of(user: User) -> list[Any]:
    """Returns the times of imports, scores and orphans."""
    return [
        *Import.objects.filter(user=user).values_list("pk", "time_started", "time_finished").order_by("pk"),
        *Score.objects.filter(user=user).values_list("score_id", "time_added").order_by("score_id"),
        *OrphanScore.objects.filter(user=user).values_list("orphan_id", "time_inserted").order_by("orphan_id"),
    ]


def test_a_restored_import_keeps_its_times(user: User) -> None:
    late = sdvx_row(identifier=str(UNRELEASED), timeAchieved=EVENING)
    never = sdvx_row(identifier=str(UNRELEASED + 1), timeAchieved=EVENING)
    job = import_rows(user, SDVX, [*EVENING_ROWS[:3], late, never])
    release("sdvx")
    reprocess(user, jobs.enabled_games())
    before = moments_of(user)

    for _ in range(2):
        revert_import(job)
        jobs.restore(job, by=user)
        run_again(job)
        assert moments_of(user) == before


def test_scores_that_another_import_owned_count_from_the_time_of_the_restored_import(user: User) -> None:
    first, second = (import_rows(user, SDVX, [sdvx_row()]) for _ in range(2))
    a_month_ago = timezone.now() - timedelta(days=30)
    Import.objects.filter(pk=second.pk).update(time_started=a_month_ago, time_finished=a_month_ago)
    for job in (first, second):
        job.refresh_from_db()
        revert_import(job)

    jobs.restore(second, by=user)
    run_again(second)

    assert Score.objects.get(user=user).time_added == a_month_ago
    assert [row.day for row in user.daily_ratings.all()] == [a_month_ago.date()]
    assert check_player(user) == []


def test_a_restore_preserves_the_carried_scores_of_other_imports(user: User) -> None:
    first = import_rows(user, SDVX, EVENING_ROWS[:4])
    second = import_rows(user, SDVX, EVENING_ROWS[2:6])
    revert_import(first)
    jobs.restore(first, by=user)
    run_again(first)

    assert preview([first], RevertRequest(by=user)).shared == {second.import_id: 2}
    revert_import(first, keep_shared=True)
    second.refresh_from_db()
    assert (second.score_count, second.duplicate_count) == (4, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_sessions_keep_their_names_in_any_order_of_restores(user: User, order: tuple[int, int]) -> None:
    both = [import_rows(user, SDVX, EVENING_ROWS[:2]), import_rows(user, SDVX, EVENING_ROWS[2:4])]
    edit_session(Session.objects.get(user=user), {"name": "The long night", "desc": "with friends"}, by=user)
    before = state_of(user), named(user)

    for job in both:
        revert_import(job)
    for place in order:
        jobs.restore(both[place], by=user)
        run_again(both[place])

    assert (state_of(user), named(user)) == before


def test_two_sessions_never_get_the_same_id_after_a_restore(user: User) -> None:
    ends = [EVENING_ROWS[0], sdvx_row(score=9_900_000, timeAchieved=EVENING + 6 * HALF_HOUR)]
    bridge = sdvx_row(score=9_800_000, timeAchieved=EVENING + 3 * HALF_HOUR)
    first, between = import_rows(user, SDVX, ends[:1]), import_rows(user, SDVX, [bridge])
    import_rows(user, SDVX, ends[1:])
    revert_import(first)
    revert_import(between)

    jobs.restore(first, by=user)
    run_again(first)

    assert len({session_id for session_id, *_ in named(user)}) == 2


def test_a_restored_import_again_counts_as_creator_of_its_session(user: User) -> None:
    first, second = import_rows(user, SDVX, EVENING_ROWS[:2]), import_rows(user, SDVX, EVENING_ROWS[2:4])
    revert_import(first)
    assert second.session_parts.get().created

    jobs.restore(first, by=user)
    run_again(first)

    assert [job.session_parts.get().created for job in (first, second)] == [True, False]


UNKNOWN = sdvx_row(identifier=str(UNRELEASED), timeAchieved=EVENING)


def waiting_of(user: User) -> list[Any]:
    """Returns the problems of imports and the owners of the orphans."""
    rows = ImportProblem.objects.filter(job__user=user).order_by("job", "row").values_list("job", "row", "type")
    return [*rows, *OrphanScore.objects.filter(user=user).values_list("orphan_id", "from_import").order_by("orphan_id")]


@pytest.mark.parametrize("place", [0, 1])
def test_a_restore_brings_back_orphans_and_problems(user: User, place: int) -> None:
    both = [
        import_rows(user, SDVX, [UNKNOWN, EVENING_ROWS[0], UNKNOWN]),
        import_rows(user, SDVX, [EVENING_ROWS[1], UNKNOWN]),
    ]
    before = waiting_of(user)
    assert before[0][2] == ProblemType.NOT_FOUND

    revert_import(both[place])
    jobs.restore(both[place], by=user)
    run_again(both[place])

    assert waiting_of(user) == before


def test_a_restore_brings_back_the_problem_of_a_corrected_row(user: User) -> None:
    job = import_rows(user, SDVX, [UNKNOWN])
    before = waiting_of(user)[:1]
    chosen = submit_rows(user, SDVX, EVENING_ROWS[:1])
    RowCorrection.objects.create(job=job, row=0, corrected_by=chosen, corrected_row=0)
    run_again(chosen)
    revert_import(job)

    jobs.restore(job, by=user)
    run_again(job)

    assert waiting_of(user) == before


def test_a_restore_applies_edits_to_a_score_of_a_later_import(user: User) -> None:
    first = import_rows(user, SDVX, EVENING_ROWS[:1])
    edit_score(Score.objects.get(user=user), {"comment": "at last", "highlight": True}, by=user)
    revert_import(first)
    import_rows(user, SDVX, EVENING_ROWS[:1])

    jobs.restore(first, by=user)
    run_again(first)

    score = Score.objects.get(user=user)
    assert (score.comment, score.highlight, user.bests.get().highlight) == ("at last", True, True)
    assert check_player(user) == []


def test_a_restore_keeps_edits_made_after_the_revert(user: User) -> None:
    first = import_rows(user, SDVX, EVENING_ROWS[:1])
    edit_score(Score.objects.get(user=user), {"comment": "then"}, by=user)
    revert_import(first)
    import_rows(user, SDVX, EVENING_ROWS[:1])
    edit_score(Score.objects.get(user=user), {"comment": "now"}, by=user)

    jobs.restore(first, by=user)
    run_again(first)

    assert Score.objects.get(user=user).comment == "now"


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED])
def test_only_a_reverted_import_can_be_restored(user: User, state: State) -> None:
    job = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    put_into(job, state)

    with pytest.raises(jobs.InvalidTransition):
        jobs.restore(job, by=user)


def test_an_import_without_its_input_cannot_be_restored(user: User) -> None:
    job = import_rows(user, SDVX, EVENING_ROWS)
    revert_import(job)
    ImportInput.objects.filter(job=job).delete()

    with pytest.raises(jobs.InvalidTransition, match="no longer stored"):
        jobs.restore(job, by=user)


def put_into(job: Import, state: State) -> None:
    now = timezone.now()
    Import.objects.filter(pk=job.pk).update(state=state, error_message="x", status_code=400, time_finished=now)
