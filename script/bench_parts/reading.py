"""The tabs of an import's page, and its document; pages that compare players, beside many players."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from script.bench_parts.client import TRIVIAL, Client
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import Installation, cpu_seconds

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
# Pages of fifty players; `page` is in the middle.
OF_THE_GAME = (
    "/games/sdvx/Single/players/",
    "/games/sdvx/Single/players/?page={page}",
    "/charts/{chart}/",
    "/charts/{chart}/?page={page}",
    "/api/v1/games/sdvx/Single/leaderboard",
    "/api/v1/games/sdvx/Single/pb-leaderboard",
)
OF_A_PLAYER = (
    "/users/{name}/",
    "/users/{name}/games/sdvx/Single/",
    "/users/{name}/games/sdvx/Single/?range=all",
    "/users/{name}/games/sdvx/Single/?tab=bests",
    "/users/{name}/games/sdvx/Single/?tab=sessions",
    "/api/v1/users/{name}/games/sdvx/Single",
)
AMONG_PLAYERS = 100  # milliseconds for a page that compares a player with millions of scores
SERVER_TIME = 300  # milliseconds for any tab of a large import's page


def milliseconds(request: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Returns the median time of several calls."""
    passed = []
    for _ in range(rounds):
        begun = time.perf_counter()
        request()
        passed.append((time.perf_counter() - begun) * 1000)
    return statistics.median(passed)


def figures(client: Client, import_id: str, *, count: int) -> list[Figure]:
    """Returns figures of the pages of a large import."""
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
            text=f"the slowest tab ({slowest or 'the first'})",
            value=found[slowest],
            unit="ms",
            aim=SERVER_TIME,
        ),
        Figure(key="page.slowest_ratio", text="slowest tab / a trivial page", value=found[slowest] / trivial, unit="x"),
    ]


def figures_of_views(made: Installation, client: Client, import_id: str) -> list[Figure]:
    """Returns a figure for each view of a large import's page."""
    page = f"/imports/{import_id}/"
    return [
        Figure(
            key=f"view.{view}", text=view or "(the first)", value=cpu_of(made, client, page + view), unit="ms",
            aim=SERVER_TIME,
        )
        for view in VIEWS
    ]  # fmt: skip


def figures_among_players(
    made: Installation, client: Client, names: Sequence[str], chart: str, *, count: int
) -> list[Figure]:
    """Returns figures of pages of a game and of each of these players, beside `count` others."""
    addresses = [
        *(address.format(chart=chart, page=max(1, count // 100)) for address in OF_THE_GAME),
        *(address.format(name=name) for name in names for address in OF_A_PLAYER),
    ]
    return [
        Figure(key=f"among.{address}", text=address, value=cpu_of(made, client, address), unit="ms", aim=AMONG_PLAYERS)
        for address in addresses
    ]


def cpu_of(made: Installation, client: Client, address: str) -> float:
    """Returns milliseconds of CPU time of web and PostgreSQL per request, hardly affected by other load."""
    client.get(address)
    before = cpu_seconds([*made.web(), *made.postgres()])
    for _ in range(ROUNDS):
        client.get(address)
    return (cpu_seconds([*made.web(), *made.postgres()]) - before) / ROUNDS * 1000


def figures_of_document(made: Installation, client: Client, import_id: str) -> list[Figure]:
    """Returns the time until the document of a large import begins, and the growth of the web's memory."""
    path = f"/api/v1/imports/{import_id}"
    client.first_byte(path)
    before = max(process.memory_info().rss for process in made.web())
    seconds = [client.first_byte(path) for _ in range(ROUNDS)]
    grown = max(process.memory_info().rss for process in made.web()) - before
    return [
        middle("document.first", "its first byte", [1000 * each for each in seconds], "ms", aim=SERVER_TIME),
        Figure(
            key="document.memory", text="memory of the web process after seven documents", value=grown / 1e6, unit="MB"
        ),
    ]
