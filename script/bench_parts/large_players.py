"""Whether imports and reverts stay fast as a player's scores and imports increase."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from script.bench_parts import bulk, catalogue, small
from script.bench_parts.client import Client
from script.bench_parts.figures import Figure
from script.bench_parts.installation import Installation, cpu_seconds

GPT = "sdvx:Single"
TENS = 30  # imports of ten scores for one figure
SEVERAL = 100  # imports at the beginning and at the end, whose costs are compared
FLAT = 1.3  # times the cost for a new player


class Cost(NamedTuple):
    """The cost of an import or revert in milliseconds. CPU: of web, workers and PostgreSQL, not of other load."""

    passed: float
    cpu: float


def of_large_player(
    made: Installation, clients: Iterator[Client], charts: list[catalogue.Row], *, scores: int, batch: int
) -> list[Figure]:
    """Imports many scores of a player in batches, and compares imports of ten scores with those of a new player."""
    large = next(clients)
    _tens(made, next(clients), charts, seed="warm-up")
    before = _tens(made, next(clients), charts, seed="newcomer before")
    first = _batch(made, large, charts, batch, seed="large 0")
    first_reverted = _reverted(made, large, first.import_id)
    for number in range(1, scores // batch + 1):
        _batch(made, large, charts, batch, seed=f"large {number}")
    made.database.execute("VACUUM ANALYZE")
    newcomer = _tens(made, next(clients), charts, seed="newcomer after")
    of_large = _tens(made, large, charts, seed="large tens")
    last = _batch(made, large, charts, batch, seed="large last")
    last_reverted = _reverted(made, large, last.import_id)
    return [
        *_compared("large.newcomer", f"ten scores of a newcomer beside {scores:,} of another", before, newcomer),
        *_compared("large.ten", f"ten scores of the player with {scores:,}", before, of_large),
        *_compared("large.batch", f"{batch:,} scores of that player / as the first", first.cost, last.cost),
        *_compared("large.revert", "reverting these / as the first", first_reverted, last_reverted),
    ]  # fmt: skip


def of_many_imports(made: Installation, client: Client, charts: list[catalogue.Row], *, count: int) -> list[Figure]:
    """Compares a player's first hundred and last hundred imports of one score, and reverts of them."""
    singles = small.singles(catalogue.scores(GPT, charts, count, seed="many imports"))
    first, first_ids = _each(made, client, islice(singles, SEVERAL))
    waiting = [client.send(single) for single in islice(singles, count - 2 * SEVERAL)]
    for import_id in waiting[-1:]:  # imports of a player run in order; a row without columns would be falsy
        while made.database.execute(
            "SELECT 1 FROM imports_import WHERE import_id = %s AND state IN ('queued', 'running')", [import_id]
        ).fetchone():
            time.sleep(0.2)
    made.rest()
    last, last_ids = _each(made, client, singles)
    reverts = [_cost(made, partial(_revert_all, client, ids[:10]), times=10) for ids in (first_ids, last_ids)]
    return [
        *_compared("many.single", f"one score, after {count - SEVERAL:,} imports / in the beginning", first, last),
        Figure(key="many.revert_first", text="reverting one of the first, CPU time", value=reverts[0].cpu, unit="ms"),
        Figure(key="many.revert_last", text="reverting one of the last, CPU time", value=reverts[1].cpu, unit="ms"),
    ]


def _revert_all(client: Client, import_ids: Sequence[str]) -> None:
    for import_id in import_ids:
        client.revert(import_id)


class _Import(NamedTuple):
    import_id: str
    cost: Cost


def _batch(made: Installation, client: Client, charts: list[catalogue.Row], count: int, *, seed: str) -> _Import:
    document = catalogue.scores(GPT, charts, count, seed=seed)
    made.rest()
    ids: list[str] = []

    def upload() -> None:
        ids.append(client.upload(document))
        bulk.wait_for(made.database, ids[0])

    return _Import(import_id=(cost := _cost(made, upload)) and ids[0], cost=cost)


def _reverted(made: Installation, client: Client, import_id: str) -> Cost:
    made.rest()
    client.close()  # the server may have closed the idle connection
    return _cost(made, lambda: client.revert(import_id))


def _tens(made: Installation, client: Client, charts: list[catalogue.Row], *, seed: str) -> Cost:
    """Returns the cost of an import of ten scores, without the first import."""
    whole = json.loads(catalogue.scores(GPT, charts, 10 * (TENS + 1), seed=seed))
    scores = iter(whole["scores"])
    documents = [json.dumps(whole | {"scores": list(islice(scores, 10))}).encode() for _ in range(TENS + 1)]
    client.close()
    bulk.wait_for(made.database, client.send(documents[0]))
    return _each(made, client, documents[1:])[0]


def _each(made: Installation, client: Client, documents: Sequence[bytes] | Iterator[bytes]) -> tuple[Cost, list[str]]:
    """Returns the median time and the mean CPU time of consecutive imports, and their IDs."""
    passed, ids = [], []
    before = cpu_of_all(made)
    for document in documents:
        client.close()  # the server may close idle connections during a long wait
        begun = time.time()
        ids.append(client.send(document))
        passed.append((bulk.wait_for(made.database, ids[-1], poll_interval=0.002).at - begun) * 1000)
    return Cost(statistics.median(passed), (cpu_of_all(made) - before) / len(passed) * 1000), ids


def _cost(made: Installation, action: Callable[[], object], *, times: int = 1) -> Cost:
    begun, before = time.monotonic(), cpu_of_all(made)
    action()
    return Cost((time.monotonic() - begun) / times * 1000, (cpu_of_all(made) - before) / times * 1000)


def cpu_of_all(made: Installation) -> float:
    """Returns the CPU seconds so far of web, workers and PostgreSQL."""
    return cpu_seconds([*made.web(), *made.workers(), *made.postgres()])


def _compared(key: str, text: str, before: Cost, after: Cost) -> list[Figure]:
    return [
        Figure(key=f"{key}.passed", text=text, value=after.passed, unit="ms"),
        Figure(key=f"{key}.cpu", text="  its CPU time", value=after.cpu, unit="ms"),
        Figure(key=f"{key}.before", text="  compared with", value=before.cpu, unit="ms"),
        Figure(key=f"{key}.ratio", text="  ratio", value=after.cpu / before.cpu, unit="x", aim=FLAT),
    ]
