"""Rows are judged by the time of receipt, in an import, a restore and a retry of orphans."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from imports import jobs
from imports.models import Import, ImportInput, ImportProblem, OrphanScore, State, User
from imports.pipeline.orphans import reprocess
from imports.pipeline.scoring.convert import MAX_FUTURE_MS
from tests.pipeline.factories import EVENING_ROWS, release, revert_import, sdvx_row, submit_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogued")]
SDVX = "sdvx:Single"
TOO_LATE = "Invalid timestamp: score happens in the future."


def brought_days_ago(user: User, **changes: Any) -> Import:
    """Returns an import received three days ago with a row that was in the future then, and two that were not."""
    came = timezone.now() - timedelta(days=3)
    row = sdvx_row(timeAchieved=came.timestamp() * 1000 + MAX_FUTURE_MS + 60_000, **changes)
    job = submit_rows(user, SDVX, [row, *EVENING_ROWS[:2]])
    ImportInput.objects.filter(job=job).update(received_at=came)
    return rerun(job)


def rerun(job: Import) -> Import:
    jobs.run_import(job.import_id)
    job.refresh_from_db()
    assert job.state == State.COMPLETED, job.error_message
    return job


def problem_of(job: Import) -> str:
    return ImportProblem.objects.get(job=job).message


def test_a_row_after_its_receipt_is_refused_in_import_and_restore(user: User) -> None:
    job = brought_days_ago(user)
    assert (job.score_count, problem_of(job)) == (2, TOO_LATE)

    revert_import(job)
    jobs.restore(job, by=user)
    rerun(job)

    assert (job.score_count, problem_of(job)) == (2, TOO_LATE)


@pytest.mark.parametrize("is_stored", [True, False], ids=["with its input", "without its input"])
def test_an_orphan_is_judged_by_the_time_of_receipt(user: User, is_stored: bool) -> None:
    job = brought_days_ago(user, identifier="4")
    if not is_stored:
        OrphanScore.objects.update(time_inserted=ImportInput.objects.get(job=job).received_at)
        ImportInput.objects.filter(job=job).delete()
    release("sdvx")

    assert reprocess(user, jobs.enabled_games()).kept == 1

    assert OrphanScore.objects.get(user=user).error_message == TOO_LATE
