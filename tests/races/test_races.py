"""Deeds that meet: never a deadlock, never a 5xx, one winner where only one can be, and everything whole afterwards.

TACHI_RACE_ROUNDS says how often each race is run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from imports.models import AuditEntry, Score, State
from imports.pipeline import states
from tests.pipeline.world import EVENING, HALF_HOUR, bring, catalogue, hand_in, release, take_back
from tests.races.arena import BUSY, LOST, WON, Arena, Racer, arena, state, statuses, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SDVX = "sdvx:Single"


@pytest.fixture(autouse=True)
def _catalogue(transactional_db: None, redis_clean: Redis) -> None:
    catalogue()


@pytest.fixture
def ring(transactional_db: None) -> Iterator[Arena]:
    with arena() as made:
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


def numbers(racer: Racer) -> set[int]:
    return {score.score_data["score"] - 9_000_000 for score in racer.scores()}


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.TACHI_RATE_LIMITS = False


def test_an_import_and_a_revert(ring: Arena) -> None:
    """The revert is before the import, after it, or refused; never between its judging and its storing."""
    for number in ring.rounds():
        racer, keep_shared = Racer(), number % 2 == 0
        old, new = bring(racer.user, SDVX, rows(0, 4)), hand_in(racer.user, SDVX, rows(2, 6))

        told, _ = ring.race(racer.revert(old, keep_shared=keep_shared), work(new))

        assert told in {(WON, "Reverted import."), (409, BUSY)}
        assert state(new) == State.COMPLETED, "it was disturbed"
        if told[0] == WON:
            assert numbers(racer) in ([{2, 3, 4, 5}] if keep_shared else [{2, 3, 4, 5}, {4, 5}])
        else:
            assert numbers(racer) == set(range(6))
        racer.assert_whole()


def test_an_import_does_not_judge_its_rows_before_a_revert_that_has_begun_is_done(ring: Arena) -> None:
    """It would count scores as known that are then taken away."""
    racer = Racer()
    old, new = bring(racer.user, SDVX, rows(0, 4)), hand_in(racer.user, SDVX, rows(2, 6))
    begun = threading.Event()

    def revert_slowly() -> None:
        with transaction.atomic():
            states.take_turn(racer.user.pk)
            begun.set()
            time.sleep(0.3)
            assert state(new) == State.QUEUED
            take_back(old, keep_shared=True)

    ring.race(revert_slowly, lambda: begun.wait(10) and work(new)())

    assert numbers(racer) == {2, 3, 4, 5}
    racer.assert_whole()


def test_reverts_of_one_import(ring: Arena) -> None:
    for _ in ring.rounds():
        racer = Racer()
        job = bring(racer.user, SDVX, rows(0, 4))

        told = statuses(ring.race(*[racer.revert(job)] * 3))

        assert told.count(WON) == 1
        assert set(told) <= {WON, 409, 410}
        assert (numbers(racer), AuditEntry.objects.filter(job=job, verb="reverted").count()) == (set(), 1)
        racer.assert_whole()


def test_restores_of_one_import_and_a_revert_of_another(ring: Arena) -> None:
    for _ in ring.rounds():
        racer = Racer()
        first, second = bring(racer.user, SDVX, rows(0, 4)), bring(racer.user, SDVX, rows(2, 6))
        take_back(first)

        *restores, reverted = statuses(ring.race(racer.restore(first), racer.restore(first), racer.revert(second)))

        assert sorted(restores) == [202, 409]
        assert reverted in {WON, 409}
        assert (state(first), state(second) == State.REVERTED) == (State.COMPLETED, reverted == WON)
        assert numbers(racer) in ([{0, 1, 2, 3}] if reverted == WON else [{0, 1, 2, 3, 4, 5}])
        racer.assert_whole()


def test_a_deletion_and_a_revert(ring: Arena) -> None:
    for _ in ring.rounds(share=4):
        racer = Racer()
        job = bring(racer.user, SDVX, rows(0, 4))
        score = racer.scores()[1]

        deletions = [racer.delete(score)] * 2
        *deleted, reverted = statuses(ring.race(*deletions, racer.revert(job)))

        assert deleted.count(WON) <= 1
        assert {*deleted} <= {WON, *LOST}
        assert reverted in {WON, 409}
        assert WON in {*deleted, reverted}
        left = set() if reverted == WON else {0, 2, 3}
        assert numbers(racer) == left
        racer.assert_whole()


def test_a_revert_of_several_and_of_each(ring: Arena) -> None:
    for _ in ring.rounds(share=4):
        racer = Racer()
        chosen = [bring(racer.user, SDVX, rows(0, 3)), bring(racer.user, SDVX, rows(3, 6))]

        several, *each = statuses(ring.race(racer.revert_all(chosen), *map(racer.revert, chosen)))

        assert {several, *each} <= {WON, *LOST}
        assert each == [409, 409] or several != WON or WON not in each
        assert WON in {several, *each}
        gone = [WON in {several, told} for told in each]
        assert [state(job) == State.REVERTED for job in chosen] == gone
        assert AuditEntry.objects.filter(subject=racer.user, verb="reverted").count() == sum(gone)
        racer.assert_whole()


def test_reverts_of_different_players_on_the_same_charts(ring: Arena) -> None:
    """They do not meet: all of them win, beside an import of somebody else."""
    for _ in ring.rounds():
        racers = one, two, other = Racer(), Racer(), Racer()
        old = [bring(racer.user, SDVX, rows(0, 4)) for racer in (one, two)]
        new = hand_in(other.user, SDVX, rows(0, 4))

        *told, _ = ring.race(one.revert(old[0]), two.revert(old[1]), work(new))

        assert statuses(told) == [WON] * 2
        assert state(new) == State.COMPLETED
        for racer in racers:
            racer.assert_whole()


def test_small_changes_while_an_import_runs(ring: Arena) -> None:
    """They wait for no more than a moment; a rescue not even that, as the import could not know of its scores."""
    for number in ring.rounds(share=4):
        racer = Racer()
        late = {**rows(20, 21)[0], "identifier": str(100 + number)}
        bring(racer.user, SDVX, [*rows(0, 4), late])
        release("sdvx", 100 + number)
        new = hand_in(racer.user, SDVX, [*rows(4, 6), late])
        edited, deleted = racer.scores()[:2]

        told = ring.race(racer.edit(edited), racer.delete(deleted), racer.rescue(), work(new))

        assert all(answer[0] == WON or answer == (409, BUSY) for answer in told[:3])
        assert state(new) == State.COMPLETED
        assert numbers(racer) == {0, 1, 2, 3, 4, 5, 20} - ({1} if told[1][0] == WON else set())
        assert Score.objects.get(pk=edited.pk).highlight == (told[0][0] == WON)
        racer.assert_whole()
