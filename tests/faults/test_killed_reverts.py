"""SIGKILL for the web at all moments of a revert and of an upload; and for all processes at once."""

from __future__ import annotations

import http.client
import threading
import time
from random import Random

import pytest

from tests.faults.conftest import Scores
from tests.faults.process_harness import Installation, Player
from tests.faults.repetitions import ROUNDS

pytestmark = pytest.mark.faults

COUNT = 4_000  # scores
REVERTS = max(3, ROUNDS // 3) if ROUNDS < 200 else ROUNDS  # a killed web takes seconds to come back


def test_a_revert_killed_at_any_moment_is_done_completely_or_not_at_all(
    installation: Installation, scores: Scores
) -> None:
    player, chance = next(installation.players), Random()
    with installation.workers_running(1):
        import_id = installation.upload(player, scores(COUNT))
        installation.until(lambda: installation.are_in([import_id]))
        full = installation.everything_of(player)
        begun = time.monotonic()
        assert installation.post(player, f"/api/v1/imports/{import_id}/revert")[0] == 200
        duration, empty = time.monotonic() - begun, installation.everything_of(player)
        assert (full["scores"][0], empty["scores"][0]) == (COUNT, 0)
        installation.assert_sound(player)

        for number in range(REVERTS):
            restore_if_reverted(installation, player, import_id)
            assert installation.everything_of(player) == full
            killed_while_reverting(
                installation, player, import_id, after=duration * (number + chance.random()) / REVERTS
            )
            wanted = {"completed": full, "reverted": empty}[settled(installation, player, import_id)]
            assert installation.everything_of(player) == wanted
    installation.assert_sound(player)


def restore_if_reverted(installation: Installation, player: Player, import_id: str) -> None:
    """Restores the import where it was reverted."""
    if installation.state(import_id) == "reverted":
        assert installation.post(player, f"/api/v1/imports/{import_id}/restore")[0] == 202
        installation.until(lambda: installation.are_in([import_id]))


def killed_while_reverting(installation: Installation, player: Player, import_id: str, *, after: float) -> None:
    def revert() -> None:
        try:
            installation.post(player, f"/api/v1/imports/{import_id}/revert")
        except (OSError, http.client.HTTPException):
            return  # nobody is there to answer

    request = threading.Thread(target=revert)
    request.start()
    time.sleep(after)
    installation.kill_web()
    request.join()
    installation.until(installation.is_answering)


def settled(installation: Installation, player: Player, import_id: str) -> str:
    """The import's state once nobody works on it any more: the last statement of who was killed may take a while."""
    installation.until(
        lambda: installation.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")[0][0] == 0
    )
    return installation.state(import_id)


def test_imports_survive_the_death_of_web_and_workers(installation: Installation, scores: Scores) -> None:
    """Web and workers at once, several times, while one import runs and others wait."""
    players = [next(installation.players) for _ in range(2)]
    with installation.workers_running(2):
        import_ids = [
            installation.upload(player, scores(3_000, start=start)) for start in (0, 3_000) for player in players
        ]
        for _ in range(max(2, ROUNDS // 6)):
            time.sleep(0.4)
            for number in range(2):
                installation.kill_worker(number)
            installation.kill_web()
            installation.until(installation.is_answering)
        installation.until(lambda: installation.are_in(import_ids))
    assert installation.everything_of(players[0]) == installation.everything_of(players[1])
    assert installation.everything_of(players[0])["scores"][0] == 6_000
    assert [installation.times_completed(import_id) for import_id in import_ids] == [1] * 4
    installation.assert_sound(*players)


def test_an_upload_killed_between_saving_and_queueing_is_still_imported(
    installation: Installation, scores: Scores
) -> None:
    """Redis is held still, so that the web has saved the import and cannot queue it; then the web is killed."""
    player = next(installation.players)
    killed = threading.Event()

    def upload() -> None:
        try:
            installation.upload(player, scores(50))
        except (OSError, http.client.HTTPException):
            killed.set()

    with installation.frozen(installation.pid_of("valkey")):
        request = threading.Thread(target=upload)
        request.start()
        installation.until(lambda: len(installation.import_ids_of(player)) == 1)
        installation.kill_web()
        request.join()
    assert killed.is_set(), "the player was told nothing"
    [import_id] = installation.import_ids_of(player)
    with installation.workers_running(1):
        installation.until(lambda: installation.are_in([import_id]))
    installation.until(installation.is_answering)
    assert installation.everything_of(player)["scores"][0] == 50
    assert installation.times_completed(import_id) == 1
    installation.assert_sound(player)
