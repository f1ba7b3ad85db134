"""Concurrent operations: no deadlock, no 5xx, one winner if only one is possible, and a consistent state afterwards.

TACHI_RACE_ROUNDS is the number of rounds of each race.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from imports.jobs import Upload
from imports.models import AuditEntry, Score, State
from imports.pipeline import states
from imports.submissions import submit_correction
from tests.pipeline.factories import EVENING, HALF_HOUR, catalogue, import_rows, release, revert_import, submit_rows
from tests.races.concurrency import (
    BUSY,
    FEW_ROUNDS,
    LOST,
    WON,
    ConcurrentCalls,
    ConcurrentPlayer,
    all_rounds,
    concurrent_calls,
    run_as_worker,
    state,
    statuses,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(transactional_db: None, redis_clean: Redis) -> None:
    catalogue()


@pytest.fixture
def calls(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[ConcurrentCalls]:
    with concurrent_calls(getattr(request, "param", FEW_ROUNDS)) as made:
        yield made


def rows(first: int, last: int) -> list[dict[str, Any]]:
    """Returns rows by number, on three charts, an hour apart."""
    return [
        {
            "matchType": "tachiSongID", "identifier": str(number % 3 + 1), "difficulty": "EXH", "lamp": "CLEAR",
            "score": 9_000_000 + number, "timeAchieved": EVENING + 2 * number * HALF_HOUR,
        }
        for number in range(first, last)
    ]  # fmt: skip


def numbers(player: ConcurrentPlayer) -> set[int]:
    return {score.score_data["score"] - 9_000_000 for score in player.scores()}


@all_rounds
def test_an_import_and_a_concurrent_revert_are_serialized(calls: ConcurrentCalls) -> None:
    """The revert runs before the import, after it, or is refused; never between its judging and its storing."""
    for number in calls.rounds:
        player, keep_shared = ConcurrentPlayer(), number % 2 == 0
        old, new = import_rows(player.user, SDVX, rows(0, 4)), submit_rows(player.user, SDVX, rows(2, 6))

        actual, _ = calls.race(player.revert(old, keep_shared=keep_shared), run_as_worker(new))

        assert actual in {(WON, "Reverted import."), (409, BUSY)}
        assert state(new) == State.COMPLETED, "it was disturbed"
        if actual[0] == WON:
            assert numbers(player) in ([{2, 3, 4, 5}] if keep_shared else [{2, 3, 4, 5}, {4, 5}])
        else:
            assert numbers(player) == set(range(6))
        player.assert_consistent()


def test_an_import_waits_for_a_running_revert_before_judging_its_rows(calls: ConcurrentCalls) -> None:
    """Otherwise it would count scores as known that are then removed."""
    player = ConcurrentPlayer()
    old, new = import_rows(player.user, SDVX, rows(0, 4)), submit_rows(player.user, SDVX, rows(2, 6))
    begun = threading.Event()

    def revert_slowly() -> None:
        with transaction.atomic():
            states.acquire_player_lock(player.user.pk)
            begun.set()
            time.sleep(0.3)
            assert state(new) == State.QUEUED
            revert_import(old, keep_shared=True)

    calls.race(revert_slowly, lambda: begun.wait(60) and run_as_worker(new)())

    assert numbers(player) == {2, 3, 4, 5}
    player.assert_consistent()


@all_rounds
def test_only_one_of_concurrent_reverts_of_an_import_succeeds(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        job = import_rows(player.user, SDVX, rows(0, 4))

        actual = statuses(calls.race(*[player.revert(job)] * 3))

        assert actual.count(WON) == 1
        assert set(actual) <= {WON, 409, 410}
        assert (numbers(player), AuditEntry.objects.filter(job=job, verb="reverted").count()) == (set(), 1)
        player.assert_consistent()


@all_rounds
def test_only_one_of_concurrent_restores_succeeds_beside_a_revert_of_another_import(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        first, second = import_rows(player.user, SDVX, rows(0, 4)), import_rows(player.user, SDVX, rows(2, 6))
        revert_import(first)

        *restores, reverted = statuses(calls.race(player.restore(first), player.restore(first), player.revert(second)))

        assert sorted(restores) == [202, 409]
        assert reverted in {WON, 409}
        assert (state(first), state(second) == State.REVERTED) == (State.COMPLETED, reverted == WON)
        assert numbers(player) in ([{0, 1, 2, 3}] if reverted == WON else [{0, 1, 2, 3, 4, 5}])
        player.assert_consistent()


def test_concurrent_deletions_and_a_revert_leave_consistent_scores(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        job = import_rows(player.user, SDVX, rows(0, 4))
        score = player.scores()[1]

        deletions = [player.delete(score)] * 2
        *deleted, reverted = statuses(calls.race(*deletions, player.revert(job)))

        assert deleted.count(WON) <= 1
        assert {*deleted} <= {WON, *LOST}
        assert reverted in {WON, 409}
        assert WON in {*deleted, reverted}
        left = set() if reverted == WON else {0, 2, 3}
        assert numbers(player) == left
        player.assert_consistent()


def test_concurrent_reverts_of_several_imports_and_of_each_are_done_once(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        selected = [import_rows(player.user, SDVX, rows(0, 3)), import_rows(player.user, SDVX, rows(3, 6))]

        several, *each = statuses(calls.race(player.revert_all(selected), *map(player.revert, selected)))

        assert {several, *each} <= {WON, *LOST}
        assert each == [409, 409] or several != WON or WON not in each
        assert WON in {several, *each}
        gone = [WON in {several, actual} for actual in each]
        assert [state(job) == State.REVERTED for job in selected] == gone
        assert AuditEntry.objects.filter(subject=player.user, verb="reverted").count() == sum(gone)
        player.assert_consistent()


@all_rounds
def test_concurrent_reverts_of_different_players_on_the_same_charts_succeed(calls: ConcurrentCalls) -> None:
    """They do not conflict: both succeed, also during an import of another player."""
    for _ in calls.rounds:
        racers = one, two, other = ConcurrentPlayer(), ConcurrentPlayer(), ConcurrentPlayer()
        old = [import_rows(player.user, SDVX, rows(0, 4)) for player in (one, two)]
        new = submit_rows(other.user, SDVX, rows(0, 4))

        *actual, _ = calls.race(one.revert(old[0]), two.revert(old[1]), run_as_worker(new))

        assert statuses(actual) == [WON] * 2
        assert state(new) == State.COMPLETED
        for player in racers:
            player.assert_consistent()


def test_edits_deletions_and_orphan_retries_during_an_import_succeed_or_are_refused(calls: ConcurrentCalls) -> None:
    """They wait only briefly; a retry of orphans does not even do that, as the import could not know of its scores."""
    for number in calls.rounds:
        player = ConcurrentPlayer()
        unmatched = {**rows(20, 21)[0], "identifier": str(100 + number)}
        import_rows(player.user, SDVX, [*rows(0, 4), unmatched])
        release("sdvx", 100 + number)
        new = submit_rows(player.user, SDVX, [*rows(4, 6), unmatched])
        edited, deleted = player.scores()[:2]

        actual = calls.race(player.edit(edited), player.delete(deleted), player.retry_orphans(), run_as_worker(new))

        assert all(response[0] == WON or response == (409, BUSY) for response in actual[:3])
        assert state(new) == State.COMPLETED
        assert numbers(player) == {0, 1, 2, 3, 4, 5, 20} - ({1} if actual[1][0] == WON else set())
        assert Score.objects.get(pk=edited.pk).highlight == (actual[0][0] == WON)
        player.assert_consistent()


@all_rounds
def test_a_score_deleted_during_an_import_of_it_is_stored_or_deleted(calls: ConcurrentCalls) -> None:
    """A deletion before or during the import: the import stores the score again. After it: the score is deleted."""
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        import_rows(player.user, SDVX, rows(0, 4))
        new = submit_rows(player.user, SDVX, rows(0, 6))

        actual, _ = calls.race(player.delete(player.scores()[1]), run_as_worker(new))

        assert actual[0] == WON or actual == (409, BUSY)
        new.refresh_from_db()
        assert (new.state, new.score_count + new.duplicate_count) == (State.COMPLETED, 6), "it was disturbed"
        entries = AuditEntry.objects.filter(subject=player.user, verb__in=["score deleted", "completed"])
        is_last = entries.latest("pk").verb == "score deleted"
        assert numbers(player) == set(range(6)) - ({1} if is_last else set())
        player.assert_consistent()


def test_a_correction_submitted_twice_makes_one_import(calls: ConcurrentCalls) -> None:
    """Both requests return the same import."""
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        unmatched = {**rows(20, 21)[0], "identifier": "999"}
        job = import_rows(player.user, SDVX, [unmatched])
        upload = made_upload({**unmatched, "identifier": "1"})
        submit = partial(submit_correction, player.user, upload, of=job, rows=[0])

        made = calls.race(submit, submit)

        assert made[0] == made[1]
        run_as_worker(made[0])()
        job.refresh_from_db()
        assert (job.problem_count, numbers(player)) == (0, {20})
        player.assert_consistent()


def made_upload(row: dict[str, Any]) -> Upload:
    document = {"meta": {"game": "sdvx", "playtype": "Single", "service": "World"}, "scores": [row]}
    return Upload(content=json.dumps(document).encode(), import_type="file/batch-manual", user_intent=True)
