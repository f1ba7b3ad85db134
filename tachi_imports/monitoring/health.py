"""/healthz: are the database, Redis and the workers up? /readyz: can this process respond to requests?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPException

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis, RedisError
from rq import Worker

from tachi_imports.embedded.paths import DataPaths
from tachi_imports.streams.routes import OPEN_STREAMS_PATH, UnixConnection

CHECK_TIMEOUT_SECONDS = 2  # each for database and Redis
CACHE_SECONDS = 1.0  # limits the connections that clients can cause
# A worker without a heartbeat for this long counts as dead. An idle one sends one every settings.RQ_WORKER_TTL - 15
# seconds, a busy one every imports.jobs.queue.HEARTBEAT_SECONDS.
DEAD_AFTER_SECONDS = 45.0


def database_answers() -> bool:
    """Returns whether a new connection succeeds. An existing one could hang forever with the server."""
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    options = {key: value for key, value in parameters.items() if key.startswith(("ssl", "target_session_attrs"))}
    try:
        psycopg.connect(
            **wanted, **options, connect_timeout=CHECK_TIMEOUT_SECONDS, application_name="tachi health"
        ).close()
    except psycopg.Error:
        return False
    return True


def living_workers() -> int | None:
    """Returns the number of workers with a recent heartbeat; None if Redis does not answer."""
    redis = Redis.from_url(
        settings.REDIS_URL, socket_timeout=CHECK_TIMEOUT_SECONDS, socket_connect_timeout=CHECK_TIMEOUT_SECONDS
    )
    try:
        beats = [worker.last_heartbeat for worker in Worker.all(connection=redis)]
    except RedisError:
        return None
    finally:
        redis.close()
    now = datetime.now(UTC)
    return sum(beat is not None and (now - beat).total_seconds() < DEAD_AFTER_SECONDS for beat in beats)


def open_streams() -> dict[str, int] | None:
    """Returns the number of open streams on this host by kind; None if their process does not answer."""
    socket = DataPaths(settings.DATA_DIR).stream_socket
    with closing(UnixConnection(socket, timeout=CHECK_TIMEOUT_SECONDS)) as streams:
        try:
            streams.request("GET", OPEN_STREAMS_PATH)
            counts: dict[str, int] = json.loads(streams.getresponse().read())
        except (OSError, HTTPException, ValueError):
            return None
    return counts


def report() -> dict[str, str | int]:
    """Returns the report of /healthz.

    `status`, `database`, `redis` and `streams` are "ok" or "down"; `workers` is the number of living workers.

    The status does not depend on the streams, as clients poll without them.
    """
    # Concurrently: with both down, the probe waits for one timeout instead of two.
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(living_workers)
        database, workers = database_answers(), future.result()
    return {
        "status": "ok" if database and workers else "down",
        "database": "ok" if database else "down",
        "redis": "down" if workers is None else "ok",
        "workers": workers or 0,
        "streams": "down" if open_streams() is None else "ok",
    }


def is_migrated() -> bool:
    """Returns whether all migrations of this release are applied. Those of a newer release may be applied, too."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


class Readiness:
    """The report of /readyz. Once all migrations are applied, only the connection is checked.

    Redis is not checked: without it requests are still processed, and uploads wait for the sweeper.
    """

    def __init__(self) -> None:
        self._was_migrated = False

    def report(self) -> dict[str, str | int]:
        """Returns `status` and `database` ("ok" or "down"), and `migrations` ("ok", "missing" or "unknown")."""
        is_up = database_answers()
        try:
            self._was_migrated = self._was_migrated or (is_up and is_migrated())
        except (DatabaseError, InterfaceError):
            is_up = False
        migrations = "ok" if self._was_migrated else "missing" if is_up else "unknown"
        is_ready = is_up and self._was_migrated
        return {
            "status": "ok" if is_ready else "down",
            "database": "ok" if is_up else "down",
            "migrations": migrations,
        }


class HealthMiddleware:
    """Responds to /healthz and /readyz before the host is checked: load balancers use the IP address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._reports = {"/healthz": report, "/readyz": Readiness().report}
        self._known: dict[str, tuple[float, dict[str, str | int]]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in self._reports:
            return self.get_response(request)
        known = self._known.get(request.path)
        if known is None or time.monotonic() - known[0] > CACHE_SECONDS:
            known = self._known[request.path] = (time.monotonic(), self._reports[request.path]())
        response = JsonResponse(known[1], status=200 if known[1]["status"] == "ok" else 503)
        response["Cache-Control"] = "no-store"
        return response
