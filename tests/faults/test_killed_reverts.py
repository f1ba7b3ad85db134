"""SIGKILL for the web, at all moments of a revert and of an upload; and for everybody at once."""

from __future__ import annotations

import http.client
import threading
import time
from random import Random

import pytest

from tests.faults.conftest import Scores
from tests.faults.house import House, Player
from tests.faults.rounds import ROUNDS

pytestmark = pytest.mark.faults

COUNT = 4_000  # scores
REVERTS = max(3, ROUNDS // 3) if ROUNDS < 200 else ROUNDS  # a killed web takes seconds to come back


def test_a_revert_whose_process_is_killed_at_any_moment_is_done_wholly_or_not_at_all(
    home: House, scores: Scores
) -> None:
    player, chance = next(home.players), Random()
    with home.working(1):
        import_id = home.upload(player, scores(COUNT))
        home.until(lambda: home.are_in([import_id]))
        full = home.everything_of(player)
        begun = time.monotonic()
        assert home.post(player, f"/api/v1/imports/{import_id}/revert")[0] == 200
        duration, empty = time.monotonic() - begun, home.everything_of(player)
        assert (full["scores"][0], empty["scores"][0]) == (COUNT, 0)
        home.assert_sound(player)

        for number in range(REVERTS):
            again(home, player, import_id)
            assert home.everything_of(player) == full
            killed_while_reverting(home, player, import_id, after=duration * (number + chance.random()) / REVERTS)
            wanted = {"completed": full, "reverted": empty}[settled(home, player, import_id)]
            assert home.everything_of(player) == wanted
    home.assert_sound(player)


def again(home: House, player: Player, import_id: str) -> None:
    """Restores the import where it was reverted."""
    if home.state(import_id) == "reverted":
        assert home.post(player, f"/api/v1/imports/{import_id}/restore")[0] == 202
        home.until(lambda: home.are_in([import_id]))


def killed_while_reverting(home: House, player: Player, import_id: str, *, after: float) -> None:
    def revert() -> None:
        try:
            home.post(player, f"/api/v1/imports/{import_id}/revert")
        except (OSError, http.client.HTTPException):
            return  # nobody is there to answer

    request = threading.Thread(target=revert)
    request.start()
    time.sleep(after)
    home.kill_web()
    request.join()
    home.until(home.answers)


def settled(home: House, player: Player, import_id: str) -> str:
    """The import's state once nobody works on it any more: the last statement of who was killed may take a while."""
    home.until(lambda: home.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")[0][0] == 0)
    return home.state(import_id)


def test_imports_outlive_the_death_of_everybody_who_works_for_them(home: House, scores: Scores) -> None:
    """Web and workers at once, several times, while one import runs and others wait."""
    players = [next(home.players) for _ in range(2)]
    with home.working(2):
        import_ids = [home.upload(player, scores(3_000, start=start)) for start in (0, 3_000) for player in players]
        for _ in range(max(2, ROUNDS // 6)):
            time.sleep(0.4)
            for number in range(2):
                home.kill_worker(number)
            home.kill_web()
            home.until(home.answers)
        home.until(lambda: home.are_in(import_ids))
    assert home.everything_of(players[0]) == home.everything_of(players[1])
    assert home.everything_of(players[0])["scores"][0] == 6_000
    assert [home.times_completed(import_id) for import_id in import_ids] == [1] * 4
    home.assert_sound(*players)


def test_an_upload_whose_process_dies_between_saving_and_queueing_is_imported(home: House, scores: Scores) -> None:
    """Redis is held still, so that the web has saved the import and cannot queue it; then the web is killed."""
    player = next(home.players)
    killed = threading.Event()

    def upload() -> None:
        try:
            home.upload(player, scores(50))
        except (OSError, http.client.HTTPException):
            killed.set()

    with home.frozen(home.pid_of("valkey")):
        request = threading.Thread(target=upload)
        request.start()
        home.until(lambda: len(home.import_ids_of(player)) == 1)
        home.kill_web()
        request.join()
    assert killed.is_set(), "the player was told nothing"
    [import_id] = home.import_ids_of(player)
    with home.working(1):
        home.until(lambda: home.are_in([import_id]))
    home.until(home.answers)
    assert home.everything_of(player)["scores"][0] == 50
    assert home.times_completed(import_id) == 1
    home.assert_sound(player)
