"""Automatic retries of orphans: after a load of their song and once a night, in batches, resumable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis

from imports import jobs
from imports.jobs import queue
from imports.models import AuditEntry, Import, OrphanRetry, OrphanScore, Score, State, User
from imports.pipeline import orphan_retries, orphans
from imports.pipeline.derived.integrity import check_player
from imports.seeds.load import load
from tests import people
from tests.commands.command_runner import run
from tests.pipeline.factories import EVENING, HALF_HOUR, import_rows, player, release, sdvx_row
from tests.seeds.factories import chart, song, write

pytestmark = pytest.mark.django_db
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(catalogued: None, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.orphan_retries.close_old_connections", lambda: None)


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The IDs of the players whose retry was enqueued, in order."""
    found: list[int] = []
    monkeypatch.setattr(queue, "enqueue_orphans", lambda user_id: found.append(int(user_id)))
    return found


def unknown(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    numbers = range(first, first + count)
    return [
        sdvx_row(identifier="4", score=9_000_000 + number, timeAchieved=EVENING + number * HALF_HOUR)
        for number in numbers
    ]


def waiting(user: User, count: int = 3, *, imports: int = 1) -> list[Import]:
    """Returns imports whose rows are all of an unknown song."""
    made = [import_rows(user, SDVX, unknown(count, first=number * count)) for number in range(imports)]
    assert OrphanScore.objects.filter(user=user).count() == count * imports
    return made


def perform_retry(user: User) -> None:
    jobs.perform_orphans(str(user.pk))


def retry_of(user: User) -> OrphanRetry:
    return OrphanRetry.objects.filter(user=user).latest("pk")


# --- scheduling ---------------------------------------------------------------------------------------


def test_a_seed_load_with_the_song_retries_its_orphans(user: User, tmp_path: Path, enqueued: list[int]) -> None:
    [job] = waiting(user)
    other = player()
    import_rows(other, "chunithm:Single", [_of_chunithm()])
    assert other.orphans.exists()

    loaded = load(write(tmp_path, songs_sdvx=[song(4)], charts_sdvx=[chart(4)]), keep=True)
    jobs.OrphanSweep()()
    for user_id in list(enqueued):
        jobs.perform_orphans(str(user_id))

    assert loaded.orphan_owners == 1
    assert enqueued[0] == user.pk
    assert job.scores.count() == 3
    assert check_player(user) == []


def _of_chunithm() -> dict[str, Any]:
    row = sdvx_row(identifier="4", difficulty="MASTER", score=900_000, noteLamp="NONE", clearLamp="CLEAR")
    del row["lamp"]
    return row


def test_a_seed_load_without_changes_retries_no_orphans(user: User, tmp_path: Path) -> None:
    files: dict[str, Any] = {"songs_sdvx": [song(9)], "charts_sdvx": [chart(9)]}
    load(write(tmp_path, **files), keep=True)
    waiting(user)

    assert load(write(tmp_path, **files), keep=True).orphan_owners == 0
    assert not OrphanRetry.objects.exists()


def test_orphans_are_retried_once_a_night_by_any_number_of_sweepers(user: User, enqueued: list[int]) -> None:
    waiting(user)
    sweepers = [jobs.OrphanSweep(), jobs.OrphanSweep()]

    for sweep in [*sweepers, *sweepers]:
        sweep()
    assert enqueued == [user.pk]
    perform_retry(user)
    for sweep in [*sweepers, jobs.OrphanSweep()]:
        sweep()
    assert enqueued == [user.pk], "they were retried since last night"

    OrphanRetry.objects.update(time_queued=orphan_retries.last_night() - timedelta(seconds=1))
    jobs.OrphanSweep()()
    assert enqueued == [user.pk] * 2


def test_last_night_is_within_the_last_day() -> None:
    before = timezone.now()
    night = orphan_retries.last_night()

    assert before - timedelta(days=1) <= night <= timezone.now()
    assert (night.hour, night.minute) == (3, 0)


def test_retries_are_enqueued_for_a_limited_number_of_players(enqueued: list[int]) -> None:
    users = [player() for _ in range(orphan_retries.MAX_CONCURRENT_PLAYERS + 2)]
    for user in users:
        waiting(user, 1)
    sweep = jobs.OrphanSweep()

    sweep()
    sweep()
    assert enqueued == [user.pk for user in users[: orphan_retries.MAX_CONCURRENT_PLAYERS]]
    for user in users[:2]:
        perform_retry(user)
    sweep()
    assert enqueued == [user.pk for user in users]


def test_a_stalled_retry_is_enqueued_again(user: User, enqueued: list[int]) -> None:
    waiting(user)
    sweep = jobs.OrphanSweep()
    sweep()

    # PostgreSQL's now() is the start of the test's transaction, which may be seconds ago.
    long_ago = timedelta(seconds=orphan_retries.STALLED_AFTER_SECONDS + 60)
    OrphanRetry.objects.update(time_touched=timezone.now() - long_ago)
    sweep()
    sweep()

    assert enqueued == [user.pk] * 2


def test_orphans_of_banned_players_are_not_retried(user: User, enqueued: list[int]) -> None:
    waiting(user)
    orphan_retries.plan(["sdvx"])
    User.objects.filter(pk=user.pk).update(is_banned=True)
    release("sdvx")

    perform_retry(user)
    OrphanRetry.objects.update(time_queued=timezone.now() - timedelta(days=2))
    jobs.OrphanSweep()()

    assert (enqueued, OrphanScore.objects.count()) == ([], 3)


# --- the work -----------------------------------------------------------------------------------------


def test_a_retry_in_batches_has_the_result_of_a_single_retry(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.orphan_retries.ORPHANS_PER_TRANSACTION", 2)
    made = waiting(user, 3, imports=2)
    release("sdvx")

    jobs.perform_orphans(str(user.pk))

    assert [job.scores.count() for job in made] == [3, 3]
    retry = retry_of(user)
    assert (retry.total, retry.processed, retry.rescued, retry.kept, retry.removed) == (6, 6, 6, 0, 0)
    assert retry.time_finished is not None
    entry = AuditEntry.objects.get(verb=AuditEntry.Verb.ORPHANS_TRIED)
    assert (entry.subject, entry.actor, entry.counts) == (user, None, {"processed": 6, "rescued": 6, "removed": 0})
    assert check_player(user) == []


class Killed(BaseException):
    """Stands for the death of the worker."""


def test_a_retry_resumes_after_its_worker_was_killed(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.orphan_retries.ORPHANS_PER_TRANSACTION", 2)
    waiting(user, 5)
    orphan_retries.plan(["sdvx"])
    release("sdvx")
    tried: list[int] = []
    try_again = orphans.try_again

    def dies_later(found: list[OrphanScore], *more: Any) -> Any:
        if len(tried) == 2:
            raise Killed
        tried.append(len(found))
        return try_again(found, *more)

    with monkeypatch.context() as patched:
        patched.setattr(orphans, "try_again", dies_later)
        with pytest.raises(Killed):
            perform_retry(user)
    assert (retry_of(user).processed, Score.objects.count()) == (4, 4)
    perform_retry(user)

    assert (retry_of(user).rescued, Score.objects.count()) == (5, 5)
    assert check_player(user) == []


def test_a_job_beyond_its_time_limit_enqueues_itself_again(
    user: User, enqueued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.jobs.orphan_retries.ORPHANS_PER_TRANSACTION", 1)
    monkeypatch.setattr("imports.jobs.orphan_retries.RETRY_FOR_SECONDS", -1)
    waiting(user, 2)

    jobs.perform_orphans(str(user.pk))
    assert (enqueued, retry_of(user).processed) == ([user.pk], 1)


def test_a_retry_waits_while_an_import_runs(user: User) -> None:
    waiting(user)
    release("sdvx")
    running = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING)

    jobs.perform_orphans(str(user.pk))
    assert (retry_of(user).processed, retry_of(user).time_finished) == (0, None)
    jobs.cancel(running, by=user)
    perform_retry(user)

    assert retry_of(user).rescued == 3


def test_the_command_retries_in_batches_and_prints_the_result(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.jobs.orphan_retries.ORPHANS_PER_TRANSACTION", 2)
    waiting(user, 5)
    other = player()
    import_rows(other, "chunithm:Single", [_of_chunithm()])
    assert other.orphans.exists()
    release("sdvx")
    batches: list[int] = []
    try_again = orphans.try_again

    def noted(found: list[OrphanScore], *more: Any) -> Any:
        batches.append(len(found))
        return try_again(found, *more)

    monkeypatch.setattr(orphans, "try_again", noted)

    assert run("reprocess_orphans") == [
        f"{user.username}: 5 tried, 5 rescued, 0 kept, 0 removed",
        f"{other.username}: 1 tried, 0 rescued, 1 kept, 0 removed",
        "Orphans of 2 players: 6 tried, 5 rescued, 1 kept, 0 removed.",
    ]
    assert batches == [2, 2, 1, 1]
    assert not OrphanRetry.objects.filter(time_finished=None).exists()


def test_the_command_leaves_players_with_a_running_import_to_the_workers(user: User, enqueued: list[int]) -> None:
    waiting(user)
    release("sdvx")
    running = jobs.submit(user, jobs.Upload(content=b"{}", import_type="file/batch-manual"))
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING)

    assert run("reprocess_orphans", user.username) == [
        f"{user.username}: an import or a revert is running; the workers will retry afterwards",
        "Orphans of 0 players: 0 tried, 0 rescued, 0 kept, 0 removed; 1 left to the workers.",
    ]

    jobs.cancel(running, by=user)
    perform_retry(user)
    assert retry_of(user).rescued == 3


def test_the_command_creates_no_retry_for_a_player_without_orphans(user: User) -> None:
    nothing = "0 tried, 0 rescued, 0 kept, 0 removed"
    assert run("reprocess_orphans", user.username) == [
        f"{user.username}: {nothing}",
        f"Orphans of 1 player: {nothing}.",
    ]
    assert run("reprocess_orphans") == [f"Orphans of 0 players: {nothing}."]
    assert not OrphanRetry.objects.exists()


def test_a_seed_load_during_a_retry_starts_it_again(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The orphans that were already processed may be matched now."""
    monkeypatch.setattr("imports.jobs.orphan_retries.ORPHANS_PER_TRANSACTION", 2)
    waiting(user, 4)
    orphan_retries.plan(["sdvx"])
    unreleased = ["sdvx"]

    def load(_retry: OrphanRetry) -> None:
        if unreleased:
            release(unreleased.pop())
            orphan_retries.plan(["sdvx"])

    monkeypatch.setattr("imports.jobs.orphan_retries._report_progress", load)  # called between two batches
    perform_retry(user)

    assert not OrphanScore.objects.exists()
    assert retry_of(user).rescued == 4


def test_a_retry_without_matches_writes_no_orphan_and_no_audit_entry(user: User) -> None:
    waiting(user)
    before = list(OrphanScore.objects.values())

    jobs.perform_orphans(str(user.pk))

    assert list(OrphanScore.objects.values()) == before
    assert retry_of(user).kept == 3
    assert not AuditEntry.objects.filter(verb=AuditEntry.Verb.ORPHANS_TRIED).exists()


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "known"])
def test_queries_of_a_retry_do_not_grow_with_the_orphans(
    is_known: bool, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    """Nor with the imports, if no song is known yet."""
    users = [player() for _ in range(2)]
    waiting(users[0], 5)  # past midnight, as with twenty, because a history of several days needs other statements
    waiting(users[1], 20, imports=1 if is_known else 6)
    if is_known:
        release("sdvx")
    counts = []
    for user in users:
        orphan_retries.plan(["sdvx"])
        with django_assert_max_num_queries(80) as queries:
            perform_retry(user)
        counts.append(len(queries))

    assert counts[0] == counts[1]


# --- the orphans page ---------------------------------------------------------------------------------


def test_the_owner_sees_the_result_of_an_automatic_retry() -> None:
    user = people.alice()
    waiting(user)
    browser = people.session_of(user)

    jobs.perform_orphans(str(user.pk))
    assert "No new matches." in browser.get("/orphans/").content.decode()
    release("sdvx")
    jobs.perform_orphans(str(user.pk))
    assert "3 of 3 scores imported." in browser.get("/orphans/").content.decode()
    jobs.perform_orphans(str(user.pk))
    assert "3 of 3 scores imported." in browser.get("/orphans/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_the_retry_of_the_sweeper(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphan_retries, "SETTLED_AFTER_SECONDS", 0)
    user = player()
    waiting(user)
    release("sdvx")

    jobs.OrphanSweep()()
    jobs.work(burst=True)

    assert Score.objects.filter(user=user).count() == 3


# --- after a load ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "due"), [(1, False), (9, False), (11, True), (3_600, True), (-60, True)])
def test_an_automatic_retry_waits_until_seed_loads_have_settled(
    user: User, tmp_path: Path, enqueued: list[int], seconds: int, due: bool
) -> None:
    """A time in the future, after a change of the clock, does not delay the retry."""
    waiting(user)
    load(write(tmp_path, songs_sdvx=[song(4)], charts_sdvx=[chart(4)]), keep=True)
    with connection.cursor() as cursor:  # by the database's now(), which is constant in a test
        cursor.execute("UPDATE imports_orphanretry SET time_queued = now() - make_interval(secs => %s)", [seconds])
    jobs.OrphanSweep()()
    assert bool(enqueued) is due


def test_a_retry_by_the_owner_before_that_returns_its_result(user: User, tmp_path: Path) -> None:
    waiting(user)
    load(write(tmp_path, songs_sdvx=[song(4)], charts_sdvx=[chart(4)]), keep=True)
    assert OrphanRetry.objects.filter(user=user, time_finished=None).exists()
    result = jobs.retry_orphans(user, by=user)
    assert isinstance(result, orphans.ReprocessResult)
    assert (result.processed, result.rescued) == (3, 3)
    assert not OrphanRetry.objects.filter(user=user).exists()
