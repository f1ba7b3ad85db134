"""/healthz: are the database, Redis and the workers there?"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
from django.conf import settings
from django.db import connection
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
    options = {key: value for key, value in parameters.items() if key.startswith("ssl")}
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


class HealthMiddleware:
    """Answers /healthz before anything else: load balancers ask by address, without a host name we know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._known: tuple[float, dict[str, str | int]] | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != "/healthz":
            return self.get_response(request)
        if self._known is None or time.monotonic() - self._known[0] > KEEP_FOR:
            self._known = (time.monotonic(), report())
        found = self._known[1]
        response = JsonResponse(found, status=200 if found["status"] == "ok" else 503)
        response["Cache-Control"] = "no-store"
        return response
