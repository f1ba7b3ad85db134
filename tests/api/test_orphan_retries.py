"""Many orphans: POST /api/v1/import/orphans answers 202, a worker retries them in parts, polls show progress."""

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
from tests.factories import MINUTE, NOON, a_chart, a_song, an_import, queued_import, unknown_score

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

ADDRESS = "/api/v1/import/orphans"
QUEUED = "Orphan scores loaded into queue. You can poll the provided URL for information on when they are reprocessed."
ONGOING = (200, "Orphan scores are being reprocessed.")
SONGS = 7


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two are many, and two are tried at a time."""
    monkeypatch.setattr(orphan_retries, "MAX_ORPHANS_PER_REQUEST", 2)
    monkeypatch.setattr(orphan_retries, "ORPHANS_PER_TRANSACTION", 2)
    monkeypatch.setattr(orphan_retries, "close_old_connections", lambda: None)  # the test's own


def orphans_of(user: User, *, known: int = SONGS) -> Import:
    """An import of songs that nobody knew, the first of which are known by now."""
    job = an_import(user, *(unknown_score(identifier=str(song_id)) for song_id in range(1, SONGS + 1)))
    for song_id in range(1, known + 1):
        a_chart(a_song(song_id))
    return job


@pytest.fixture
def client() -> Client:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def asked(client: Client) -> str:
    """Asks for a retry; returns where to follow it."""
    response = client.post(ADDRESS)
    assert summary(response) == (202, QUEUED)
    actual = response.json()["body"]
    assert actual["url"] == f"http://testserver{ADDRESS}/{actual['retryID']}/poll-status"
    return str(actual["url"]).removeprefix("http://testserver")


def work(user: User) -> None:
    jobs.perform_orphans(str(user.pk))


def test_a_few_are_answered_at_once(client: Client) -> None:
    an_import(people.alice(), unknown_score(identifier="1"), unknown_score(identifier="2"))
    assert summary(client.post(ADDRESS)) == (200, "Reprocessed 2 orphan scores.")
    assert not OrphanRetry.objects.exists()


def test_many_are_tried_by_a_worker_and_counted(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    job = orphans_of(people.alice(), known=5)
    with patch.object(queue, "enqueue_orphans") as enqueued, django_capture_on_commit_callbacks(execute=True):
        url = asked(client)
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


def test_a_retry_does_the_same_in_parts_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [unknown_score(identifier=str(song_id), timeAchieved=NOON + song_id * MINUTE) for song_id in range(1, 8)]
    for user in (people.alice(), people.bob()):
        an_import(user, *rows)
    for song_id in range(1, 6):
        a_chart(a_song(song_id))
    work(people.alice())
    monkeypatch.setattr(orphan_retries, "ORPHANS_PER_TRANSACTION", 1_000)
    work(people.bob())
    actual = [
        sorted(Score.objects.filter(user=user).values_list("chart_id", "time_achieved", "score_data__score"))
        for user in (people.alice(), people.bob())
    ]
    assert actual[0] == actual[1]
    assert len(actual[0]) == 5


def test_progress_is_told_between_two_parts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orphans_of(people.alice())
    url = asked(client)
    monkeypatch.setattr(orphan_retries, "RETRY_FOR_SECONDS", -1.0)
    with patch.object(queue, "enqueue_orphans") as enqueued:
        work(people.alice())
        work(people.alice())
    assert enqueued.call_count == 2, "the imports that wait have their turn between"
    progress = body(client, url)["progress"]
    assert {name: progress[name] for name in ("description", "percent", "processed", "total")} == {
        "description": "Reprocessed 4 orphan scores.",
        "percent": 57,
        "processed": 4,
        "total": SONGS,
    }
    assert progress["etaSeconds"] >= 0
    found = jobs.get_progress(orphan_retries.progress_name(people.alice().pk))
    assert found is not None
    assert (found.processed, found.total) == (4, SONGS)


def test_a_retry_requested_twice_is_one_and_later_another(client: Client) -> None:
    orphans_of(people.alice(), known=0)
    first = asked(client)
    assert asked(client) == first
    work(people.alice())
    assert asked(client) != first
    assert summary(client.get(first))[0] == 200


def test_a_retry_of_a_killed_worker_is_continued(client: Client) -> None:
    orphans_of(people.alice())
    url = asked(client)

    def killed(_retry: OrphanRetry) -> None:
        raise KeyboardInterrupt

    with patch.object(orphan_retries, "_report_progress", killed), pytest.raises(KeyboardInterrupt):
        work(people.alice())
    assert Score.objects.count() == 2
    assert summary(client.get(url)) == ONGOING
    with patch.object(queue, "enqueue_orphans") as enqueued:
        jobs.OrphanSweep()()
        enqueued.assert_not_called()  # it may be at work
        OrphanRetry.objects.update(time_touched=timezone.now() - timedelta(seconds=60))
        jobs.OrphanSweep()()
        jobs.OrphanSweep()()
    enqueued.assert_called_once_with(str(people.alice().pk))
    work(people.alice())
    assert body(client, url)["success"] == SONGS


def test_a_retry_waits_while_an_import_of_the_player_runs(client: Client) -> None:
    orphans_of(people.alice())
    url = asked(client)
    job = queued_import(people.alice())
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING)
    work(people.alice())
    assert (summary(client.get(url)), Score.objects.count()) == (ONGOING, 0)
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    work(people.alice())
    assert body(client, url)["success"] == SONGS


def test_one_that_keeps_breaking_ends_and_says_so(client: Client) -> None:
    orphans_of(people.alice())
    url = asked(client)
    with patch("imports.pipeline.orphans.try_again", side_effect=RuntimeError("the inner workings")):
        for _ in range(orphan_retries.MAX_CRASHES):
            assert summary(client.get(url)) == ONGOING
            work(people.alice())
    assert summary(client.get(url)) == (500, orphan_retries.CRASHED_RETRY)
    assert OrphanScore.objects.count() == SONGS
    asked(client)  # it may be asked for again


def test_a_worker_retries_orphans_by_itself() -> None:
    """So do those who load songs."""
    orphans_of(people.alice())
    work(people.alice())
    assert Score.objects.count() == SONGS
    assert AuditEntry.objects.get(verb=AuditEntry.Verb.ORPHANS_TRIED).actor is None
    work(people.alice())  # nothing is left
    work(people.bob())
    jobs.perform_orphans("0")
    assert AuditEntry.objects.filter(verb=AuditEntry.Verb.ORPHANS_TRIED).count() == 1


def test_nothing_is_done_for_a_banned_player(client: Client) -> None:
    orphans_of(people.alice())
    asked(client)
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
    url = asked(client)
    assert summary(caller(Permission.SUBMIT_SCORE).get(url)) == expected


@pytest.mark.parametrize("retry_id", ["0" * 40, "x", "%00"])
def test_one_that_is_not_there_is_not_found(retry_id: str, client: Client) -> None:
    actual = summary(client.get(f"{ADDRESS}/{retry_id}/poll-status"))
    assert actual == (404, "There is no retry of orphan scores here.")


def test_a_worker_finds_the_function_by_its_name() -> None:
    assert f"{jobs.__name__}.{jobs.perform_orphans.__name__}" == queue.PERFORM_ORPHANS


def progress_text(page: Any) -> str:
    return str(page.content.decode())


def test_the_page_shows_the_bar_then_what_became_of_them() -> None:
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


def test_the_page_says_that_it_broke() -> None:
    orphans_of(people.alice())
    browser = people.session_of(people.alice())
    browser.post("/orphans/retry/")
    OrphanRetry.objects.update(has_failed=True, time_finished=timezone.now())
    assert "Something went wrong on our side while retrying." in progress_text(browser.get("/orphans/"))
