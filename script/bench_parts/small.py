"""The most common case: a hook sends one score, and its player waits for the import."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from script.bench_parts.bulk import wait_for
from script.bench_parts.client import TRIVIAL, Client
from script.bench_parts.figures import Figure, middle
from script.bench_parts.installation import Installation

PAUSE_SECONDS = 0.02  # between two imports, so that each finds idle workers
POLL_INTERVAL_SECONDS = 0.0005  # between two checks of the import's row


def one_by_one(made: Installation, client: Client, document: bytes) -> list[float]:
    """Returns milliseconds from POST until `completed` is seen, importing each score of a document separately."""
    return [_milliseconds(made, client, content) for content in singles(document)]


def send_one(made: Installation, client: Client, document: bytes) -> str:
    """Imports a document's first score; returns the import's ID."""
    import_id = client.send(next(singles(document)))
    wait_for(made.database, import_id)
    return import_id


def singles(document: bytes) -> Iterator[bytes]:
    """Returns each score of a document as a separate document."""
    whole = json.loads(document)
    return (json.dumps(whole | {"scores": [score]}).encode() for score in whole["scores"])


def _milliseconds(made: Installation, client: Client, content: bytes) -> float:
    time.sleep(PAUSE_SECONDS)
    begun = time.time()
    seen = wait_for(made.database, client.send(content), poll_interval=POLL_INTERVAL_SECONDS)
    return (seen.at - begun) * 1000


def waiting_requests(client: Client, document: bytes) -> list[float]:
    """Returns milliseconds from POST to the response, for requests that wait for the end of their import."""
    passed = []
    for content in singles(document):
        time.sleep(PAUSE_SECONDS)
        begun = time.time()
        client.send_and_wait(content)
        passed.append((time.time() - begun) * 1000)
    return passed


def trivial_requests(client: Client, count: int) -> list[float]:
    """Returns milliseconds of trivial requests, one after the other through the same connection."""
    passed = []
    for _ in range(count):
        begun = time.time()
        client.get(TRIVIAL)
        passed.append((time.time() - begun) * 1000)
    return passed


def waiting_request_figures(passed: Sequence[float]) -> list[Figure]:
    return [
        middle("answered.median", "POST to final response, median", passed, "ms", aim=60),
        Figure(
            key="answered.p99", text="POST to final response, 99th percentile", value=percentile_99(passed), unit="ms"
        ),
    ]


def percentile_99(passed: Sequence[float]) -> float:
    return sorted(passed)[min(len(passed) - 1, int(len(passed) * 0.99))]


def figures(key: str, passed: Sequence[float], request: Sequence[float], *, judged: bool) -> list[Figure]:
    """Returns median, 99th percentile, and the median as a multiple of a trivial request. `judged`: with targets."""
    trivial_request = sorted(request)[len(request) // 2]
    median = middle(f"{key}.median", "POST to completed, median", passed, "ms", aim=20 if judged else None)
    text = "POST to completed, 99th percentile"
    return [
        median,
        Figure(key=f"{key}.p99", text=text, value=percentile_99(passed), unit="ms", aim=50 if judged else None),
        Figure(key=f"{key}.ratio", text="median / a trivial request", value=median.value / trivial_request, unit="x"),
    ]
