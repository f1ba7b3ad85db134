"""POST /api/v1/import/orphans with many orphans: a 202, a worker that retries them in parts, and polls of progress."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from imports import jobs
from imports.jobs import orphan_retries, queue
from imports.models import AuditEntry, Import, OrphanRetry, OrphanScore, Permission, Score, State, User
from imports.pipeline.derived.integrity import check_player
from tests import people
from tests.api.callers import STRANGER, Caller, Outcome, table
from tests.api.envelopes import body, summary
from tests.factories import MINUTE, NOON, create_chart, create_import, create_song, queued_import, unknown_score

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

ADDRESS = "/api/v1/import/orphans"
QUEUED = "Orphan scores loaded into queue. You can poll the provided URL for information on when they are reprocessed."
ONGOING = (200, "Orphan scores are being reprocessed.")
SONGS = 7


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request retries at most two orphans itself, and a worker two per transaction."""
    monkeypatch.setattr(orphan_retries, "MAX_ORPHANS_PER_REQUEST", 2)
    monkeypatch.setattr(orphan_retries, "ORPHANS_PER_TRANSACTION", 2)
    monkeypatch.setattr(orphan_retries, "close_old_connections", lambda: None)  # the connection of the test


def orphans_of(user: User, *, known: int = SONGS) -> Import:
    """Imports scores of unknown songs, then creates charts for the first `known` of them."""
    job = create_import(user, *(unknown_score(identifier=str(song_id)) for song_id in range(1, SONGS + 1)))
    for song_id in range(1, known + 1):
        create_chart(create_song(song_id))
    return job


@pytest.fixture
def client() -> Client:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def request_retry(client: Client) -> str:
    """Requests a retry and returns the path of its poll URL."""
    response = client.post(ADDRESS)
    assert summary(response) == (202, QUEUED)
    actual = response.json()["body"]
    assert actual["url"] == f"http://testserver{ADDRESS}/{actual['retryID']}/poll-status"
    return str(actual["url"]).removeprefix("http://testserver")


def work(user: User) -> None:
    jobs.perform_orphans(str(user.pk))


def test_a_few_orphans_are_retried_within_the_request(client: Client) -> None:
    create_import(people.alice(), unknown_score(identifier="1"), unknown_score(identifier="2"))
    assert summary(client.post(ADDRESS)) == (200, "Reprocessed 2 orphan scores.")
    assert not OrphanRetry.objects.exists()


def test_a_worker_retries_a_batch_of_orphans_and_counts_them(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    job = orphans_of(people.alice(), known=5)
    with patch.object(queue, "enqueue_orphans") as enqueued, django_capture_on_commit_callbacks(execute=True):
        url = request_retry(client)
    enqueued.assert_called_once_with(str(people.alice().pk))
    assert Score.objects.count() == 0
    assert summary(client.get(url)) == ONGOING

    work(people.alice())

    response = client.get(url)
    assert summary(response) == (200, f"Reprocessed {SONGS} orphan scores.")
    assert response.json()["body"] == {
        **{"importStatus": "completed", "processed": SONGS},
        **{"failed": 2, "success": 5, "removed": 0},
    }
    job.refresh_from_db()
    assert (job.score_count, job.problem_count, Score.objects.count()) == (5, 2, 5)
    (entry,) = AuditEntry.objects.filter(verb=AuditEntry.Verb.ORPHANS_TRIED)
    assert (entry.actor, entry.token) == (people.alice(), people.alice().tokens.get())
    assert entry.counts == {"processed": SONGS, "rescued": 5, "removed": 0}
    assert check_player(people.alice()) == []


def test_a_retry_in_parts_stores_the_same_scores_as_in_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [unknown_score(identifier=str(song_id), timeAchieved=NOON + song_id * MINUTE) for song_id in range(1, 8)]
    for user in (people.alice(), people.bob()):
        create_import(user, *rows)
    for song_id in range(1, 6):
        create_chart(create_song(song_id))
    work(people.alice())
    monkeypatch.setattr(orphan_retries, "ORPHANS_PER_TRANSACTION", 1_000)
    work(people.bob())
    actual = [
        sorted(Score.objects.filter(user=user).values_list("chart_id", "time_achieved", "score_data__score"))
        for user in (people.alice(), people.bob())
    ]
    assert actual[0] == actual[1]
    assert len(actual[0]) == 5


def test_a_retry_reports_its_progress_between_two_parts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orphans_of(people.alice())
    url = request_retry(client)
    monkeypatch.setattr(orphan_retries, "RETRY_FOR_SECONDS", -1.0)
    with patch.object(queue, "enqueue_orphans") as enqueued:
        work(people.alice())
        work(people.alice())
    assert enqueued.call_count == 2, "waiting imports are processed between two parts"
    progress = body(client, url)["progress"]
    assert {name: progress[name] for name in ("description", "percent", "processed", "total")} == {
        "description": "Reprocessed 4 orphan scores.",
        "percent": 57,
        "processed": 4,
        "total": SONGS,
    }
    assert progress["etaSeconds"] >= 0
    saved_progress = jobs.get_progress(orphan_retries.progress_name(people.alice().pk))
    assert saved_progress is not None
    assert (saved_progress.processed, saved_progress.total) == (4, SONGS)


def test_a_second_request_joins_an_unfinished_retry_and_later_starts_another(client: Client) -> None:
    orphans_of(people.alice(), known=0)
    first = request_retry(client)
    assert request_retry(client) == first
    work(people.alice())
    assert request_retry(client) != first
    assert summary(client.get(first))[0] == 200


def test_a_retry_of_a_killed_worker_is_continued(client: Client) -> None:
    orphans_of(people.alice())
    url = request_retry(client)

    def killed(_retry: OrphanRetry) -> None:
        raise KeyboardInterrupt

    with patch.object(orphan_retries, "_report_progress", killed), pytest.raises(KeyboardInterrupt):
        work(people.alice())
    assert Score.objects.count() == 2
    assert summary(client.get(url)) == ONGOING
    with patch.object(queue, "enqueue_orphans") as enqueued:
        jobs.OrphanSweep()()
        enqueued.assert_not_called()  # a worker may still process it
        OrphanRetry.objects.update(time_touched=timezone.now() - timedelta(seconds=60))
        jobs.OrphanSweep()()
        jobs.OrphanSweep()()
    enqueued.assert_called_once_with(str(people.alice().pk))
    work(people.alice())
    assert body(client, url)["success"] == SONGS


def test_a_retry_waits_while_an_import_of_the_player_runs(client: Client) -> None:
    orphans_of(people.alice())
    url = request_retry(client)
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING)
    work(people.alice())
    assert (summary(client.get(url)), Score.objects.count()) == (ONGOING, 0)
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    work(people.alice())
    assert body(client, url)["success"] == SONGS


def test_a_retry_that_keeps_crashing_ends_with_a_500(client: Client) -> None:
    orphans_of(people.alice())
    url = request_retry(client)
    with patch("imports.pipeline.orphans.try_again", side_effect=RuntimeError("the inner workings")):
        for _ in range(orphan_retries.MAX_CRASHES):
            assert summary(client.get(url)) == ONGOING
            work(people.alice())
    assert summary(client.get(url)) == (500, orphan_retries.CRASHED_RETRY)
    assert OrphanScore.objects.count() == SONGS
    request_retry(client)  # another retry is possible


def test_a_worker_retries_orphans_without_a_request() -> None:
    """Orphans are also retried after songs are loaded."""
    orphans_of(people.alice())
    work(people.alice())
    assert Score.objects.count() == SONGS
    assert AuditEntry.objects.get(verb=AuditEntry.Verb.ORPHANS_TRIED).actor is None
    work(people.alice())  # no orphans are left
    work(people.bob())
    jobs.perform_orphans("0")
    assert AuditEntry.objects.filter(verb=AuditEntry.Verb.ORPHANS_TRIED).count() == 1


def test_a_retry_of_a_banned_player_fails_without_storing_scores(client: Client) -> None:
    orphans_of(people.alice())
    request_retry(client)
    User.objects.filter(pk=people.alice().pk).update(is_banned=True)
    work(people.alice())
    assert (Score.objects.count(), OrphanRetry.objects.get().has_failed) == (0, True)


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=STRANGER,
        guest=(401, "You are not authorised to perform this action."),
        owner=ONGOING,
        the_owners_token_without_the_permission=ONGOING,
        a_moderators_session=ONGOING,
        an_administrators_session=ONGOING,
    ),
)
def test_the_player_and_moderators_in_a_browser_can_poll_a_retry(
    caller: Caller, expected: Outcome, client: Client
) -> None:
    orphans_of(people.alice(), known=0)
    url = request_retry(client)
    assert summary(caller(Permission.SUBMIT_SCORE).get(url)) == expected


@pytest.mark.parametrize("retry_id", ["0" * 40, "x", "%00"])
def test_an_unknown_retry_is_a_404(retry_id: str, client: Client) -> None:
    actual = summary(client.get(f"{ADDRESS}/{retry_id}/poll-status"))
    assert actual == (404, "There is no retry of orphan scores here.")


def test_the_queued_job_names_an_existing_function() -> None:
    assert f"{jobs.__name__}.{jobs.perform_orphans.__name__}" == queue.PERFORM_ORPHANS


def progress_text(page: Any) -> str:
    return str(page.content.decode())


def test_the_orphans_page_shows_the_progress_and_then_the_result_of_a_retry() -> None:
    orphans_of(people.alice(), known=5)
    browser = people.session_of(people.alice())
    page = progress_text(browser.post("/orphans/retry/", follow=True))
    retry = OrphanRetry.objects.get()
    assert f'data-poll="{ADDRESS}/{retry.retry_id}/poll-status"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert 'value="0"' in page
    assert "Retry all" not in page
    work(people.alice())
    page = progress_text(browser.get("/orphans/"))
    assert "data-poll" not in page
    assert f"5 of {SONGS} scores imported." in page
    assert f"5 of {SONGS} scores imported." in progress_text(browser.get("/orphans/"))


def test_the_orphans_page_reports_a_failed_retry() -> None:
    orphans_of(people.alice())
    browser = people.session_of(people.alice())
    browser.post("/orphans/retry/")
    OrphanRetry.objects.update(has_failed=True, time_finished=timezone.now())
    assert "Something went wrong on our side while retrying." in progress_text(browser.get("/orphans/"))
