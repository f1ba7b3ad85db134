"""Which imports real workers run at the same time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from tests.faults.conftest import Scores
from tests.faults.process_harness import Installation

pytestmark = pytest.mark.faults


def test_an_import_queued_many_times_is_applied_once(installation: Installation, scores: Scores) -> None:
    player = next(installation.players)
    import_id = installation.upload(player, scores(2_000))
    queue = Queue("default", connection=installation.redis, serializer=JSONSerializer)
    for _ in range(5):
        queue.enqueue_call("imports.jobs.perform", args=(import_id,))

    with installation.workers_running(2):
        installation.until(lambda: installation.are_in([import_id]))
        installation.until(lambda: queue.count == 0)

    assert installation.everything_of(player)["scores"][0] == 2_000
    assert installation.times_completed(import_id) == 1
    assert installation.query("SELECT attempts FROM imports_import WHERE import_id = %s", import_id) == [(1,)]


def test_imports_of_a_player_run_one_by_one_and_concurrently_with_another_players(
    installation: Installation, scores: Scores
) -> None:
    alice, bob = next(installation.players), next(installation.players)
    with installation.workers_running(2):
        installation.until(installation.are_ready)
        alices = [installation.upload(alice, scores(8_000, start=8_000))]
        installation.until(lambda: installation.state(alices[0]) == "running")
        with installation.frozen(installation.busy_worker()):  # so that it cannot be done before the others come
            alices += [installation.upload(alice, scores(count, start=count)) for count in (1_000, 2_000)]
            bobs = installation.upload(bob, scores(1_000))
            installation.until(lambda: installation.are_in([bobs]))
            assert [installation.state(import_id) for import_id in alices] == ["running", "queued", "queued"]
        installation.until(lambda: installation.are_in(alices))

    begun_and_ended = [times(installation, import_id) for import_id in alices]
    assert all(before[1] <= after[0] for before, after in pairwise(begun_and_ended)), "one after another, in order"


def times(installation: Installation, import_id: str) -> tuple[float, float]:
    """When it started and finished, in seconds."""
    statement = (
        "SELECT extract(epoch FROM time_started)::float8, extract(epoch FROM time_finished)::float8"
        " FROM imports_import WHERE import_id = %s"
    )
    started, finished = installation.query(statement, import_id)[0]
    return started, finished


def test_a_revert_is_refused_while_an_import_of_the_player_runs(installation: Installation, scores: Scores) -> None:
    player = next(installation.players)
    with installation.workers_running(1):
        done = installation.upload(player, scores(100))
        installation.until(lambda: installation.are_in([done]))
        running = installation.upload(player, scores(8_000, start=100))
        installation.until(lambda: installation.state(running) == "running")

        with installation.frozen(installation.workers[0].pid):
            status, response = installation.post(player, f"/api/v1/imports/{done}/revert")

        assert (status, response["description"]) == (409, "You already have an import or a revert ongoing.")
        installation.until(lambda: installation.are_in([running]))
        assert installation.state(done) == "completed"
        assert installation.post(player, f"/api/v1/imports/{done}/revert")[0] == 200
        assert installation.everything_of(player)["scores"][0] == 8_000
