"""Who may work on what at the same time, among real workers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from tests.faults.conftest import Scores
from tests.faults.house import House

pytestmark = pytest.mark.faults


def test_an_import_that_is_queued_many_times_is_applied_once(home: House, scores: Scores) -> None:
    player = next(home.players)
    import_id = home.upload(player, scores(2_000))
    queue = Queue("default", connection=home.redis, serializer=JSONSerializer)
    for _ in range(5):
        queue.enqueue_call("imports.jobs.perform", args=(import_id,))

    with home.working(2):
        home.until(lambda: home.are_in([import_id]))
        home.until(lambda: queue.count == 0)

    assert home.everything_of(player)["scores"][0] == 2_000
    assert home.times_completed(import_id) == 1
    assert home.ask("SELECT attempts FROM imports_import WHERE import_id = %s", import_id) == [(1,)]


def test_one_players_imports_wait_for_each_other_while_anothers_runs_beside_them(home: House, scores: Scores) -> None:
    alice, bob = next(home.players), next(home.players)
    with home.working(2):
        home.until(home.are_ready)
        alices = [home.upload(alice, scores(count, start=count)) for count in (8_000, 1_000, 2_000)]
        bobs = home.upload(bob, scores(1_000))
        home.until(lambda: home.are_in([*alices, bobs]))

    first, *others = [times(home, import_id) for import_id in alices]
    assert all(before[1] <= after[0] for before, after in pairwise([first, *others])), "one after another, in order"
    assert first[0] < times(home, bobs)[0] < first[1], "beside Alice's first"


def times(home: House, import_id: str) -> tuple[float, float]:
    """When it started and finished, in seconds."""
    statement = (
        "SELECT extract(epoch FROM time_started)::float8, extract(epoch FROM time_finished)::float8"
        " FROM imports_import WHERE import_id = %s"
    )
    started, finished = home.ask(statement, import_id)[0]
    return started, finished


def test_nothing_is_reverted_while_an_import_of_the_player_runs(home: House, scores: Scores) -> None:
    player = next(home.players)
    with home.working(1):
        done = home.upload(player, scores(100))
        home.until(lambda: home.are_in([done]))
        running = home.upload(player, scores(8_000, start=100))
        home.until(lambda: home.state(running) == "running")

        status, answer = home.post(player, f"/api/v1/imports/{done}/revert")

        assert (status, answer["description"]) == (409, "You already have an import or a revert ongoing.")
        home.until(lambda: home.are_in([running]))
        assert home.state(done) == "completed"
        assert home.post(player, f"/api/v1/imports/{done}/revert")[0] == 200
        assert home.everything_of(player)["scores"][0] == 8_000
