"""Redis emptied, PostgreSQL restarted: every import that was taken in comes to its end."""

from __future__ import annotations

import signal

import pytest

from tests.faults.conftest import Scores
from tests.faults.house import House

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


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "as if it had crashed"])
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
