"""Redis is emptied, killed or down for a while, PostgreSQL is restarted: every accepted import is completed."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.faults.conftest import Scores
from tests.faults.process_harness import Installation
from tests.faults.repetitions import PAUSE

pytestmark = pytest.mark.faults


def test_imports_survive_an_emptied_redis(installation: Installation, scores: Scores) -> None:
    players = [next(installation.players) for _ in range(3)]
    documents = scores(10), scores(20, start=10)
    import_ids = [installation.upload(player, document) for player in players for document in documents]
    installation.redis.flushall()

    with installation.workers_running(2):
        installation.until(lambda: installation.are_in(import_ids))

    assert [installation.everything_of(player)["scores"][0] for player in players] == [30, 30, 30]
    assert [installation.times_completed(import_id) for import_id in import_ids] == [1] * len(import_ids)


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["in order", "as if it had crashed", "killed outright"]
)
def test_an_import_survives_a_restart_of_postgresql(
    installation: Installation, scores: Scores, how: signal.Signals
) -> None:
    player, other = next(installation.players), next(installation.players)
    document = scores(10_000)
    with installation.workers_running(1):
        import_id = installation.upload(player, document)
        installation.until(lambda: installation.state(import_id) == "running")
        # Claiming does not wait for the disk: a claim that is lost is no attempt that counts.
        installation.flush()
        installation.restart_postgres(how)
        installation.until(lambda: installation.are_in([import_id]))

        again = installation.upload(other, document)
        installation.until(lambda: installation.are_in([again]))

    assert installation.everything_of(player) == installation.everything_of(other)
    assert installation.times_completed(import_id) == 1
    assert installation.query("SELECT attempts FROM imports_import WHERE import_id = %s", import_id)[0][0] > 1
    installation.assert_sound(player)


def test_an_import_survives_the_death_of_its_connection_to_postgresql(
    installation: Installation, scores: Scores
) -> None:
    """One backend is killed; PostgreSQL then ends all others too, and recovers."""
    player = next(installation.players)
    with installation.workers_running(1):
        import_id = installation.upload(player, scores(8_000))
        installation.until(lambda: installation.state(import_id) == "running")
        installation.until(lambda: kill_holder(installation))
        installation.until(lambda: installation.are_in([import_id]))
    assert installation.everything_of(player)["scores"][0] == 8_000
    assert installation.times_completed(import_id) == 1
    installation.assert_sound(player)


def kill_holder(installation: Installation) -> bool:
    """Kills the backend that holds an import's lock; False where there is none yet."""
    found = installation.query("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted LIMIT 1")
    for (pid,) in found:
        os.kill(pid, signal.SIGKILL)
    return bool(found)


def test_imports_survive_a_killed_redis(installation: Installation, scores: Scores) -> None:
    player = next(installation.players)
    with installation.workers_running(2):
        import_ids = [installation.upload(player, scores(4_000)), installation.upload(player, scores(50, start=4_000))]
        installation.until(lambda: installation.state(import_ids[0]) == "running")
        os.kill(installation.pid_of("valkey"), signal.SIGKILL)
        installation.until(lambda: installation.are_in(import_ids))
    assert installation.everything_of(player)["scores"][0] == 4_050
    assert [installation.times_completed(import_id) for import_id in import_ids] == [1, 1]
    installation.assert_sound(player)


@pytest.mark.parametrize("how", ["dead", "silent"])
def test_uploads_are_accepted_and_wait_while_redis_is_down(
    installation: Installation, scores: Scores, how: str
) -> None:
    """`silent`: connections to it are made, and never answered."""
    player, valkey = next(installation.players), installation.pid_of("valkey")
    with installation.workers_running(1):
        installation.until(installation.are_ready)
        with installation.frozen(installation.pid_of("daemon") if how == "dead" else valkey):
            if how == "dead":
                os.kill(valkey, signal.SIGKILL)
            begun = time.monotonic()
            import_ids = [installation.upload(player, scores(30, start=start)) for start in (0, 30)]
            assert time.monotonic() - begun < 20, "an upload does not wait for Redis for long"
            time.sleep(PAUSE)
            assert installation.is_answering()
        installation.until(lambda: installation.are_in(import_ids))
    assert installation.everything_of(player)["scores"][0] == 60
    assert [installation.times_completed(import_id) for import_id in import_ids] == [1, 1]
    installation.assert_sound(player)
