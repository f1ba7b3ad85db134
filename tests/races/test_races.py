"""Concurrent operations: no deadlock, no 5xx, one winner if only one is possible, and a consistent state afterwards.

TACHI_RACE_ROUNDS says how often each race is run.
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
    state,
    statuses,
    work,
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
    """Rows by number, on three charts, an hour apart."""
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
def test_an_import_and_a_revert(calls: ConcurrentCalls) -> None:
    """The revert is before the import, after it, or refused; never between its judging and its storing."""
    for number in calls.rounds:
        player, keep_shared = ConcurrentPlayer(), number % 2 == 0
        old, new = import_rows(player.user, SDVX, rows(0, 4)), submit_rows(player.user, SDVX, rows(2, 6))

        actual, _ = calls.race(player.revert(old, keep_shared=keep_shared), work(new))

        assert actual in {(WON, "Reverted import."), (409, BUSY)}
        assert state(new) == State.COMPLETED, "it was disturbed"
        if actual[0] == WON:
            assert numbers(player) in ([{2, 3, 4, 5}] if keep_shared else [{2, 3, 4, 5}, {4, 5}])
        else:
            assert numbers(player) == set(range(6))
        player.assert_whole()


def test_an_import_does_not_judge_its_rows_before_a_revert_that_has_begun_is_done(calls: ConcurrentCalls) -> None:
    """It would count scores as known that are then taken away."""
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

    calls.race(revert_slowly, lambda: begun.wait(60) and work(new)())

    assert numbers(player) == {2, 3, 4, 5}
    player.assert_whole()


@all_rounds
def test_reverts_of_one_import(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        job = import_rows(player.user, SDVX, rows(0, 4))

        actual = statuses(calls.race(*[player.revert(job)] * 3))

        assert actual.count(WON) == 1
        assert set(actual) <= {WON, 409, 410}
        assert (numbers(player), AuditEntry.objects.filter(job=job, verb="reverted").count()) == (set(), 1)
        player.assert_whole()


@all_rounds
def test_restores_of_one_import_and_a_revert_of_another(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        first, second = import_rows(player.user, SDVX, rows(0, 4)), import_rows(player.user, SDVX, rows(2, 6))
        revert_import(first)

        *restores, reverted = statuses(calls.race(player.restore(first), player.restore(first), player.revert(second)))

        assert sorted(restores) == [202, 409]
        assert reverted in {WON, 409}
        assert (state(first), state(second) == State.REVERTED) == (State.COMPLETED, reverted == WON)
        assert numbers(player) in ([{0, 1, 2, 3}] if reverted == WON else [{0, 1, 2, 3, 4, 5}])
        player.assert_whole()


def test_a_deletion_and_a_revert(calls: ConcurrentCalls) -> None:
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
        player.assert_whole()


def test_a_revert_of_several_and_of_each(calls: ConcurrentCalls) -> None:
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        chosen = [import_rows(player.user, SDVX, rows(0, 3)), import_rows(player.user, SDVX, rows(3, 6))]

        several, *each = statuses(calls.race(player.revert_all(chosen), *map(player.revert, chosen)))

        assert {several, *each} <= {WON, *LOST}
        assert each == [409, 409] or several != WON or WON not in each
        assert WON in {several, *each}
        gone = [WON in {several, actual} for actual in each]
        assert [state(job) == State.REVERTED for job in chosen] == gone
        assert AuditEntry.objects.filter(subject=player.user, verb="reverted").count() == sum(gone)
        player.assert_whole()


@all_rounds
def test_reverts_of_different_players_on_the_same_charts(calls: ConcurrentCalls) -> None:
    """They do not conflict: all of them succeed, also during an import of another player."""
    for _ in calls.rounds:
        racers = one, two, other = ConcurrentPlayer(), ConcurrentPlayer(), ConcurrentPlayer()
        old = [import_rows(player.user, SDVX, rows(0, 4)) for player in (one, two)]
        new = submit_rows(other.user, SDVX, rows(0, 4))

        *actual, _ = calls.race(one.revert(old[0]), two.revert(old[1]), work(new))

        assert statuses(actual) == [WON] * 2
        assert state(new) == State.COMPLETED
        for player in racers:
            player.assert_whole()


def test_small_changes_while_an_import_runs(calls: ConcurrentCalls) -> None:
    """They wait for no more than a moment; a rescue not even that, as the import could not know of its scores."""
    for number in calls.rounds:
        player = ConcurrentPlayer()
        late = {**rows(20, 21)[0], "identifier": str(100 + number)}
        import_rows(player.user, SDVX, [*rows(0, 4), late])
        release("sdvx", 100 + number)
        new = submit_rows(player.user, SDVX, [*rows(4, 6), late])
        edited, deleted = player.scores()[:2]

        actual = calls.race(player.edit(edited), player.delete(deleted), player.rescue(), work(new))

        assert all(response[0] == WON or response == (409, BUSY) for response in actual[:3])
        assert state(new) == State.COMPLETED
        assert numbers(player) == {0, 1, 2, 3, 4, 5, 20} - ({1} if actual[1][0] == WON else set())
        assert Score.objects.get(pk=edited.pk).highlight == (actual[0][0] == WON)
        player.assert_whole()


@all_rounds
def test_a_deletion_and_an_import_of_the_same_score(calls: ConcurrentCalls) -> None:
    """Before the import or while it judges: the import brings the score. After it: the score is gone."""
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        import_rows(player.user, SDVX, rows(0, 4))
        new = submit_rows(player.user, SDVX, rows(0, 6))

        actual, _ = calls.race(player.delete(player.scores()[1]), work(new))

        assert actual[0] == WON or actual == (409, BUSY)
        new.refresh_from_db()
        assert (new.state, new.score_count + new.duplicate_count) == (State.COMPLETED, 6), "it was disturbed"
        entries = AuditEntry.objects.filter(subject=player.user, verb__in=["score deleted", "completed"])
        is_last = entries.latest("pk").verb == "score deleted"
        assert numbers(player) == set(range(6)) - ({1} if is_last else set())
        player.assert_whole()


def test_the_button_that_chooses_a_chart_pressed_twice(calls: ConcurrentCalls) -> None:
    """It makes one import, whichever press was first."""
    for _ in calls.rounds:
        player = ConcurrentPlayer()
        late = {**rows(20, 21)[0], "identifier": "999"}
        job = import_rows(player.user, SDVX, [late])
        upload = made_upload({**late, "identifier": "1"})
        press = partial(submit_correction, player.user, upload, of=job, rows=[0])

        made = calls.race(press, press)

        assert made[0] == made[1]
        work(made[0])()
        job.refresh_from_db()
        assert (job.problem_count, numbers(player)) == (0, {20})
        player.assert_whole()


def made_upload(row: dict[str, Any]) -> Upload:
    document = {"meta": {"game": "sdvx", "playtype": "Single", "service": "World"}, "scores": [row]}
    return Upload(content=json.dumps(document).encode(), import_type="file/batch-manual", user_intent=True)
