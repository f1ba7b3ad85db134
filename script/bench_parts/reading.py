"""The page of an import, tab by tab, and its document."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from script.bench_parts.client import TRIVIAL, Client
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import Installation

ROUNDS = 7
TABS = ("", "?tab=scores", "?tab=scores&page=50", "?tab=sessions", "?tab=problems", "?tab=history")
ORDERS = ("score", "rating", "time", "score-up", "rating-up", "time-up")
VIEWS = (
    *TABS,
    *(f"?tab=scores&sort={order}" for order in ORDERS),
    "?tab=scores&sort=rating&page=1000",
    "?tab=scores&q=a",
    "?tab=scores&q=a&sort=rating&page=20",
    "?tab=scores&q=nothing-has-this-name",
    "?tab=scores&lamp=CLEAR",
    "?tab=scores&grade=AAA&sort=score",
)
"""Tabs, pages, filters and orders of an import of SOUND VOLTEX."""
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


def figures_of_views(made: Installation, client: Client, import_id: str) -> list[Figure]:
    """CPU time of web and PostgreSQL for each view of a large import's page: other load hardly affects it."""
    found = []
    for view in VIEWS:
        client.get(f"/imports/{import_id}/{view}")
        before = cpu_seconds(made)
        for _ in range(ROUNDS):
            client.get(f"/imports/{import_id}/{view}")
        spent = (cpu_seconds(made) - before) / ROUNDS * 1000
        found.append(Figure(key=f"view.{view}", text=view or "(the first)", value=spent, unit="ms", aim=SERVER_TIME))
    return found


def figures_of_document(made: Installation, client: Client, import_id: str) -> list[Figure]:
    """How long the document of a large import takes to begin, and what it adds to the memory of the web."""
    path = f"/api/v1/imports/{import_id}"
    client.first_byte(path)
    before = max(process.memory_info().rss for process in made.web())
    seconds = [client.first_byte(path) for _ in range(ROUNDS)]
    grown = max(process.memory_info().rss for process in made.web()) - before
    return [
        middle("document.first", "its first byte", [1000 * each for each in seconds], "ms", aim=SERVER_TIME),
        Figure(key="document.memory", text="memory of the web after seven of them", value=grown / 1e6, unit="MB"),
    ]


def cpu_seconds(made: Installation) -> float:
    """CPU seconds so far of the processes that answer, and of PostgreSQL."""
    total = 0.0
    for process in [*made.web(), *made.postgres()]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total
