"""Suspended processes, several sweepers, and changed clocks."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.faults.conftest import Scores
from tests.faults.process_harness import Installation, _stop
from tests.faults.repetitions import PAUSE

pytestmark = pytest.mark.faults

STEPPING = """
import datetime as d, runpy, signal, sys, time_machine
def step(*_):
    moved = d.timedelta(seconds=float(sys.argv_step))
    time_machine.travel(d.datetime.now(d.UTC) + moved, tick=True).start()
at_once, sys.argv_step = sys.argv[1] == "now", sys.argv[2]
signal.signal(signal.SIGUSR1, step)
if at_once:
    step()
sys.argv = sys.argv[3:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""A program whose clock jumps by so many seconds: at its start ("now"), or when it gets SIGUSR1."""

HOUR = 3_600


def test_a_suspended_worker_does_not_block_others_and_finishes_when_resumed(
    installation: Installation, scores: Scores
) -> None:
    alice, bob = next(installation.players), next(installation.players)
    with installation.workers_running(2):
        installation.until(installation.are_ready)
        stopped = installation.upload(alice, scores(8_000))
        installation.until(lambda: installation.state(stopped) == "running")
        with installation.frozen(installation.busy_worker()):
            installation.redis.delete(
                *installation.redis.keys("rq:worker:*")
            )  # its time is past: nobody counts it any more
            waiting = installation.upload(alice, scores(10, start=8_000))
            others = installation.upload(bob, scores(100))
            installation.until(lambda: installation.are_in([others]))
            time.sleep(PAUSE)
            assert installation.state(stopped) in ("running", "completed")
            assert installation.state(waiting) == "queued" or installation.state(stopped) == "completed"
        installation.until(lambda: installation.are_in([stopped, waiting]))
    assert installation.everything_of(alice)["scores"][0] == 8_010
    assert [installation.times_completed(import_id) for import_id in (stopped, waiting, others)] == [1, 1, 1]
    installation.assert_sound(alice, bob)


def test_any_number_of_sweepers_apply_an_import_once(installation: Installation, scores: Scores) -> None:
    players = [next(installation.players) for _ in range(3)]
    sweepers = [installation.start("manage.py", "sweep", "--forever", log="sweepers") for _ in range(2)]
    try:
        import_ids = [installation.upload(player, scores(200, start=start)) for start in (0, 200) for player in players]
        installation.redis.flushall()
        with installation.workers_running(2):
            for _ in range(5):
                time.sleep(0.2)
                installation.redis.flushall()
            installation.until(lambda: installation.are_in(import_ids))
    finally:
        for sweeper in sweepers:
            _stop(sweeper)
    assert [installation.everything_of(player)["scores"][0] for player in players] == [400] * 3
    assert [installation.times_completed(import_id) for import_id in import_ids] == [1] * 6
    installation.assert_sound(*players)


def test_imports_queued_before_the_clock_was_set_back_are_not_abandoned(
    installation: Installation, scores: Scores
) -> None:
    """Their times lie an hour ahead; and Redis, which knew of them, is emptied."""
    player = next(installation.players)
    file = installation.folder / "before.json"
    file.write_bytes(scores(20))
    early = installation.start(
        "-c", STEPPING, "now", str(HOUR), "manage.py", "import_scores", player.name, str(file), log="early"
    )
    assert early.wait(60) == 0, (installation.folder / "early.log").read_text(encoding="utf-8")
    installation.redis.flushall()
    [import_id] = installation.import_ids_of(player)
    ahead = installation.query(
        "SELECT time_queued > now() + interval '50 minutes' FROM imports_import WHERE import_id = %s", import_id
    )
    assert ahead == [(True,)]
    with installation.workers_running(1):
        installation.until(installation.are_ready)
        installation.until(lambda: installation.are_in([import_id]))
    assert installation.everything_of(player)["scores"][0] == 20
    installation.assert_sound(player)


@pytest.mark.parametrize("seconds", [-HOUR, HOUR], ids=["back", "on"])
def test_an_import_completes_while_the_clock_is_changed(
    installation: Installation, scores: Scores, seconds: int
) -> None:
    player = next(installation.players)
    installation.worker = ("-c", STEPPING, "later", str(seconds), "manage.py", "worker")
    try:
        with installation.workers_running(1):
            import_id = installation.upload(player, scores(6_000))
            installation.until(lambda: installation.state(import_id) == "running")
            os.kill(installation.workers[0].pid, signal.SIGUSR1)
            installation.until(lambda: installation.are_in([import_id]))
            second = installation.upload(player, scores(10, start=6_000))
            installation.until(lambda: installation.are_in([second]))
    finally:
        installation.worker = ("manage.py", "worker")
    assert installation.everything_of(player)["scores"][0] == 6_010
    assert installation.times_completed(import_id) == 1
    installation.assert_sound(player)
