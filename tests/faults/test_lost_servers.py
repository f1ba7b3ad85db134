"""Redis emptied, killed or gone for a while, PostgreSQL restarted: every import that was taken in comes to its end."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.faults.conftest import Scores
from tests.faults.house import House
from tests.faults.rounds import PAUSE

pytestmark = pytest.mark.faults


def test_imports_outlive_an_emptied_redis(home: House, scores: Scores) -> None:
    players = [next(home.players) for _ in range(3)]
    documents = scores(10), scores(20, start=10)
    import_ids = [home.upload(player, document) for player in players for document in documents]
    home.redis.flushall()

    with home.working(2):
        home.until(lambda: home.are_in(import_ids))

    assert [home.everything_of(player)["scores"][0] for player in players] == [30, 30, 30]
    assert [home.times_completed(import_id) for import_id in import_ids] == [1] * len(import_ids)


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["in order", "as if it had crashed", "killed outright"]
)
def test_an_import_outlives_a_restart_of_postgresql(home: House, scores: Scores, how: signal.Signals) -> None:
    player, other = next(home.players), next(home.players)
    document = scores(10_000)
    with home.working(1):
        import_id = home.upload(player, document)
        home.until(lambda: home.state(import_id) == "running")
        home.restart_postgres(how)
        home.until(lambda: home.are_in([import_id]))

        again = home.upload(other, document)
        home.until(lambda: home.are_in([again]))

    assert home.everything_of(player) == home.everything_of(other)
    assert home.times_completed(import_id) == 1
    assert home.ask("SELECT attempts FROM imports_import WHERE import_id = %s", import_id)[0][0] > 1
    home.assert_sound(player)


def test_an_import_outlives_the_death_of_its_connection_to_postgresql(home: House, scores: Scores) -> None:
    """One backend is killed; PostgreSQL then ends all others too, and recovers."""
    player = next(home.players)
    with home.working(1):
        import_id = home.upload(player, scores(8_000))
        home.until(lambda: home.state(import_id) == "running")
        home.until(lambda: kill_holder(home))
        home.until(lambda: home.are_in([import_id]))
    assert home.everything_of(player)["scores"][0] == 8_000
    assert home.times_completed(import_id) == 1
    home.assert_sound(player)


def kill_holder(home: House) -> bool:
    """Kills the backend that holds an import's lock; False where there is none yet."""
    found = home.ask("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted LIMIT 1")
    for (pid,) in found:
        os.kill(pid, signal.SIGKILL)
    return bool(found)


def test_imports_outlive_a_killed_redis(home: House, scores: Scores) -> None:
    player = next(home.players)
    with home.working(2):
        import_ids = [home.upload(player, scores(4_000)), home.upload(player, scores(50, start=4_000))]
        home.until(lambda: home.state(import_ids[0]) == "running")
        os.kill(home.pid_of("valkey"), signal.SIGKILL)
        home.until(lambda: home.are_in(import_ids))
    assert home.everything_of(player)["scores"][0] == 4_050
    assert [home.times_completed(import_id) for import_id in import_ids] == [1, 1]
    home.assert_sound(player)


@pytest.mark.parametrize("how", ["dead", "silent"])
def test_without_redis_for_a_while_uploads_are_taken_in_and_wait(home: House, scores: Scores, how: str) -> None:
    """`silent`: connections to it are made, and never answered."""
    player, valkey = next(home.players), home.pid_of("valkey")
    with home.working(1):
        home.until(home.are_ready)
        with home.frozen(home.pid_of("keeper") if how == "dead" else valkey):
            if how == "dead":
                os.kill(valkey, signal.SIGKILL)
            begun = time.monotonic()
            import_ids = [home.upload(player, scores(30, start=start)) for start in (0, 30)]
            assert time.monotonic() - begun < 20, "an upload does not wait for Redis for long"
            time.sleep(PAUSE)
            assert home.answers()
        home.until(lambda: home.are_in(import_ids))
    assert home.everything_of(player)["scores"][0] == 60
    assert [home.times_completed(import_id) for import_id in import_ids] == [1, 1]
    home.assert_sound(player)
