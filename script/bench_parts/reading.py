"""The page of an import, tab by tab."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from script.bench_parts.client import TRIVIAL, Client
from script.bench_parts.figures import Figure

ROUNDS = 7
TABS = ("", "?tab=scores", "?tab=scores&page=50", "?tab=sessions", "?tab=problems", "?tab=history")
SERVER_TIME = 300  # milliseconds that any tab of a large import's page may take


def milliseconds(revert_request: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """The median of several."""
    passed = []
    for _ in range(rounds):
        begun = time.perf_counter()
        revert_request()
        passed.append((time.perf_counter() - begun) * 1000)
    return statistics.median(passed)


def figures(client: Client, import_id: str, *, count: int) -> list[Figure]:
    """The pages of a large import."""
    trivial = milliseconds(lambda: client.get(TRIVIAL))
    page = f"/imports/{import_id}/"
    found = {tab: milliseconds(lambda tab=tab: client.get(page + tab)) for tab in TABS}  # type: ignore[misc]
    slowest = max(found, key=lambda tab: found[tab])
    return [
        Figure(key="page.trivial", text="a trivial page", value=trivial, unit="ms"),
        Figure(key="page.first", text=f"result page of {count:,} scores", value=found[""], unit="ms"),
        Figure(key="page.ratio", text="result page / a trivial page", value=found[""] / trivial, unit="x"),
        Figure(
            key="page.slowest",
            text=f"its slowest tab ({slowest or 'the first'})",
            value=found[slowest],
            unit="ms",
            aim=SERVER_TIME,
        ),
        Figure(key="page.slowest_ratio", text="that / a trivial page", value=found[slowest] / trivial, unit="x"),
    ]
