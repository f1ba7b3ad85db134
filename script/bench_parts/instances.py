"""The gain of a second instance of each process: web and worker on one host, compared with two.

Scores per second would not show it, because here both hosts and that of the database share the cores of this machine.
The relevant figure is CPU time, which is accounted per process. With one instance, web and worker take c1 seconds of
CPU time for a score; with two, c2; PostgreSQL and Redis, which all instances share, take s:

* A host with k cores cannot process more than k / c1 scores a second, and two such hosts not more than 2 k / c2. The
  capacity of two is therefore 2 c1 / c2 times that of one: 2 if an instance costs the same beside another one, less if
  it costs more, for example because it retries or queries work that the other one has taken.
* Waiting for a lock takes no CPU time, so that mutual waiting would be missing in that figure. The time that
  connections spend waiting for locks is therefore measured as well.
* The sweeper, the streams and the supervisor of each host take a part of every second, however many scores it imports.
  They are measured separately: counted per score, they would grow with any other slowdown of this machine.
* The database host with m cores cannot process more than m / s scores a second. More instances do not help beyond that:
  c2 / s cores of web and workers keep one core of PostgreSQL and Redis busy. For example, one instance on k cores, with
  its database on m, has min(k / c1, m / s), and n instances have min(n k / c2, m / s).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from script.bench_parts.figures import Figure
from script.bench_parts.files_at_once import PLAYERS, Cost, measure
from script.bench_parts.hosts import installation_on_hosts
from script.bench_parts.installation import Installation

COUNTS = (1, 2)
HEADING = f"{PLAYERS} files at once, one and two instances of each process"
LEAST_CAPACITY = 1.8  # of two instances / of one
MOST_WAITING = 0.05  # share of the workers' time
BUSIER = 0.6  # share of the CPU time of both


def figures(
    *, scores: int, rounds: int, status: Callable[[str], None], describe: Callable[[Installation], None]
) -> list[Figure]:
    """Measures one and two instances alternately, each time with a new installation. `scores`: per player's file."""
    costs: dict[int, list[Cost]] = {count: [] for count in COUNTS}
    for number in range(1, rounds + 1):
        for count in COUNTS:
            status(f"{PLAYERS} players, {count} instance{'s' if count > 1 else ''}, round {number} of {rounds} ...")
            with installation_on_hosts(instances=count) as made:
                describe(made)
                costs[count].append(measure(made, scores=scores))
    return summarize(costs, scores=scores * PLAYERS)


def summarize(costs: Mapping[int, Sequence[Cost]], *, scores: int) -> list[Figure]:
    """Returns figures of the cheapest round of each. `scores`: of all players together."""
    found, own, shared = [], {}, {}
    for count, of_rounds in costs.items():
        rates = [scores / cost.seconds for cost in of_rounds]
        owns = [sum(cost.cpu_of_instances) / scores * 1e6 for cost in of_rounds]
        shares = [cost.cpu_of_servers / scores * 1e6 for cost in of_rounds]
        own[count], shared[count] = min(owns), min(shares)
        key, name = f"instances.{count}", f"{count} instance{'s' if count > 1 else ''}"
        found += [
            Figure(key=key, text=f"{name}: scores a second here", value=max(rates), unit="/s", rounds=rates),
            Figure(
                key=f"{key}.own", text="  CPU time of web and workers for a score", value=own[count], unit="µs",
                rounds=owns,
            ),
            Figure(
                key=f"{key}.shared", text="  CPU time of PostgreSQL and Redis for a score", value=shared[count],
                unit="µs", rounds=shares,
            ),
        ]  # fmt: skip
    waiting = [cost.waiting for cost in costs[2]]
    busier = [max(cost.cpu_of_instances) / sum(cost.cpu_of_instances) for cost in costs[2]]
    return [
        *found,
        Figure(
            key="instances.capacity", text="capacity of web and workers, two / one", value=2 * own[1] / own[2],
            unit="x", aim=LEAST_CAPACITY, at_least=True,
        ),
        Figure(
            key="instances.waiting", text="time of the two workers spent waiting for locks", value=min(waiting) * 100,
            unit="%", aim=MOST_WAITING * 100, rounds=[each * 100 for each in waiting],
        ),
        Figure(
            key="instances.busier", text="share of the busier one in the CPU time of both", value=min(busier) * 100,
            unit="%", aim=BUSIER * 100, rounds=[each * 100 for each in busier],
        ),
        Figure(
            key="instances.beside", text="CPU of sweeper, streams and supervisor of a host, per second",
            value=min(cost.cpu_beside for cost in costs[2]) * 1000, unit="ms",
        ),
        Figure(
            key="instances.shared_cost", text="CPU time of PostgreSQL and Redis for a score, two / one",
            value=shared[2] / shared[1], unit="x",
        ),
        Figure(
            key="instances.shared_part", text="share of PostgreSQL and Redis in the CPU time",
            value=shared[2] / (own[2] + shared[2]) * 100, unit="%",
        ),
        Figure(
            key="instances.limit", text="maximum scores a second per core of the database host",
            value=1e6 / shared[2], unit="/s",
        ),
        Figure(
            key="instances.fed", text="cores of web and workers per database core", value=own[2] / shared[2],
            unit="",
        ),
    ]  # fmt: skip
