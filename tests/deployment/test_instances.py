"""`script/bench --instances`: an installation on network namespaces, what it measures, and what it leaves behind."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from script.bench_parts import instances
from script.bench_parts.files_at_once import Cost, measure
from script.bench_parts.hosts import installation_on_hosts
from script.network_namespaces import missing_requirement
from tests.services.process_inspection import all_gone

WHY_NOT = missing_requirement()


@pytest.mark.parametrize(
    ("one", "two", "capacity", "limit", "is_met"),
    [
        pytest.param((40, 20), (40, 20), 2.0, 50_000, True, id="nothing is lost"),
        pytest.param((40, 20), (44, 25), 1.82, 40_000, True, id="a little is lost"),
        pytest.param((40, 20), (60, 20), 1.33, 50_000, False, id="a third is lost"),
    ],
)
def test_the_capacity_of_two_instances_follows_from_cpu_time(
    one: tuple[float, float], two: tuple[float, float], capacity: float, limit: float, is_met: bool
) -> None:
    """Microseconds for each of a million scores: of web and workers, and of PostgreSQL and Redis. The first rounds took
    twice as long, beside another program."""
    costs = {
        count: [
            Cost(60 * factor, [own * factor / count] * count, shared * factor, cpu_beside=0.02, waiting=0.01)
            for factor in (2, 1)
        ]
        for count, (own, shared) in ((1, one), (2, two))
    }
    found = {figure.key: figure for figure in instances.summarize(costs, scores=1_000_000)}
    assert found["instances.capacity"].value == pytest.approx(capacity, abs=0.01)
    assert found["instances.capacity"].is_met is is_met
    assert found["instances.limit"].value == pytest.approx(limit)
    assert found["instances.fed"].value == pytest.approx(two[0] / two[1])


class Interruption(BaseException):
    """No Exception, as KeyboardInterrupt is none."""


@pytest.mark.slow
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_both_instances_import_and_an_interruption_cleans_up() -> None:
    own, processes = network_of(os.getpid()), []
    with contextlib.suppress(Interruption), installation_on_hosts(instances=2) as made:
        supervisors, postgres, redis = [each.pid for each in made.supervisors], made.postgres()[0].pid, made.redis().pid
        assert network_of(postgres) == network_of(redis)
        assert len({network_of(pid) for pid in (*supervisors, postgres, os.getpid())} | {own}) == 5
        cost = measure(made, scores=10, players=6)
        processes = [*supervisors, postgres, redis, *(each.pid for each in (*made.web(), *made.workers()))]
        raise Interruption
    assert min(cost.cpu_of_instances) > 0
    assert all_gone(processes)
    assert not made.folder.exists()
    assert not list(Path("/run/netns").glob(f"tachi{os.getpid()}-*"))
    assert network_of(os.getpid()) == own


def network_of(pid: int) -> str:
    """The network namespace of a process."""
    return str(Path(f"/proc/{pid}/ns/net").readlink())
