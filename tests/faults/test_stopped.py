"""Processes that stand still, do the same as others, or believe in another time."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.faults.conftest import Scores
from tests.faults.house import House, _end
from tests.faults.rounds import PAUSE

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


def test_a_worker_that_stands_still_holds_up_nobody_else_and_finishes_when_it_goes_on(
    home: House, scores: Scores
) -> None:
    alice, bob = next(home.players), next(home.players)
    with home.working(2):
        home.until(home.are_ready)
        stopped = home.upload(alice, scores(8_000))
        home.until(lambda: home.state(stopped) == "running")
        with home.frozen(holder_of(home)):
            home.redis.delete(*home.redis.keys("rq:worker:*"))  # its time is past: nobody counts it any more
            waiting = home.upload(alice, scores(10, start=8_000))
            others = home.upload(bob, scores(100))
            home.until(lambda: home.are_in([others]))
            time.sleep(PAUSE)
            assert home.state(stopped) in ("running", "completed")
            assert home.state(waiting) == "queued" or home.state(stopped) == "completed"
        home.until(lambda: home.are_in([stopped, waiting]))
    assert home.everything_of(alice)["scores"][0] == 8_010
    assert [home.times_completed(import_id) for import_id in (stopped, waiting, others)] == [1, 1, 1]
    home.assert_sound(alice, bob)


def holder_of(home: House) -> int:
    """The process ID of the one worker that is at an import, once it says so: the import's row may be quicker.

    Those who were killed in an earlier test said that they were busy, and Redis remembers it for a while.
    """
    living = {worker.pid for worker in home.workers}
    found: list[int] = []

    def look() -> bool:
        workers = [home.redis.hgetall(key) for key in home.redis.smembers("rq:workers")]
        found.extend(int(worker[b"pid"]) for worker in workers if worker.get(b"state") == b"busy")
        found[:] = [pid for pid in found if pid in living]
        return bool(found)

    home.until(look)
    return found[0]


def test_any_number_of_sweepers_apply_an_import_once(home: House, scores: Scores) -> None:
    players = [next(home.players) for _ in range(3)]
    sweepers = [home.start("manage.py", "sweep", "--forever", log="sweepers") for _ in range(2)]
    try:
        import_ids = [home.upload(player, scores(200, start=start)) for start in (0, 200) for player in players]
        home.redis.flushall()
        with home.working(2):
            for _ in range(5):
                time.sleep(0.2)
                home.redis.flushall()
            home.until(lambda: home.are_in(import_ids))
    finally:
        for sweeper in sweepers:
            _end(sweeper)
    assert [home.everything_of(player)["scores"][0] for player in players] == [400] * 3
    assert [home.times_completed(import_id) for import_id in import_ids] == [1] * 6
    home.assert_sound(*players)


def test_imports_that_came_before_the_clock_was_set_back_are_not_left_alone(home: House, scores: Scores) -> None:
    """Their times lie an hour ahead; and Redis, which knew of them, is emptied."""
    player = next(home.players)
    file = home.folder / "before.json"
    file.write_bytes(scores(20))
    early = home.start(
        "-c", STEPPING, "now", str(HOUR), "manage.py", "import_scores", player.name, str(file), log="early"
    )
    assert early.wait(60) == 0, (home.folder / "early.log").read_text(encoding="utf-8")
    home.redis.flushall()
    [import_id] = home.import_ids_of(player)
    ahead = home.ask(
        "SELECT time_queued > now() + interval '50 minutes' FROM imports_import WHERE import_id = %s", import_id
    )
    assert ahead == [(True,)]
    with home.working(1):
        home.until(home.are_ready)
        home.until(lambda: home.are_in([import_id]), seconds=20)
    assert home.everything_of(player)["scores"][0] == 20
    home.assert_sound(player)


@pytest.mark.parametrize("seconds", [-HOUR, HOUR], ids=["back", "on"])
def test_an_import_goes_in_though_the_clock_is_set_meanwhile(home: House, scores: Scores, seconds: int) -> None:
    player = next(home.players)
    home.worker = ("-c", STEPPING, "later", str(seconds), "manage.py", "worker")
    try:
        with home.working(1):
            import_id = home.upload(player, scores(6_000))
            home.until(lambda: home.state(import_id) == "running")
            os.kill(home.workers[0].pid, signal.SIGUSR1)
            home.until(lambda: home.are_in([import_id]))
            second = home.upload(player, scores(10, start=6_000))
            home.until(lambda: home.are_in([second]))
    finally:
        home.worker = ("manage.py", "worker")
    assert home.everything_of(player)["scores"][0] == 6_010
    assert home.times_completed(import_id) == 1
    home.assert_sound(player)
