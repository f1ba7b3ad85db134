"""What the database and Redis know of the work, as metrics: read at most every few seconds, by bounded queries.

Totals since the beginning would have to count tables that grow without end. So imports and problems are told of those
queued within the last hour, of which at most MOST are looked at; `tachi_recent_imports_cut` says when there were more.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis

from imports import watching
from imports.models import State
from tachi_imports.health import PATIENCE, living_workers

log = logging.getLogger(__name__)

KEEP_FOR = 5.0  # seconds that an answer is good for
HOUR = 3600  # seconds
MOST = 20_000  # imports; twice what an instance of ten thousand imports an hour has
MOST_PROBLEMS = 50_000
LIMIT = "2s"  # for each statement: who watches must not be in the way

RECENT = f"""
    SELECT id, state, import_type, time_queued, time_started, time_finished, problem_count FROM imports_import
    WHERE time_queued > now() - make_interval(secs => {HOUR}) ORDER BY time_queued DESC LIMIT {MOST}
"""  # noqa: S608 - our own figures
COUNTS = f"SELECT state, import_type, count(*) FROM ({RECENT}) recent GROUP BY state, import_type"  # noqa: S608
QUANTILES = (0.5, 0.9, 0.99)
TIMES = f"""
    SELECT import_type,
        percentile_cont(ARRAY{list(QUANTILES)}) WITHIN GROUP (
            ORDER BY extract(epoch FROM time_started - time_queued)::float8),
        percentile_cont(ARRAY{list(QUANTILES)}) WITHIN GROUP (
            ORDER BY extract(epoch FROM time_finished - time_started)::float8)
    FROM ({RECENT}) recent
    WHERE time_finished IS NOT NULL AND time_started BETWEEN time_queued AND time_finished GROUP BY import_type
"""  # noqa: S608
PROBLEMS = f"""
    SELECT type, count(*) FROM (
        SELECT problem.type FROM ({RECENT}) recent JOIN imports_importproblem problem ON problem.job_id = recent.id
        WHERE recent.problem_count > 0 LIMIT {MOST_PROBLEMS}) found
    GROUP BY type
"""  # noqa: S608
ROWS = """
    SELECT relname, reltuples FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND reltuples >= 0
        AND relname IN ('imports_import', 'imports_score', 'imports_user', 'imports_importproblem',
                        'imports_orphanscore', 'imports_personalbest', 'imports_session')
"""


class Facts(Collector):
    """Any number of threads may ask; one looks, and the others take what it found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[float, list[Metric]] | None = None

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > KEEP_FOR:
                found = [*of_database(), *of_redis()]
                self._known = (time.monotonic(), found)
            return self._known[1]


def of_database() -> Iterator[Metric]:
    """What waits, what was done lately, how large the tables are. Without the database only that it is away."""
    up = GaugeMetricFamily("tachi_database_up", "Whether the database answered.")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{LIMIT}'")
            found = [*_waiting(), *_recent(cursor), _rows(cursor)]
    except (DatabaseError, InterfaceError):
        log.warning("the database has nothing for /metrics", exc_info=True)
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], 1)
    yield up
    yield from found


def _waiting() -> Iterator[Metric]:
    depth = watching.depth()
    unfinished = GaugeMetricFamily("tachi_imports_unfinished", "Imports under way now.", labels=["state"])
    for state in (State.QUEUED, State.RUNNING):
        unfinished.add_metric([state.value], depth[state.value])
    yield unfinished
    oldest = depth["oldest"]
    age = 0.0 if oldest is None else max(0.0, (timezone.now() - oldest).total_seconds())
    yield GaugeMetricFamily("tachi_queue_age_seconds", "How long the oldest queued import has waited.", value=age)


def _recent(cursor: Any) -> Iterator[Metric]:
    cursor.execute(COUNTS)
    counts = cursor.fetchall()
    yield _gauge("tachi_recent_imports", "Imports queued within the last hour.", ("state", "type"), counts)
    is_cut = sum(count for _, _, count in counts) >= MOST
    yield GaugeMetricFamily("tachi_recent_imports_cut", f"1: there were more than {MOST}.", value=is_cut)
    cursor.execute(TIMES)
    rows = cursor.fetchall()
    for column, name, text in ((1, "wait", "until a worker began"), (2, "run", "from then to its end")):
        values = [
            (kind, str(q), value)
            for kind, *found in rows
            for q, value in zip(QUANTILES, found[column - 1], strict=True)
        ]
        help_text = f"Seconds {text}, of the imports queued within the last hour."
        yield _gauge(f"tachi_recent_import_{name}_seconds", help_text, ("type", "quantile"), values)
    cursor.execute(PROBLEMS)
    yield _gauge("tachi_recent_problems", "Rows left out by the same imports.", ("type",), cursor.fetchall())


def _rows(cursor: Any) -> Metric:
    cursor.execute(ROWS)
    return _gauge("tachi_rows", "Rows of a table, as PostgreSQL estimates them.", ("table",), cursor.fetchall())


def _gauge(name: str, text: str, labels: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Metric:
    """Of rows that end with their value."""
    found = GaugeMetricFamily(name, text, labels=labels)
    for *values, number in rows:
        found.add_metric([str(value) for value in values], float(number))
    return found


def of_redis() -> Iterator[Metric]:
    """Workers alive, and what the sweepers did. Without Redis only that it is away."""
    workers = living_workers()
    yield GaugeMetricFamily("tachi_redis_up", "Whether Redis answered.", value=workers is not None)
    if workers is None:
        return
    yield GaugeMetricFamily("tachi_workers", "Workers that showed themselves lately.", value=workers)
    with Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as redis:
        sweeps, rescues = watching.sweeps(redis), watching.rescues(redis)
    if rescues is not None:
        yield CounterMetricFamily("tachi_sweeper_rescues", "Imports queued again by a sweeper.", value=rescues)
    if sweeps.last is not None:
        age = max(0.0, (timezone.now() - sweeps.last).total_seconds())
        yield GaugeMetricFamily("tachi_sweeper_age_seconds", "Since a sweeper last looked.", value=age)
