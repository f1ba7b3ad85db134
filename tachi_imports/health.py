"""/healthz: are the database, Redis and the workers there? /readyz: can this process answer requests?"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import Redis, RedisError
from rq import Worker

PATIENCE = 2  # seconds each for database and Redis
KEEP_FOR = 1.0  # seconds that an answer is good for, so that nobody makes us open connections at will
# Seconds of silence after which a worker counts as dead. One that waits shows itself every settings.RQ_WORKER_TTL - 15;
# one that works says nothing before it is done with the import.
SILENCE = {"busy": 600.0}
SILENCE_OF_IDLE = 45.0


def database_answers() -> bool:
    """Opens a connection of its own: one that is already open may hang without end when the server does."""
    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    options = {key: value for key, value in parameters.items() if key.startswith(("ssl", "target_session_attrs"))}
    try:
        psycopg.connect(**wanted, **options, connect_timeout=PATIENCE, application_name="tachi health").close()
    except psycopg.Error:
        return False
    return True


def living_workers() -> int | None:
    """How many workers showed themselves lately; None when Redis does not answer."""
    redis = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        beats = [(worker.last_heartbeat, worker.get_state()) for worker in Worker.all(connection=redis)]
    except RedisError:
        return None
    finally:
        redis.close()
    now = datetime.now(UTC)
    return sum(
        beat is not None and (now - beat).total_seconds() < SILENCE.get(str(state), SILENCE_OF_IDLE)
        for beat, state in beats
    )


def report() -> dict[str, str | int]:
    """`status`, `database` and `redis` are "ok" or "down"; `workers` is how many are alive."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(living_workers)
        database, workers = database_answers(), asked.result()
    return {
        "status": "ok" if database and workers else "down",
        "database": "ok" if database else "down",
        "redis": "down" if workers is None else "ok",
        "workers": workers or 0,
    }


def is_migrated() -> bool:
    """Whether the database has all migrations of this release. It may have more: those of the next one."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


class Readiness:
    """What /readyz says. A database that was migrated once stays so; then only its being there is asked for.

    Redis is not asked: without it requests are answered, and what is uploaded waits for the sweeper.
    """

    def __init__(self) -> None:
        self._was_migrated = False

    def report(self) -> dict[str, str | int]:
        """`status` is "ok" or "down", `database` as well, `migrations` "ok", "missing" or "unknown"."""
        there = database_answers()
        try:
            self._was_migrated = self._was_migrated or (there and is_migrated())
        except (DatabaseError, InterfaceError):
            there = False
        migrations = "ok" if self._was_migrated else "missing" if there else "unknown"
        is_ready = there and self._was_migrated
        return {
            "status": "ok" if is_ready else "down",
            "database": "ok" if there else "down",
            "migrations": migrations,
        }


class HealthMiddleware:
    """Answers /healthz and /readyz before anything else: load balancers ask by address, without a name we know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._reports = {"/healthz": report, "/readyz": Readiness().report}
        self._known: dict[str, tuple[float, dict[str, str | int]]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in self._reports:
            return self.get_response(request)
        known = self._known.get(request.path)
        if known is None or time.monotonic() - known[0] > KEEP_FOR:
            known = self._known[request.path] = (time.monotonic(), self._reports[request.path]())
        response = JsonResponse(known[1], status=200 if known[1]["status"] == "ok" else 503)
        response["Cache-Control"] = "no-store"
        return response
