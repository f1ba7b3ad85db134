"""/healthz and /readyz report each part, quickly, whatever fails."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings as SettingsWrapper
from redis import Redis
from rq import Queue, SimpleWorker

from tachi_imports.monitoring import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(redis_clean: Redis) -> SimpleWorker:
    """A worker that has just shown itself."""
    made = SimpleWorker([Queue("default", connection=redis_clean)], connection=redis_clean)
    made.register_birth()  # type: ignore[no-untyped-call]
    return made


def seen_last(worker: SimpleWorker, *, seconds_ago: float, state: str = "idle") -> None:
    when = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    worker.connection.hset(worker.key, "last_heartbeat", when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    worker.connection.hset(worker.key, "state", state)


def test_a_healthy_installation_reports_ok(client: Client, worker: SimpleWorker) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "database": "ok", "redis": "ok", "workers": 1, "streams": "down"},
    )
    assert response["Cache-Control"] == "no-store"


def test_the_health_check_accepts_any_host_name(client: Client, worker: SimpleWorker) -> None:
    assert client.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200


def test_the_service_is_down_without_workers(client: Client, redis_clean: Redis) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (
        503,
        {"status": "down", "database": "ok", "redis": "ok", "workers": 0, "streams": "down"},
    )


@pytest.mark.parametrize(
    ("seconds_ago", "state", "alive"),
    [(0, "idle", 1), (40, "idle", 1), (50, "idle", 0), (0, "busy", 1), (40, "busy", 1), (50, "busy", 0)],
)
def test_a_silent_worker_counts_as_dead(worker: SimpleWorker, seconds_ago: float, state: str, alive: int) -> None:
    seen_last(worker, seconds_ago=seconds_ago, state=state)
    assert health.living_workers() == alive


@pytest.fixture
def nothing_there(settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a database nor Redis."""
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    settings.REDIS_URL = f"unix://{quote(str(tmp_path / 'redis'))}"


def test_the_health_report_names_unavailable_servers(nothing_there: None) -> None:
    assert health.report() == {"status": "down", "database": "down", "redis": "down", "workers": 0, "streams": "down"}


def test_silent_servers_do_not_block_the_health_check(nothing_there: None, tmp_path: Path) -> None:
    begun = time.monotonic()
    with closing(socket.socket(socket.AF_UNIX)) as database, closing(socket.socket(socket.AF_UNIX)) as redis:
        for server, name in ((database, ".s.PGSQL.5432"), (redis, "redis")):
            server.bind(str(tmp_path / name))
            server.listen()
        assert health.report() == {
            "status": "down",
            "database": "down",
            "redis": "down",
            "workers": 0,
            "streams": "down",
        }
    assert time.monotonic() - begun < 10 * health.CHECK_TIMEOUT_SECONDS  # the machine may be busy


def test_the_health_report_is_cached_for_a_second(nothing_there: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask; nobody can make us open connections as fast as he likes."""
    looked = []

    def report() -> dict[str, str | int]:
        looked.append(time.monotonic())
        return {"status": "ok"}

    monkeypatch.setattr(health, "report", report)
    monkeypatch.setattr(health, "CACHE_SECONDS", 60.0)  # the machine may be busy
    middleware = health.HealthMiddleware(lambda _: HttpResponse("something else"))
    request = HttpRequest()
    request.path = "/healthz"
    for _ in range(5):
        assert middleware(request).status_code == 200
    assert len(looked) == 1
    monkeypatch.setattr(health, "CACHE_SECONDS", 0.0)
    middleware(request)
    assert len(looked) == 2
    request.path = "/healthy"
    assert middleware(request).content == b"something else"


def test_a_process_is_ready_without_redis_and_workers(
    client: Client, settings: SettingsWrapper, tmp_path: Path
) -> None:
    """What is uploaded meanwhile waits in the database."""
    settings.REDIS_URL = f"unix://{quote(str(tmp_path / 'redis'))}"
    response = client.get("/readyz", headers={"host": "10.0.0.7"})
    assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok", "migrations": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_a_process_is_not_ready_before_the_database_is_migrated(client: Client) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="imports").latest("pk")
    newest.delete()

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (
        503,
        {"status": "down", "database": "ok", "migrations": "missing"},
    )


def test_a_process_stays_ready_while_the_next_release_migrates(client: Client) -> None:
    MigrationRecorder.Migration.objects.create(app="imports", name="9999_of_the_next_release")
    assert client.get("/readyz").status_code == 200


def test_a_process_without_a_database_is_not_ready(nothing_there: None) -> None:
    readiness = health.Readiness()
    assert readiness.report() == {"status": "down", "database": "down", "migrations": "unknown"}


def test_the_readiness_follows_the_availability_of_the_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    readiness = health.Readiness()
    assert readiness.report()["status"] == "ok"
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", str(tmp_path))
        assert readiness.report() == {"status": "down", "database": "down", "migrations": "ok"}
    assert readiness.report()["status"] == "ok"
