"""SIGKILL for workers at all moments of an import."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.faults.conftest import MOST, Scores
from tests.faults.process_harness import Installation, Player
from tests.faults.repetitions import ROUNDS

pytestmark = pytest.mark.faults

WORKERS = 2  # killed one after the other in each round


def test_an_import_whose_worker_is_killed_at_any_moment_is_completed_once(
    installation: Installation, scores: Scores
) -> None:
    document, moments, attempts = scores(MOST), Random(), []
    with installation.workers_running(WORKERS):
        undisturbed(installation, document)  # the first of a process takes longer
        calm, duration = undisturbed(installation, document)
        assert calm["scores"][0] == MOST
        # One in each stretch of an import's time, so that every stage has its turn.
        places = moments.sample(range(ROUNDS), ROUNDS)
        for start in range(0, ROUNDS, WORKERS):
            when = [duration * (place + moments.random()) / ROUNDS for place in places[start : start + WORKERS]]
            players = [next(installation.players) for _ in when]
            attempts += disturbed(installation, players, document, when=sorted(when), wanted=calm)
    assert sum(count > 1 for count in attempts) > ROUNDS // 4, "hardly any import noticed"


def undisturbed(installation: Installation, document: bytes) -> tuple[dict[str, tuple[int, str]], float]:
    """A player's state after the import, and how long it takes when this many run concurrently."""
    players = [next(installation.players) for _ in range(WORKERS)]
    installation.until(installation.are_ready)
    begun = time.monotonic()
    import_ids = [installation.upload(player, document) for player in players]
    installation.until(lambda: installation.are_in(import_ids))
    passed = time.monotonic() - begun
    first, *others = (installation.everything_of(player) for player in players)
    assert all(other == first for other in others)
    return first, passed


def disturbed(
    installation: Installation,
    players: list[Player],
    document: bytes,
    *,
    when: list[float],
    wanted: dict[str, tuple[int, str]],
) -> list[int]:
    """Imports for each player, kills a worker at each moment (s), and returns how many attempts each import took."""
    installation.until(installation.are_ready)  # a worker that starts has no import that could notice its death
    begun = time.monotonic()
    import_ids = [installation.upload(player, document) for player in players]
    for number, moment in enumerate(when):
        time.sleep(max(0, begun + moment - time.monotonic()))
        installation.kill_worker(number)
    installation.until(lambda: installation.are_in(import_ids))
    for player, import_id in zip(players, import_ids, strict=True):
        assert installation.everything_of(player) == wanted, when
        assert installation.times_completed(import_id) == 1
    return [
        installation.query("SELECT attempts FROM imports_import WHERE import_id = %s", each)[0][0]
        for each in import_ids
    ]
