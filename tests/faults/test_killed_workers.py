"""SIGKILL for workers, at all moments of an import."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.faults.conftest import MOST, Scores
from tests.faults.house import House, Player
from tests.faults.rounds import ROUNDS

pytestmark = pytest.mark.faults

WORKERS = 2  # killed one after the other in each round


def test_an_import_whose_worker_is_killed_at_any_moment_is_completed_once(home: House, scores: Scores) -> None:
    document, moments, attempts = scores(MOST), Random(), []
    with home.working(WORKERS):
        undisturbed(home, document)  # the first of a process takes longer
        calm, duration = undisturbed(home, document)
        assert calm["scores"][0] == MOST
        # One in each stretch of an import's time, so that every stage has its turn.
        places = moments.sample(range(ROUNDS), ROUNDS)
        for start in range(0, ROUNDS, WORKERS):
            when = [duration * (place + moments.random()) / ROUNDS for place in places[start : start + WORKERS]]
            players = [next(home.players) for _ in when]
            attempts += disturbed(home, players, document, when=sorted(when), wanted=calm)
    assert sum(count > 1 for count in attempts) > ROUNDS // 4, "hardly any import noticed"


def undisturbed(home: House, document: bytes) -> tuple[dict[str, tuple[int, str]], float]:
    """What a player has after the import, and how long that takes when as many run beside each other."""
    players = [next(home.players) for _ in range(WORKERS)]
    home.until(home.are_ready)
    begun = time.monotonic()
    import_ids = [home.upload(player, document) for player in players]
    home.until(lambda: home.are_in(import_ids))
    passed = time.monotonic() - begun
    first, *others = (home.everything_of(player) for player in players)
    assert all(other == first for other in others)
    return first, passed


def disturbed(
    home: House, players: list[Player], document: bytes, *, when: list[float], wanted: dict[str, tuple[int, str]]
) -> list[int]:
    """Imports for each player, kills a worker at each moment (s), and returns how many attempts each import took."""
    home.until(home.are_ready)  # a worker that starts has no import that could notice its death
    begun = time.monotonic()
    import_ids = [home.upload(player, document) for player in players]
    for number, moment in enumerate(when):
        time.sleep(max(0, begun + moment - time.monotonic()))
        home.kill_worker(number)
    home.until(lambda: home.are_in(import_ids))
    for player, import_id in zip(players, import_ids, strict=True):
        assert home.everything_of(player) == wanted, when
        assert home.times_completed(import_id) == 1
    return [home.ask("SELECT attempts FROM imports_import WHERE import_id = %s", each)[0][0] for each in import_ids]
