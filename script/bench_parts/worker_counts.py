"""Scores per second of many concurrent players by the number of workers: more workers must not be slower."""

from __future__ import annotations

from collections.abc import Callable

from script.bench_parts.figures import Figure
from script.bench_parts.files_at_once import PLAYERS, measure
from script.bench_parts.installation import Installation, installation

COUNTS = (1, 2, 4)
LEAST = 0.9  # share of the scores per second of the best number of workers
HEADING = f"{PLAYERS} files at once, by the number of workers"


def figures(
    *, scores: int, rounds: int, status: Callable[[str], None], describe: Callable[[Installation], None]
) -> list[Figure]:
    """Measures each number alternately, with a new installation. `scores`: per player's file."""
    rates: dict[int, list[float]] = {count: [] for count in COUNTS}
    costs: dict[int, list[float]] = {count: [] for count in COUNTS}
    for number in range(1, rounds + 1):
        for count in COUNTS:
            status(f"{PLAYERS} players, {count} worker{'s' if count > 1 else ''}, round {number} of {rounds} ...")
            with installation(workers=count) as made:
                describe(made)
                measured = measure(made, scores=scores)
            rates[count].append(PLAYERS * scores / measured.seconds)
            costs[count].append(measured.cpu / (PLAYERS * scores) * 1e6)
    best, cheapest = max(map(max, rates.values())), min(map(min, costs.values()))
    found = []
    for count in COUNTS:
        rate, cost, key = max(rates[count]), min(costs[count]), f"workers.{count}"
        name = f"{count} worker{'s' if count > 1 else ''}"
        found += [
            Figure(key=key, text=f"{name}: scores a second", value=rate, unit="/s", rounds=rates[count]),
            Figure(key=f"{key}.cpu", text="  CPU time of a score", value=cost, unit="µs", rounds=costs[count]),
            Figure(
                key=f"{key}.of_best", text="  scores a second / the best", value=rate / best,
                unit="x", aim=LEAST if count > 1 else None, at_least=True,
            ),
            Figure(
                key=f"{key}.cpu_ratio", text="  CPU time / the lowest", value=cost / cheapest,
                unit="x", aim=1.1,
            ),
        ]  # fmt: skip
    return found
