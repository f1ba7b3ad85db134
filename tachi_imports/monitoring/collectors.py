"""Metrics about the queue and imports, read from the database and Redis at most every CACHE_SECONDS.

Lifetime totals would require counting ever-growing tables. Imports and problems are therefore counted over the imports
queued within the last hour, at most MAX_IMPORTS; `tachi_recent_imports_cut` is 1 if there were more.
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

from imports import monitoring
from imports.models import State
from tachi_imports.monitoring.health import CHECK_TIMEOUT_SECONDS, living_workers, open_streams

log = logging.getLogger(__name__)

CACHE_SECONDS = 5.0
HOUR = 3600  # seconds
MAX_IMPORTS = 20_000  # twice the number at ten thousand imports an hour
MAX_PROBLEMS = 50_000
STATEMENT_TIMEOUT = "2s"  # for each statement: monitoring must not slow the imports down

RECENT = f"""
    SELECT id, state, import_type, time_queued, time_started, time_finished, problem_count FROM imports_import
    WHERE time_queued > now() - make_interval(secs => {HOUR}) ORDER BY time_queued DESC LIMIT {MAX_IMPORTS}
"""  # noqa: S608 - constants of this module
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
        WHERE recent.problem_count > 0 LIMIT {MAX_PROBLEMS}) found
    GROUP BY type
"""  # noqa: S608
ROWS = """
    SELECT relname, reltuples FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND reltuples >= 0
        AND relname IN ('imports_import', 'imports_score', 'imports_user', 'imports_importproblem',
                        'imports_orphanscore', 'imports_personalbest', 'imports_session')
"""


class DatabaseCollector(Collector):
    """May be used by any number of threads: one runs the queries, the others share its result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[float, list[Metric]] | None = None

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > CACHE_SECONDS:
                metrics = [*database_metrics(), *redis_metrics(), *stream_metrics()]
                self._known = (time.monotonic(), metrics)
            return self._known[1]


def database_metrics() -> Iterator[Metric]:
    """Yields metrics of the queue, recent imports and table sizes; only `tachi_database_up` if the database is down."""
    up = GaugeMetricFamily("tachi_database_up", "Whether the database answered.")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # LOCAL: the limit ends with the transaction, before the connection is reused.
            cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
            metrics = [*_waiting(), *_recent(cursor)]
            cursor.execute(ROWS)
            rows = cursor.fetchall()
            metrics.append(_gauge("tachi_rows", "Rows of a table, as PostgreSQL estimates them.", ("table",), rows))
    except (DatabaseError, InterfaceError):
        log.warning("the metrics of the database could not be read", exc_info=True)
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], 1)
    yield up
    yield from metrics


def _waiting() -> Iterator[Metric]:
    depth = monitoring.queue_depth()
    unfinished = GaugeMetricFamily("tachi_imports_unfinished", "Imports in progress now.", labels=["state"])
    for state in (State.QUEUED, State.RUNNING):
        unfinished.add_metric([state.value], depth[state.value])
    yield unfinished
    oldest = depth["oldest"]
    # Never negative: the clock of the host that wrote the time may be ahead.
    age = 0.0 if oldest is None else max(0.0, (timezone.now() - oldest).total_seconds())
    yield GaugeMetricFamily("tachi_queue_age_seconds", "How long the oldest queued import has waited.", value=age)


def _recent(cursor: Any) -> Iterator[Metric]:
    cursor.execute(COUNTS)
    counts = cursor.fetchall()
    yield _gauge("tachi_recent_imports", "Imports queued within the last hour.", ("state", "type"), counts)
    is_cut = sum(count for _, _, count in counts) >= MAX_IMPORTS
    yield GaugeMetricFamily("tachi_recent_imports_cut", f"1: there were more than {MAX_IMPORTS}.", value=is_cut)
    cursor.execute(TIMES)
    rows = cursor.fetchall()
    for column, name, text in ((1, "wait", "until a worker began"), (2, "run", "from then to its end")):
        values = [
            (kind, str(q), value)
            for kind, *quantiles in rows
            for q, value in zip(QUANTILES, quantiles[column - 1], strict=True)
        ]
        help_text = f"Seconds {text}, of the imports queued within the last hour."
        yield _gauge(f"tachi_recent_import_{name}_seconds", help_text, ("type", "quantile"), values)
    cursor.execute(PROBLEMS)
    yield _gauge("tachi_recent_problems", "Rows left out by the same imports.", ("type",), cursor.fetchall())


def _gauge(name: str, text: str, labels: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Metric:
    """Returns a gauge from rows of label values followed by a number."""
    gauge = GaugeMetricFamily(name, text, labels=labels)
    for *values, number in rows:
        gauge.add_metric([str(value) for value in values], float(number))
    return gauge


def redis_metrics() -> Iterator[Metric]:
    """Yields metrics of workers and sweepers; only `tachi_redis_up` if Redis is down."""
    workers = living_workers()
    yield GaugeMetricFamily("tachi_redis_up", "Whether Redis answered.", value=workers is not None)
    if workers is None:
        return
    yield GaugeMetricFamily("tachi_workers", "Workers that showed themselves lately.", value=workers)
    # With timeouts: a hanging Redis must not delay the metrics of the database.
    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=CHECK_TIMEOUT_SECONDS, socket_connect_timeout=CHECK_TIMEOUT_SECONDS
    ) as redis:
        sweeps, rescues = monitoring.sweeps(redis), monitoring.rescues(redis)
        backup = monitoring.last_backup(redis)
    if rescues is not None:
        yield CounterMetricFamily("tachi_sweeper_rescues", "Imports queued again by a sweeper.", value=rescues)
    if sweeps.last is not None:
        age = max(0.0, (timezone.now() - sweeps.last).total_seconds())
        yield GaugeMetricFamily("tachi_sweeper_age_seconds", "Since a sweeper last looked.", value=age)

    if backup is not None:
        age = max(0.0, (timezone.now() - backup).total_seconds())
        yield GaugeMetricFamily("tachi_backup_age_seconds", "Since the last backup by manage.py backup.", value=age)


def stream_metrics() -> Iterator[Metric]:
    """Yields the number of open streams of this host; only `tachi_streams_up` if the stream process is down."""
    streams = open_streams()
    yield GaugeMetricFamily(
        "tachi_streams_up", "Whether this host's process of streams answered.", value=streams is not None
    )
    if streams is not None:
        yield _gauge("tachi_open_streams", "Streams open on this host.", ("kind",), streams.items())
