"""A score that its player deleted stays deleted when earlier imports are restored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from imports import jobs
from imports.models import Import, ImportProblem, Score, State, User
from imports.pipeline import run as running
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.orphans import ReprocessResult, reprocess
from imports.pipeline.scores import delete_score
from tests.pipeline.factories import EVENING_ROWS, import_rows, release, revert_import, sdvx_row, submit_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"
DELETED, *KEPT = EVENING_ROWS[:3]
Row = dict[str, Any]


def delete(user: User, row: Row = DELETED, *, blacklist: bool = False) -> None:
    delete_score(_scores(user).get(score_data__score=row["score"]), by=user, blacklist=blacklist)


def restore(job: Import) -> Import:
    jobs.restore(job, by=job.user)
    return rerun(job)


def rerun(job: Import) -> Import:
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED, job.error_message
    return job


def points(user: User) -> list[int]:
    return sorted(score.score_data["score"] for score in _scores(user))


def _scores(user: User) -> Any:
    return Score.objects.filter(user=user)


def of(rows: Sequence[Row]) -> list[int]:
    return sorted(row["score"] for row in rows)


def counts(job: Import) -> tuple[int, int, int]:
    job.refresh_from_db()
    return job.score_count, job.duplicate_count, job.problem_count


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("blacklist", [False, True])
def test_a_restore_does_not_bring_back_a_score_that_was_deleted_before_the_revert(user: User, blacklist: bool) -> None:
    job = import_rows(user, SDVX, [DELETED, DELETED, *KEPT])
    delete(user, blacklist=blacklist)
    before = points(user), counts(job)

    revert_import(job)
    restore(job)

    assert (points(user), counts(job)) == before == (of(KEPT), (2, 1, 0))
    assert check_player(user) == []


def test_a_restored_import_whose_scores_were_all_deleted_stays_empty(user: User) -> None:
    job = import_rows(user, SDVX, [DELETED])
    delete(user)
    job.refresh_from_db()
    before = job.score_count, job.playtypes

    revert_import(job)
    restore(job)

    job.refresh_from_db()
    assert (job.score_count, job.playtypes) == before == (0, [])


def test_a_deletion_holds_for_every_completed_import_with_the_score(user: User) -> None:
    first, second = import_rows(user, SDVX, [DELETED, *KEPT]), import_rows(user, SDVX, [DELETED, *KEPT])
    delete(user)
    before = counts(second)

    for job in (second, first):
        revert_import(job)
        restore(job)

    assert counts(second) == before
    assert points(user) == of(KEPT)


def test_a_score_deleted_while_its_import_was_reverted_stays_deleted(user: User) -> None:
    """The score had passed to another import. A restore undoes the revert of its import, not the deletion."""
    first, _ = import_rows(user, SDVX, [DELETED, *KEPT]), import_rows(user, SDVX, [DELETED, *KEPT])
    revert_import(first, keep_shared=True)
    delete(user)

    restore(first)

    assert points(user) == of(KEPT)


def test_a_later_import_and_its_restore_store_a_deleted_score_again(user: User) -> None:
    first = import_rows(user, SDVX, [DELETED, *KEPT])
    delete(user)
    later = import_rows(user, SDVX, [DELETED])

    for job in (first, later):
        revert_import(job)
        restore(job)

    assert points(user) == of([DELETED, *KEPT])
    assert later.scores.count() == 1


def test_a_retried_import_that_never_completed_stores_a_deleted_score(user: User) -> None:
    import_rows(user, SDVX, [DELETED])
    waiting = submit_rows(user, SDVX, [DELETED])
    jobs.cancel(waiting, by=user)
    delete(user)

    jobs.retry(waiting, by=user)

    assert counts(rerun(waiting)) == (1, 0, 0)


def test_a_matched_orphan_does_not_restore_a_deleted_score(user: User) -> None:
    row = sdvx_row(identifier="4")
    early = import_rows(user, SDVX, [row])
    release("sdvx")
    import_rows(user, SDVX, [row])
    delete(user, row)

    assert reprocess(user, jobs.enabled_games()) == ReprocessResult(processed=1, rescued=0, kept=0, removed=1)

    assert points(user) == []
    assert counts(early) == (0, 0, 0)
    assert not ImportProblem.objects.filter(job=early).exists()


# --- deletions during an import -----------------------------------------------------------------------


@pytest.mark.parametrize("blacklist", [False, True])
def test_a_row_is_judged_again_if_its_score_is_deleted_during_the_import(
    user: User, monkeypatch: pytest.MonkeyPatch, blacklist: bool
) -> None:
    """Otherwise the row would be a duplicate of a score that no longer exists."""
    import_rows(user, SDVX, [DELETED, *KEPT])
    job = submit_rows(user, SDVX, [DELETED, *KEPT])
    _after_judging(monkeypatch, lambda: delete(user, blacklist=blacklist))

    rerun(job)

    assert counts(job) == ((0, 2, 0) if blacklist else (1, 2, 0))
    assert points(user) == of(KEPT if blacklist else [DELETED, *KEPT])
    assert check_player(user) == []


def _after_judging(monkeypatch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
    """Runs the action once, after an import has judged and before it stores."""
    judge, left = running.judge, [action]

    def judge_then_act(*args: Any, **more: Any) -> Any:
        batch = judge(*args, **more)
        if left:
            left.pop()()
        return batch

    monkeypatch.setattr(running, "judge", judge_then_act)
